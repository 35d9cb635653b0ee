//! The generated files. They are committed, so that they can be read and applied without building anything.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use peerway_api::{ConditionType, Reason};
use peerway_aws::iam::{self, Scope};
use peerway_model::OwnerKind;
use peerway_tests::assets::workspace;

const NOTE: &str = "# Generated from crates/api by `make generate`. Do not edit.\n";

/// Writes every generated file, or says which are not fresh.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let mut stale = Vec::new();
    for (path, content) in files()? {
        let full = workspace().join(&path);
        if std::fs::read_to_string(&full).ok().as_deref() == Some(content.as_str()) {
            continue;
        }
        if check {
            stale.push(path.display().to_string());
        } else {
            write(&full, &content)?;
            println!("wrote {}", path.display());
        }
    }
    if !stale.is_empty() {
        bail!("not fresh: {}; run `make generate`", stale.join(", "));
    }
    Ok(())
}

fn write(path: &Path, content: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, content).with_context(|| format!("failed to write {}", path.display()))
}

fn files() -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    let mut kustomization = format!(
        "{NOTE}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
    );
    for crd in peerway_api::crd::all() {
        let name = format!("{}_{}.yaml", crd.spec.group, crd.spec.names.plural);
        writeln!(kustomization, "  - {name}")?;
        let yaml = format!("{NOTE}{}", serde_saphyr::to_string(&crd)?);
        files.push((Path::new("deploy/crds").join(name), yaml));
    }
    files.push((PathBuf::from("deploy/crds/kustomization.yaml"), kustomization));
    files.push((PathBuf::from("docs/reference/conditions.md"), conditions()?));
    let everywhere = Scope::default();
    for (name, policy) in [
        ("read-only", iam::reading(&everywhere)),
        ("vpc-peering", iam::acting(&everywhere, OwnerKind::VpcPeering)),
        ("overlap-subnet-group", iam::acting(&everywhere, OwnerKind::OverlapSubnetGroup)),
        ("proxy-load-balancer", iam::acting(&everywhere, OwnerKind::ProxyLoadBalancer)),
        ("controller", iam::controller(&[])),
    ] {
        let text = format!("{}\n", serde_json::to_string_pretty(&policy)?);
        files.push((Path::new("deploy/iam").join(format!("{name}.json")), text));
    }
    Ok(files)
}

/// The reference of conditions and reasons.
fn conditions() -> anyhow::Result<String> {
    let mut page = String::from(
        "<!-- Generated from crates/api/src/conditions.rs by `make generate`. Do not edit. -->\n# Conditions and their reasons\n\n\
         A reason is stable API: scripts may match on it. The message beside it says what, where, why and what to do.\n\n\
         ## Conditions\n\n| condition | means |\n|---|---|\n",
    );
    for kind in ConditionType::ALL {
        writeln!(page, "| `{kind}` | {} |", one_line(kind.doc()))?;
    }
    page.push_str("\n## Reasons\n\n| reason | means |\n|---|---|\n");
    for reason in Reason::ALL {
        writeln!(page, "| `{reason}` | {} |", one_line(reason.doc()))?;
    }
    Ok(page)
}

fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    #[test]
    fn generated_files_are_fresh() {
        super::run(true).unwrap();
    }
}

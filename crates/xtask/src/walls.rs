//! Which crate may know which. A wall that is only custom falls with the first convenient import.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, bail};
use peerway_tests::assets::workspace;

/// A crate, and what must not be among everything it is built from.
struct Wall {
    package: &'static str,
    /// Beginnings of package names.
    must_not_know: &'static [&'static str],
}

const RUNTIME: &[&str] =
    &["tokio", "hyper", "aws-", "kube-client", "kube-runtime", "reqwest", "rand", "getrandom"];
const SDK: &str = "aws-";

const WALLS: &[Wall] = &[
    Wall {
        package: "peerway-model",
        must_not_know: &["tokio", "hyper", "aws-", "kube", "k8s-openapi", "peerway-"],
    },
    Wall {
        package: "peerway-api",
        must_not_know: &[
            "tokio",
            "hyper",
            "aws-",
            "kube-client",
            "kube-runtime",
            "peerway-aws",
            "peerway-plan",
            "peerway-sim",
            "peerway-controller",
        ],
    },
    Wall { package: "peerway-reach", must_not_know: RUNTIME },
    Wall {
        package: "peerway-reach",
        // Not even the planner, whose promises it judges, nor what users write.
        must_not_know: &[
            "kube",
            "k8s-openapi",
            "peerway-api",
            "peerway-plan",
            "peerway-aws",
            "peerway-sim",
            "peerway-controller",
        ],
    },
    Wall { package: "peerway-plan", must_not_know: RUNTIME },
    Wall {
        package: "peerway-plan",
        must_not_know: &["peerway-aws", "peerway-sim", "peerway-controller"],
    },
    Wall {
        package: "peerway-aws",
        must_not_know: &[
            SDK,
            "kube",
            "k8s-openapi",
            "peerway-api",
            "peerway-plan",
            "peerway-sim",
            "peerway-controller",
        ],
    },
    Wall {
        package: "peerway-aws-sdk",
        must_not_know: &[
            "kube",
            "k8s-openapi",
            "peerway-api",
            "peerway-plan",
            "peerway-sim",
            "peerway-controller",
        ],
    },
    Wall {
        package: "peerway-sim",
        must_not_know: &[
            SDK,
            "kube",
            "k8s-openapi",
            "peerway-api",
            "peerway-plan",
            "peerway-controller",
        ],
    },
    Wall { package: "peerway-controller", must_not_know: &[SDK, "peerway-sim", "clap"] },
];

/// The SDK is named by its wrapper, and that by the binary and the tests, and by nobody else.
const SDK_CRATE: &str = "peerway-aws-sdk";
const MAY_NAME_THE_SDK: &[&str] = &["peerway", "peerway-tests"];

/// Checks every wall.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut breaches = breaches(WALLS)?;
    for edge in tree(&["-i", SDK_CRATE, "--depth", "1"])?.into_iter().skip(1) {
        if !MAY_NAME_THE_SDK.contains(&edge.package.as_str()) {
            breaches.push(format!("{} names {SDK_CRATE}", edge.package));
        }
    }
    if breaches.is_empty() {
        return Ok(());
    }
    bail!(
        "the walls between the crates (design of crates/README.md) are breached:\n  {}",
        breaches.join("\n  ")
    );
}

fn breaches(walls: &[Wall]) -> anyhow::Result<Vec<String>> {
    let mut breaches = Vec::new();
    let mut trees = BTreeMap::new();
    for wall in walls {
        if !trees.contains_key(wall.package) {
            trees.insert(wall.package, tree(&["-p", wall.package])?);
        }
        for line in &trees[wall.package] {
            let is_allowed =
                line.package == wall.package || ours_with_that_prefix(wall, &line.package);
            if !is_allowed
                && wall.must_not_know.iter().any(|prefix| line.package.starts_with(prefix))
            {
                breaches.push(format!("{} knows {}, by {}", wall.package, line.package, line.path));
            }
        }
    }
    Ok(breaches)
}

/// `peerway-aws` is no AWS SDK crate, though a prefix may say so.
fn ours_with_that_prefix(wall: &Wall, package: &str) -> bool {
    package.starts_with("peerway-")
        && !wall
            .must_not_know
            .iter()
            .any(|prefix| prefix.starts_with("peerway-") && package.starts_with(prefix))
}

/// A line of `cargo tree`: a package, and how it is reached.
struct Line {
    package: String,
    path: String,
}

fn tree(arguments: &[&str]) -> anyhow::Result<Vec<Line>> {
    let output = Command::new("cargo")
        .current_dir(workspace())
        .args([
            "tree",
            "--locked",
            "--offline",
            "--edges",
            "normal",
            "--prefix",
            "depth",
            "--format",
            "{p}",
        ])
        .args(arguments)
        .output()
        .context("failed to start cargo")?;
    if !output.status.success() {
        bail!("cargo tree {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    let mut path: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let Ok(depth) = line[..digits].parse::<usize>() else { continue };
        let package = line[digits..].split_whitespace().next().unwrap_or_default().to_owned();
        path.truncate(depth);
        path.push(package.clone());
        lines.push(Line { package, path: path.join(" -> ") });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walls_between_the_crates_stand() {
        run().unwrap();
    }

    #[test]
    fn a_breach_is_found_and_its_path_is_named() {
        let wall = Wall { package: "peerway-aws", must_not_know: &["tokio", "peerway-model"] };
        let found = breaches(&[wall]).unwrap();
        for edge in ["peerway-aws -> tokio", "peerway-aws -> peerway-model"] {
            assert!(found.iter().any(|breach| breach.ends_with(edge)), "{edge}: {found:#?}");
        }
    }
}

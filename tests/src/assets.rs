//! The programs of a control plane: `KUBEBUILDER_ASSETS`, else what an earlier run built, else a build from the Go
//! modules pinned under `tools/`, once per version, into a cache folder of the user's.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// The versions in `tools/*/go.mod`.
const KUBERNETES: &str = "1.36.3";
const ETCD: &str = "3.6.16";

/// Where the programs are.
#[derive(Debug, Clone)]
pub struct Assets {
    /// `etcd`.
    pub etcd: PathBuf,
    /// `kube-apiserver`.
    pub kube_apiserver: PathBuf,
    /// `kubectl`: from the PATH, else built like the others.
    pub kubectl: PathBuf,
}

/// A program to build from a Go module.
struct Program {
    name: &'static str,
    module: &'static str,
    package: &'static str,
    ldflags: String,
    minutes: &'static str,
}

impl Assets {
    /// Finds the programs, building what is missing; `progress` is told while that takes long.
    ///
    /// # Errors
    /// When a build fails.
    pub fn find_or_build(progress: &dyn Fn(&str)) -> anyhow::Result<Self> {
        let kubectl_on_path = on_path("kubectl");
        if let Some(given) = std::env::var_os("KUBEBUILDER_ASSETS") {
            let given = PathBuf::from(given);
            return Ok(Self {
                etcd: given.join("etcd"),
                kube_apiserver: given.join("kube-apiserver"),
                kubectl: kubectl_on_path.unwrap_or_else(|| given.join("kubectl")),
            });
        }
        let folder = cache()?.join(format!("assets/kubernetes-v{KUBERNETES}_etcd-v{ETCD}"));
        std::fs::create_dir_all(&folder)?;
        let kubernetes_flags = format!(
            "-s -w -X k8s.io/component-base/version.gitVersion=v{KUBERNETES} -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36"
        );
        let build = |name, module, package, ldflags: &str, minutes| {
            let program = Program { name, module, package, ldflags: ldflags.to_owned(), minutes };
            find_or_build(&folder, &program, progress)
        };
        let etcd = build("etcd", "etcd", "go.etcd.io/etcd/server/v3", "-s -w", "one minute")?;
        let kube_apiserver = build(
            "kube-apiserver",
            "kubernetes",
            "k8s.io/kubernetes/cmd/kube-apiserver",
            &kubernetes_flags,
            "four minutes",
        )?;
        let kubectl = match kubectl_on_path {
            Some(found) => found,
            None => build(
                "kubectl",
                "kubernetes",
                "k8s.io/kubernetes/cmd/kubectl",
                &kubernetes_flags,
                "two minutes",
            )?,
        };
        Ok(Self { etcd, kube_apiserver, kubectl })
    }
}

/// The folder of the user's that holds what is built once.
pub(crate) fn cache() -> anyhow::Result<PathBuf> {
    let base =
        std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base =
        base.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    Ok(base.context("neither XDG_CACHE_HOME nor HOME is set")?.join("peerway"))
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

fn find_or_build(
    folder: &Path,
    program: &Program,
    progress: &dyn Fn(&str),
) -> anyhow::Result<PathBuf> {
    let path = folder.join(program.name);
    if path.is_file() {
        return Ok(path);
    }
    let module = workspace().join("tools").join(program.module);
    progress(&format!(
        "building {} from its Go module, once; about {} …",
        program.name, program.minutes
    ));
    let begun = Instant::now();
    // Built beside its place and moved there as a whole: a build that is cut off leaves nothing that looks done.
    let unfinished = folder.join(format!(".{}-{}", program.name, std::process::id()));
    let mut build = Command::new("go")
        .current_dir(&module)
        .env("CGO_ENABLED", "0")
        .args(["build", "-trimpath", "-ldflags", &program.ldflags, "-o"])
        .args([unfinished.as_os_str(), OsStr::new(program.package)])
        .stdin(Stdio::null())
        .spawn()
        .context("failed to start `go`; install Go 1.26 or newer")?;
    let mut told = Instant::now();
    let status = loop {
        if let Some(status) = build.try_wait()? {
            break status;
        }
        if told.elapsed() > Duration::from_secs(30) {
            told = Instant::now();
            progress(&format!(
                "  still building {} after {} s",
                program.name,
                begun.elapsed().as_secs()
            ));
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    if !status.success() {
        bail!("`go build {}` in {} failed", program.package, module.display());
    }
    std::fs::rename(&unfinished, &path)?;
    progress(&format!("built {} in {} s", program.name, begun.elapsed().as_secs()));
    Ok(path)
}

/// The repository's folder: where cargo (tests) or make (everything else) started this program. Asked for when it runs
/// and not when it is compiled: several checkouts may share one target folder.
#[must_use]
pub fn workspace() -> PathBuf {
    let start = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let start = start.or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    let root = start.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    root.expect("started in the repository's folder, or by cargo").to_owned()
}

/// A program of ours, from the folder where the running one lies or its parent (tests lie one deeper).
///
/// # Errors
/// When it is not built.
pub fn our_program(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .with_context(|| format!("{name} is not built; run `cargo build --workspace` first"))
}

/// The folder that programs are built into: what runs lives below it and not in a folder of the system's.
///
/// # Errors
/// When this program does not know where it lies.
pub fn build_folder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("a program lies in a folder")?;
    let is_test = folder.file_name().is_some_and(|name| name == "deps");
    Ok(if is_test { folder.parent().unwrap_or(folder) } else { folder }.to_owned())
}

//! `kubectl`, as a user runs it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::assets::Assets;

/// `kubectl` with one user's kubeconfig.
#[derive(Debug, Clone)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    home: PathBuf,
}

impl Kubectl {
    /// With this kubeconfig, and a cache of its own in `folder`.
    #[must_use]
    pub fn new(assets: &Assets, kubeconfig: PathBuf, folder: &Path) -> Self {
        Self { program: assets.kubectl.clone(), kubeconfig, home: folder.join("kubectl-home") }
    }

    /// Runs it; what it printed on stdout.
    ///
    /// # Errors
    /// With what it printed on stderr.
    pub async fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.run_with_input(arguments, "").await
    }

    /// Applies manifests.
    ///
    /// # Errors
    /// With what kubectl printed on stderr.
    pub async fn apply(&self, manifests: &str) -> anyhow::Result<String> {
        self.run_with_input(&["apply", "-f", "-"], manifests).await
    }

    async fn run_with_input(&self, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let mut child = Command::new(&self.program)
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HOME", &self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("failed to start {}", self.program.display()))?;
        let mut stdin = child.stdin.take().context("no stdin")?;
        stdin.write_all(input.as_bytes()).await?;
        drop(stdin);
        let output = child.wait_with_output().await?;
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            bail!("kubectl {}: {}", arguments.join(" "), stderr.trim());
        }
        Ok(stdout.into_owned())
    }
}

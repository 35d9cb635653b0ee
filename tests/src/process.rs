//! Processes that die with the value that holds them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::{Child, Command};

/// A running process, its log in a file.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a process with stdout and stderr in `<folder>/<name>.log`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, folder: &Path, command: &mut Command) -> anyhow::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let file = File::options().create(true).write(true).truncate(true).open(&log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("failed to start {name}"))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// Waits until `check` answers something, asking every 20 ms; fails when the process ends before, or after `limit`.
    ///
    /// # Errors
    /// With the end of the log.
    pub async fn wait_for<T, F>(
        &mut self,
        what: &str,
        limit: Duration,
        mut check: F,
    ) -> anyhow::Result<T>
    where
        F: AsyncFnMut() -> Option<T>,
    {
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            if let Some(answer) = check().await {
                return Ok(answer);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}) before {what}:\n{}", self.name, self.log_tail());
            }
            if tokio::time::Instant::now() > deadline {
                bail!("{}: no {what} within {limit:?}:\n{}", self.name, self.log_tail());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until its log holds `words`.
    ///
    /// # Errors
    /// With the end of the log.
    pub async fn wait_for_log(&mut self, words: &str, limit: Duration) -> anyhow::Result<()> {
        let log = self.log.clone();
        let read = || std::fs::read_to_string(&log).unwrap_or_default();
        self.wait_for(&format!("{words:?} in its log"), limit, async || {
            read().contains(words).then_some(())
        })
        .await
    }

    /// Asks the process to end, as Kubernetes does, and waits for it.
    ///
    /// # Errors
    /// When it does not end within `limit`.
    pub async fn terminate(&mut self, limit: Duration) -> anyhow::Result<std::process::ExitStatus> {
        self.signal("TERM").await?;
        self.ended(limit).await.context("it was sent SIGTERM")
    }

    /// Waits until the process ends by itself.
    ///
    /// # Errors
    /// When it does not within `limit`.
    pub async fn ended(&mut self, limit: Duration) -> anyhow::Result<std::process::ExitStatus> {
        let ended = tokio::time::timeout(limit, self.child.wait()).await;
        Ok(ended.with_context(|| {
            format!("{} did not end within {limit:?}:\n{}", self.name, self.log_tail())
        })??)
    }

    /// Stops the process where it stands, as a hypervisor or a debugger does.
    ///
    /// # Errors
    /// When it has ended.
    pub async fn pause(&self) -> anyhow::Result<()> {
        self.signal("STOP").await
    }

    /// Lets a paused process go on.
    ///
    /// # Errors
    /// When it has ended.
    pub async fn resume(&self) -> anyhow::Result<()> {
        self.signal("CONT").await
    }

    /// Asks the process to end, as Ctrl-C does.
    ///
    /// # Errors
    /// When it has ended.
    pub async fn interrupt(&self) -> anyhow::Result<()> {
        self.signal("INT").await
    }

    async fn signal(&self, name: &str) -> anyhow::Result<()> {
        let id = self.child.id().context("it has ended already")?;
        let sent =
            Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status().await?;
        if !sent.success() {
            bail!("failed to send SIG{name} to {}", self.name);
        }
        Ok(())
    }

    /// Ends the process at once, as a crash does.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// How much memory it has resident, in bytes.
    ///
    /// # Errors
    /// When it has ended, or the system does not tell.
    pub fn resident_memory(&self) -> anyhow::Result<u64> {
        let id = self.child.id().context("it has ended already")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes: u64 = line
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .context("the system does not tell")?;
        Ok(kilobytes * 1024)
    }

    /// Everything it has written so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// A port of the loopback that was free a moment ago.
///
/// # Errors
/// When there is none.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

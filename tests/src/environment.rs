//! The whole set-up: API server with Peerway installed, simulated AWS, controller under the shipped RBAC.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tempfile::TempDir;
use tokio::process::Command;

use crate::api_server::{ADMIN, ApiServer, CONTROLLER};
use crate::assets::{Assets, build_folder, our_program, workspace};
use crate::aws::Aws;
use crate::kubectl::Kubectl;
use crate::process::{Process, free_port};

/// How long one of our programs may take to start.
const START: Duration = Duration::from_secs(30);

/// An API server with Peerway's definitions, RBAC and Deployment on it. Nothing runs the Deployment: there is no node.
#[derive(Debug)]
pub struct Environment {
    /// The API server.
    pub api_server: ApiServer,
    /// `kubectl` as an administrator.
    pub kubectl: Kubectl,
    assets: Assets,
    /// Where everything is written; gone with the value, after what writes to it.
    folder: TempDir,
}

/// A running simulated AWS.
#[derive(Debug)]
pub struct Sim {
    /// The hands in it.
    pub aws: Aws,
    /// The process.
    pub process: Process,
}

/// A running controller.
#[derive(Debug)]
pub struct Controller {
    /// The process.
    pub process: Process,
    health: Aws,
}

/// The identity of the controller in the example estates: account 999999999999.
const ACCESS_KEY: (&str, &str) = ("AKIAPEERWAYCONTROLLR", "simulated-secret-access-key");

impl Environment {
    /// Starts an API server and installs `deploy/` on it.
    ///
    /// # Errors
    /// With the end of the log of what did not start, or with what kubectl said.
    pub async fn start(assets: Assets) -> anyhow::Result<Self> {
        let parent = build_folder()?.join("run");
        std::fs::create_dir_all(&parent)
            .with_context(|| format!("failed to make {}", parent.display()))?;
        let folder = TempDir::with_prefix_in("peerway-", parent)?;
        let api_server = ApiServer::start(&assets, folder.path()).await?;
        let kubectl = Kubectl::new(&assets, api_server.kubeconfig(ADMIN), folder.path());
        let environment = Self { api_server, kubectl, assets, folder };
        environment.install().await?;
        Ok(environment)
    }

    /// Installs `deploy/`, or what is missing of it.
    ///
    /// # Errors
    /// With what kubectl said.
    pub async fn install(&self) -> anyhow::Result<()> {
        let deploy = workspace().join("deploy");
        let deploy = deploy.to_str().context("the repository's path is no text")?;
        self.kubectl.run(&["apply", "-k", deploy]).await.context("installing deploy/")?;
        let all = "crd/awsaccounts.peerway.dev crd/vpcpeerings.peerway.dev crd/overlapsubnetgroups.peerway.dev crd/proxyloadbalancers.peerway.dev";
        let mut wait = vec!["wait", "--for=condition=Established", "--timeout=30s"];
        wait.extend(all.split(' '));
        self.kubectl.run(&wait).await?;
        Ok(())
    }

    /// Gives up the lease of a controller that a failed test left behind: the next test does not fail for it.
    pub async fn release_lease(&self) {
        let all = ["delete", "lease", "--all", "-n", "peerway-system"];
        // Whatever it says: the failure to report is the test's.
        drop(self.kubectl.run(&all).await);
    }

    /// The folder that everything is written to.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `kubectl` as another user.
    #[must_use]
    pub fn kubectl_as(&self, user: &str) -> Kubectl {
        Kubectl::new(&self.assets, self.api_server.kubeconfig(user), self.folder.path())
    }

    /// Starts a simulated AWS with an estate.
    ///
    /// # Errors
    /// With the end of its log.
    pub async fn start_sim(&self, estate: &Path, speed: u32) -> anyhow::Result<Sim> {
        self.start_sim_with(estate, speed, &[]).await
    }

    /// The same with more flags.
    ///
    /// # Errors
    /// With the end of its log.
    pub async fn start_sim_with(
        &self,
        estate: &Path,
        speed: u32,
        flags: &[&str],
    ) -> anyhow::Result<Sim> {
        let port = free_port()?;
        let mut command = Command::new(our_program("peerway")?);
        command
            .args(["sim", "--listen", &format!("127.0.0.1:{port}"), "--speed", &speed.to_string()])
            .arg("--estate")
            .arg(estate)
            .args(flags);
        let mut process = Process::start("sim", self.folder(), &mut command)?;
        let aws = Aws::at_port(port);
        process
            .wait_for("answer of the simulated AWS", START, async || {
                aws.is_up().await.then_some(())
            })
            .await?;
        Ok(Sim { aws, process })
    }

    /// Starts the controller as its ServiceAccount, with AWS at `endpoint`, and waits until it is ready.
    ///
    /// # Errors
    /// With the end of its log.
    pub async fn start_controller(
        &self,
        endpoint: &str,
        flags: &[&str],
    ) -> anyhow::Result<Controller> {
        self.start_controller_with(endpoint, flags, &[]).await
    }

    /// The same with more in its environment.
    ///
    /// # Errors
    /// With the end of its log.
    pub async fn start_controller_with(
        &self,
        endpoint: &str,
        flags: &[&str],
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Controller> {
        let mut controller = self.launch(endpoint, flags, environment)?;
        let health = controller.health.clone();
        controller
            .process
            .wait_for("ready controller", START, async || health.is_ready().await.then_some(()))
            .await?;
        Ok(controller)
    }

    /// Starts the controller without waiting for anything.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_controller_unready(
        &self,
        endpoint: &str,
        flags: &[&str],
    ) -> anyhow::Result<Controller> {
        self.launch(endpoint, flags, &[])
    }

    fn launch(
        &self,
        endpoint: &str,
        flags: &[&str],
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Controller> {
        let port = free_port()?;
        let mut command = Command::new(our_program("peerway")?);
        command
            .args(["controller", "--log-format", "text"])
            .args(["--health-probe-bind-address", &format!("127.0.0.1:{port}")])
            .args(flags)
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| !is_aws(name)))
            .env("KUBECONFIG", self.api_server.kubeconfig(CONTROLLER))
            .env("POD_NAMESPACE", "peerway-system")
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY.0)
            .env("AWS_SECRET_ACCESS_KEY", ACCESS_KEY.1)
            .envs(environment.iter().copied());
        // Two may run at once: each has a log of its own.
        let process = Process::start(&format!("controller-{port}"), self.folder(), &mut command)?;
        Ok(Controller { process, health: Aws::at_port(port) })
    }
}

impl Controller {
    /// Whether it says that it is ready.
    pub async fn is_ready(&self) -> bool {
        self.health.is_ready().await
    }
}

/// Somebody's own AWS settings must not leak into what is tried here.
fn is_aws(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().starts_with("AWS_")
}

/// A file of the examples.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    workspace().join("deploy/examples").join(name)
}

//! A real kube-apiserver with a real etcd, on free ports of the loopback.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::process::Command;

use crate::assets::Assets;
use crate::process::{Process, free_port};

/// How long a start may take on a slow machine.
const START: Duration = Duration::from_secs(90);

/// How often a start is tried.
const ATTEMPTS: u32 = 3;

/// An administrator: everything is allowed.
pub const ADMIN: &str = "admin";
/// The controller: exactly what its ServiceAccount is allowed.
pub const CONTROLLER: &str = "controller";
/// Somebody who may log in, and nothing else, until a role says more.
pub const NOBODY: &str = "nobody";

/// A running API server.
#[derive(Debug)]
pub struct ApiServer {
    folder: PathBuf,
    url: String,
    _apiserver: Process,
    _etcd: Process,
}

impl ApiServer {
    /// Starts etcd and the API server with everything they write in `folder`.
    ///
    /// # Errors
    /// With the end of the log of what did not start.
    pub async fn start(assets: &Assets, folder: &Path) -> anyhow::Result<Self> {
        let mut attempt = 1;
        loop {
            // A port that was free a moment ago may be somebody else's by now.
            match Self::try_start(assets, &folder.join(format!("api-server-{attempt}"))).await {
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    async fn try_start(assets: &Assets, folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.to_owned();
        std::fs::create_dir_all(&folder)?;
        write_keys(&folder)?;
        let (etcd, etcd_url) = start_etcd(assets, &folder)?;
        let port = free_port()?;
        let file = |name: &str| folder.join(name);
        let mut command = Command::new(&assets.kube_apiserver);
        command
            .args(["--etcd-servers", &etcd_url, "--bind-address", "127.0.0.1"])
            .args(["--secure-port", &port.to_string(), "--service-cluster-ip-range", "10.0.0.0/24"])
            .args(["--authorization-mode", "RBAC", "--disable-admission-plugins", "ServiceAccount"])
            .args(["--service-account-issuer", "https://kubernetes.default"])
            .arg("--cert-dir")
            .arg(file("certs"))
            .arg("--service-account-key-file")
            .arg(file("service-account.pub"))
            .arg("--service-account-signing-key-file")
            .arg(file("service-account.key"))
            .arg("--token-auth-file")
            .arg(file("tokens.csv"));
        let mut apiserver = Process::start("kube-apiserver", &folder, &mut command)?;
        let url = format!("https://127.0.0.1:{port}");
        let server = |name: &str| kubeconfig(&url, &folder, name);
        let wait = async || {
            let kubeconfig = server(ADMIN);
            let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
                .await
                .ok()?;
            let client = Client::try_from(config).ok()?;
            let request = http_get("/readyz");
            (client.request_text(request).await.ok()? == "ok").then_some(())
        };
        apiserver.wait_for("ready API server", START, wait).await?;
        for user in [ADMIN, CONTROLLER, NOBODY] {
            let text = serde_saphyr::to_string(&kubeconfig(&url, &folder, user))?;
            std::fs::write(folder.join(format!("{user}.kubeconfig")), text)?;
        }
        Ok(Self { folder, url, _apiserver: apiserver, _etcd: etcd })
    }

    /// The kubeconfig file of a user.
    #[must_use]
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.folder.join(format!("{user}.kubeconfig"))
    }

    /// A client of a user.
    ///
    /// # Errors
    /// Never, once the server has started.
    pub async fn client(&self, user: &str) -> anyhow::Result<Client> {
        let kubeconfig = kubeconfig(&self.url, &self.folder, user);
        let config =
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        Client::try_from(config).context("failed to make a client")
    }
}

fn http_get(path: &str) -> http::Request<Vec<u8>> {
    http::Request::get(path).body(Vec::new()).expect("a path makes a request")
}

fn start_etcd(assets: &Assets, folder: &Path) -> anyhow::Result<(Process, String)> {
    let (clients, peers) = (free_port()?, free_port()?);
    let url = format!("http://127.0.0.1:{clients}");
    let mut command = Command::new(&assets.etcd);
    command
        .arg("--data-dir")
        .arg(folder.join("etcd"))
        .args(["--listen-client-urls", &url, "--advertise-client-urls", &url])
        .args(["--listen-peer-urls", &format!("http://127.0.0.1:{peers}")])
        // Nothing here outlives the process.
        .arg("--unsafe-no-fsync");
    Ok((Process::start("etcd", folder, &mut command)?, url))
}

/// Keys and tokens of throw-away identities.
fn write_keys(folder: &Path) -> anyhow::Result<()> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    std::fs::write(folder.join("service-account.key"), key.serialize_pem())?;
    std::fs::write(folder.join("service-account.pub"), key.public_key_pem())?;
    let tokens = format!(
        "{ADMIN},admin,admin,system:masters\n{CONTROLLER},system:serviceaccount:peerway-system:peerway,controller,\n{NOBODY},nobody,nobody,\n"
    );
    std::fs::write(folder.join("tokens.csv"), tokens)?;
    Ok(())
}

/// Each user's token is its name.
fn kubeconfig(url: &str, folder: &Path, user: &str) -> Kubeconfig {
    let text = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": "peerway",
            "cluster": { "server": url, "certificate-authority": folder.join("certs/apiserver.crt") },
        }],
        "users": [{ "name": user, "user": { "token": user } }],
        "contexts": [{ "name": user, "context": { "cluster": "peerway", "user": user } }],
        "current-context": user,
    });
    serde_json::from_value(text).expect("it is a kubeconfig")
}

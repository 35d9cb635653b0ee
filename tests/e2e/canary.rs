//! Credentials appear nowhere: canaries in their places are looked for in everything that the controller says.

use std::fmt::Write;
use std::time::Duration;

use anyhow::ensure;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use peerway_tests::Environment;
use peerway_tests::environment::example;

use crate::QUICK;

const SECRET: &str = "cAnArY/sEcReT+aCcEsS/kEy=0123456789abcdef";
const EXTERNAL_ID: &str = "cAnArY:external/id+0123456789";
const WEB_TOKEN: &str = "cAnArY.wEb.iDeNtItY.tOkEn";

pub(crate) async fn nowhere_in_logs_events_and_status(
    environment: &Environment,
) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    let folder = tempfile::tempdir()?;
    let estate = std::fs::read_to_string(example("two-accounts/estate.yaml"))?
        .replace("simulated-secret-access-key", SECRET)
        .replace("consumer-to-peerway", EXTERNAL_ID);
    ensure!(estate.contains(SECRET) && estate.contains(EXTERNAL_ID), "the canaries have a place");
    let file = folder.path().join("estate.yaml");
    std::fs::write(&file, estate)?;
    let sim = environment.start_sim_with(&file, 60, &["--verify-signatures"]).await?;
    let secrets = [("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_WEB_IDENTITY_TOKEN", WEB_TOKEN)];
    let flags = [QUICK, &["--log-level", "trace"]].concat();
    let mut controller =
        environment.start_controller_with(&sim.aws.endpoint, &flags, &secrets).await?;
    let manifests = std::fs::read_to_string(example("two-accounts/manifests.yaml"))?;
    // First an external id that is wrong, so that the failure is told, too; then the right one.
    let wrong = manifests.replace("consumer-to-peerway", &format!("{EXTERNAL_ID}-wrong"));
    kubectl.apply(&std::fs::read_to_string(example("namespace.yaml"))?).await?;
    kubectl.apply(&wrong).await?;
    let account = "awsaccount/consumer";
    let refused =
        "--for=jsonpath={.status.conditions[?(@.type==\"Ready\")].reason}=CredentialsUnavailable";
    kubectl.run(&["wait", refused, "--timeout=30s", account]).await?;
    kubectl.apply(&manifests.replace("consumer-to-peerway", EXTERNAL_ID)).await?;
    let peering = ["-n", "analytics", "vpcpeering/frankfurt-to-oregon"];
    let ready = ["wait", "--for=condition=Ready", "--timeout=60s"];
    kubectl.run(&[&ready[..], &peering].concat()).await?;

    let status = ["get", "awsaccounts,vpcpeerings", "-A", "-o", "jsonpath={.items[*].status}"];
    let events = ["get", "events.events.k8s.io", "-A", "-o", "yaml"];
    let mut said = vec![
        ("the status", kubectl.run(&status).await?),
        ("the events", kubectl.run(&events).await?),
        ("the lease", kubectl.run(&["get", "leases", "-A", "-o", "yaml"]).await?),
    ];
    kubectl.run(&[&["delete", "--timeout=60s"][..], &peering].concat()).await?;
    kubectl.run(&["delete", "--timeout=20s", "awsaccount/service", account]).await?;
    controller.process.terminate(Duration::from_secs(20)).await?;
    said.push(("the log", controller.process.log()));
    ensure!(said[3].1.contains("TRACE"), "the log holds nothing of that level");
    for (place, text) in &said {
        for canary in [SECRET, EXTERNAL_ID, WEB_TOKEN] {
            for form in forms(canary) {
                ensure!(!text.contains(&form), "{place} contains {canary} as {form}");
            }
        }
    }
    Ok(())
}

/// A text in plain, in hex, in URLs, and in base 64 wherever it may begin there.
fn forms(text: &str) -> Vec<String> {
    let hex = text.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let url: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let mut forms = vec![text.to_owned(), hex.to_uppercase(), hex, url];
    for before in 0..3 {
        let padded = [vec![b'x'; before], text.as_bytes().to_vec()].concat();
        // What depends on the neighbours is cut off at both ends.
        let encoded = STANDARD.encode(&padded[..padded.len() / 3 * 3]);
        forms.push(encoded[before.div_ceil(3) * 4..].to_owned());
    }
    forms
}

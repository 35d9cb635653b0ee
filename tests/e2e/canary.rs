//! Credentials appear nowhere: canaries in their places are looked for in everything that the controller says.

use std::fmt::Write;
use std::time::Duration;

use anyhow::ensure;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use peerway_tests::environment::example;
use peerway_tests::{Environment, Tap};

use crate::QUICK;

/// The key that the estate gives the controller, and the temporary one in its place.
const LASTING: &str = "accessKeys: {AKIAPEERWAYCONTROLLR: simulated-secret-access-key}";
const KEY: &str = "ASIAPEERWAYCONTROLLR";
const SECRET: &str = "cAnArY/sEcReT+aCcEsS/kEy=0123456789abcdef";
const EXTERNAL_ID: &str = "cAnArY:external/id+0123456789";
const SESSION_TOKEN: &str = "cAnArY//sEsSiOn+tOkEn/==0123456789?abcdef";

pub(crate) async fn nowhere_in_logs_events_and_status(
    environment: &Environment,
) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    let folder = tempfile::tempdir()?;
    let keys = format!(
        "accessKeys: {{{KEY}: \"{SECRET}\"}}\n        sessionTokens: {{{KEY}: \"{SESSION_TOKEN}\"}}"
    );
    let estate = std::fs::read_to_string(example("two-accounts/estate.yaml"))?
        .replace(LASTING, &keys)
        .replace("consumer-to-peerway", EXTERNAL_ID);
    ensure!(estate.contains(KEY) && estate.contains(EXTERNAL_ID), "the canaries have a place");
    let file = folder.path().join("estate.yaml");
    std::fs::write(&file, estate)?;
    let sim = environment.start_sim_with(&file, 60, &["--verify-signatures"]).await?;
    // What AWS answers holds credentials too: those of the sessions.
    let tap = Tap::on(&sim.aws.endpoint).await?;
    let secrets = [
        ("AWS_ACCESS_KEY_ID", KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", SESSION_TOKEN),
    ];
    let flags = [QUICK, &["--log-level", "trace"]].concat();
    let mut controller = environment.start_controller_with(&tap.endpoint, &flags, &secrets).await?;
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
    let heard = tap.heard();
    ensure!(heard.contains(SESSION_TOKEN), "the session token is not in use");
    let given = [elements(&heard, "SecretAccessKey"), elements(&heard, "SessionToken")].concat();
    ensure!(given.len() >= 4, "two accounts give a secret and a token each: {}", given.len());
    for (place, text) in &said {
        for canary in [SECRET, EXTERNAL_ID, SESSION_TOKEN].iter().chain(&given) {
            for form in forms(canary) {
                ensure!(!text.contains(&form), "{place} contains {canary} as {form}");
            }
        }
    }
    Ok(())
}

/// What stands in the elements of this name.
fn elements<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    let pieces = text.split(begin.as_str()).skip(1);
    pieces.filter_map(|piece| Some(piece.split_once(end.as_str())?.0)).collect()
}

/// A text in plain, in hex, in URLs, and in both kinds of base 64 wherever it may begin there.
fn forms(text: &str) -> Vec<String> {
    let hex = text.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let url: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let lower_url = lower_escapes(&url);
    let mut forms = vec![text.to_owned(), hex.to_uppercase(), hex, url, lower_url];
    for before in 0..3 {
        let padded = [vec![b'x'; before], text.as_bytes().to_vec()].concat();
        // What depends on the neighbours is cut off at both ends.
        let whole = &padded[..padded.len() / 3 * 3];
        for encoded in [STANDARD.encode(whole), URL_SAFE_NO_PAD.encode(whole)] {
            forms.push(encoded[before.div_ceil(3) * 4..].to_owned());
        }
    }
    forms
}

/// The same with `%2f` for `%2F`.
fn lower_escapes(url: &str) -> String {
    let mut pieces = url.split('%');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        let (digits, rest) = piece.split_at(2);
        format!("{text}%{}{rest}", digits.to_lowercase())
    })
}

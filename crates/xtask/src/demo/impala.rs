//! A service without a reference: Impala's workers behind one balancer, from one manifest.

use std::collections::BTreeSet;
use std::time::Duration;

use peerway_sim::Estate;
use peerway_tests::environment::example;
use peerway_tests::{Environment, Sim};

use super::checks::Checks;
use super::world::World;
use super::{ONE_RESYNC, apply, kubectl, say, start, take_apart, until, wait_ready};

const NAME: &str = "elb-impala-Cluster1";
const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:111111111111:certificate/0e000001-0000-4000-8000-000000000001";

/// Made, given an SSL listener, and taken apart again.
pub(super) async fn run(environment: &Environment, checks: &mut Checks) -> anyhow::Result<()> {
    say("\n== Impala: five workers behind a balancer of their own, from one manifest ==");
    let (sim, mut controller) = start(environment, "impala/estate.yaml").await?;
    let before = sim.aws.estate().await?;
    refused(environment, checks).await?;
    for file in ["namespace.yaml", "impala/accounts.yaml", "impala/impala.yaml"] {
        apply(environment, file).await?;
    }
    wait_ready(environment, "proxyloadbalancer/impala").await?;
    println!("\nIn AWS:");
    made(checks, &sim.aws.estate().await?);
    listener(environment, &sim, checks).await?;
    take_apart(
        environment,
        &sim,
        &before,
        &["impala/impala.yaml", "impala/accounts.yaml"],
        &[],
        &[],
        checks,
    )
    .await?;
    controller.process.terminate(Duration::from_secs(20)).await?;
    Ok(())
}

/// The health check of the article that describes this set-up: a connection, asked for a picture.
async fn refused(environment: &Environment, checks: &mut Checks) -> anyhow::Result<()> {
    apply(environment, "namespace.yaml").await?;
    let text = std::fs::read_to_string(example("impala/impala.yaml"))?
        .replace("port: 21000, intervalSeconds", "port: 21000, path: /png, intervalSeconds");
    let path = environment.folder().join("impala-png.yaml");
    std::fs::write(&path, text)?;
    let path = path.display().to_string();
    let said = match kubectl(environment, &["apply", "-f", &path]).await {
        Ok(said) => said,
        Err(error) => format!("{error:#}"),
    };
    checks.check(
        "a health check of TCP with a path is refused, and says why",
        said.contains("`path` must be absent with protocol TCP or SSL"),
        &said,
    );
    Ok(())
}

fn made(checks: &mut Checks, estate: &Estate) {
    let world = World::new(estate);
    let there = world.balancer(NAME);
    let workers: BTreeSet<String> = (1..=5).map(|number| format!("i-0e00000{number}")).collect();
    let registered: BTreeSet<String> =
        there.iter().flat_map(|it| &it.instances).map(ToString::to_string).collect();
    checks.check(
        "the five workers are registered, and the master is not",
        registered == workers,
        &format!("{registered:?}"),
    );
    let attributes = there.map(|there| &there.attributes);
    checks.check(
        "idle timeout 3600 s, access logs every 60 minutes to Cluster1-logs/Cluster1-Impala",
        attributes.is_some_and(|it| {
            let log = format!("{:?}", it.access_log);
            it.idle_timeout == 3600
                && ["Cluster1-logs", "Cluster1-Impala", "60"].iter().all(|word| log.contains(word))
        }),
        &format!("{attributes:?}"),
    );
    let carriers = world.carriers("Cluster1 Impala BE");
    checks.check(
        "each worker carries 'Cluster1 Impala BE' beside the group it had",
        carriers == workers && world.carriers("Cluster1 nodes").len() == 6,
        &format!("{carriers:?}"),
    );
    let found = world.rules_of("Cluster1 Impala FE");
    checks.check(
        "'Cluster1 Impala FE' admits 10.0.0.0/8 to both ports, and nobody else",
        found == ["tcp 21000 from 10.0.0.0/8", "tcp 21050 from 10.0.0.0/8"],
        &format!("{found:?}"),
    );
    let front = world.group_id("Cluster1 Impala FE").unwrap_or_default();
    let wanted: Vec<String> = [21000, 21050].map(|port| format!("tcp {port} from {front}")).into();
    let found = world.rules_of("Cluster1 Impala BE");
    checks.check(
        "'Cluster1 Impala BE' admits the balancer's group to both ports, and nobody else",
        found == wanted,
        &format!("{found:?}"),
    );
}

/// Later: an SSL listener with a certificate of ACM.
async fn listener(environment: &Environment, sim: &Sim, checks: &mut Checks) -> anyhow::Result<()> {
    say("\nAn SSL listener on 443 is added …");
    let patch = format!(
        r#"[{{"op": "add", "path": "/spec/listeners/-", "value": {{"port": 443, "protocol": "SSL", "instancePort": 21050, "instanceProtocol": "TCP", "certificateARN": "{CERTIFICATE}", "securityPolicy": "ELBSecurityPolicy-TLS-1-2-2017-01"}}}}]"#
    );
    let object = ["proxyloadbalancer/impala", "-n", "analytics", "--type=json", "-p", &patch];
    let arguments: Vec<&str> = ["patch"].into_iter().chain(object).collect();
    print!("{}", kubectl(environment, &arguments).await?);
    let has = until(2 * ONE_RESYNC, async || {
        let estate = sim.aws.estate().await.ok()?;
        let there = World::new(&estate).balancer(NAME)?;
        let listener = there.listeners.iter().find(|listener| listener.port == 443)?;
        let is_ours = |name: &String| name.starts_with("peerway-SSLNegotiation");
        (listener.certificate.as_deref() == Some(CERTIFICATE)
            && listener.policies.iter().flatten().any(is_ours))
        .then_some(())
    });
    checks.check(
        "it listens on 443 with the certificate, and offers what the security policy says",
        has.await.is_some(),
        "",
    );
    wait_ready(environment, "proxyloadbalancer/impala").await
}

//! `make demo`: the product's main job in small, on a real API server and the simulated AWS. What is checked is asked of
//! the simulated AWS, not of the controller.

mod checks;
mod expected;
mod impala;
mod overlap;
mod proxies;
mod reachability;
mod sight;
mod world;

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, RandomState};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use peerway_sim::Estate;
use peerway_tests::environment::example;
use peerway_tests::{Assets, Controller, Environment, Sim};

use self::checks::Checks;
use self::expected::Expected;
use self::world::World;

/// How the controller runs here: this AWS has no lag, and nobody wants to wait.
const FLAGS: &[&str] = &["--settle", "1s", "--takeover", "1s", "--resync", "5s"];
/// One resync and its jitter, and the time for a call or two.
const ONE_RESYNC: Duration = Duration::from_secs(7);
/// Everything of ours.
const KINDS: &str = "proxyloadbalancers,overlapsubnetgroups,vpcpeerings,awsaccounts";
/// How much faster than real time the simulated AWS runs.
const SPEED: u32 = 60;

/// Runs the demo.
pub(crate) async fn run() -> anyhow::Result<()> {
    let begun = Instant::now();
    let assets = Assets::find_or_build(&|line| println!("{line}"))?;
    say("Starting etcd, a Kubernetes API server, and installing deploy/ on it …");
    let environment = Environment::start(assets).await?;
    let mut checks = Checks::default();
    golden(&environment, &mut checks).await?;
    overlap::run(&environment, &mut checks).await?;
    impala::run(&environment, &mut checks).await?;
    two_accounts(&environment, &mut checks).await?;
    println!("\ndemo took {:.1} s", begun.elapsed().as_secs_f64());
    checks.conclude()
}

/// Starts the set-up of the demo and leaves it running.
pub(crate) async fn dev() -> anyhow::Result<()> {
    let assets = Assets::find_or_build(&|line| println!("{line}"))?;
    say("Starting etcd, a Kubernetes API server, and installing deploy/ on it …");
    let environment = Environment::start(assets).await?;
    let (sim, _controller) = start(&environment, "golden/estate.yaml").await?;
    println!(
        "\nEverything runs until you press Ctrl-C. In another terminal:\n\n  export KUBECONFIG={}\n  kubectl apply -f deploy/examples/namespace.yaml -f deploy/examples/golden/accounts.yaml -f deploy/examples/golden/druid-to-reports.yaml\n  kubectl get peering -A\n\n  export AWS_ENDPOINT_URL={} AWS_ACCESS_KEY_ID=111111111111 AWS_SECRET_ACCESS_KEY=any AWS_REGION=us-west-2\n  curl -s $AWS_ENDPOINT_URL/_peerway/estate        # what stands in AWS\n  curl -s $AWS_ENDPOINT_URL/_peerway/ledger        # every call\n\nLogs lie in {}.",
        environment.api_server.kubeconfig(peerway_tests::api_server::ADMIN).display(),
        sim.aws.endpoint,
        environment.folder().display(),
    );
    std::future::pending().await
}

async fn start(environment: &Environment, estate: &str) -> anyhow::Result<(Sim, Controller)> {
    let sim = environment.start_sim(&example(estate), SPEED).await?;
    let controller = environment.start_controller(&sim.aws.endpoint, FLAGS).await?;
    Ok((sim, controller))
}

/// The first half of the golden example, a route deleted by hand, a careless peering, and everything taken apart.
async fn golden(environment: &Environment, checks: &mut Checks) -> anyhow::Result<()> {
    say("\n== One account: a Druid service, a consumer beside it, and one whose CIDR is taken ==");
    let (sim, mut controller) = start(environment, "golden/estate.yaml").await?;
    let expected = Expected::load(&example("golden/expected.yaml"))?;
    let before = sim.aws.estate().await?;
    show_routes("Routes before", &before, &["rtb-7122e509", "rtb-8c4492f7"])?;
    say("\nThe provider's own way in, before:");
    reachability::lifelines(checks, &before, &expected.reachability, None).await?;

    apply(environment, "namespace.yaml").await?;
    apply(environment, "golden/accounts.yaml").await?;
    apply(environment, "golden/druid-to-reports.yaml").await?;
    wait_ready(environment, "vpcpeering/druid-to-reports").await?;
    let after = sim.aws.estate().await?;
    show_routes("Routes after", &after, &["rtb-7122e509", "rtb-8c4492f7"])?;
    let world = World::new(&after);
    let reports = world.connection("VPCPeering/analytics/druid-to-reports")?;
    checks.part(&world, expected.part("druid-to-reports")?, &reports, None);
    checks.untouched(&World::new(&before), &world, &expected.untouched);
    checks
        .calls(
            &sim,
            0,
            &[
                ("CreateVpcPeeringConnection", "111111111111", "us-west-2"),
                ("AcceptVpcPeeringConnection", "111111111111", "us-west-2"),
                ("ModifyVpcPeeringConnectionOptions", "111111111111", "us-west-2"),
                ("AuthorizeSecurityGroupIngress", "111111111111", "us-west-2"),
                ("CreateRoute", "111111111111", "us-west-2"),
                ("CreateRoute", "111111111111", "us-west-2"),
            ],
        )
        .await?;

    drift(&sim, &reports, checks).await?;
    careless(environment, &sim, &expected, &reports, checks).await?;
    let suggested = isolated(environment, checks).await?;
    at_rest(environment, &sim, checks).await?;
    take_apart(
        environment,
        &sim,
        &before,
        &["golden/druid-to-reports.yaml", "golden/careless.yaml", "golden/accounts.yaml"],
        &[&suggested],
        &[],
        checks,
    )
    .await?;
    say("\nThe provider's own way in, after:");
    let after = sim.aws.estate().await?;
    reachability::lifelines(checks, &after, &expected.reachability, None).await?;
    controller.process.terminate(Duration::from_secs(20)).await?;
    Ok(())
}

/// Somebody deletes a route of ours.
async fn drift(sim: &Sim, connection: &str, checks: &mut Checks) -> anyhow::Result<()> {
    say("\nSomebody deletes the route to 172.20.0.0/22 from rtb-7122e509 by hand …");
    let hand = [("RouteTableId", "rtb-7122e509"), ("DestinationCidrBlock", "172.20.0.0/22")];
    sim.aws.ec2("111111111111", "us-west-2", "DeleteRoute", &hand).await?;
    let begun = Instant::now();
    let is_back = async || {
        let estate = sim.aws.estate().await.ok()?;
        let routes = World::new(&estate).routes("rtb-7122e509")?;
        (routes.get("172.20.0.0/22").map(String::as_str) == Some(connection)).then_some(())
    };
    let came_back = until(ONE_RESYNC, is_back).await.is_some();
    println!("  … and it is back after {:.1} s", begun.elapsed().as_secs_f64());
    checks.check("a route deleted by hand is back within one resync", came_back, "");
    Ok(())
}

/// A peering whose routes would mislead packets.
async fn careless(
    environment: &Environment,
    sim: &Sim,
    expected: &Expected,
    reports: &str,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    say("\nA careless engineer routes 172.19.0.0/20, which lies behind pcx-d3c1e8ba already …");
    apply(environment, "golden/careless.yaml").await?;
    let reason = "{.status.conditions[?(@.type==\"Ready\")].reason}";
    kubectl(
        environment,
        &[
            "wait",
            &format!("--for=jsonpath={reason}=IsolationRequired"),
            "--timeout=60s",
            "-n",
            "analytics",
            "vpcpeering/druid-to-billing",
        ],
    )
    .await?;
    println!("{}", kubectl(environment, &["get", "peering", "-n", "analytics"]).await?.trim_end());
    let items = "{range .status.routes.items[*]}{.reason}: {.message}{\"\\n\"}{end}";
    let said = kubectl(
        environment,
        &[
            "get",
            "peering",
            "-n",
            "analytics",
            "druid-to-billing",
            "-o",
            &format!("jsonpath={items}"),
        ],
    )
    .await?;
    println!("{}", said.trim_end());
    let estate = sim.aws.estate().await?;
    let world = World::new(&estate);
    let billing = world.connection("VPCPeering/analytics/druid-to-billing")?;
    checks.part(&world, expected.part("careless")?, &billing, Some(reports));
    let has =
        |words: &[&str]| said.lines().any(|line| words.iter().all(|word| line.contains(word)));
    checks.check(
        "the service's side is RouteConflict, naming table, destination and target",
        has(&["RouteConflict", "rtb-7122e509", "172.19.0.0/20", "pcx-d3c1e8ba"]),
        &said,
    );
    checks.check(
        "the consumer's side is ReturnGoesElsewhere, naming what answers",
        has(&[
            "ReturnGoesElsewhere",
            "subnet-0a00000",
            "rtb-7122e509",
            "172.19.0.0/20",
            "pcx-d3c1e8ba",
        ]),
        &said,
    );
    Ok(())
}

/// The group that the status suggests is applied as it is; the file it was applied from.
async fn isolated(environment: &Environment, checks: &mut Checks) -> anyhow::Result<String> {
    say("\nThe manifest in its status.suggestedGroup is applied as it is …");
    let suggested = "jsonpath={.status.suggestedGroup}";
    let get = ["get", "peering", "-n", "analytics", "druid-to-billing", "-o", suggested];
    let manifest = kubectl(environment, &get).await?;
    println!("{}", manifest.trim_end());
    let path = environment.folder().join("suggested.yaml");
    std::fs::write(&path, &manifest)?;
    let path = path.to_str().context("the build folder's path is no text")?.to_owned();
    print!("{}", kubectl(environment, &["apply", "-f", &path]).await?);
    wait_ready(environment, "vpcpeering/druid-to-billing").await?;
    let reason = "jsonpath={.status.conditions[?(@.type==\"Ready\")].reason}";
    let get = ["get", "peering", "-n", "analytics", "druid-to-billing", "-o", reason];
    let said = kubectl(environment, &get).await?;
    checks.check("the peering is Ready, Isolated", said == "Isolated", &said);
    Ok(path)
}

/// Nothing is left to do: nothing is written, to AWS or to Kubernetes.
async fn at_rest(environment: &Environment, sim: &Sim, checks: &mut Checks) -> anyhow::Result<()> {
    let versions = ["get", KINDS, "-A", "-o", "jsonpath={.items[*].metadata.resourceVersion}"];
    // The last visit of the bring-up may still publish.
    tokio::time::sleep(ONE_RESYNC / 2).await;
    let (seq, before) = (sim.aws.last_seq().await?, kubectl(environment, &versions).await?);
    tokio::time::sleep(ONE_RESYNC).await;
    let calls = sim.aws.ledger_since(seq).await?;
    let writes = calls.iter().filter(|call| call.is_write && call.action != "AssumeRole").count();
    checks.check("at rest nothing is written to AWS", writes == 0, &format!("{writes} writes"));
    checks.check("at rest AWS is still looked at", !calls.is_empty(), "");
    let after = kubectl(environment, &versions).await?;
    checks.check(
        "at rest nothing is written to Kubernetes",
        before == after,
        &format!("{before} -> {after}"),
    );
    Ok(())
}

/// Everything deleted: AWS is what it was, but for things that others exchanged meanwhile.
async fn take_apart(
    environment: &Environment,
    sim: &Sim,
    before: &Estate,
    files: &[&str],
    more: &[&str],
    by_others: &[String],
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    delete_in_any_order(environment).await?;
    // Whatever else the files hold.
    let options = ["delete", "--ignore-not-found", "--timeout=120s"];
    let mut arguments: Vec<String> = options.map(str::to_owned).into();
    for file in files {
        arguments.extend(["-f".to_owned(), example(file).display().to_string()]);
    }
    for file in more {
        arguments.extend(["-f".to_owned(), (*file).to_owned()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    kubectl(environment, &arguments).await?;
    println!("  … took {:.1} s", begun.elapsed().as_secs_f64());
    let left = kubectl(environment, &["get", KINDS, "-A", "-o", "name"]).await?;
    checks.check("no object is left in Kubernetes", left.trim().is_empty(), &left);
    let mut differences = Estate::diff(before, &sim.aws.estate().await?);
    differences.retain(|difference| !by_others.iter().any(|id| difference.contains(id.as_str())));
    checks.check("AWS is exactly what it was", differences.is_empty(), &differences.join("; "));
    Ok(())
}

/// Deletes every object of ours, one right after the other, in an order that a seed tells, and waits until all are gone.
async fn delete_in_any_order(environment: &Environment) -> anyhow::Result<()> {
    let chosen = std::env::var("DEMO_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let seed = chosen.unwrap_or_else(|| RandomState::new().hash_one(()));
    say(&format!("\nkubectl delete of everything, in any order (DEMO_SEED={seed}) …"));
    let names =
        r#"jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.namespace}{"\n"}{end}"#;
    let listed = kubectl(environment, &["get", KINDS, "-A", "-o", names]).await?;
    let mut objects: Vec<Vec<&str>> =
        listed.lines().map(|line| line.split_whitespace().collect()).collect();
    // What is in a namespace comes with it; accounts come without.
    for object in &mut objects {
        object.splice(1..1, (object.len() > 1).then_some("-n"));
    }
    objects.sort_by_cached_key(|object| {
        BuildHasherDefault::<DefaultHasher>::default().hash_one((seed, object))
    });
    for object in &objects {
        let delete = [&["delete", "--wait=false"][..], object].concat();
        println!("{}", kubectl(environment, &delete).await?.trim_end());
    }
    for object in &objects {
        let gone = [&["wait", "--for=delete", "--timeout=180s"][..], object].concat();
        kubectl(environment, &gone).await?;
    }
    Ok(())
}

/// The same across two accounts and two Regions.
async fn two_accounts(environment: &Environment, checks: &mut Checks) -> anyhow::Result<()> {
    say("\n== Two accounts, two Regions: a consumer in Frankfurt, a service in Oregon ==");
    let (sim, mut controller) = start(environment, "two-accounts/estate.yaml").await?;
    let expected = Expected::load(&example("two-accounts/expected.yaml"))?;
    let before = sim.aws.estate().await?;
    let tables = ["rtb-0c830001", "rtb-0a510001"];
    show_routes("Routes before", &before, &tables)?;
    apply(environment, "two-accounts/manifests.yaml").await?;
    wait_ready(environment, "vpcpeering/frankfurt-to-oregon").await?;
    let after = sim.aws.estate().await?;
    show_routes("Routes after", &after, &tables)?;
    let world = World::new(&after);
    let connection = world.connection("VPCPeering/analytics/frankfurt-to-oregon")?;
    checks.part(&world, expected.part("frankfurt-to-oregon")?, &connection, None);
    checks.untouched(&World::new(&before), &world, &expected.untouched);
    let (consumer, service) = (("333333333333", "eu-central-1"), ("111111111111", "us-west-2"));
    let at = |action, (account, region)| (action, account, region);
    checks
        .calls(
            &sim,
            0,
            &[
                at("CreateVpcPeeringConnection", consumer),
                at("CreateTags", service),
                at("AcceptVpcPeeringConnection", service),
                at("ModifyVpcPeeringConnectionOptions", service),
                at("AuthorizeSecurityGroupIngress", service),
                at("AuthorizeSecurityGroupIngress", service),
                at("CreateRoute", consumer),
                at("CreateRoute", service),
            ],
        )
        .await?;
    take_apart(environment, &sim, &before, &["two-accounts/manifests.yaml"], &[], &[], checks)
        .await?;
    controller.process.terminate(Duration::from_secs(20)).await?;
    Ok(())
}

fn say(text: &str) {
    println!("{text}");
}

async fn kubectl(environment: &Environment, arguments: &[&str]) -> anyhow::Result<String> {
    environment.kubectl.run(arguments).await
}

async fn apply(environment: &Environment, file: &str) -> anyhow::Result<()> {
    println!("\n$ kubectl apply -f deploy/examples/{file}");
    let path = example(file);
    let path = path.to_str().context("the repository's path is no text")?;
    print!("{}", kubectl(environment, &["apply", "-f", path]).await?);
    Ok(())
}

async fn wait_ready(environment: &Environment, object: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    println!("\n$ kubectl wait --for=condition=Ready {object} -n analytics");
    let wait = ["wait", "--for=condition=Ready", "--timeout=60s", "-n", "analytics", object];
    if let Err(error) = kubectl(environment, &wait).await {
        let status =
            kubectl(environment, &["get", object, "-n", "analytics", "-o", "yaml"]).await?;
        bail!("{error:#}\n{status}");
    }
    println!("Ready after {:.1} s", begun.elapsed().as_secs_f64());
    let kind = object.split('/').next().unwrap_or_default();
    let kind = if kind == "vpcpeering" { "peering" } else { kind };
    println!(
        "\n$ kubectl get {kind} -n analytics\n{}",
        kubectl(environment, &["get", kind, "-n", "analytics"]).await?.trim_end()
    );
    Ok(())
}

fn show_routes(title: &str, estate: &Estate, tables: &[&str]) -> anyhow::Result<()> {
    println!("\n{title}:");
    let world = World::new(estate);
    for table in tables {
        let routes = world.routes(table).with_context(|| format!("there is no {table}"))?;
        let routes: Vec<String> = routes
            .iter()
            .map(|(destination, target)| format!("{destination} -> {target}"))
            .collect();
        println!("  {table}  local  {}", routes.join("  "));
    }
    Ok(())
}

/// Asks until there is an answer, at most for so long.
async fn until<T>(limit: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        if Instant::now() > deadline {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

//! Consumers whose CIDR is routed elsewhere already: each is answered from subnets of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use peerway_sim::Estate;
use peerway_tests::environment::example;
use peerway_tests::{Environment, Sim};

use super::checks::Checks;
use super::expected::Expected;
use super::proxies;
use super::reachability;
use super::world::World;
use super::{
    ONE_RESYNC, apply, at_rest, kubectl, say, show_routes, start, take_apart, until, wait_ready,
};

const BILLING: &str = "OverlapSubnetGroup/analytics/druid-to-billing";
const THIRD: &str = "OverlapSubnetGroup/analytics/druid-to-third";
const TABLES: [&str; 3] = ["rtb-7122e509", "rtb-48598f33", "rtb-0d1d2d3d"];

/// Two consumers with the block of the provider's VPC, one after the other, beside the one that clashes with nothing.
pub(super) async fn run(environment: &Environment, checks: &mut Checks) -> anyhow::Result<()> {
    say("\n== Overlapping consumers: 172.19.0.0/20, three times ==");
    let (sim, mut controller) = start(environment, "golden/estate.yaml").await?;
    let expected = Expected::load(&example("golden/expected.yaml"))?;
    let third = third_consumer(&sim).await?;
    let before = sim.aws.estate().await?;
    show_routes("Routes before", &before, &TABLES)?;
    say("\nThe provider's own way in, before:");
    reachability::lifelines(checks, &before, &expected.reachability, None).await?;
    for file in [
        "namespace.yaml",
        "golden/accounts.yaml",
        "golden/druid-to-reports.yaml",
        "golden/druid-to-billing.yaml",
    ] {
        apply(environment, file).await?;
    }
    wait_ready(environment, "vpcpeering/druid-to-reports").await?;
    wait_ready(environment, "overlapsubnetgroup/druid-to-billing").await?;
    let after = sim.aws.estate().await?;
    let world = World::new(&after);
    let own = world.table(BILLING).context("the group has no table")?;
    show_routes("Routes after", &after, &[TABLES[0], TABLES[1], TABLES[2], &own])?;
    let reports = world.connection("VPCPeering/analytics/druid-to-reports")?;
    let billing = world.connection("VPCPeering/analytics/druid-to-billing")?;
    checks.part(&world, expected.part("overlap")?, &billing, Some(&reports));
    group(checks, &world, BILLING, &billing, ["10.50.6.0/26", "10.50.6.64/26", "10.50.6.128/26"]);
    let untouched: Vec<String> =
        expected.untouched.iter().filter(|id| *id != "rtb-48598f33").cloned().collect();
    checks.untouched(&World::new(&before), &world, &untouched);

    moved(&sim, &own, checks).await?;
    third_group(environment, &sim, &third, checks).await?;
    let subnets = proxies::subnets_of(&world, BILLING)?;
    proxies::stand(environment, &sim, &subnets, checks).await?;
    let estate = sim.aws.estate().await?;
    say("\nAnd with three consumers and three balancers:");
    let world = World::new(&estate);
    checks.part(&world, expected.part("overlap")?, &billing, Some(&reports));
    checks.untouched(&World::new(&before), &world, &untouched);
    let names = [("osg-table", own.as_str()), ("pcx-B", billing.as_str())];
    reachability::all(checks, &estate, &expected.reachability, &names).await?;
    let replaced = proxies::change(environment, &sim, checks).await?;
    at_rest(environment, &sim, checks).await?;
    let manifest = third.manifest(environment)?;
    let mut files = vec![
        "golden/accounts.yaml",
        "golden/druid-to-billing.yaml",
        "golden/druid-to-reports.yaml",
    ];
    files.extend(proxies::FILES);
    take_apart(environment, &sim, &before, &files, &[&manifest], &replaced, checks).await?;
    proxies::untouched(&sim, checks).await?;
    say("\nThe provider's own way in, after, to the instance that took the place of i-0a100001:");
    let after = sim.aws.estate().await?;
    let successor = replaced.get(1).map(String::as_str);
    reachability::lifelines(checks, &after, &expected.reachability, successor).await?;
    controller.process.terminate(Duration::from_secs(20)).await?;
    Ok(())
}

/// The subnets of a group, their table, and what is in it.
fn group(checks: &mut Checks, world: &World<'_>, owner: &str, ours: &str, blocks: [&str; 3]) {
    let table = world.table(owner).unwrap_or_default();
    let wanted: BTreeMap<String, (String, Option<String>)> = ["usw2-az1", "usw2-az2", "usw2-az3"]
        .into_iter()
        .zip(blocks)
        .map(|(zone, block)| (zone.to_owned(), (block.to_owned(), Some(table.clone()))))
        .collect();
    let found = world.subnets(owner);
    checks.check(
        &format!("one subnet per zone, {}, each associated with {table}", blocks.join(", ")),
        wanted == found,
        &format!("{found:?}"),
    );
    let rows = BTreeMap::from([("172.19.0.0/20".to_owned(), ours.to_owned())]);
    let found = world.routes(&table);
    checks.check(
        &format!("{table} leads to 172.19.0.0/20 over {ours}, and nowhere else"),
        found.as_ref() == Some(&rows),
        &format!("{found:?}"),
    );
}

/// Somebody associates one of the subnets with another table.
async fn moved(sim: &Sim, own: &str, checks: &mut Checks) -> anyhow::Result<()> {
    say("\nSomebody associates the subnet in usw2-az1 with rtb-7122e509 by hand …");
    let answer = sim
        .aws
        .ec2("111111111111", "us-west-2", "DescribeRouteTables", &[("RouteTableId.1", own)])
        .await?;
    let association =
        between(&answer, "<routeTableAssociationId>", "<").context("no association")?;
    let hand = [("AssociationId", association), ("RouteTableId", TABLES[0])];
    sim.aws.ec2("111111111111", "us-west-2", "ReplaceRouteTableAssociation", &hand).await?;
    let begun = Instant::now();
    let is_back = async || {
        let estate = sim.aws.estate().await.ok()?;
        let subnets = World::new(&estate).subnets(BILLING);
        subnets.values().all(|(_, table)| table.as_deref() == Some(own)).then_some(())
    };
    let came_back = until(2 * ONE_RESYNC, is_back).await.is_some();
    println!("  … and it is back after {:.1} s", begun.elapsed().as_secs_f64());
    checks.check("an association moved by hand is back", came_back, "");
    Ok(())
}

/// A VPC made by hand.
struct Third {
    vpc: String,
    subnet: String,
}

async fn third_consumer(sim: &Sim) -> anyhow::Result<Third> {
    let call = async |action: &str, parameters: &[(&str, &str)]| {
        sim.aws.ec2("111111111111", "us-west-2", action, parameters).await
    };
    let answer = call("CreateVpc", &[("CidrBlock", "172.19.0.0/20")]).await?;
    let vpc = between(&answer, "<vpcId>", "<").context("no VPC")?.to_owned();
    let parameters = [("VpcId", vpc.as_str()), ("CidrBlock", "172.19.0.0/22")];
    let answer = call("CreateSubnet", &parameters).await?;
    let subnet = between(&answer, "<subnetId>", "<").context("no subnet")?.to_owned();
    Ok(Third { vpc, subnet })
}

impl Third {
    /// Its peering and group, as a file.
    fn manifest(&self, environment: &Environment) -> anyhow::Result<String> {
        let text = std::fs::read_to_string(example("golden/druid-to-billing.yaml"))?;
        let ingress = text.find("    ingress:").zip(text.find("  accepter:"));
        let (from, to) = ingress.context("the example has no ingress")?;
        let text = format!("{}{}", &text[..from], &text[to..])
            .replace("druid-to-billing", "druid-to-third")
            // A new VPC has no DNS host names.
            .replace("    dnsResolution: true\n", "")
            .replace("name: billing", "name: third")
            .replace("vpc-3607f64e", &self.vpc)
            .replace("subnet-567e171d", &self.subnet);
        let path = environment.folder().join("druid-to-third.yaml");
        std::fs::write(&path, text)?;
        Ok(path.to_str().context("the build folder's path is no text")?.to_owned())
    }
}

/// A third consumer with the same block gets a group of its own.
async fn third_group(
    environment: &Environment,
    sim: &Sim,
    third: &Third,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    say("\nA third consumer with 172.19.0.0/20 …");
    let manifest = third.manifest(environment)?;
    print!("{}", kubectl(environment, &["apply", "-f", &manifest]).await?);
    wait_ready(environment, "overlapsubnetgroup/druid-to-third").await?;
    let estate: Estate = sim.aws.estate().await?;
    let world = World::new(&estate);
    let connection = world.connection("VPCPeering/analytics/druid-to-third")?;
    let blocks = ["10.50.6.192/26", "10.50.7.0/26", "10.50.7.64/26"];
    group(checks, &world, THIRD, &connection, blocks);
    ensure!(world.table(THIRD) != world.table(BILLING), "both groups use one table");
    Ok(())
}

/// The text between two marks.
fn between<'t>(text: &'t str, from: &str, to: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(from)?;
    Some(rest.split_once(to)?.0)
}

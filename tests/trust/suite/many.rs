//! Ten groups in one VPC: made at once they do not get into each other's way, also under two controllers that both lead;
//! and ten at rest read no more than one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use peerway_memory_api::crash::Run;
use peerway_model::CidrBlock;
use peerway_model::ownership::{OWNER, is_marked};
use peerway_sim::Estate;
use peerway_sim::estate::Vpc;
use peerway_trust::judge::Judge;
use peerway_trust::life::{Life, Tuning};
use peerway_trust::scenario::QUIET;
use peerway_trust::stage::Stage;

use crate::scenarios::ACCOUNTS;

const GROUPS: usize = 10;
const ZONES: usize = 3;
const LIMIT: Duration = Duration::from_hours(1);
/// How often a part is read at rest.
const RESYNC: Duration = Duration::from_secs(30);
/// How many cycles at rest are counted.
const CYCLES: u32 = 100;

pub(crate) fn trials() -> Vec<Trial> {
    let at_once = [("one controller", 1), ("two controllers that both lead", 2)];
    let at_once = at_once.map(|(who, controllers)| {
        let name = format!("ten groups at once in one VPC: {who}");
        Trial::test(name, move || at_once_by(controllers).map_err(Failed::from))
    });
    let reads = Trial::test("ten groups at rest read no more than one, and write nothing", || {
        reads_do_not_grow().map_err(Failed::from)
    });
    at_once.into_iter().chain([reads]).collect()
}

/// A service and ten consumers, all of the same block, which is routed elsewhere already. There is room for the groups'
/// subnets and two more.
fn estate() -> String {
    let mut vpcs = String::from(
        r"
          - id: vpc-0a000000
            cidr: 10.60.0.0/20
            routeTables:
              - {id: rtb-0a000000, main: true, routes: [{destination: 172.19.0.0/20, target: pcx-0f000000}]}
            subnets:
              - {id: subnet-0a000001, zone: usw2-az1, cidr: 10.60.0.0/24, tags: {Name: service-1}}
              - {id: subnet-0a000002, zone: usw2-az2, cidr: 10.60.1.0/24, tags: {Name: service-2}}
              - {id: subnet-0a000003, zone: usw2-az3, cidr: 10.60.2.0/24, tags: {Name: service-3}}
          - id: vpc-0b0000ff
            cidr: 172.19.0.0/20
            routeTables: [{id: rtb-0b0000ff, main: true, routes: [{destination: 10.60.0.0/20, target: pcx-0f000000}]}]
",
    );
    for number in 0..GROUPS {
        write!(
            vpcs,
            r"
          - id: vpc-0b00000{number}
            cidr: 172.19.0.0/20
            routeTables: [{{id: rtb-0b00000{number}, main: true}}]
            subnets: [{{id: subnet-0b00000{number}, zone: usw2-az1, cidr: 172.19.0.0/22}}]
"
        )
        .expect("strings take everything");
    }
    format!(
        r#"
accounts:
  "111111111111":
    roles:
      peerway: {{trusts: ["arn:aws:iam::999999999999:user/peerway-controller"]}}
    regions:
      us-west-2:
        zones: {{us-west-2a: usw2-az1, us-west-2b: usw2-az2, us-west-2c: usw2-az3}}
        vpcs:{vpcs}
  "999999999999":
    users:
      peerway-controller:
        accessKeys: {{AKIAPEERWAYCONTROLLR: simulated-secret-access-key}}
peerings:
  - {{id: pcx-0f000000, requester: vpc-0b0000ff, accepter: vpc-0a000000}}
"#
    )
}

fn name(number: usize) -> String {
    format!("consumer-{number}")
}

fn peering(number: usize) -> String {
    format!(
        r"
apiVersion: peerway.dev/v1alpha1
kind: VPCPeering
metadata: {{name: consumer-{number}, namespace: analytics}}
spec:
  requester: {{accountRef: {{name: service}}, region: us-west-2, vpc: {{id: vpc-0a000000}}}}
  accepter: {{accountRef: {{name: service}}, region: us-west-2, vpc: {{id: vpc-0b00000{number}}}}}
"
    )
}

fn group(number: usize) -> String {
    format!(
        r#"
apiVersion: peerway.dev/v1alpha1
kind: OverlapSubnetGroup
metadata: {{name: consumer-{number}, namespace: analytics}}
spec:
  peers:
    - name: consumer
      peeringRef: {{name: consumer-{number}}}
      side: Requester
      peerRoutes: {{tables: {{scope: Main}}}}
  availabilityZones: {{ofSubnets: {{matchTags: {{Name: "service-*"}}}}}}
  cidrs: {{prefixLength: 27, within: [10.60.8.0/22]}}
"#
    )
}

/// Ten peerings and their groups come at once, and go at once.
fn at_once_by(controllers: usize) -> Result<(), String> {
    let stage = Stage::new(&estate(), None);
    stage.apply(ACCOUNTS);
    let judge = Judge::new(&stage);
    let alone = controllers == 1;
    let tuning = Tuning { is_leased: alone, needs_lease: alone, ..Tuning::default() };
    peerway_trust::time::within(async {
        let lives: Vec<Life> = (0..controllers)
            .map(|number| {
                let identity = format!("controller-{number}");
                Life::start(&stage, tuning, Run::recording(), judge.clone(), &identity)
            })
            .collect();
        for number in (0..GROUPS).rev() {
            stage.apply(&group(number));
            stage.apply(&peering(number));
        }
        come_to_rest(&lives, &stage, || stage.is_ready()).await?;
        let problems = problems(&stage);
        if !problems.is_empty() {
            return Err(problems.join("\n"));
        }
        for (kind, name) in stage.subjects() {
            stage.delete(kind, &name);
        }
        come_to_rest(&lives, &stage, || stage.has_no_subject()).await
    })?;
    let mut problems = judge.violations();
    problems.extend(stage.refused_since(0));
    problems.extend(Estate::diff(&stage.beginning, &stage.world.estate()));
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

async fn come_to_rest(
    lives: &[Life],
    stage: &Stage,
    is_there: impl Fn() -> bool,
) -> Result<(), String> {
    // The last of them to be quiet is enough: what AWS got is counted together.
    let begun = peerway_trust::time::now();
    for life in lives {
        let all_rest = || is_there() && lives.iter().all(|life| life.quiet_for(begun) >= QUIET);
        if !life.rests(QUIET, LIMIT, all_rest).await {
            return Err(format!("it does not come to rest: {}", stage.words()));
        }
    }
    Ok(())
}

/// What is wrong with what the groups have: three subnets in three zones and one table each, no two of them in the same
/// place, and one connection for each peering.
fn problems(stage: &Stage) -> Vec<String> {
    let estate = stage.world.estate();
    let regions = estate.accounts.values().flat_map(|account| account.regions.values());
    let vpcs: Vec<&Vpc> = regions.flat_map(|region| &region.vpcs).collect();
    let mut subnets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut blocks: Vec<CidrBlock> = Vec::new();
    let mut problems = Vec::new();
    for subnet in vpcs.iter().flat_map(|vpc| &vpc.subnets).filter(|it| is_marked(&it.tags)) {
        let block = subnet.cidr.expect("every subnet here has one");
        if let Some(other) = blocks.iter().find(|other| other.meets(&block)) {
            problems.push(format!("{block} and {other} overlap"));
        }
        blocks.push(block);
        let zones = subnets.entry(subnet.tags[OWNER].clone()).or_default();
        if !zones.insert(format!("{:?}", subnet.zone)) {
            problems.push(format!("{} has two subnets in {:?}", subnet.tags[OWNER], subnet.zone));
        }
    }
    let mut tables: BTreeMap<String, usize> = BTreeMap::new();
    for table in vpcs.iter().flat_map(|vpc| &vpc.route_tables).filter(|it| is_marked(&it.tags)) {
        *tables.entry(table.tags[OWNER].clone()).or_default() += 1;
    }
    for number in 0..GROUPS {
        let owner = format!("OverlapSubnetGroup/analytics/{}", name(number));
        let (zones, tables) = (subnets.remove(&owner).map_or(0, |it| it.len()), tables.get(&owner));
        if (zones, tables) != (ZONES, Some(&1)) {
            problems.push(format!("{owner} has {zones} zones and {tables:?} tables"));
        }
    }
    problems.extend(subnets.into_keys().map(|owner| format!("nobody is {owner}")));
    // The one of before is among them.
    if estate.peerings.len() != GROUPS + 1 {
        problems.push(format!("there are {} connections", estate.peerings.len()));
    }
    problems
}

/// The calls by action that ten peerings and so many groups make while all of them rest, and what is written then.
fn at_rest(groups: usize) -> Result<BTreeMap<String, u64>, String> {
    let stage = Stage::new(&estate(), None);
    stage.apply(ACCOUNTS);
    (0..GROUPS).for_each(|number| stage.apply(&peering(number)));
    (0..groups).for_each(|number| stage.apply(&group(number)));
    let judge = Judge::new(&stage);
    peerway_trust::time::within(async {
        let life = Life::start(&stage, Tuning::default(), Run::recording(), judge, "one");
        // What comes round by itself, every tenth cycle, has come round once.
        if !life.rests(15 * RESYNC, LIMIT, || stage.is_ready()).await {
            return Err(format!("it does not come to rest: {}", stage.words()));
        }
        let (seq, written) = (stage.calls(), life.writes());
        tokio::time::sleep(CYCLES * RESYNC).await;
        if life.writes() != written {
            return Err(format!("{} writes at rest", life.writes() - written));
        }
        let mut calls: BTreeMap<String, u64> = BTreeMap::new();
        for entry in stage.world.ledger_since(seq) {
            *calls.entry(entry.action.to_string()).or_default() += 1;
        }
        Ok(calls)
    })
}

/// The same actions as often. Where in its cycle a part is when the counting begins differs: one call more or fewer of
/// each part in a hundred cycles.
#[expect(clippy::print_stdout, reason = "the counts are what it is for")]
fn reads_do_not_grow() -> Result<(), String> {
    let (one, ten) = (at_rest(1)?, at_rest(GROUPS)?);
    let sum = |calls: &BTreeMap<String, u64>| calls.values().sum::<u64>();
    println!(
        "trust: calls in {CYCLES} cycles at rest: {} with one group, {} with {GROUPS}: {ten:?}",
        sum(&one),
        sum(&ten)
    );
    let actions: BTreeSet<&String> = one.keys().chain(ten.keys()).collect();
    let differing = actions.into_iter().filter(|action| {
        let count = |calls: &BTreeMap<String, u64>| calls.get(*action).copied().unwrap_or_default();
        count(&one).abs_diff(count(&ten)) > 1
    });
    let differing: Vec<String> = differing
        .map(|action| format!("{action}: {:?}, and {:?}", one.get(action), ten.get(action)))
        .collect();
    if differing.is_empty() { Ok(()) } else { Err(differing.join("\n")) }
}

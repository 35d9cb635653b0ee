//! Twenty load balancers at once, as fast as AWS lets them be made and none much later than its turn; and ten at rest, which
//! read the lists once for all of them.

use std::collections::BTreeMap;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use peerway_memory_api::crash::Run;
use peerway_model::Timestamp;
use peerway_model::clock::since;
use peerway_sim::elb::DeleteLoadBalancer;
use peerway_sim::weather::Throttling;
use peerway_sim::{Entry, Outcome};
use peerway_trust::judge::Judge;
use peerway_trust::life::{Life, Tuning};
use peerway_trust::scenario::QUIET;
use peerway_trust::stage::Stage;

use crate::scenarios::{ACCOUNT, ACCOUNTS, GOLDEN, REGION};

const AT_ONCE: usize = 20;
const AT_REST: usize = 10;
const LIMIT: Duration = Duration::from_mins(60);
const RESYNC: Duration = Duration::from_secs(30);
const CYCLES: u32 = 100;
/// AWS lets ten be made at once, and then one in five seconds
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/throttling.html>).
const BURST: usize = 10;
const EACH: Duration = Duration::from_secs(5);
/// How often the health of one may be asked for at rest, ten of them together at most two and a half times in a second.
const HEALTH: Duration = Duration::from_secs(30);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("twenty proxies at once, under AWS's own limits", || {
            at_once().map_err(Failed::from)
        }),
        Trial::test("ten proxies at rest: the lists are read once for all", || {
            at_rest().map_err(Failed::from)
        }),
    ]
}

fn proxy(number: usize) -> String {
    format!(
        r"
apiVersion: peerway.dev/v1alpha1
kind: ProxyLoadBalancer
metadata: {{name: proxy-{number}, namespace: analytics}}
spec:
  subnets: {{accountRef: {{name: service}}, region: us-west-2, ids: [subnet-0a000004]}}
  name: proxy-{number}
  listeners: [{{port: 8281, protocol: TCP, instancePort: 8281}}]
  healthCheck: {{protocol: TCP, port: 8281, intervalSeconds: 10, timeoutSeconds: 5, unhealthyThreshold: 2, healthyThreshold: 2}}
  securityGroups: [{{description: Imply Cloud Default}}]
  targets: {{autoScalingGroups: {{names: [imply-e04-Master-ASG-1]}}}}
"
    )
}

#[expect(clippy::print_stdout, reason = "the times are what it is for")]
fn at_once() -> Result<(), String> {
    let stage = Stage::new(GOLDEN, None);
    stage.apply(ACCOUNTS);
    // AWS allows twenty in all.
    let there = "imply-e04-elbinter-qqsuirj9f9ep".to_owned();
    stage.hand(ACCOUNT, REGION, DeleteLoadBalancer { load_balancer_name: there });
    stage.world.set_throttling(Throttling::Default);
    let judge = Judge::new(&stage);
    peerway_trust::time::within(async {
        let life = Life::start(&stage, Tuning::default(), Run::recording(), judge.clone(), "one");
        tokio::time::sleep(QUIET).await;
        (0..AT_ONCE).for_each(|number| stage.apply(&proxy(number)));
        if !life.rests(QUIET, LIMIT, || stage.is_ready()).await {
            return Err(format!("it does not come to rest: {}", stage.words()));
        }
        Ok(())
    })?;
    let ledger = stage.world.ledger();
    let applied = |action: &str| -> BTreeMap<String, Timestamp> {
        let calls = ledger.iter().filter(|call| call.action == action && call.was_applied);
        calls.filter_map(|call| Some((named(call)?, call.world_time))).collect()
    };
    let made = applied("CreateLoadBalancer");
    let set = applied("ModifyLoadBalancerAttributes");
    let mut times: Vec<Timestamp> = made.values().copied().collect();
    times.sort();
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return Err("none was made".to_owned());
    };
    let took = since(*last, *first);
    let floor = EACH * u32::try_from(AT_ONCE - BURST).expect("they are few");
    // From being made to being wholly set up nobody waits for others who are still to be made.
    let slowest = made
        .iter()
        .filter_map(|(name, at)| Some(since(*set.get(name)?, *at)))
        .max()
        .ok_or("none was set up")?;
    let throttled = ledger.iter().filter(|call| is_throttled(call)).count();
    println!(
        "trust: {AT_ONCE} proxies at once: made within {took:?}, the floor is {floor:?}; the slowest was set up {slowest:?} later; {throttled} calls throttled"
    );
    let mut problems = judge.violations();
    problems.extend(stage.refused_since(0));
    if made.len() != AT_ONCE || set.len() != AT_ONCE {
        problems.push(format!("{} were made and {} set up", made.len(), set.len()));
    }
    if took > floor.mul_f64(1.05) {
        problems.push(format!("it took {took:?}, and the floor is {floor:?}"));
    }
    if slowest > floor / 2 {
        problems.push(format!("one was set up {slowest:?} after it was made"));
    }
    if throttled > 0 {
        problems.push(format!("{throttled} calls were throttled"));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// Which balancer a call is about.
fn named(call: &Entry) -> Option<String> {
    let mut words = call.summary.split(' ');
    words.find_map(|word| word.strip_prefix("LoadBalancerName=")).map(str::to_owned)
}

fn is_throttled(call: &Entry) -> bool {
    matches!(&call.outcome, Outcome::Refused(code) if code.contains("Throttling") || code == "RequestLimitExceeded")
}

#[expect(clippy::print_stdout, reason = "the counts are what it is for")]
fn at_rest() -> Result<(), String> {
    let stage = Stage::new(GOLDEN, None);
    stage.apply(ACCOUNTS);
    (0..AT_REST).for_each(|number| stage.apply(&proxy(number)));
    let judge = Judge::new(&stage);
    let calls = peerway_trust::time::within(async {
        let life = Life::start(&stage, Tuning::default(), Run::recording(), judge, "one");
        if !life.rests(15 * RESYNC, LIMIT, || stage.is_ready()).await {
            return Err(format!("it does not come to rest: {}", stage.words()));
        }
        let (seq, written) = (stage.calls(), life.writes());
        tokio::time::sleep(CYCLES * RESYNC).await;
        if life.writes() != written {
            return Err(format!("{} writes at rest", life.writes() - written));
        }
        let mut calls: BTreeMap<String, u32> = BTreeMap::new();
        for entry in stage.world.ledger_since(seq) {
            *calls.entry(entry.action.to_string()).or_default() += 1;
        }
        Ok(calls)
    })?;
    println!("trust: calls of {AT_REST} proxies in {CYCLES} cycles at rest: {calls:?}");
    let count = |action: &str| calls.get(action).copied().unwrap_or_default();
    let mut problems = Vec::new();
    // The poller's cycle is 30 s give or take a tenth.
    for list in ["DescribeLoadBalancers", "DescribeAutoScalingGroups"] {
        if count(list) > CYCLES * 10 / 9 + 1 {
            problems.push(format!("{list}: {} in {CYCLES} cycles", count(list)));
        }
    }
    let most = u32::try_from(AT_REST).expect("they are few")
        * (CYCLES * RESYNC.as_secs() as u32 / HEALTH.as_secs() as u32 + 1);
    if count("DescribeInstanceHealth") > most {
        problems
            .push(format!("the health was asked for {} times", count("DescribeInstanceHealth")));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

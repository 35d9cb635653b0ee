//! What is played: a `ProxyLoadBalancer` that AWS does not know everywhere at once when it has made it
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/query-api-troubleshooting.html#eventual-consistency>).

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use peerway_memory_api::crash::Run;
use peerway_sim::Action;
use peerway_sim::weather::{Lag, NewIds, Where};
use peerway_trust::judge::Judge;
use peerway_trust::life::{Life, Tuning};
use peerway_trust::scenario::{QUIET, Scenario, Step};
use peerway_trust::stage::Stage;

use crate::balancers::{
    FOLLOWING, MASTERS, OWN, QUERY, QUERY_GROUP, REFERENCE, STANDALONE, TRAFFIC_SOURCES, accounts,
    change, complaint, create_listener, delete_balancer, drift, following, is_attached, ports,
    standalone, strip_tags,
};
use crate::scenarios::GOLDEN;

/// Longer than a visit looks, shorter than a life takes to follow upon another.
const LATE: Duration = Duration::from_secs(10);
/// Attachments may be refused for longer.
const LATER: Duration = Duration::from_secs(24);
/// So often a call is made in that time with growing pauses, by two controllers that both lead. One that asked every
/// second would ask more often.
const IN_LATE: usize = 10;
const IN_LATER: usize = 16;

/// New things are not found for so long: by calls of one action, or by any.
fn unfound(stage: &Stage, action: Option<Action>, seconds: Duration) {
    let of = Where { action, ..Where::default() };
    let new_ids = NewIds { seconds, calls: 0 };
    stage.world.set_lag(vec![Lag { of, new_ids, ..Lag::default() }]);
}

/// How soon what AWS refused is put right.
const SOON: Duration = Duration::from_mins(2);
const LIMIT: Duration = Duration::from_mins(30);

/// Calls of an action that came to something, and those that did not.
fn calls(stage: &Stage, action: Action) -> (usize, usize) {
    let ledger = stage.world.ledger().into_iter();
    let calls = ledger.filter(|call| call.action == action.name());
    let (done, refused): (Vec<_>, Vec<_>) = calls.partition(|call| call.was_applied);
    (done.len(), refused.len())
}

/// Not asked for as fast as AWS answers.
fn patiently(stage: &Stage, action: Action, most: usize) -> Vec<String> {
    let (done, refused) = calls(stage, action);
    let text = format!("{}: {done} calls done, {refused} refused", action.name());
    complaint(&text, done > 0 && done + refused <= most)
}

/// Somebody strips the tags without which we may change nothing, and neither list nor spec tells. What AWS refuses then is
/// the sign to look: tags are looked at every ten minutes otherwise.
pub(crate) fn trials() -> Vec<Trial> {
    let name = "proxy: tags stripped, and what it follows listens anew: soon put right";
    vec![Trial::test(name, || stripped().map_err(Failed::from))]
}

fn stripped() -> Result<(), String> {
    let stage = Stage::new(GOLDEN, None);
    following(&stage);
    let judge = Judge::new(&stage);
    peerway_trust::time::within(async {
        let life = Life::start(&stage, Tuning::default(), Run::recording(), judge.clone(), "one");
        if !life.rests(QUIET, LIMIT, || stage.is_ready()).await {
            return Err(format!("it does not become Ready: {}", stage.words()));
        }
        strip_tags(&stage, QUERY);
        create_listener(&stage, REFERENCE, 4444);
        let has_it = || ports(&stage, QUERY).contains(&4444);
        if life.rests(Duration::ZERO, SOON, has_it).await {
            Ok(())
        } else {
            Err(format!("it is not put right within {SOON:?}: {}", stage.words()))
        }
    })?;
    let mut problems = judge.violations();
    let refused = stage.refused_since(0);
    let is_tried_once =
        matches!(&refused[..], [one] if one.contains("CreateLoadBalancerListeners"));
    problems.extend(if is_tried_once { Vec::new() } else { refused });
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

pub(crate) fn all() -> Vec<Scenario> {
    vec![
        Scenario {
            also: |stage| patiently(stage, Action::CreateLoadBalancer, IN_LATE),
            ..change("proxy: create, not listed for a while", accounts, |stage| {
                unfound(stage, Some(Action::DescribeLoadBalancers), LATE);
                stage.apply(STANDALONE);
            })
        },
        Scenario {
            also: |stage| patiently(stage, Action::ConfigureHealthCheck, IN_LATE),
            ..change("proxy: create, not found by any call for a while", accounts, |stage| {
                unfound(stage, None, LATE);
                stage.apply(STANDALONE);
            })
        },
        change("proxy: create, listed and its tags not found", accounts, |stage| {
            unfound(stage, Some(Action::ElbDescribeTags), LATE);
            stage.apply(STANDALONE);
        }),
        Scenario {
            also: |stage| {
                let is_attached = is_attached(stage, MASTERS[0], OWN);
                let late = patiently(stage, Action::AttachLoadBalancers, IN_LATER);
                late.into_iter().chain(complaint("it is not attached", is_attached)).collect()
            },
            ..change("proxy: create, not to be attached for a while", accounts, |stage| {
                unfound(stage, Some(Action::AttachLoadBalancers), LATER);
                stage.apply(STANDALONE);
            })
        },
        Scenario {
            estate: &TRAFFIC_SOURCES,
            also: |stage| {
                let is_attached = is_attached(stage, QUERY_GROUP, QUERY);
                let late = patiently(stage, Action::AttachTrafficSources, IN_LATER);
                late.into_iter().chain(complaint("it is not attached", is_attached)).collect()
            },
            ..change("proxy: create, not to be a traffic source for a while", accounts, |stage| {
                unfound(stage, Some(Action::AttachTrafficSources), LATER);
                stage.apply(&FOLLOWING);
            })
        },
        change("proxy: create, while reads lag", accounts, |stage| {
            // Less than two reads are apart that are to agree.
            stage.world.set_lag(vec![Lag::usual(7, LATE * 2 / 5)]);
            stage.apply(STANDALONE);
        }),
        Scenario {
            then: Some(Step { once: |stage| is_attached(stage, MASTERS[0], OWN), change: |_| {} }),
            ..drift("proxy: deleted by hand, and late when it is made anew", standalone, |stage| {
                unfound(stage, None, LATE);
                delete_balancer(stage, OWN);
            })
        },
    ]
}

//! Whether the suite would notice: each rule that the controller lives by is taken out, and something must fail.
//!
//! Nothing in the controller knows of this: rules are taken out by settings, or by what stands at its edges.

use std::time::Duration;

use libtest_mimic::Trial;
use peerway_memory_api::crash::Fate;
use peerway_model::Action;
use peerway_model::action::Service;
use peerway_trust::aws::Tampering;
use peerway_trust::kubernetes::Mishap;
use peerway_trust::life::Tuning;
use peerway_trust::scenario::Scenario;

use crate::{SCENARIOS, leaders};

pub(crate) fn trials() -> Vec<Trial> {
    // Who calls is never asked, and roles are assumed by other policies.
    let asked = |action: &&Action| action.service() != Service::Sts;
    rules()
        .into_iter()
        .chain(Action::ALL.iter().filter(asked).map(|action| allowed(*action)))
        .collect()
}

/// The shortest scenario that cannot do without an action about balancers; the others come after it.
fn cheapest(action: Action) -> Option<&'static str> {
    let name = match action {
        Action::DescribeLoadBalancers
        | Action::DescribeAutoScalingGroups
        | Action::DescribeTrafficSources
        | Action::DescribeLoadBalancerAttributes
        | Action::DescribeLoadBalancerPolicies
        | Action::DescribeInstanceHealth
        | Action::DescribeTags
        | Action::CreateLoadBalancer
        | Action::ConfigureHealthCheck
        | Action::ModifyLoadBalancerAttributes
        | Action::AttachLoadBalancers
        | Action::CreateSecurityGroup => "proxy: create, of its own",
        Action::AttachTrafficSources => "proxy: create, by traffic sources",
        Action::DetachLoadBalancers | Action::DeleteLoadBalancer => "proxy: delete",
        Action::DetachTrafficSources => "proxy: delete, by traffic sources",
        Action::CreateLoadBalancerListeners | Action::DeleteLoadBalancerListeners => {
            "proxy: other listeners"
        }
        Action::AttachLoadBalancerToSubnets | Action::DetachLoadBalancerFromSubnets => {
            "proxy: other subnets"
        }
        Action::ApplySecurityGroupsToLoadBalancer | Action::DeleteSecurityGroup => {
            "proxy: another security group made, rules changed"
        }
        Action::SetLoadBalancerListenerSSLCertificate => {
            "instances: another certificate of a listener"
        }
        Action::CreateLoadBalancerPolicy
        | Action::DeleteLoadBalancerPolicy
        | Action::SetLoadBalancerPoliciesOfListener => {
            "instances: another security policy of a listener"
        }
        Action::SetLoadBalancerPoliciesForBackendServer => {
            "proxy: what it follows speaks the proxy protocol"
        }
        Action::RegisterInstancesWithLoadBalancer
        | Action::DescribeInstances
        | Action::ModifyNetworkInterfaceAttribute => "instances: create",
        Action::DeregisterInstancesFromLoadBalancer => "instances: one is no longer selected",
        // Whoever may not tag makes none with tags either: only one that exists already shows the action itself.
        Action::AddTags => "proxy: create, adopting another",
        Action::RemoveTags => "proxy: delete, retained",
        _ => return None,
    };
    Some(name)
}

/// An action is needed: without it in the policy of the roles, a scenario fails, and says so.
#[expect(clippy::print_stdout, reason = "what noticed it is worth knowing")]
fn allowed(action: Action) -> Trial {
    Trial::test(format!("without this in the policy the suite fails: {action}"), move || {
        let without = Tuning { denied: Some(action), ..Tuning::default() };
        let complaint = format!("{action} is not allowed");
        let notices = |scenario: &&Scenario| {
            scenario.record(without).is_err_and(|problem| problem.contains(&complaint))
        };
        let first = cheapest(action).map(named);
        let noticed = first.into_iter().chain(SCENARIOS.iter()).find(notices);
        let Some(scenario) = noticed else {
            return Err(format!("nothing fails without {action}").into());
        };
        println!("trust: without {action} in the policy: {}", scenario.name);
        Ok(())
    })
}

fn rules() -> Vec<Trial> {
    vec![
        noticed("confirmed views", || {
            let mut without = Tuning::default();
            without.settings.settle = Duration::ZERO;
            without.snapshots.landing = Duration::ZERO;
            played("delete, while a list leaves the connection out", without)
        }),
        noticed("the target is read again before it is taken away", || {
            let tampering = Tampering { answers_from_before: true, ..Tampering::default() };
            let name = "edit: routes withdrawn, when somebody has just turned one away";
            played(name, Tuning { tampering, ..Tuning::default() })
        }),
        noticed("the lease is looked at before each write", || {
            // It believes that it holds what it does not hold: its look at the lease is worth nothing.
            leaders::lease_lost(Mishap::Feigned)
        }),
        noticed("a takeover waits for what is under way", || {
            let mut without = Tuning::default();
            without.snapshots.takeover = Duration::ZERO;
            played("create, and delete while nobody leads", without)
        }),
        noticed("the finalizer comes first", || {
            let without = Tuning { drops_finalizers: true, ..Tuning::default() };
            played("create, and delete while nobody leads", without)
        }),
        noticed("what is created is tagged", || {
            let tampering = Tampering { strips_tags: true, ..Tampering::default() };
            played("create, direct", Tuning { tampering, ..Tuning::default() })
        }),
    ]
}

/// A test that holds if the suite fails without the rule.
#[expect(clippy::print_stdout, reason = "what noticed it is worth knowing")]
fn noticed(rule: &'static str, play: fn() -> Result<(), String>) -> Trial {
    Trial::test(format!("without this the suite fails: {rule}"), move || match play() {
        Ok(()) => Err(format!("nothing fails without this: {rule}").into()),
        Err(problem) => {
            let first: String = problem.lines().take(2).collect::<Vec<_>>().join(" | ");
            let first: String = first.chars().take(200).collect();
            println!("trust: without \"{rule}\": {first}");
            Ok(())
        }
    })
}

fn named(name: &str) -> &'static Scenario {
    let is_it = |scenario: &&Scenario| scenario.name == name;
    SCENARIOS.iter().find(is_it).expect("there is a scenario of this name")
}

/// Plays a scenario as the suite does: once without a fault, then with crashes.
fn played(name: &str, tuning: Tuning) -> Result<(), String> {
    let recorded = named(name).record(tuning)?;
    let mut replays = recorded.replays(usize::MAX);
    // Those that leave something under way, or unknown, come first.
    replays.sort_by_key(|replay| match replay.point.fate {
        Fate::LandsLater => 0,
        Fate::ReplyLost => 1,
        Fate::NotSent | Fate::Replied => 2,
    });
    for replay in replays {
        recorded.replay(replay).map_err(|problem| format!("{replay}: {problem}"))?;
    }
    Ok(())
}

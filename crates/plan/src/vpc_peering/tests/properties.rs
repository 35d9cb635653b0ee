//! What holds in every world.

use peerway_api::v1alpha1::policies::{DeletionPolicy, ManagementPolicy};
use peerway_api::v1alpha1::selectors::TableScope;
use peerway_api::v1alpha1::vpc_peering::{OnConflict, PeeringSide, SideName, VpcPeeringSpec};
use peerway_model::ConnectionState;
use proptest::prelude::*;
use proptest::sample::select;

use super::external::{external, peer_acts};
use super::policies::is_the_same_but_for_our_tags;
use super::*;
use crate::Presence;
use crate::testing::{
    Estate, absent, admit, desired, estate, from_cidrs, from_group, in_tables, service, side,
};
use crate::vpc_peering::release;

/// Foreign rows of one table: destinations in and around the other VPC.
fn rows(other: &'static str) -> impl Strategy<Value = Vec<(String, &'static str)>> {
    let destination = select(vec!["0.0.0.0/0", "10.0.0.0/8", other, "inner"]);
    let target = select(vec!["igw-00000001", "pcx-0000000f", "tgw-00000001"]);
    prop::collection::btree_map(destination, target, 0..3).prop_map(move |rows| {
        rows.into_iter()
            .map(|(destination, target)| {
                let inner = other.replace("0.0/16", "1.0/24");
                (if destination == "inner" { inner } else { destination.to_owned() }, target)
            })
            .collect()
    })
}

fn borrowed<'r>(rows: &'r [(String, &'static str)]) -> Vec<(&'r str, &'r str)> {
    rows.iter().map(|(destination, target)| (destination.as_str(), *target)).collect()
}

fn world() -> impl Strategy<Value = Estate> {
    let far = select(vec!["10.1.0.0/16", "10.2.0.0/16", "10.2.1.0/24", "10.9.0.0/16"]);
    (rows("10.2.0.0/16"), rows("10.2.0.0/16"), rows("10.1.0.0/16"), far, any::<bool>()).prop_map(
        |(main, own, right, far, is_foreign_right)| {
            let stranger = if is_foreign_right { "vpc-0000000b" } else { "vpc-0000000a" };
            estate()
                .vpc("vpc-0000000a", &["10.1.0.0/16"], "left")
                .vpc("vpc-0000000b", &["10.2.0.0/16"], "right")
                .table("rtb-000000a1", "*vpc-0000000a", &borrowed(&main))
                .table("rtb-000000a2", "vpc-0000000a", &borrowed(&own))
                .table("rtb-000000b1", "*vpc-0000000b", &borrowed(&right))
                .subnet("subnet-000000a1", "vpc-0000000a", "10.1.1.0/24", "")
                .subnet("subnet-000000a2", "vpc-0000000a", "10.1.2.0/24", "rtb-000000a2")
                .subnet("subnet-000000b1", "vpc-0000000b", "10.2.1.0/24", "")
                .connection(
                    "pcx-0000000f",
                    (stranger, &[]),
                    ("vpc-0000000f", &[far]),
                    ConnectionState::Active,
                )
                .group("sg-0000000a", "vpc-0000000a", "left")
                .group("sg-0000000b", "vpc-0000000b", "right")
        },
    )
}

fn wanted(own: &'static str, letter: char) -> impl Strategy<Value = PeeringSide> {
    let dns = prop::option::of(any::<bool>());
    let tables = prop::option::of(prop::sample::select(vec!["one", "all", "main"]));
    let narrow = any::<bool>();
    let on_conflict = select(vec![
        None,
        Some(OnConflict::LongestPrefix),
        Some(OnConflict::Refuse),
        Some(OnConflict::Isolate),
    ]);
    let ingress = prop::option::of(any::<bool>());
    (dns, tables, narrow, on_conflict, ingress).prop_map(
        move |(dns, tables, narrow, on_conflict, ingress)| {
            let other = if letter == 'a' { ('b', "10.2.1.0/24") } else { ('a', "10.1.1.0/24") };
            let mut side = side("us-west-2", "service", own);
            side.dns_resolution = dns;
            side.routes = tables.map(|tables| {
                let table = format!("rtb-000000{letter}1");
                let destinations: &[&str] = if narrow { &[other.1] } else { &[] };
                let mut routes = in_tables(&[&table], destinations);
                if tables != "one" {
                    routes.tables.ids = None;
                    routes.tables.scope =
                        Some(if tables == "all" { TableScope::All } else { TableScope::Main });
                }
                routes.on_conflict = on_conflict;
                routes
            });
            side.ingress = ingress.map(|by_group| {
                let source = if by_group {
                    from_group(&format!("sg-0000000{}", other.0))
                } else {
                    from_cidrs(&[other.1])
                };
                vec![admit(if letter == 'a' { "left" } else { "right" }, source)]
            });
            side
        },
    )
}

/// Two specs of one object: a side that is somebody else's is so in both.
fn specs() -> impl Strategy<Value = (VpcPeeringSpec, VpcPeeringSpec)> {
    let spec = || (wanted("vpc-0000000a", 'a'), wanted("vpc-0000000b", 'b'));
    let whose = select(vec![None, None, Some(SideName::Requester), Some(SideName::Accepter)]);
    (spec(), spec(), whose).prop_map(|(one, other, whose)| {
        let given = |(mut requester, mut accepter)| {
            match whose {
                Some(SideName::Requester) => {
                    requester = external("vpc-0000000a", &["10.1.0.0/16"]);
                }
                Some(SideName::Accepter) => {
                    accepter = external("vpc-0000000b", &["10.2.0.0/16"]);
                }
                None => {}
            }
            VpcPeeringSpec::joining(requester, accepter)
        };
        (given(one), given(other))
    })
}

fn spec() -> impl Strategy<Value = VpcPeeringSpec> {
    specs().prop_map(|(spec, _)| spec)
}

/// Visits, and whoever has the other side does what is asked for, until nobody has anything to do.
fn live(run: &mut Run) -> usize {
    let mut steps = 0;
    for _ in 0..5 {
        steps += run.visit().iter().map(Vec::len).sum::<usize>();
        if !peer_acts(run) {
            return steps;
        }
    }
    panic!("the other side always has something to do");
}

/// A life that ends after so many steps of ours.
fn die_after(run: &mut Run, survived: usize) {
    let mut steps = 0;
    for _ in 0..5 {
        steps += run.visit_dying_after(survived - steps).iter().map(Vec::len).sum::<usize>();
        if steps == survived || !peer_acts(run) {
            return;
        }
    }
}

/// What is left of ours; a request of theirs that was marked and not accepted is theirs.
fn left(run: &Run) -> Vec<String> {
    let is_theirs = |thing: &String| {
        let connections = run.observed.views[&service()].connections.part.as_ref().unwrap();
        let pending =
            |id| connections.get(&id)?.state.eq(&ConnectionState::PendingAcceptance).then_some(());
        let asks = run.desired.requester.external().is_some();
        asks && thing.parse().ok().and_then(pending).is_some()
    };
    run.of_ours().into_iter().filter(|thing| !is_theirs(thing)).collect()
}

/// What stands of ours when all is said and done; ids aside, it must not depend on the way there.
fn end_state(run: &Run) -> (Vec<String>, (String, String)) {
    (run.of_ours(), run.ready())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn it_settles_and_stays_settled(world in world(), spec in spec()) {
        let mut run = Run::new(desired(spec), world.observed());
        live(&mut run);
        let status = run.status.clone();
        prop_assert!(run.visit().is_empty());
        prop_assert_eq!(run.status, status, "a visit at rest writes nothing");
    }

    #[test]
    fn dying_after_any_step_leads_to_the_same_end(world in world(), spec in spec(), lose_status: bool) {
        let mut whole = Run::new(desired(spec.clone()), world.observed());
        let steps = live(&mut whole);
        for survived in 0..=steps {
            let mut run = Run::new(desired(spec.clone()), world.observed());
            die_after(&mut run, survived);
            if lose_status {
                run.status = None;
            }
            live(&mut run);
            prop_assert_eq!(end_state(&run), end_state(&whole), "after {} steps", survived);
        }
    }

    #[test]
    fn from_any_state_deletion_leaves_nothing_of_ours(world in world(), spec in spec(), lose_status: bool) {
        let mut whole = Run::new(desired(spec.clone()), world.observed());
        let steps = live(&mut whole);
        for survived in 0..=steps {
            let mut run = Run::new(desired(spec.clone()), world.observed());
            die_after(&mut run, survived);
            if lose_status {
                run.status = None;
            }
            run.desired = absent(spec.clone());
            run.visit();
            prop_assert!(left(&run).is_empty(), "after {} steps {:?} is left", survived, run.of_ours());
            let plan = run.plan();
            prop_assert!(plan.steps.is_empty() && plan.waiting.is_empty() && !plan.is_stalled(), "{}", plan);
        }
    }

    #[test]
    fn whoever_observes_or_pauses_plans_no_step(world in world(), spec in spec(), is_going: bool, is_paused: bool) {
        let mut whole = Run::new(desired(spec.clone()), world.observed());
        let steps: usize = whole.visit().iter().map(Vec::len).sum();
        for survived in 0..=steps {
            let mut run = Run::new(desired(spec.clone()), world.observed());
            run.visit_dying_after(survived);
            let recorded = Recorded::of(run.status.as_ref());
            if is_going {
                run.desired.presence = Presence::Absent;
            }
            if is_paused {
                run.desired.policies.is_paused = true;
            } else {
                run.desired.policies.management = ManagementPolicy::Observe;
            }
            prop_assert!(run.plan().steps.is_empty(), "{}", run.plan());
            prop_assert!(run.visit().is_empty());
            let now = Recorded::of(run.status.as_ref());
            prop_assert!(now.routes.is_subset(&recorded.routes) && now.rules.is_subset(&recorded.rules));
        }
    }

    #[test]
    fn from_any_state_retain_leaves_aws_as_it_was_without_our_tags(world in world(), spec in spec()) {
        let mut whole = Run::new(desired(spec.clone()), world.observed());
        let steps: usize = whole.visit().iter().map(Vec::len).sum();
        for survived in 0..=steps {
            let mut run = Run::new(desired(spec.clone()), world.observed());
            run.visit_dying_after(survived);
            let before = run.observed.clone();
            run.desired = absent(spec.clone());
            run.desired.policies.deletion = DeletionPolicy::Retain;
            run.visit();
            is_the_same_but_for_our_tags(&before, &run.observed);
            prop_assert!(run.of_ours().is_empty(), "after {} steps {:?} carries our tags", survived, run.of_ours());
            let outcome = Outcome::default();
            let left = release(&run.desired, &Recorded::of(run.status.as_ref()), &run.plan(), &outcome);
            prop_assert!(left.is_some(), "{}", run.plan());
        }
    }

    #[test]
    fn another_spec_leads_to_the_end_it_would_have_had_from_the_start(world in world(), specs in specs()) {
        let (before, after) = specs;
        let mut direct = Run::new(desired(after.clone()), world.observed());
        live(&mut direct);
        let mut changed = Run::new(desired(before), world.observed());
        live(&mut changed);
        changed.desired = desired(after);
        live(&mut changed);
        prop_assert!(changed.visit().is_empty());
        // What is in place is not withdrawn because it would not be written today; nothing else may differ.
        let of_ours = direct.of_ours();
        prop_assert!(of_ours.iter().all(|thing| changed.of_ours().contains(thing)) || !direct.plan().findings.is_empty());
        changed.desired.presence = Presence::Absent;
        changed.visit();
        prop_assert!(left(&changed).is_empty());
    }
}

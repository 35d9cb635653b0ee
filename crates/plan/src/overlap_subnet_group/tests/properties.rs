//! What holds in every world. `check` looks at each step: nothing foreign is touched, nothing is made twice.
#![expect(clippy::wildcard_enum_match_arm, reason = "what is not named is done the same way")]

use peerway_api::v1alpha1::overlap_subnet_group::{OverlapSubnetGroupSpec, TableRef};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::scenario::*;
use super::*;
use crate::testing::{block, target};

const GIVEN: &str = "rtb-0e000001";

fn world() -> Estate {
    with_third(billing_world(), "172.21.0.0/20").table(GIVEN, "vpc-ce78dbb7", &[])
}

fn spec() -> impl Strategy<Value = OverlapSubnetGroupSpec> {
    let zones = subsequence(vec!["usw2-az1", "usw2-az2", "usw2-az3"], 1..=3);
    let peers = subsequence(vec![0_usize, 1], 1..=2);
    (zones, peers, any::<bool>(), 26_u8..=27).prop_map(|(zones, peers, has_routes, length)| {
        let mut spec = billing();
        let zones: Vec<(&str, Option<&str>)> = zones.into_iter().map(|zone| (zone, None)).collect();
        spec.availability_zones = Some(listed(&zones));
        spec.cidrs.as_mut().unwrap().prefix_length = Some(length);
        let all = [spec.peers.remove(0), third_peer()];
        spec.peers = peers.into_iter().map(|index| all[index].clone()).collect();
        if !has_routes {
            spec.peers[0].peer_routes = None;
        }
        spec
    })
}

/// What somebody does by hand to what is ours.
#[derive(Debug, Clone, Copy)]
enum Hand {
    DropOwnRoutes,
    ReplaceOwnRoutes,
    DropPeerRoutes,
    DropSubnet,
    DropTable,
    Disassociate,
    Associate,
    StripSubnets,
    StripTable,
    LoseStatus,
}

fn hands() -> impl Strategy<Value = Vec<Hand>> {
    let one = select(vec![
        Hand::DropOwnRoutes,
        Hand::ReplaceOwnRoutes,
        Hand::DropPeerRoutes,
        Hand::DropSubnet,
        Hand::DropTable,
        Hand::Disassociate,
        Hand::Associate,
        Hand::StripSubnets,
        Hand::StripTable,
        Hand::LoseStatus,
    ]);
    prop::collection::vec(one, 0..3)
}

fn is_made(id: &str) -> bool {
    id.contains("-0f0000")
}

fn act(run: &mut Run, hand: Hand) {
    let to = [block("172.19.0.0/20"), block("172.21.0.0/20")].map(Destination::Cidr);
    let foreign = "rtb-7122e509";
    match hand {
        Hand::LoseStatus => run.object.status = None,
        Hand::DropSubnet => {
            edit(&mut run.view().subnets, |subnets| {
                if let Some(gone) = subnets.iter().position(|it| is_made(it.id.as_str())) {
                    subnets.remove(gone);
                }
            });
            let there: Vec<SubnetId> =
                run.view().subnets.part.as_ref().unwrap().iter().map(|it| it.id.clone()).collect();
            edit(&mut run.view().route_tables, |tables| {
                for table in tables {
                    table.associations.retain(|association| match &association.scope {
                        AssociationScope::Subnet(id) => there.contains(id),
                        _ => true,
                    });
                }
            });
        }
        Hand::StripSubnets => edit(&mut run.view().subnets, |subnets| {
            for subnet in subnets.iter_mut().filter(|it| is_made(it.id.as_str())) {
                subnet.tags = Tags::new();
            }
        }),
        _ => edit(&mut run.view().route_tables, |tables| {
            let mut moved = Vec::new();
            tables.retain(|table| !(matches!(hand, Hand::DropTable) && is_made(table.id.as_str())));
            for table in tables.iter_mut() {
                let is_own = is_made(table.id.as_str()) || table.id.as_str() == GIVEN;
                match hand {
                    Hand::DropOwnRoutes if is_own => table.routes.truncate(1),
                    Hand::ReplaceOwnRoutes if is_made(table.id.as_str()) => {
                        for route in &mut table.routes {
                            if to.contains(&route.destination) {
                                route.target = target("pcx-d3c1e8ba");
                            }
                        }
                    }
                    Hand::DropPeerRoutes if !is_own && table.vpc.as_str() != "vpc-ce78dbb7" => {
                        table.routes.retain(|route| {
                            !matches!(&route.target, RouteTarget::Connection(id) if id.as_str().starts_with("pcx-0000000"))
                        });
                    }
                    Hand::Disassociate if is_own => table.associations.clear(),
                    Hand::Associate if is_own => moved.append(&mut table.associations),
                    Hand::StripTable if is_made(table.id.as_str()) => {
                        table.tags = Tags::new();
                    }
                    _ => {}
                }
            }
            let table = tables.iter_mut().find(|table| table.id.as_str() == foreign).unwrap();
            table.associations.append(&mut moved);
        }),
    }
}

/// Whether nothing but ours differs from the world as it was.
fn is_untouched(run: &Run, world: &Estate) {
    let before = of_group(world.observed());
    let (before, now) = (&before.views[&service()], &run.observed.views[&service()]);
    let subnets = now.subnets.part.as_ref().unwrap();
    for subnet in before.subnets.part.as_ref().unwrap().iter() {
        assert_eq!(subnets.get(&subnet.id), Some(subnet));
    }
    let tables = now.route_tables.part.as_ref().unwrap();
    for table in before.route_tables.part.as_ref().unwrap().iter() {
        let now = tables.get(&table.id).unwrap();
        assert_eq!(now.tags, table.tags);
        for association in &table.associations {
            assert!(now.associations.contains(association), "{}", table.id);
        }
        for route in &table.routes {
            assert!(now.routes.contains(route), "{} in {}", route.destination, table.id);
        }
    }
}

fn start_in(spec: &OverlapSubnetGroupSpec, is_given: bool) -> Run {
    let mut spec = spec.clone();
    if is_given {
        spec.route_table = Some(TableRef { id: GIVEN.parse().unwrap() });
    }
    run_in(&world(), spec)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whether the world ends where it should, from every crash and whatever was done by hand before the next visit.
    #[test]
    fn it_settles_from_every_state_and_stays_settled(
        spec in spec(), hands in hands(), is_given: bool, died: prop::sample::Index,
    ) {
        let mut whole = start_in(&spec, is_given);
        let all: usize = whole.visit().iter().map(Vec::len).sum();
        prop_assert_eq!(whole.ready().0, "True");
        let mut run = start_in(&spec, is_given);
        run.visit_dying_after(died.index(all + 1));
        for hand in &hands {
            act(&mut run, *hand);
        }
        run.visit();
        is_untouched(&run, &world());
        let status = run.object.status.clone();
        prop_assert!(run.visit().is_empty(), "it rests");
        prop_assert_eq!(&run.object.status, &status, "a visit at rest writes nothing");
        // Without tags and without a record nobody knows what was ours; and a lost record of two tables neither.
        // Nor is a table ours by its tags alone that leads to somebody else by now.
        let is_lost = hands.iter().any(|hand| {
            matches!(
                hand,
                Hand::StripSubnets | Hand::StripTable | Hand::DropTable | Hand::ReplaceOwnRoutes
            )
        });
        let has_lost = hands.iter().any(|hand| matches!(hand, Hand::LoseStatus)) || died.index(all + 1) < all;
        if !(is_lost && has_lost) {
            prop_assert_eq!(run.ready().0, "True", "{}", run.plan());
        }
    }

    #[test]
    fn from_every_state_deletion_leaves_what_was_there(
        spec in spec(), is_given: bool, died: prop::sample::Index, lose_status: bool,
    ) {
        let mut whole = start_in(&spec, is_given);
        let all: usize = whole.visit().iter().map(Vec::len).sum();
        let mut run = start_in(&spec, is_given);
        run.visit_dying_after(died.index(all + 1));
        if lose_status {
            run.object.status = None;
        }
        run.delete();
        run.visit();
        is_untouched(&run, &world());
        prop_assert!(run.release().is_some(), "{}", run.plan());
        // Nothing but the record knows a route in a table of somebody else's.
        if !(lose_status && is_given) {
            prop_assert!(run.of_ours().is_empty(), "{:?}", run.of_ours());
        }
    }

    #[test]
    fn another_spec_leads_to_where_it_would_have_from_the_start(before in spec(), after in spec()) {
        let mut run = start_in(&before, false);
        run.visit();
        run.object.spec = after;
        run.visit();
        prop_assert_eq!(run.ready().0, "True", "{}", run.plan());
        prop_assert!(run.visit().is_empty());
        let zones = run.object.status.as_ref().unwrap().subnets.len();
        let list = run.object.spec.availability_zones.as_ref().unwrap().list.as_ref().unwrap();
        prop_assert_eq!(zones, list.len());
        let far = run.object.spec.peers.iter().filter(|peer| peer.peer_routes.is_some()).count();
        let ours = run.of_ours();
        let routes = ours.iter().filter(|thing| thing.contains(" 10.50.")).count();
        prop_assert_eq!(routes, far * zones, "{:?}", ours);
        run.delete();
        run.visit();
        prop_assert!(run.of_ours().is_empty(), "{:?}", run.of_ours());
    }
}

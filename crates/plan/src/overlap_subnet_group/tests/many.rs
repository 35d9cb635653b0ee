//! Several groups in one VPC: no two are promised the same block.

use std::collections::BTreeSet;

use peerway_model::{CidrBlock, Timestamp};

use super::scenario::*;
use super::*;

/// What another group knows of this one.
pub(super) fn neighbour(run: &Run) -> Neighbour {
    Neighbour {
        desired: run.try_desired().ok(),
        recorded: run.recorded(),
        uid: run.object.metadata.uid.clone().unwrap(),
        created: run.object.metadata.creation_timestamp.as_ref().map(|time| time.0),
    }
}

/// Ten groups, each for a consumer of its own with the same addresses, in one VPC; all of the same second but two.
fn ten() -> Vec<Run> {
    let mut world = billing_world();
    world.connections.pop();
    world.vpcs[0].cidrs.push("10.51.0.0/22".parse().unwrap());
    let mut peerings = Vec::new();
    for number in 0..10 {
        let (vpc, main) = (format!("vpc-0c0000{number:02x}"), format!("*vpc-0c0000{number:02x}"));
        let (name, uid) = (format!("to-{number}"), format!("uid-p{number}"));
        world = world
            .vpc(&vpc, &["172.19.0.0/20"], &format!("consumer-{number}"))
            .table(&format!("rtb-0c0000{number:02x}"), &main, &[])
            .connection(
                &format!("pcx-000000c{number}"),
                ("vpc-ce78dbb7", &["10.50.0.0/21"]),
                (&vpc, &["172.19.0.0/20"]),
                peerway_model::ConnectionState::Active,
            )
            .owned_by(&peering_owner(&name, &uid));
        peerings.push(peering(&name, &uid, &vpc));
    }
    let run = |number: usize| {
        let mut spec = billing();
        let table = format!("rtb-0c0000{number:02x}");
        spec.peers = vec![peer("it", &format!("to-{number}"), Some(routes_in(&[&table])))];
        let cidrs = spec.cidrs.as_mut().unwrap();
        cidrs.prefix_length = Some(27);
        cidrs.within = None;
        let mut object = group(&format!("group-{number}"), &format!("uid-{number}"), spec);
        let second = if number < 8 { 100 } else { 100 - i64::try_from(number).unwrap() };
        object.metadata.creation_timestamp =
            Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(
                Timestamp::from_second(second).unwrap(),
            ));
        Run::new(object, peerings.clone(), &world)
    };
    (0..10).map(run).collect()
}

fn blocks(runs: &[Run]) -> Vec<Vec<CidrBlock>> {
    let of = |run: &Run| run.recorded().subnets.into_keys().map(|(_, block)| block).collect();
    runs.iter().map(of).collect()
}

/// Lets this group see the others, and the world as they left it.
fn look(runs: &mut [Run], index: usize, world: &(Observed, Made)) {
    let others: Vec<Neighbour> = runs
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != index)
        .map(|(_, run)| neighbour(run))
        .collect();
    runs[index].observed = Observed { siblings: others, ..world.0.clone() };
    runs[index].made = world.1;
}

/// Visits one after the other, in this order.
fn visit_in(order: &[usize]) -> Vec<Run> {
    let mut runs = ten();
    let mut world = (runs[0].observed.clone(), Made::default());
    for &index in order {
        look(&mut runs, index, &world);
        runs[index].visit();
        assert_eq!(runs[index].ready().0, "True", "{}", runs[index].plan());
        world = (runs[index].observed.clone(), runs[index].made);
    }
    for index in 0..10 {
        look(&mut runs, index, &world);
        assert!(runs[index].visit().is_empty(), "{}", runs[index].plan());
    }
    runs
}

fn are_disjoint(blocks: &[Vec<CidrBlock>]) {
    let all: Vec<&CidrBlock> = blocks.iter().flatten().collect();
    assert_eq!(all.len(), 30);
    for (index, block) in all.iter().enumerate() {
        assert!(all[..index].iter().all(|other| !other.meets(block)), "{block} is given twice");
    }
}

#[test]
fn ten_groups_get_the_same_blocks_whatever_the_order_of_visits() {
    let forwards: Vec<usize> = (0..10).collect();
    let backwards: Vec<usize> = (0..10).rev().collect();
    let mixed = vec![3, 9, 0, 7, 1, 8, 5, 2, 6, 4];
    let expected = blocks(&visit_in(&forwards));
    are_disjoint(&expected);
    for order in [backwards, mixed] {
        assert_eq!(blocks(&visit_in(&order)), expected);
    }
    // The two oldest come first, then by UID.
    let lowest = |index: usize| *expected[index].iter().min().unwrap();
    let order: Vec<usize> = [9, 8, 0, 1, 2, 3, 4, 5, 6, 7].into();
    assert!(order.windows(2).all(|pair| lowest(pair[0]) < lowest(pair[1])), "{expected:?}");
}

/// All look at once, and none has written yet.
#[test]
fn ten_that_look_at_the_same_moment_choose_disjoint_blocks() {
    let mut runs = ten();
    let world = (runs[0].observed.clone(), Made::default());
    let mut chosen = Vec::new();
    for index in 0..10 {
        look(&mut runs, index, &world);
        let plan = runs[index].plan();
        chosen.push(plan.report.subnets.values().map(|subnet| subnet.cidr).collect());
    }
    are_disjoint(&chosen);
}

#[test]
fn a_group_that_is_going_keeps_what_it_has_and_wants_nothing() {
    let mut runs = ten();
    runs[0].visit();
    let world = (runs[0].observed.clone(), runs[0].made);
    let has: BTreeSet<CidrBlock> = blocks(&runs)[0].iter().copied().collect();
    runs[0].delete();
    runs[1].delete();
    look(&mut runs, 2, &world);
    let plan = runs[2].plan();
    let chosen: BTreeSet<CidrBlock> =
        plan.report.subnets.values().map(|subnet| subnet.cidr).collect();
    assert!(chosen.iter().all(|block| has.iter().all(|other| !other.meets(block))));
}

/// What was written in the record before the crash is promised, though the subnet does not stand yet.
#[test]
fn a_group_in_another_vpc_is_no_neighbour() {
    let mut runs = ten();
    let mut far = runs[1].clone();
    far.peerings[1].spec.requester.vpc = Some(peerway_api::v1alpha1::selectors::VpcSelector {
        id: Some("vpc-641fee1c".parse().unwrap()),
        match_tags: None,
    });
    let alone = runs[2].plan().report.subnets;
    runs[2].observed.siblings = vec![neighbour(&far)];
    assert_eq!(runs[2].plan().report.subnets, alone);
    runs[2].observed.siblings = vec![neighbour(&runs[1])];
    assert_ne!(runs[2].plan().report.subnets, alone);
}

/// Nobody has written yet, and all VPCs have IPv6.
#[test]
fn ipv6_blocks_are_promised_like_the_others() {
    let mut runs = ten();
    edit(&mut runs[0].view().vpcs, |vpcs| {
        for (number, vpc) in vpcs.iter_mut().enumerate() {
            vpc.cidrs.push(format!("2600:1f14:{number:x}:100::/56").parse().unwrap());
        }
    });
    edit(&mut runs[0].view().connections, |connections| {
        for connection in connections {
            for (number, end) in
                [&mut connection.requester, &mut connection.accepter].into_iter().enumerate()
            {
                end.cidrs.push(format!("2600:1f14:{number:x}:100::/56").parse().unwrap());
            }
        }
    });
    let world = (runs[0].observed.clone(), Made::default());
    let mut chosen = Vec::new();
    for index in 0..10 {
        look(&mut runs, index, &world);
        let plan = runs[index].plan();
        chosen.push(plan.report.subnets.values().filter_map(|subnet| subnet.ipv6).collect());
    }
    are_disjoint(&chosen);
}

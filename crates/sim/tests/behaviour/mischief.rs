//! What somebody may do to the load balancers that callers made, when chance or a script has it so.

use peerway_sim::elb::{AddTags, Tag};
use peerway_sim::weather::{Hand, Mischief};
use peerway_sim::{Cause, Entry, Fault, FaultKind, World};

use super::autoscaling::{attach, grouped};
use super::elb::{make, proxy, shown};
use super::support::*;

/// The call by which it was done, before the next one.
fn struck_by(world: &World, mischief: Mischief) -> Entry {
    world.inject(Fault::any(FaultKind::Hand(Hand::Mischief(mischief))));
    shown(world, "proxy");
    let hand = world.ledger().into_iter().rfind(|entry| entry.cause == Cause::Hand);
    hand.expect("there is something to do it to")
}

#[test]
fn somebody_meddles_with_a_balancer_that_a_caller_made() {
    for (mischief, action, wanted) in [
        (Mischief::GroupDetached, "DetachLoadBalancers", "AutoScalingGroupName=nodes"),
        (Mischief::InstanceDeregistered, "DeregisterInstancesFromLoadBalancer", "InstanceId=i-"),
        (Mischief::ListenerDeleted, "DeleteLoadBalancerListeners", "LoadBalancerPorts.1=8888"),
        (Mischief::TagsStripped, "RemoveTags", "Tags.1.Key=owner"),
        (Mischief::DeletedByHand, "DeleteLoadBalancer", "LoadBalancerName=proxy"),
    ] {
        let world = grouped();
        let tags = AddTags {
            load_balancer_names: vec!["proxy".to_owned()],
            tags: vec![Tag { key: "owner".to_owned(), value: Some("us".to_owned()) }],
        };
        done(&world, &ours(), tags);
        done(&world, &ours(), attach(&["proxy"]));
        world.advance(seconds(60));
        world.inject(Fault::any(FaultKind::Hand(Hand::Mischief(mischief))));
        // It may be gone by then.
        drop(world.ask(&ours(), peerway_sim::elb::DescribeLoadBalancers::default()));
        let ledger = world.ledger();
        let hand = ledger.iter().find(|entry| entry.cause == Cause::Hand).unwrap();
        assert_eq!((&*hand.action, hand.was_applied), (action, true), "{hand:?}");
        assert!(hand.summary.contains(wanted) && hand.summary.contains("proxy"), "{hand:?}");
    }
}

#[test]
fn the_tags_of_a_balancer_are_copied_onto_another() {
    let world = grouped();
    make(&world, "other");
    let tags = AddTags {
        load_balancer_names: vec!["proxy".to_owned()],
        tags: vec![Tag { key: "owner".to_owned(), value: Some("us".to_owned()) }],
    };
    done(&world, &ours(), tags);
    let hand = struck_by(&world, Mischief::TagsCopied);
    assert_eq!((&*hand.action, hand.was_applied), ("AddTags", true), "{hand:?}");
    assert!(hand.summary.contains("LoadBalancerNames.1=other"), "{hand:?}");
}

#[test]
fn balancers_of_the_estate_are_left_alone() {
    let world = world_of(
        &super::elb::BALANCED.replacen(
            "logBuckets: [logs]",
            "logBuckets: [logs]\n        loadBalancers: [{name: proxy, subnets: [subnet-0000000a], \
             instances: [i-0000000a], listeners: [{protocol: TCP, port: 8888}]}]",
            1,
        ),
        peerway_sim::Settings::default(),
    );
    for mischief in
        [Mischief::InstanceDeregistered, Mischief::ListenerDeleted, Mischief::DeletedByHand]
    {
        world.inject(Fault::any(FaultKind::Hand(Hand::Mischief(mischief))));
    }
    shown(&world, "proxy");
    assert_eq!(world.pending_faults().len(), 3);
    done(&world, &ours(), proxy("ours"));
    for _ in 0..3 {
        shown(&world, "proxy");
    }
    let hands = world.ledger().into_iter().filter(|entry| entry.cause == Cause::Hand);
    assert!(hands.into_iter().all(|hand| hand.summary.contains("LoadBalancerName=ours")));
}

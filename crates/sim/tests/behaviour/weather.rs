//! Faults on demand, and what the ledger says of them.

use peerway_sim::ec2::peerings::DescribeVpcPeeringConnections;
use peerway_sim::ec2::vpcs::DescribeVpcs;
use peerway_sim::{Action, ApiError, Effect, Fault, FaultKind, Outcome, Settings};

use super::support::*;

#[test]
fn the_next_call_of_an_action_fails_once_as_asked() {
    let world = world();
    world.fail_next(Action::DescribeVpcs, FaultKind::throttled());
    done(&world, &ours(), DescribeVpcPeeringConnections::default());
    let ApiError::Refused(refusal) = refusal(&world, &ours(), DescribeVpcs::default()) else {
        panic!("AWS answers when it throttles")
    };
    assert_eq!((&*refusal.code, refusal.status), ("RequestLimitExceeded", 503));
    done(&world, &ours(), DescribeVpcs::default());
}

#[test]
fn a_fault_can_wait_for_the_nth_call_of_one_account_in_one_region() {
    let world = world();
    world.inject(Fault {
        account: Some("222222222222".parse().unwrap()),
        region: Some("us-west-2".parse().unwrap()),
        after: 1,
        times: 2,
        ..Fault::next(Action::DescribeVpcs, FaultKind::unauthorized())
    });
    let elsewhere = caller("222222222222", "eu-central-1");
    let row: Vec<bool> = [ours(), theirs(), elsewhere, theirs(), theirs(), theirs()]
        .iter()
        .map(|caller| world.ask(caller, DescribeVpcs::default()).is_ok())
        .collect();
    assert_eq!(row, [true, true, true, false, false, true]);
    world.fail_next(Action::DescribeVpcs, FaultKind::unauthorized());
    world.clear_faults();
    done(&world, &ours(), DescribeVpcs::default());
}

#[test]
fn a_call_without_an_answer_may_have_been_done() {
    for (effect, listed) in [(Effect::NotApplied, 0), (Effect::Applied, 1)] {
        for kind in [FaultKind::NoAnswer { effect }, FaultKind::internal_error(effect)] {
            let world = world();
            world.fail_next(Action::CreateVpcPeeringConnection, kind.clone());
            let asked = world.ask(&ours(), request_to(OURS, THEIRS, "222222222222", "us-west-2"));
            let error = asked.unwrap_err();
            let all = done(&world, &ours(), DescribeVpcPeeringConnections::default());
            assert_eq!(all.vpc_peering_connection_set.len(), listed, "{kind:?}");
            let entry = &world.ledger()[0];
            assert_eq!(entry.is_applied_write(), effect == Effect::Applied);
            if matches!(kind, FaultKind::NoAnswer { .. }) {
                assert_eq!((error, &entry.outcome), (ApiError::NoAnswer, &Outcome::NoAnswer));
            } else {
                assert_eq!(error.code(), Some("InternalError"));
                assert_eq!(entry.outcome, Outcome::Refused("InternalError".into()));
            }
        }
    }
}

#[test]
fn a_refused_call_that_was_to_be_applied_is_not() {
    let world = world();
    world.fail_next(
        Action::CreateVpcPeeringConnection,
        FaultKind::NoAnswer { effect: Effect::Applied },
    );
    let asked = world.ask(&ours(), request_to("vpc-00000bad", THEIRS, "222222222222", "us-west-2"));
    assert_eq!(asked.unwrap_err(), ApiError::NoAnswer);
    assert!(!world.ledger()[0].was_applied);
}

#[test]
fn the_ledger_tells_who_what_where_and_how_it_ended() {
    let world = world();
    let id = connect(&world);
    let _ = world.ask(&ours(), route_over("rtb-0000000c", "172.19.0.0/20", &id));
    let ledger = world.ledger();
    let last = ledger.last().unwrap();
    assert_eq!(last.seq, u64::try_from(ledger.len()).unwrap());
    assert_eq!(last.action, "CreateRoute");
    assert_eq!(last.account.as_ref().unwrap().as_str(), "111111111111");
    assert_eq!(last.principal.as_deref(), Some("arn:aws:iam::111111111111:root"));
    assert_eq!(last.region.as_str(), "us-west-2");
    assert_eq!(last.outcome.to_string(), "InvalidParameterValue");
    assert!(last.is_write && !last.was_applied);
    assert_eq!(last.world_time, last.wall_time + seconds(4));
    assert_eq!(
        last.summary,
        format!(
            "RouteTableId=rtb-0000000c DestinationCidrBlock=172.19.0.0/20 VpcPeeringConnectionId={id}"
        )
    );
    let writes: Vec<&str> =
        ledger.iter().filter(|e| e.is_applied_write()).map(|e| e.action.as_ref()).collect();
    assert_eq!(writes, ["CreateVpcPeeringConnection", "AcceptVpcPeeringConnection"]);
    assert_eq!(world.ledger_since(last.seq - 1), std::slice::from_ref(last));
    assert!(world.ledger_since(last.seq).is_empty());
    assert!(world.ledger_since(u64::MAX).is_empty());
}

#[test]
fn secrets_stay_out_of_the_ledger() {
    let world = world();
    let request = peerway_sim::sts::AssumeRole {
        role_arn: "arn:aws:iam::111111111111:role/x".to_owned(),
        role_session_name: "test".to_owned(),
        external_id: Some("hush".to_owned()),
        ..peerway_sim::sts::AssumeRole::default()
    };
    let _ = world.ask(&ours(), request);
    let entry = &world.ledger()[0];
    assert!(entry.summary.contains("ExternalId=…") && !entry.summary.contains("hush"), "{entry:?}");
}

#[test]
fn a_ledger_keeps_the_latest_calls_only() {
    let world = world_with(Settings { ledger_capacity: 3, ..Settings::default() });
    for _ in 0..5 {
        done(&world, &ours(), DescribeVpcs::default());
    }
    let kept: Vec<u64> = world.ledger().iter().map(|entry| entry.seq).collect();
    assert_eq!(kept, [3, 4, 5]);
    assert_eq!(world.ledger_since(4).len(), 1);
}

#[test]
fn two_worlds_with_the_same_calls_are_the_same_and_a_fork_goes_its_own_way() {
    let (one, two) = (world(), world());
    assert_eq!(connect(&one), connect(&two));
    assert_eq!(one.ledger(), two.ledger());
    assert_eq!(one.estate(), two.estate());
    let fork = one.fork();
    assert_eq!(fork.ledger(), one.ledger());
    let id = connect_far(&fork);
    assert_eq!(connect_far(&two), id, "the ids to come are the same");
    assert!(!is_listed(&one, &ours(), &id));
    assert_eq!(one.clock().now() + seconds(16), fork.clock().now());
}

#[test]
fn a_tally_counts_calls_by_action_with_their_ends_and_callers() {
    let world = world();
    let id = connect(&world);
    let _ = world.ask(&ours(), route_over("rtb-0000000c", "172.19.0.0/20", &id));
    world.fail_next(Action::CreateRoute, FaultKind::NoAnswer { effect: Effect::Applied });
    let _ = world.ask(&ours(), route_over("rtb-0000000a", "172.19.0.0/20", &id));
    let tally = world.tally();
    let routes = &tally["ec2:CreateRoute"];
    assert_eq!((routes.calls, routes.applied), (2, 1));
    let outcomes: Vec<(&str, u64)> = routes.outcomes.iter().map(|(k, n)| (&**k, *n)).collect();
    assert_eq!(outcomes, [("InvalidParameterValue", 1), ("no answer", 1)]);
    assert_eq!(routes.callers["arn:aws:iam::111111111111:root"], 2);
    assert_eq!(
        tally["ec2:AcceptVpcPeeringConnection"].callers["arn:aws:iam::222222222222:root"],
        1
    );
}

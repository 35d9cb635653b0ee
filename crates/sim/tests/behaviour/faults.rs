//! Every kind of fault, one by one: what the caller sees, what was done, what the ledger says.

use std::sync::Arc;

use peerway_aws::Cloud as _;
use peerway_model::{Access, Credentials, FailureKind};
use peerway_sim::ec2::availability_zones::DescribeAvailabilityZones;
use peerway_sim::ec2::peerings::{DescribeVpcPeeringConnections, RejectVpcPeeringConnection};
use peerway_sim::ec2::route_tables::DeleteRoute;
use peerway_sim::ec2::vpcs::{CreateVpc, DeleteVpc, DescribeVpcs};
use peerway_sim::elb::{
    DescribeInstanceHealth, DescribeLoadBalancerPolicies, ElbDescribeTags, Instance,
    RegisterInstancesWithLoadBalancer,
};
use peerway_sim::sts::{AssumeRole, GetCallerIdentity};
use peerway_sim::weather::{Behind, Hand, Lag, Landing, Latency, Mischief, NewIds, Throttling};
use peerway_sim::{
    Action, ApiError, Caller, Cause, Effect, Fault, FaultKind, Outcome, Settings, SimCloud, World,
};

use crate::elb::{balanced, make};
use crate::support::{
    ESTATE, OURS, THEIRS, code, connect, done, filter, is_listed, ours, request, request_to,
    route_over, route_state, routes, seconds, status, theirs, world, world_of, world_with,
};

fn new_vpc() -> CreateVpc {
    CreateVpc { cidr_block: "10.99.0.0/16".to_owned(), ..CreateVpc::default() }
}

fn vpc_ids(world: &World) -> Vec<String> {
    let all = done(world, &ours(), DescribeVpcs::default()).vpc_set;
    all.iter().map(|vpc| vpc.vpc_id.to_string()).collect()
}

fn named(id: &str) -> DescribeVpcs {
    DescribeVpcs { vpc_ids: vec![id.to_owned()], ..DescribeVpcs::default() }
}

fn make_vpc(world: &World) -> String {
    done(world, &ours(), new_vpc()).vpc.vpc_id.to_string()
}

#[test]
fn each_service_has_its_own_words_for_trouble() {
    let world = world();
    let not_applied = Effect::NotApplied;
    for (kind, ec2, sts) in [
        (FaultKind::Throttled, "RequestLimitExceeded", "Throttling"),
        (FaultKind::Denied, "UnauthorizedOperation", "AccessDenied"),
        (FaultKind::InternalError { effect: not_applied }, "InternalError", "InternalFailure"),
        (FaultKind::Unavailable { effect: not_applied }, "Unavailable", "ServiceUnavailable"),
    ] {
        world.inject(Fault { times: 2, ..Fault::any(kind) });
        assert_eq!(code(&world, &ours(), DescribeVpcs::default()), ec2);
        assert_eq!(code(&world, &ours(), GetCallerIdentity {}), sts);
    }
    assert!(world.pending_faults().is_empty());
}

#[test]
fn a_call_that_lands_late_is_done_behind_others_and_noted_when_it_is() {
    let world = world();
    world.fail_next(Action::CreateVpc, FaultKind::lands_behind(2));
    assert_eq!(world.ask(&ours(), new_vpc()).unwrap_err(), ApiError::NoAnswer);
    assert_eq!(vpc_ids(&world).len(), 2);
    assert_eq!(vpc_ids(&world).len(), 2, "it lands behind this call");
    assert_eq!(vpc_ids(&world).len(), 3);
    let ledger = world.ledger();
    let row: Vec<_> = ledger.iter().map(|e| (&*e.action, e.cause, e.was_applied)).collect();
    let (caller, landing) = (Cause::Caller, Cause::Landing);
    let read = ("DescribeVpcs", caller, true);
    let sent = ("CreateVpc", caller, false);
    assert_eq!(row, [sent, read, read, ("CreateVpc", landing, true), read]);
}

#[test]
fn a_call_that_lands_after_a_time_lands_between_what_happens_before_and_after() {
    let world = world();
    let id = connect(&world);
    done(&world, &ours(), route_over("rtb-0000000a", "172.19.0.0/20", &id));
    let late = FaultKind::LandsLate(Landing::AfterSeconds(seconds(10)));
    world.fail_next(Action::DeleteRoute, late);
    let gone = DeleteRoute {
        route_table_id: "rtb-0000000a".to_owned(),
        destination_cidr_block: Some("172.19.0.0/20".to_owned()),
        ..DeleteRoute::default()
    };
    assert_eq!(world.ask(&ours(), gone).unwrap_err(), ApiError::NoAnswer);
    let sent = world.clock().now();
    world.advance(seconds(9));
    assert_eq!(route_state(&world, &ours(), "rtb-0000000a", "172.19.0.0/20"), "active");
    world.advance(seconds(100));
    assert_eq!(routes(&world, &ours(), "rtb-0000000a").len(), 1);
    let ledger = world.ledger();
    let landed = ledger.iter().find(|entry| entry.cause == Cause::Landing).unwrap();
    assert_eq!(landed.world_time, sent + seconds(10));
}

#[test]
fn a_hand_acts_between_two_calls_and_stands_in_the_ledger_as_what_it_is() {
    let world = world();
    let id = request(&world);
    world.advance(seconds(1));
    let reject =
        RejectVpcPeeringConnection { vpc_peering_connection_id: id.clone(), dry_run: None };
    world.inject(Fault::hand(1, &"222222222222".parse().unwrap(), &theirs().region, reject));
    assert_eq!(status(&world, &ours(), &id), "pending-acceptance");
    assert_eq!(status(&world, &ours(), &id), "rejected");
    let ledger = world.ledger();
    let hand = ledger.iter().find(|entry| entry.cause == Cause::Hand).unwrap();
    assert_eq!(hand.action, "RejectVpcPeeringConnection");
    assert_eq!(hand.account.as_ref().unwrap().as_str(), "222222222222");
}

#[test]
fn mischief_waits_until_there_is_something_to_do_it_to() {
    let world = world();
    world.inject(Fault::any(FaultKind::Hand(Hand::Mischief(Mischief::PeerDeletes))));
    done(&world, &ours(), DescribeVpcs::default());
    assert_eq!(world.pending_faults().len(), 1);
    let id = request(&world);
    world.advance(seconds(1));
    done(&world, &theirs(), crate::support::accept(&id));
    world.advance(seconds(3));
    assert_eq!(status(&world, &ours(), &id), "deleted");
    assert!(world.pending_faults().is_empty());
}

#[test]
fn what_is_stuck_stays_in_its_state_for_ever() {
    let world = world();
    world.fail_next(Action::AcceptVpcPeeringConnection, FaultKind::Stuck);
    let id = request(&world);
    world.advance(seconds(1));
    done(&world, &theirs(), crate::support::accept(&id));
    world.advance(crate::support::hours(1000));
    assert_eq!(status(&world, &ours(), &id), "provisioning");
    world.resume_stuck();
    assert_eq!(status(&world, &ours(), &id), "active");
}

#[test]
fn a_connection_fails_though_nothing_is_wrong_with_it() {
    let world = world();
    world.fail_next(Action::CreateVpcPeeringConnection, FaultKind::ConnectionFails);
    let id = request(&world);
    assert_eq!(status(&world, &ours(), &id), "failed");
    world.advance(seconds(1));
    assert_eq!(status(&world, &ours(), &id), "failed");
    // The failed one is no obstacle to the next.
    assert_ne!(connect(&world), id);
}

#[test]
fn dependencies_and_quotas_are_invented_where_aws_has_such_codes_only() {
    let world = world();
    world.inject(Fault::any(FaultKind::Dependency));
    world.inject(Fault::any(FaultKind::Quota));
    let id = "vpc-0000000b";
    assert_eq!(code(&world, &ours(), new_vpc()), "VpcLimitExceeded");
    done(&world, &ours(), new_vpc());
    let last = make_vpc(&world);
    let gone = |id: &str| DeleteVpc { vpc_id: id.to_owned(), ..DeleteVpc::default() };
    assert_eq!(code(&world, &ours(), gone(&last)), "DependencyViolation");
    done(&world, &ours(), gone(&last));
    assert!(vpc_ids(&world).contains(&id.to_owned()));
}

#[test]
fn a_thing_may_be_forbidden() {
    let world = world();
    let resource = "rtb-0000000a".to_owned();
    world.inject(Fault::any(FaultKind::DeniedResource { resource }).always());
    let id = connect(&world);
    let route = |table: &str| route_over(table, "172.19.0.0/20", &id);
    assert_eq!(code(&world, &ours(), route("rtb-0000000a")), "UnauthorizedOperation");
    done(&world, &ours(), route("rtb-0000000b"));
}

/// A world with a role that our root may assume.
fn world_with_role() -> World {
    let role = "  \"111111111111\":\n    roles:\n      r: {trusts: [\"111111111111\"]}\n";
    world_of(&ESTATE.replace("  \"111111111111\":\n", role), Settings::default())
}

fn session(world: &World) -> Caller {
    let request = AssumeRole {
        role_arn: "arn:aws:iam::111111111111:role/r".to_owned(),
        role_session_name: "test".to_owned(),
        ..AssumeRole::default()
    };
    let credentials = done(world, &ours(), request).credentials;
    Caller::session(&credentials.access_key_id, &credentials.session_token, &ours().region)
}

#[test]
fn credentials_expire_before_their_time_and_stay_so() {
    let world = world_with_role();
    let session = session(&world);
    world.inject(Fault::any(FaultKind::CredentialsExpired));
    done(&world, &ours(), DescribeVpcs::default());
    assert_eq!(code(&world, &session, DescribeVpcs::default()), "RequestExpired");
    assert_eq!(code(&world, &session, DescribeVpcs::default()), "RequestExpired");
    done(&world, &self::session(&world), DescribeVpcs::default());
}

#[test]
fn a_role_leads_into_another_account() {
    let world = world_with_role();
    let account = "222222222222".parse().unwrap();
    world.inject(Fault::any(FaultKind::WrongAccount { account }));
    let session = session(&world);
    let identity = done(&world, &session, GetCallerIdentity {});
    assert_eq!(identity.account.as_str(), "222222222222");
    assert_eq!(&*identity.arn, "arn:aws:sts::222222222222:assumed-role/r/test");
    let vpcs = done(&world, &session, DescribeVpcs::default()).vpc_set;
    assert_eq!(vpcs[0].vpc_id.as_str(), THEIRS);
}

#[test]
fn reads_show_the_past_by_time_and_by_writes() {
    let world = world();
    world.inject(Fault {
        after: 1,
        times: 2,
        ..Fault::next(Action::DescribeVpcs, FaultKind::Stale(Behind::writes(1)))
    });
    let id = make_vpc(&world);
    assert_eq!(vpc_ids(&world).len(), 3);
    assert_eq!(vpc_ids(&world).len(), 2);
    assert_eq!(code(&world, &ours(), named(&id)), "InvalidVpcID.NotFound");
    assert_eq!(vpc_ids(&world).len(), 3);

    let by_time = FaultKind::Stale(Behind::time(seconds(5)));
    let id = request(&world);
    world.inject(Fault::next(Action::DescribeVpcPeeringConnections, by_time).always());
    world.advance(seconds(3));
    assert!(!is_listed(&world, &ours(), &id), "two seconds before it was asked for");
    world.advance(seconds(2));
    assert_eq!(status(&world, &ours(), &id), "initiating-request");
    world.advance(seconds(2));
    assert_eq!(status(&world, &ours(), &id), "pending-acceptance");
}

#[test]
fn a_standing_lag_hides_writes_and_new_ids() {
    let world = world();
    let new_ids = NewIds { seconds: seconds(4), calls: 0 };
    let lag = Lag { chance: 1.0, by_tag: Behind::writes(1), new_ids, ..Lag::default() };
    world.set_lag(vec![lag]);
    let id = make_vpc(&world);
    assert_eq!(code(&world, &ours(), named(&id)), "InvalidVpcID.NotFound");
    let delete = DeleteVpc { vpc_id: id.clone(), ..DeleteVpc::default() };
    assert_eq!(code(&world, &ours(), delete), "InvalidVpcID.NotFound");
    assert_eq!(vpc_ids(&world).len(), 2);
    world.advance(seconds(4));
    assert_eq!(vpc_ids(&world).len(), 3);
    done(&world, &ours(), named(&id));
    let by_tag =
        DescribeVpcs { filters: filter("tag:Name", &["service"]), ..DescribeVpcs::default() };
    assert_eq!(done(&world, &ours(), by_tag).vpc_set[0].vpc_id.as_str(), OURS);

    let new_ids = NewIds { seconds: seconds(0), calls: 2 };
    world.set_lag(vec![Lag { new_ids, ..Lag::default() }]);
    let id = make_vpc(&world);
    assert_eq!(code(&world, &ours(), named(&id)), "InvalidVpcID.NotFound");
    assert!(!vpc_ids(&world).contains(&id));
    assert!(vpc_ids(&world).contains(&id), "two calls have missed it");
}

#[test]
fn a_fresh_id_is_not_found_once() {
    let world = world();
    world.inject(Fault::any(FaultKind::FreshNotFound));
    let id = make_vpc(&world);
    done(&world, &ours(), named(OURS));
    assert_eq!(code(&world, &ours(), named(&id)), "InvalidVpcID.NotFound");
    done(&world, &ours(), named(&id));
}

#[test]
fn pages_and_items_get_lost() {
    let settings = Settings { page_limit: Some(1), ..Settings::default() };
    for (kind, expected) in [
        (FaultKind::PageLost, vec!["a", "c"]),
        (FaultKind::PageRepeated, vec!["a", "a", "b", "c"]),
        (FaultKind::MissingItem { nth: 7 }, vec!["b", "c"]),
    ] {
        let world = world_with(settings.clone());
        world.set_conditions(peerway_sim::weather::Conditions::default());
        let extra = make_vpc(&world);
        world.inject(Fault::any(kind.clone()));
        let mut seen = Vec::new();
        let mut request = DescribeVpcs::default();
        loop {
            let reply = done(&world, &ours(), request.clone());
            seen.extend(reply.vpc_set.iter().map(|vpc| match vpc.vpc_id.as_str() {
                OURS => "a",
                "vpc-0000000b" => "b",
                other => {
                    assert_eq!(other, extra);
                    "c"
                }
            }));
            request.next_token = reply.next_token;
            if request.next_token.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "{kind:?}");
        assert!(world.pending_faults().is_empty());
    }
}

#[test]
fn items_of_lists_without_pages_get_lost_too() {
    let world = balanced();
    make(&world, "one");
    let name = || "one".to_owned();
    let ids = ["i-0000000a", "i-0000000b"].map(|id| Instance { instance_id: id.to_owned() });
    let instances = ids.to_vec();
    let request = RegisterInstancesWithLoadBalancer { load_balancer_name: name(), instances };
    done(&world, &ours(), request);
    let mut lengths = Vec::new();
    for strikes in [false, true] {
        if strikes {
            for _ in 0..4 {
                world.inject(Fault::any(FaultKind::MissingItem { nth: 0 }));
            }
        }
        let health = DescribeInstanceHealth {
            load_balancer_name: name(),
            ..DescribeInstanceHealth::default()
        };
        let health = done(&world, &ours(), health).instance_states.len();
        let tags = ElbDescribeTags { load_balancer_names: vec![name()] };
        let tags = done(&world, &ours(), tags).tag_descriptions.len();
        let policies = done(&world, &ours(), DescribeLoadBalancerPolicies::default());
        let policies = policies.policy_descriptions.len();
        let zones = done(&world, &ours(), DescribeAvailabilityZones::default());
        lengths.push([health, tags, policies, zones.availability_zone_info.len()]);
    }
    assert_eq!(lengths[0].map(|length| length - 1), lengths[1]);
    assert!(world.pending_faults().is_empty());
}

#[test]
fn a_page_token_expires_before_its_time() {
    let world = world_with(Settings { page_limit: Some(1), ..Settings::default() });
    world.inject(Fault::any(FaultKind::PageTokenExpired));
    let first = done(&world, &ours(), DescribeVpcs::default());
    let next = DescribeVpcs { next_token: first.next_token, ..DescribeVpcs::default() };
    assert_eq!(code(&world, &ours(), next), "InvalidNextToken");
}

#[test]
fn an_empty_bucket_throttles_and_fills_with_the_worlds_time() {
    let world = world();
    world.set_throttling(Throttling::Share(0.1));
    for _ in 0..10 {
        done(&world, &ours(), DescribeVpcs::default());
    }
    assert_eq!(code(&world, &ours(), DescribeVpcs::default()), "RequestLimitExceeded");
    done(&world, &theirs(), DescribeVpcs::default());
    done(&world, &ours(), DescribeVpcPeeringConnections::default());
    world.advance(seconds(1));
    done(&world, &ours(), DescribeVpcs::default());
    assert_eq!(world.conditions().throttling, Throttling::Share(0.1));
}

#[tokio::test(start_paused = true)]
async fn latency_and_slow_answers_pass_in_the_fronts_and_stand_in_the_ledger() {
    let world = Arc::new(world());
    world.set_latency(seconds(2));
    world.inject(Fault::any(FaultKind::Slow { seconds: seconds(5) }));
    let cloud = SimCloud::new(Arc::clone(&world), "111111111111");
    let access = Access {
        name: "a".into(),
        account: "111111111111".parse().unwrap(),
        credentials: Credentials::Own,
    };
    let start = tokio::time::Instant::now();
    cloud.caller_account(&access, &ours().region).await.unwrap();
    assert_eq!(start.elapsed(), seconds(7));
    assert_eq!(world.ledger()[0].latency, seconds(7));
    world.set_latency(Latency::None);
    world.fail_next(Action::GetCallerIdentity, FaultKind::Throttled);
    let failed = cloud.caller_account(&access, &ours().region).await.unwrap_err();
    assert_eq!(failed.kind, FailureKind::Throttled);
    assert_eq!(start.elapsed(), seconds(7));
}

#[test]
fn a_fault_that_could_not_strike_is_kept_for_the_next_call() {
    let world = world();
    world.set_throttling(Throttling::Share(0.001));
    done(&world, &ours(), new_vpc());
    world.fail_next(Action::CreateVpc, FaultKind::NoAnswer { effect: Effect::Applied });
    assert_eq!(code(&world, &ours(), new_vpc()), "RequestLimitExceeded");
    world.set_throttling(Throttling::Unlimited);
    assert_eq!(world.ask(&ours(), new_vpc()).unwrap_err(), ApiError::NoAnswer);
    let last = world.ledger().pop().unwrap();
    assert!(last.was_applied && last.outcome == Outcome::NoAnswer);
}

#[test]
fn a_request_for_a_peering_may_be_refused_although_it_was_done() {
    let world = world();
    let effect = Effect::Applied;
    world.fail_next(Action::CreateVpcPeeringConnection, FaultKind::Unavailable { effect });
    let asked = request_to(OURS, THEIRS, "222222222222", "us-west-2");
    assert_eq!(code(&world, &ours(), asked), "Unavailable");
    let all = done(&world, &ours(), DescribeVpcPeeringConnections::default());
    assert_eq!(all.vpc_peering_connection_set.len(), 1);
}

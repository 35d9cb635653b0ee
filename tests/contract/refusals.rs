//! What AWS refuses is refused in the same way whichever way in, as the kind that decides what happens next.

use peerway_model::{AwsFailure, FailureKind, IngressRule, PortRange, Protocol, RuleSource, Tags};
use peerway_sim::{Action, Effect, Fault, FaultKind};

use crate::fronts::{
    both, consumer, dual_stack, golden, place, service, two_accounts, two_acls, with_external_id,
};

/// A call is refused so, and AWS says by which request.
#[track_caller]
pub(crate) fn assert_refused<T: std::fmt::Debug>(
    front: &str,
    result: Result<T, AwsFailure>,
    kind: FailureKind,
    code: &str,
) {
    let failure = result.unwrap_err();
    assert_eq!((failure.kind, failure.code.as_deref()), (kind, Some(code)), "{front}: {failure}");
    assert!(failure.request_id.is_some(), "{front}: {failure} has no request id");
}

#[tokio::test]
async fn the_role_must_trust_us_and_the_external_id_must_be_right() {
    for front in both(&two_accounts(), None).await {
        for wrong in [None, Some("guessed")] {
            let place = with_external_id("333333333333", "eu-central-1", wrong);
            let by_call = front.ec2(&place).list_vpcs().await.map(drop);
            assert_refused(front.name, by_call, FailureKind::Credentials, "AccessDenied");
            let by_identity = front.cloud.caller_account(&place.access, &place.region).await;
            assert_refused(front.name, by_identity, FailureKind::Credentials, "AccessDenied");
        }
        let nobody = place("222222222222", "us-west-2");
        let refused = front.ec2(&nobody).list_vpcs().await.map(drop);
        assert_refused(front.name, refused, FailureKind::Credentials, "AccessDenied");
    }
}

#[tokio::test]
async fn a_session_that_ends_early_is_not_kept() {
    for front in both(&golden(), None).await {
        let (ec2, balancing) = (front.ec2(&service()), front.load_balancing(&service()));
        let expired = || Fault::any(FaultKind::CredentialsExpired);
        front.world.inject(Fault { action: Some(Action::DescribeVpcs), ..expired() });
        let refused = ec2.list_vpcs().await.map(drop);
        assert_refused(front.name, refused, FailureKind::Transient, "RequestExpired");
        ec2.list_vpcs().await.unwrap();
        front.world.inject(Fault { action: Some(Action::DescribeLoadBalancers), ..expired() });
        let refused = balancing.list_load_balancers().await.map(drop);
        assert_refused(front.name, refused, FailureKind::Transient, "ExpiredToken");
        balancing.list_load_balancers().await.unwrap();
        let ledger = front.world.ledger();
        let assumed = ledger.iter().filter(|call| call.action == "AssumeRole").count();
        assert_eq!(assumed, 3, "{}", front.name);
    }
}

#[tokio::test]
async fn a_session_of_another_account_is_neither_used_nor_kept() {
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        let account = "222222222222".parse().unwrap();
        front.world.inject(Fault::any(FaultKind::WrongAccount { account }));
        let refused = ec2.list_vpcs().await.unwrap_err();
        assert_eq!(refused.kind, FailureKind::WrongAccount, "{}: {refused}", front.name);
        assert!(refused.to_string().contains("account 222222222222, not to 111111111111"));
        assert!(front.world.ledger().iter().all(|call| call.action == "AssumeRole"));
        assert!(!ec2.list_vpcs().await.unwrap().is_empty(), "{}", front.name);
    }
}

#[tokio::test]
async fn whose_credentials_they_are_is_asked_once_more_when_the_session_had_ended() {
    for front in both(&golden(), None).await {
        let (snapshots, clock) = front.snapshots();
        front.world.inject(Fault::next(Action::GetCallerIdentity, FaultKind::CredentialsExpired));
        let caller = snapshots.caller(&service(), clock.now(), clock.now()).await;
        assert_eq!(caller.account.unwrap().as_str(), "111111111111", "{}", front.name);
        let outcomes = front.world.ledger().into_iter();
        let outcomes = outcomes.filter(|call| call.action == "GetCallerIdentity");
        let outcomes: Vec<String> = outcomes.map(|call| call.outcome.to_string()).collect();
        assert_eq!(outcomes, ["ExpiredToken", "ok"], "{}", front.name);
    }
}

#[tokio::test]
async fn what_is_there_already_and_what_is_not_there_are_told_apart() {
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        let (table, lifeline) = ("rtb-7122e509".parse().unwrap(), "pcx-d3c1e8ba".parse().unwrap());
        let taken = "172.19.0.0/20".parse().unwrap();
        let refused = ec2.create_route(&table, &taken, &lifeline).await;
        assert_refused(front.name, refused, FailureKind::AlreadyExists, "RouteAlreadyExists");
        let free = "172.19.4.0/22".parse().unwrap();
        let refused = ec2.delete_route(&table, &free).await;
        assert_refused(front.name, refused, FailureKind::NotFound, "InvalidRoute.NotFound");
        let refused = ec2.replace_route(&table, &free, &lifeline).await;
        assert_refused(front.name, refused, FailureKind::NotFound, "InvalidParameterValue");
        let refused = ec2.delete_route(&table, &"10.50.0.0/21".parse().unwrap()).await;
        assert_refused(front.name, refused, FailureKind::Invalid, "InvalidParameterValue");
        let rule = IngressRule {
            group: "sg-0aa00001".parse().unwrap(),
            protocol: Protocol::Tcp,
            ports: Some(PortRange::ALL),
            source: RuleSource::Cidr("172.19.0.0/20".parse().unwrap()),
        };
        let refused = ec2.authorize_ingress(&rule, &Tags::new()).await;
        assert_refused(
            front.name,
            refused,
            FailureKind::AlreadyExists,
            "InvalidPermission.Duplicate",
        );
        let refused = ec2.revoke_ingress(&rule.group, &"sgr-00000000".parse().unwrap()).await;
        assert_refused(
            front.name,
            refused,
            FailureKind::NotFound,
            "InvalidSecurityGroupRuleId.NotFound",
        );
        let gone = "pcx-00000000".parse().unwrap();
        let refused = ec2.delete_connection(&gone).await;
        assert_refused(
            front.name,
            refused,
            FailureKind::NotFound,
            "InvalidVpcPeeringConnectionID.NotFound",
        );
        let refused = ec2.accept_connection(&gone).await;
        assert_refused(
            front.name,
            refused,
            FailureKind::Transient,
            "InvalidVpcPeeringConnectionID.NotFound",
        );
    }
}

#[tokio::test]
async fn a_subnet_is_refused_where_another_lies_and_kept_while_somebody_stands_in_it() {
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        let create = async |vpc: &str, block: &str| {
            let (vpc, zone) = (vpc.parse().unwrap(), "usw2-az1".parse().unwrap());
            ec2.create_subnet(&vpc, &zone, &block.parse().unwrap(), None, &Tags::new()).await
        };
        let refused = create("vpc-ce78dbb7", "10.50.0.64/26").await;
        assert_refused(front.name, refused, FailureKind::AlreadyExists, "InvalidSubnet.Conflict");
        let refused = create("vpc-ce78dbb7", "10.51.0.0/26").await;
        assert_refused(front.name, refused, FailureKind::Invalid, "InvalidSubnet.Range");
        let refused = create("vpc-00000bad", "10.50.6.0/26").await;
        assert_refused(front.name, refused, FailureKind::NotFound, "InvalidVpcID.NotFound");
        let refused = ec2.delete_subnet(&"subnet-0a000001".parse().unwrap()).await;
        assert_refused(front.name, refused, FailureKind::NotYet, "DependencyViolation");
        let refused = ec2.delete_subnet(&"subnet-00000bad".parse().unwrap()).await;
        assert_refused(front.name, refused, FailureKind::NotFound, "InvalidSubnetID.NotFound");
    }
}

#[tokio::test]
async fn a_table_in_use_is_kept_and_an_association_is_not_made_twice() {
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        let (in_use, gone) = ("rtb-7122e509".parse().unwrap(), "rtb-00000bad".parse().unwrap());
        let main = "rtb-a822e5d0".parse().unwrap();
        let subnet = "subnet-0a000001".parse().unwrap();
        for table in [&in_use, &main] {
            let refused = ec2.delete_route_table(table).await;
            assert_refused(front.name, refused, FailureKind::NotYet, "DependencyViolation");
        }
        let refused = ec2.delete_route_table(&gone).await;
        assert_refused(front.name, refused, FailureKind::NotFound, "InvalidRouteTableID.NotFound");
        let vpc = "vpc-00000bad".parse().unwrap();
        let refused = ec2.create_route_table(&vpc, "token", &Tags::new()).await;
        assert_refused(front.name, refused, FailureKind::NotFound, "InvalidVpcID.NotFound");
        let refused = ec2.associate_route_table(&main, &subnet).await;
        assert_refused(
            front.name,
            refused,
            FailureKind::AlreadyExists,
            "Resource.AlreadyAssociated",
        );
        let refused = ec2.associate_route_table(&gone, &subnet).await;
        assert_refused(front.name, refused, FailureKind::NotFound, "InvalidRouteTableID.NotFound");
        let association = "rtbassoc-00000bad".parse().unwrap();
        let refused = ec2.replace_route_table_association(&association, &in_use).await;
        assert_refused(front.name, refused, FailureKind::NotFound, "InvalidAssociationID.NotFound");
        // The same token for another VPC is no repetition.
        let make = async |vpc: &str| {
            ec2.create_route_table(&vpc.parse().unwrap(), "same", &Tags::new()).await
        };
        make("vpc-ce78dbb7").await.unwrap();
        let refused = make("vpc-641fee1c").await;
        assert_refused(front.name, refused, FailureKind::Invalid, "IdempotentParameterMismatch");
    }
}

#[tokio::test]
async fn an_ipv6_block_is_of_the_vpc_and_given_once() {
    for front in both(&dual_stack(), None).await {
        let ec2 = front.ec2(&service());
        let give = async |subnet: &str, block: &str| {
            let (subnet, block) = (subnet.parse().unwrap(), block.parse().unwrap());
            ec2.associate_subnet_cidr_block(&subnet, &block).await
        };
        let refused = give("subnet-00000bad", "2600:1f14:aa::/64").await;
        assert_refused(front.name, refused, FailureKind::NotFound, "InvalidSubnetID.NotFound");
        let refused = give("subnet-0000000a", "2600:1f14:bb::/64").await;
        assert_refused(front.name, refused, FailureKind::Invalid, "InvalidSubnet.Range");
        give("subnet-0000000a", "2600:1f14:aa::/64").await.unwrap();
        let refused = give("subnet-0000000a", "2600:1f14:aa:1::/64").await;
        assert_refused(front.name, refused, FailureKind::AlreadyExists, "InvalidSubnet.Conflict");
    }
}

#[tokio::test]
async fn an_acl_or_an_association_that_is_gone_is_not_found() {
    for front in both(&two_acls(), None).await {
        let ec2 = front.ec2(&service());
        let subnet = "subnet-0000000a".parse().unwrap();
        let acls = ec2.list_network_acls().await.unwrap();
        let association = acls.iter().find_map(|acl| acl.association_of(&subnet)).unwrap();
        let (own, gone) = ("acl-0000000b".parse().unwrap(), "acl-00000bad".parse().unwrap());
        let refused = ec2.replace_network_acl_association(association, &gone).await;
        assert_refused(front.name, refused, FailureKind::NotFound, "InvalidNetworkAclID.NotFound");
        ec2.replace_network_acl_association(association, &own).await.unwrap();
        let refused = ec2.replace_network_acl_association(association, &own).await;
        assert_refused(front.name, refused, FailureKind::NotFound, "InvalidAssociationID.NotFound");
    }
}

#[tokio::test]
async fn what_is_no_id_has_no_tags() {
    let tags = Tags::from([("k".to_owned(), "v".to_owned())]);
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        let refused = ec2.create_tags("bogus", &tags).await;
        assert_refused(front.name, refused, FailureKind::Invalid, "InvalidID");
        let refused = ec2.delete_tags("bogus", &tags).await;
        assert_refused(front.name, refused, FailureKind::Invalid, "InvalidID");
    }
}

#[tokio::test]
async fn weather_over_auto_scaling_comes_through_too() {
    for front in both(&golden(), None).await {
        let auto_scaling = front.auto_scaling(&service());
        auto_scaling.list_groups().await.unwrap();
        let cases = [
            (FaultKind::throttled(), FailureKind::Throttled),
            (FaultKind::internal_error(Effect::NotApplied), FailureKind::Transient),
            (FaultKind::NoAnswer { effect: Effect::NotApplied }, FailureKind::Unreachable),
        ];
        for (fault, kind) in cases {
            front.world.inject(Fault::next(Action::DescribeAutoScalingGroups, fault.clone()));
            let failure = auto_scaling.list_groups().await.unwrap_err();
            assert_eq!(failure.kind, kind, "{}: {fault:?} came through as {failure}", front.name);
            assert_eq!(failure.operation, "DescribeAutoScalingGroups");
        }
        auto_scaling.list_groups().await.unwrap();
    }
}

#[tokio::test]
async fn a_peers_group_is_unknown_before_the_connection_is_active_and_options_must_wait() {
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        let rule = IngressRule {
            group: "sg-0e1b0001".parse().unwrap(),
            protocol: Protocol::Tcp,
            ports: Some(PortRange::ALL),
            source: RuleSource::SecurityGroup {
                id: "sg-dee0b1ae".parse().unwrap(),
                account: "111111111111".parse().unwrap(),
            },
        };
        let refused = ec2.authorize_ingress(&rule, &Tags::new()).await;
        assert_refused(front.name, refused, FailureKind::NotYet, "InvalidGroup.NotFound");
        let id = ec2
            .request_connection(
                &"vpc-ce78dbb7".parse().unwrap(),
                &"vpc-641fee1c".parse().unwrap(),
                &"111111111111".parse().unwrap(),
                &"us-west-2".parse().unwrap(),
                &Tags::new(),
            )
            .await
            .unwrap();
        let refused = ec2.set_requester_dns_resolution(&id, true).await;
        assert_refused(front.name, refused, FailureKind::NotYet, "OperationNotPermitted");
        ec2.accept_connection(&id).await.unwrap();
        ec2.set_requester_dns_resolution(&id, true).await.unwrap();
        ec2.authorize_ingress(&rule, &Tags::new()).await.unwrap();
    }
}

#[tokio::test]
async fn each_side_accepts_and_sets_options_only_for_itself() {
    for front in both(&two_accounts(), None).await {
        let (asking, asked) = (front.ec2(&consumer()), front.ec2(&service()));
        let id = asking
            .request_connection(
                &"vpc-0c830001".parse().unwrap(),
                &"vpc-0a510001".parse().unwrap(),
                &"111111111111".parse().unwrap(),
                &"us-west-2".parse().unwrap(),
                &Tags::new(),
            )
            .await
            .unwrap();
        let refused = asking.accept_connection(&id).await;
        assert_refused(front.name, refused, FailureKind::Denied, "OperationNotPermitted");
        asked.accept_connection(&id).await.unwrap();
        let refused = asking.set_accepter_dns_resolution(&id, true).await;
        assert_refused(front.name, refused, FailureKind::Denied, "OperationNotPermitted");
    }
}

#[tokio::test]
async fn weather_comes_through_as_what_it_is() {
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        ec2.list_vpcs().await.unwrap();
        let cases = [
            (FaultKind::throttled(), FailureKind::Throttled),
            (FaultKind::unauthorized(), FailureKind::Denied),
            (FaultKind::internal_error(Effect::NotApplied), FailureKind::Transient),
            (FaultKind::NoAnswer { effect: Effect::NotApplied }, FailureKind::Unreachable),
            (FaultKind::error("SomethingNew", "Never heard of."), FailureKind::Other),
        ];
        for (fault, kind) in cases {
            front.world.inject(Fault::next(Action::DescribeVpcs, fault.clone()));
            let failure = ec2.list_vpcs().await.unwrap_err();
            assert_eq!(failure.kind, kind, "{}: {fault:?} came through as {failure}", front.name);
            assert_eq!(failure.operation, "DescribeVpcs");
        }
        ec2.list_vpcs().await.unwrap();
    }
}

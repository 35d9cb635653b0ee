//! The in-process front: `peerway_aws::Cloud` over a world.

use std::sync::Arc;

use peerway_aws::{Cloud, Ec2};
use peerway_model::*;
use peerway_sim::{Action, Effect, Estate, FaultKind, Settings, SimCloud, World};

use super::support::{OURS, THEIRS, connect, hours, seconds, world_of};

const ESTATE: &str = r#"
accounts:
  "111111111111":
    roles: {peerway: {trusts: [arn:aws:iam::999999999999:user/controller]}}
    regions:
      us-west-2:
        prefixLists:
          - {id: pl-0000000a, name: s3, ownedByAws: true, entries: [3.5.0.0/19]}
          - {id: pl-0000000b, name: offices, version: 4, entries: [198.51.100.0/24, 203.0.113.0/24]}
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            secondaryCidrs: [100.64.0.0/24]
            ipv6Cidrs: ["2600:1f00:0:100::/56"]
            dnsHostnames: true
            tags: {Name: service}
            gateways: [igw-0000000a, tgw-0000000a, vgw-0000000a, eigw-0000000a, vpce-0000000a, eni-0000000a, lgw-0000000a, cagw-0000000a]
            routeTables:
              - id: rtb-0000000a
                main: true
                routes:
                  - {destination: 0.0.0.0/0, target: igw-0000000a}
                  - {destination: 1.0.0.0/8, target: nat-0000000a}
                  - {destination: 2.0.0.0/8, target: tgw-0000000a}
                  - {destination: 3.0.0.0/8, target: vgw-0000000a, propagated: true}
                  - {destination: 4.0.0.0/8, target: pcx-00000bad, gone: true}
                  - {destination: 5.0.0.0/8, target: vpce-0000000a}
                  - {destination: 6.0.0.0/8, target: eni-0000000a}
                  - {destination: 7.0.0.0/8, target: lgw-0000000a}
                  - {destination: 8.0.0.0/8, target: cagw-0000000a}
                  - {destination: "::/0", target: eigw-0000000a}
                  - {destination: pl-0000000b, target: tgw-0000000a}
                edges: [{gateway: igw-0000000a}]
              - {id: rtb-0000000b}
            subnets:
              - {id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24, ipv6Cidr: "2600:1f00:0:100::/64", routeTable: rtb-0000000b}
            natGateways: [{id: nat-0000000a, subnet: subnet-0000000a, private: true}]
            securityGroups:
              - id: sg-0000000a
                name: balancer
                description: The balancer
                ingress:
                  - {protocol: icmp, ports: 8, source: 10.0.0.0/8}
                  - {protocol: all, source: pl-0000000b}
  "222222222222":
    roles: {peerway: {trusts: [arn:aws:iam::999999999999:user/controller], externalID: x}}
    regions:
      us-west-2:
        vpcs:
          - {id: vpc-0000000c, cidr: 172.19.0.0/20, dnsHostnames: true, routeTables: [{id: rtb-0000000d, main: true}],
             securityGroups: [{id: sg-0000000c, name: clients}]}
  "999999999999": {users: {controller: {accessKeys: {AKIACONTROLLER: x}}}}
"#;

fn cloud(settings: Settings) -> SimCloud {
    SimCloud::new(Arc::new(world_of(ESTATE, settings)), "AKIACONTROLLER")
}

fn access(account: &str, external_id: Option<&str>) -> Access {
    Access {
        name: "a".into(),
        account: account.parse().unwrap(),
        credentials: Credentials::AssumeRole {
            role_arn: format!("arn:aws:iam::{account}:role/peerway"),
            external_id: external_id.map(str::to_owned),
            tags_sessions: false,
            session: None,
        },
    }
}

fn place(access: Access) -> Place {
    Place { access: Arc::new(access), region: "us-west-2".parse().unwrap() }
}

fn ours(cloud: &SimCloud) -> Arc<dyn Ec2> {
    cloud.ec2(&place(access("111111111111", None)))
}

fn theirs(cloud: &SimCloud) -> Arc<dyn Ec2> {
    cloud.ec2(&place(access("222222222222", Some("x"))))
}

fn block(text: &str) -> CidrBlock {
    text.parse().unwrap()
}

#[tokio::test]
async fn two_accounts_are_peered_from_request_to_removal() {
    let cloud = cloud(Settings::default());
    let (ours, theirs, world) = (ours(&cloud), theirs(&cloud), cloud.world());
    let tags = Tags::from([("k".to_owned(), "v".to_owned())]);
    let (requester, accepter): (VpcId, VpcId) = (OURS.parse().unwrap(), THEIRS.parse().unwrap());
    let (account, region) = ("222222222222".parse().unwrap(), "us-west-2".parse().unwrap());
    let id =
        ours.request_connection(&requester, &accepter, &account, &region, &tags).await.unwrap();
    world.advance(seconds(1));
    theirs.accept_connection(&id).await.unwrap();
    world.advance(seconds(3));
    ours.set_requester_dns_resolution(&id, true).await.unwrap();
    theirs.set_accepter_dns_resolution(&id, true).await.unwrap();
    theirs.create_tags(id.as_str(), &Tags::from([("t".to_owned(), String::new())])).await.unwrap();

    let seen = ours.list_connections().await.unwrap().remove(0);
    assert_eq!((seen.id.clone(), seen.state), (id.clone(), ConnectionState::Active));
    assert_eq!(seen.tags, tags);
    assert_eq!(
        seen.requester.cidrs,
        ["10.50.0.0/21", "100.64.0.0/24", "2600:1f00:0:100::/56"].map(block)
    );
    assert_eq!(seen.accepter.dns_resolution, Some(true));
    assert!(theirs.list_connections().await.unwrap()[0].tags.contains_key("t"));
    theirs.delete_tags(id.as_str(), &Tags::from([("t".to_owned(), "x".to_owned())])).await.unwrap();
    assert!(theirs.list_connections().await.unwrap()[0].tags.contains_key("t"), "another value");
    theirs.delete_tags(id.as_str(), &Tags::from([("t".to_owned(), String::new())])).await.unwrap();
    theirs.delete_tags(id.as_str(), &Tags::new()).await.unwrap();
    assert!(!theirs.list_connections().await.unwrap()[0].tags.contains_key("t"));

    let table: RouteTableId = "rtb-0000000b".parse().unwrap();
    let (wide, narrow) = (block("172.19.0.0/20"), block("172.19.0.0/22"));
    ours.create_route(&table, &wide, &id).await.unwrap();
    ours.replace_route(&table, &wide, &id).await.unwrap();
    ours.create_route(&table, &narrow, &id).await.unwrap();
    ours.delete_route(&table, &narrow).await.unwrap();
    let tables = ours.list_route_tables().await.unwrap();
    let route = tables.iter().find(|t| t.id == table).unwrap().route_to(&wide).unwrap().clone();
    assert_eq!(route.target, RouteTarget::Connection(id.clone()));
    assert_eq!((route.origin, route.state), (RouteOrigin::Static, RouteState::Active));

    let rule = IngressRule {
        group: "sg-0000000a".parse().unwrap(),
        protocol: Protocol::Tcp,
        ports: Some(PortRange { from: 1, to: 2 }),
        source: RuleSource::SecurityGroup { id: "sg-0000000c".parse().unwrap(), account },
    };
    let rule_id = ours.authorize_ingress(&rule, &tags).await.unwrap();
    let rules = ours.list_security_group_rules().await.unwrap();
    let written = rules.iter().find(|rule| rule.id == rule_id).unwrap();
    assert!(rule.is_key_of(written) && written.tags == tags, "{written:?}");
    ours.revoke_ingress(&rule.group, &rule_id).await.unwrap();
    ours.delete_connection(&id).await.unwrap();
    assert_eq!(ours.list_connections().await.unwrap()[0].state, ConnectionState::Deleted);
}

#[tokio::test]
async fn every_noun_is_read_as_it_stands() {
    let cloud = cloud(Settings::default());
    let ours = ours(&cloud);
    let vpc = ours.list_vpcs().await.unwrap().remove(0);
    assert_eq!(vpc.cidrs, ["10.50.0.0/21", "100.64.0.0/24", "2600:1f00:0:100::/56"].map(block));
    let subnet = ours.list_subnets().await.unwrap().remove(0);
    assert_eq!(subnet.zone.as_str(), "usw2-az1");
    assert_eq!(subnet.cidrs, ["10.50.0.0/24", "2600:1f00:0:100::/64"].map(block));
    assert_eq!(ours.vpc_dns(&vpc.id).await.unwrap(), VpcDns { support: true, hostnames: true });
    let tables = ours.list_route_tables().await.unwrap();
    assert!(tables[0].is_main() && tables[0].is_edge_associated());
    assert_eq!(tables[1].explicit_subnets().collect::<Vec<_>>(), [&subnet.id]);
    let targets: Vec<String> = tables[0]
        .routes
        .iter()
        .map(|route| {
            format!("{} {} {:?} {:?}", route.destination, route.target, route.origin, route.state)
        })
        .collect();
    assert_eq!(
        targets,
        [
            "0.0.0.0/0 igw-0000000a Static Active",
            "1.0.0.0/8 nat-0000000a Static Active",
            "2.0.0.0/8 tgw-0000000a Static Active",
            "3.0.0.0/8 vgw-0000000a Propagated Active",
            "4.0.0.0/8 pcx-00000bad Static Blackhole",
            "5.0.0.0/8 vpce-0000000a Static Active",
            "6.0.0.0/8 eni-0000000a Static Active",
            "7.0.0.0/8 lgw-0000000a Static Active",
            "8.0.0.0/8 cagw-0000000a Static Active",
            "10.50.0.0/21 local Table Active",
            "100.64.0.0/24 local Table Active",
            "::/0 eigw-0000000a Static Active",
            "2600:1f00:0:100::/56 local Table Active",
            "pl-0000000b tgw-0000000a Static Active",
        ]
    );
    let groups = ours.list_security_groups().await.unwrap();
    assert!(groups.iter().any(|g| g.name == "balancer" && g.description == "The balancer"));
    let rules = ours.list_security_group_rules().await.unwrap();
    let icmp = rules.iter().find(|rule| rule.protocol == Protocol::Icmp).unwrap();
    assert_eq!(icmp.ports, Some(PortRange { from: 8, to: u16::MAX }));
    assert!(rules.iter().any(|rule| matches!(rule.source, RuleSource::PrefixList(_))));
    let nats = ours.list_nat_gateways().await.unwrap();
    assert_eq!(nats[0].connectivity, NatConnectivity::Private);
    let lists = ours.list_prefix_lists().await.unwrap();
    assert_eq!(
        lists.iter().map(|l| (l.is_owned_by_aws, l.version)).collect::<Vec<_>>(),
        [(true, 0), (false, 4)]
    );
    let entries = ours.prefix_list_entries(&lists[1].id).await.unwrap();
    assert_eq!(entries, ["198.51.100.0/24", "203.0.113.0/24"].map(block));
}

#[tokio::test]
async fn lists_are_complete_however_short_the_pages() {
    let whole = cloud(Settings::default());
    let cut = cloud(Settings { page_limit: Some(1), ..Settings::default() });
    let (whole, cut) = (ours(&whole), ours(&cut));
    assert_eq!(whole.list_route_tables().await, cut.list_route_tables().await);
    assert_eq!(whole.list_security_group_rules().await, cut.list_security_group_rules().await);
    assert_eq!(whole.list_prefix_lists().await, cut.list_prefix_lists().await);
    let list = "pl-0000000b".parse().unwrap();
    assert_eq!(whole.prefix_list_entries(&list).await, cut.prefix_list_entries(&list).await);
}

#[tokio::test]
async fn half_a_list_is_an_error() {
    let cloud = cloud(Settings { page_limit: Some(1), ..Settings::default() });
    let fault = peerway_sim::Fault {
        after: 1,
        ..peerway_sim::Fault::next(Action::DescribeRouteTables, FaultKind::throttled())
    };
    cloud.world().inject(fault);
    let failure = ours(&cloud).list_route_tables().await.unwrap_err();
    assert_eq!((failure.kind, failure.operation), (FailureKind::Throttled, "DescribeRouteTables"));
}

#[tokio::test]
async fn failures_are_classified_and_carry_aws_s_words() {
    let cloud = cloud(Settings::default());
    let ours = ours(&cloud);
    let unknown: ConnectionId = "pcx-00000bad".parse().unwrap();
    let failure = ours.delete_connection(&unknown).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound);
    assert_eq!(failure.code.as_deref(), Some("InvalidVpcPeeringConnectionID.NotFound"));
    assert_eq!(failure.request_id.as_ref(), cloud.world().ledger().last().map(|e| &e.request_id));

    let lost = FaultKind::NoAnswer { effect: Effect::Applied };
    cloud.world().fail_next(Action::DescribeVpcs, lost);
    let failure = ours.list_vpcs().await.unwrap_err();
    assert_eq!((failure.kind, failure.code), (FailureKind::Unreachable, None));
}

#[tokio::test]
async fn a_role_is_assumed_once_and_again_only_when_the_session_ends() {
    let cloud = cloud(Settings::default());
    let assumed = |cloud: &SimCloud| {
        cloud.world().ledger().iter().filter(|entry| entry.action == "AssumeRole").count()
    };
    assert!(cloud.world().ledger().is_empty(), "nothing is sent before the first call");
    let ours = ours(&cloud);
    ours.list_vpcs().await.unwrap();
    ours.list_subnets().await.unwrap();
    theirs(&cloud).list_vpcs().await.unwrap();
    assert_eq!(assumed(&cloud), 2);
    cloud.world().advance(hours(100));
    ours.list_vpcs().await.unwrap();
    assert_eq!(assumed(&cloud), 2, "credentials live in wall time");
    let ledger = cloud.world().ledger();
    let principal = ledger.last().unwrap().principal.as_deref();
    assert_eq!(principal, Some("arn:aws:sts::111111111111:assumed-role/peerway/peerway"));
}

#[tokio::test]
async fn the_account_behind_credentials_is_told_or_why_there_are_none() {
    let cloud = cloud(Settings::default());
    let region = "us-west-2".parse().unwrap();
    let told = cloud.caller_account(&access("111111111111", None), &region).await.unwrap();
    assert_eq!(told.as_str(), "111111111111");
    let own = Access { credentials: Credentials::Own, ..access("999999999999", None) };
    assert_eq!(cloud.caller_account(&own, &region).await.unwrap().as_str(), "999999999999");
    let wrong = access("222222222222", Some("guess"));
    let failure = cloud.caller_account(&wrong, &region).await.unwrap_err();
    assert_eq!((failure.kind, failure.operation), (FailureKind::Credentials, "AssumeRole"));
    let failure = cloud.ec2(&place(wrong)).list_vpcs().await.unwrap_err();
    assert_eq!((failure.kind, failure.operation), (FailureKind::Credentials, "AssumeRole"));
}

#[tokio::test]
async fn latency_passes_in_tokios_time() {
    tokio::time::pause();
    let cloud = cloud(Settings::default());
    cloud.world().set_latency(seconds(2));
    let before = tokio::time::Instant::now();
    ours(&cloud).list_vpcs().await.unwrap();
    let waited = before.elapsed();
    assert!(
        waited >= seconds(4) && waited < seconds(5),
        "for the role, and for the call: {waited:?}"
    );
}

#[tokio::test]
async fn a_root_needs_no_role() {
    let estate = Estate::from_yaml(super::support::ESTATE).unwrap();
    let world = Arc::new(World::new(&estate, Settings::default()).unwrap());
    let id = connect(&world);
    let cloud = SimCloud::new(world, "222222222222");
    let own = Access { credentials: Credentials::Own, ..access("222222222222", None) };
    let seen = cloud.ec2(&place(own)).list_connections().await.unwrap();
    assert_eq!(seen[0].id.as_str(), id);
}

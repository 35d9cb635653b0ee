use peerway_sim::ec2::peerings::RejectVpcPeeringConnection;
use peerway_sim::ec2::route_tables::*;
use peerway_sim::ec2::security_groups::{
    AuthorizeSecurityGroupIngress, IpPermission, IpRange, RevokeSecurityGroupIngress,
};
use peerway_sim::ec2::tags::CreateTags;
use peerway_sim::estate::Include;
use peerway_sim::{Estate, Settings, World};

use super::support::*;

/// Something of everything that an estate can say.
const RICH: &str = r#"
accounts:
  "111111111111":
    name: service
    users: {admin: {accessKeys: {AKIAADMIN: secret}}}
    roles: {peerway: {trusts: ["222222222222"], externalID: x}}
    regions:
      us-west-2:
        zones: {us-west-2a: usw2-az2, us-west-2b: usw2-az1}
        gateways:
          - {id: igw-0000000a, tags: {Name: edge}}
          - {id: igw-0000000f}
          - {id: tgw-0000000f}
        prefixLists:
          - {id: pl-0000000a, name: s3, ownedByAws: true, entries: [3.5.0.0/19]}
          - {id: pl-0000000b, name: offices, maxEntries: 5, version: 7, tags: {a: b},
             entries: [{cidr: 198.51.100.0/24, description: Berlin}, 203.0.113.0/24]}
          - {id: pl-0000000c, name: six, ipv6: true, entries: ["2001:db8::/32"]}
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            secondaryCidrs: [100.64.0.0/24, {cidr: 100.65.0.0/24, association: vpc-cidr-assoc-0000000a}]
            ipv6Cidrs: ["2600:1f00:0:100::/56"]
            dnsSupport: false
            gateways: [igw-0000000a, vgw-0000000a, tgw-0000000a, eigw-0000000a, eni-0000000a]
            routeTables:
              - id: rtb-0000000a
                main: true
                association: rtbassoc-0000000a
                routes:
                  - {destination: 0.0.0.0/0, target: nat-0000000a}
                  - {destination: "::/0", target: eigw-0000000a}
                  - {destination: 192.168.0.0/16, target: vgw-0000000a, propagated: true}
                  - {destination: pl-0000000b, target: tgw-0000000a}
                  - {destination: 10.0.0.0/8, target: pcx-00000bad, gone: true}
                  - {destination: 10.50.0.0/24, target: eni-0000000a}
              - id: rtb-0000000b
                edges: [{gateway: igw-0000000a}, {gateway: vgw-0000000a, association: rtbassoc-0000000b}]
              - id: rtb-0000000c
                tags: {Name: private}
                routes: [{destination: 172.19.0.0/20, target: pcx-0000000a}]
            subnets:
              - {id: subnet-0000000a, zone: us-west-2a, cidr: 10.50.0.0/24, mapPublicIp: true}
              - {id: subnet-0000000b, zone: usw2-az1, cidr: 10.50.1.0/24, routeTable: rtb-0000000c, ipv6Cidr: "2600:1f00:0:100::/64"}
              - {id: subnet-0000000c, zone: usw2-az1, cidr: 100.64.0.0/26, routeTable: rtb-0000000c, association: rtbassoc-0000000c}
            natGateways:
              - {id: nat-0000000a, subnet: subnet-0000000a}
              - {id: nat-0000000b, subnet: subnet-0000000b, private: true, tags: {Name: inner}}
            securityGroups:
              - id: sg-0000000a
                name: everything
                description: all kinds of rules
                ingress:
                  - {protocol: tcp, ports: 443, source: 10.0.0.0/8, description: web, tags: {a: b}}
                  - {protocol: tcp, ports: 8000-8999, source: sg-0000000b}
                  - {protocol: udp, source: "2001:db8::/32"}
                  - {protocol: icmp, ports: 8-0, source: 10.0.0.0/8}
                  - {protocol: icmp, ports: 3, source: 10.0.0.0/8}
                  - {protocol: all, source: sg-0000000a}
                  - {protocol: "50", source: pl-0000000b}
                  - {protocol: all, source: 222222222222/sg-0000000c, id: sgr-0000000a}
                  - {protocol: all, source: 222222222222/sg-00000bad, over: pcx-00000bad, peerVpc: vpc-0000000c}
              - {id: sg-0000000b, name: shut, egress: []}
              - {id: sg-0000000d, name: narrow, egress: [{protocol: tcp, ports: 53, destination: 10.0.0.0/8}]}
          - {id: vpc-0000000b, cidr: 172.31.0.0/16, default: true}
  "222222222222":
    regions:
      us-west-2:
        vpcs:
          - {id: vpc-0000000c, cidr: 172.19.0.0/20, securityGroups: [{id: sg-0000000c, name: clients}]}
peerings:
  - {id: pcx-0000000a, requester: vpc-0000000a, accepter: vpc-0000000c, dnsResolution: {requester: true},
     tags: {requester: {Name: ours}, accepter: {Name: theirs}}}
  - {id: pcx-0000000b, requester: vpc-0000000c, accepter: vpc-0000000b, status: pending-acceptance, expires: "2026-01-03T04:05:06Z"}
  - {id: pcx-0000000c, requester: vpc-0000000b, accepter: {account: "999999999999", region: eu-west-1, vpc: vpc-0000000f}, status: initiating-request}
"#;

fn yaml(world: &World) -> String {
    world.estate().to_yaml().unwrap()
}

#[test]
fn what_is_saved_is_loaded_as_it_was() {
    for text in [ESTATE, RICH] {
        let world = world_of(text, Settings::default());
        let saved = yaml(&world);
        let again = world_of(&saved, Settings::default());
        assert_eq!(yaml(&again), saved);
        assert_eq!(Estate::from_yaml(&saved).unwrap(), world.estate());
        assert_eq!(world.estate().canonical().unwrap(), world.estate());
    }
}

#[test]
fn the_example_in_the_documentation_can_be_loaded() {
    let source = include_str!("../../src/estate/mod.rs");
    let example = source.split("//! ```").nth(1).unwrap();
    let lines = example.lines().skip(1).map(|line| line.strip_prefix("//! ").unwrap_or_default());
    let world = world_of(&lines.collect::<Vec<_>>().join("\n"), Settings::default());
    assert_eq!(status(&world, &ours(), "pcx-6ca76b04"), "active");
}

#[test]
fn a_file_written_by_hand_loses_nothing() {
    let saved = yaml(&world_of(RICH, Settings::default()));
    for detail in [
        "externalID: x",
        "us-west-2a: usw2-az2",
        "association: vpc-cidr-assoc-0000000a",
        "association: rtbassoc-0000000a",
        "association: rtbassoc-0000000b",
        "association: rtbassoc-0000000c",
        "propagated: true",
        "gone: true",
        "mapPublicIp: true",
        "private: true",
        "version: 7",
        "description: Berlin",
        "ownedByAws: true",
        "ports: 443",
        "ports: 8000-8999",
        "ports: 8-0",
        "id: sgr-0000000a",
        "over: pcx-00000bad",
        "egress: []",
        "dnsSupport: false",
        "default: true",
        "vpc: vpc-0000000f",
        "2026-01-03T04:05:06Z",
    ] {
        assert!(saved.contains(detail), "{detail} is missing in\n{saved}");
    }
    assert!(!saved.contains("name: default"), "what every VPC has is left out\n{saved}");
}

#[test]
fn things_without_ids_get_the_same_ones_at_each_load() {
    let text = "
accounts:
  '111111111111':
    regions:
      us-west-2:
        vpcs:
          - cidr: 10.0.0.0/16
            routeTables: [{routes: []}]
            subnets: [{zone: usw2-az1, cidr: 10.0.0.0/24}]
            securityGroups: [{name: g}]
";
    let first = world_of(text, Settings::default());
    let second = world_of(text, Settings { seed: 7, ..Settings::default() });
    assert_eq!(first.estate(), second.estate());
    assert_eq!(yaml(&first).matches("id: ").count(), 4, "{}", yaml(&first));
}

#[test]
fn undoing_everything_gives_exactly_the_estate_that_was() {
    let world = world();
    let before = yaml(&world);
    let id = connect(&world);
    done(&world, &ours(), route_over("rtb-0000000b", "172.19.0.0/20", &id));
    let rule = || IpPermission {
        ip_protocol: "-1".to_owned(),
        ip_ranges: vec![IpRange { cidr_ip: "172.19.0.0/20".to_owned(), description: None }],
        ..IpPermission::default()
    };
    let authorize = AuthorizeSecurityGroupIngress {
        group_id: Some("sg-0000000a".to_owned()),
        ip_permissions: vec![rule()],
        ..AuthorizeSecurityGroupIngress::default()
    };
    done(&world, &ours(), authorize);
    assert_ne!(yaml(&world), before);
    let revoke = RevokeSecurityGroupIngress {
        group_id: Some("sg-0000000a".to_owned()),
        ip_permissions: vec![rule()],
        ..RevokeSecurityGroupIngress::default()
    };
    done(&world, &ours(), revoke);
    let route = DeleteRoute {
        route_table_id: "rtb-0000000b".to_owned(),
        destination_cidr_block: Some("172.19.0.0/20".to_owned()),
        ..DeleteRoute::default()
    };
    done(&world, &ours(), route);
    done(&world, &ours(), delete(&id));
    assert_eq!(yaml(&world), before);
    assert!(is_listed(&world, &ours(), &id), "AWS still lists it, but it is no part of the state");
}

#[test]
fn an_association_that_was_moved_and_moved_back_is_a_change() {
    let world = world();
    let before = world.estate();
    let request = DescribeRouteTables {
        route_table_ids: vec!["rtb-0000000b".to_owned()],
        ..Default::default()
    };
    let table = done(&world, &ours(), request).route_table_set.remove(0);
    let association_id = table.association_set[0].route_table_association_id.to_string();
    done(&world, &ours(), DisassociateRouteTable { association_id, dry_run: None });
    let request = AssociateRouteTable {
        route_table_id: "rtb-0000000b".to_owned(),
        subnet_id: Some("subnet-0000000a".to_owned()),
        ..AssociateRouteTable::default()
    };
    let association_id = done(&world, &ours(), request).association_id;
    assert_eq!(
        Estate::diff(&before, &world.estate()),
        [format!("subnet subnet-0000000a: association is new (is {association_id})")]
    );
}

#[test]
fn a_difference_is_told_in_one_line_for_each_thing() {
    let world = world();
    let before = world.estate();
    assert!(Estate::diff(&before, &before).is_empty());
    let id = connect(&world);
    done(&world, &ours(), route_over("rtb-0000000b", "172.19.0.0/20", &id));
    let request = CreateTags {
        resource_ids: vec![OURS.to_owned()],
        tags: vec![tag("team", "net"), tag("new", "n")],
        dry_run: None,
    };
    done(&world, &ours(), request);
    let request = CreateRouteTable { vpc_id: TWIN.to_owned(), ..CreateRouteTable::default() };
    let table = done(&world, &ours(), request).route_table.route_table_id;
    let lines = [
        format!("VPC {OURS}: tag new is new (is \"n\")"),
        format!("VPC {OURS}: tag team was \"data\", is \"net\""),
        format!("peering {id} is new: from {OURS}, status active, to {THEIRS}"),
        format!("route table {table} is new: of {TWIN}"),
        format!("route table rtb-0000000b: route 172.19.0.0/20 is new (is to {id})"),
    ];
    let mut told = Estate::diff(&before, &world.estate());
    told.sort();
    let mut expected = lines.to_vec();
    expected.sort();
    assert_eq!(told, expected);
    assert_eq!(Estate::diff(&world.estate(), &before).len(), lines.len());
}

#[test]
fn what_everybody_gets_is_not_new_when_it_is_touched_for_the_first_time() {
    let include = Include { untouched: true, ..Include::default() };
    let world = World::new(&ours_alone(), Settings::default()).unwrap();
    let before = world.estate_with(include);
    let table = before.accounts[&OURS_ACCOUNT.parse().unwrap()].regions.values().next().unwrap();
    let (table, group, acl) = (
        table.vpcs[0].route_tables[0].id.clone().unwrap(),
        table.vpcs[0].security_groups[0].id.clone().unwrap(),
        table.vpcs[0].network_acls[0].id.clone().unwrap(),
    );
    let eni = &before.accounts[&OURS_ACCOUNT.parse().unwrap()].regions.values().next().unwrap();
    let eni = eni.vpcs[0].interfaces[0].id.clone();
    let route = CreateRoute {
        route_table_id: table.to_string(),
        destination_cidr_block: Some("0.0.0.0/0".to_owned()),
        gateway_id: Some("igw-0000000a".to_owned()),
        ..CreateRoute::default()
    };
    done(&world, &ours(), route);
    let request = CreateTags {
        resource_ids: [group.as_str(), acl.as_str(), eni.as_str(), "igw-0000000a"]
            .map(str::to_owned)
            .to_vec(),
        tags: vec![tag("team", "net")],
        dry_run: None,
    };
    done(&world, &ours(), request);
    let mut told = Estate::diff(&before, &world.estate_with(include));
    told.sort();
    let mut expected = [
        "gateway igw-0000000a: tag team is new (is \"net\")".to_owned(),
        format!("network ACL {acl}: tag team is new (is \"net\")"),
        format!("network interface {eni}: tag team is new (is \"net\")"),
        format!("route table {table}: route 0.0.0.0/0 is new (is to igw-0000000a)"),
        format!("security group {group}: tag team is new (is \"net\")"),
    ];
    expected.sort();
    assert_eq!(told, expected);
    // It can be loaded all the same, and means what it means without.
    let whole = World::new(&world.estate_with(include), Settings::default()).unwrap();
    assert_eq!(whole.estate(), world.estate());
}

const OURS_ACCOUNT: &str = "111111111111";

/// A VPC with what AWS gives, and an instance.
fn ours_alone() -> Estate {
    let vpc = "{id: vpc-0000000a, cidr: 10.50.0.0/21, gateways: [igw-0000000a], \
        subnets: [{id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24}], \
        instances: [{id: i-0000000a, subnet: subnet-0000000a}]}";
    let text =
        format!("accounts: {{'{OURS_ACCOUNT}': {{regions: {{us-west-2: {{vpcs: [{vpc}]}}}}}}}}");
    Estate::from_yaml(&text).unwrap()
}

#[test]
fn an_estate_has_no_route_that_aws_would_never_have_let_come_about() {
    let estate = |target: &str| {
        ESTATE.replacen(
            "{id: rtb-0000000c, main: true}",
            &format!(
                "{{id: rtb-0000000c, main: true, routes: [{{destination: 192.168.0.0/16, target: {target}}}]}}"
            ),
            1,
        ) + "peerings: [{id: pcx-0000000a, requester: vpc-0000000a, accepter: vpc-0000000c}, \
             {id: pcx-0000000b, requester: vpc-0000000a, accepter: vpc-0000000b}]"
    };
    let load = |target: &str| {
        Estate::from_yaml(&estate(target)).and_then(|it| World::new(&it, Settings::default()))
    };
    assert!(load("pcx-0000000b").is_ok());
    for target in ["pcx-0000000a", "nat-0000000a"] {
        let error = load(target).unwrap_err().to_string();
        assert!(error.contains(&format!("{target} is of other VPCs than vpc-0000000b")), "{error}");
    }
}

#[test]
fn who_made_what_is_told_when_asked() {
    let world = world();
    let id = connect(&world);
    done(&world, &ours(), route_over("rtb-0000000b", "172.19.0.0/20", &id));
    assert!(!yaml(&world).contains("madeBy"));
    let include = Include { makers: true, ..Include::default() };
    let with_makers = world.estate_with(include);
    let made_by = with_makers.peerings[0].made_by.as_deref();
    assert_eq!(made_by, Some("arn:aws:iam::111111111111:root"));
    let routes = |estate: &Estate| {
        let regions = estate.accounts.values().flat_map(|account| account.regions.values());
        let tables = regions.flat_map(|region| &region.vpcs).flat_map(|vpc| &vpc.route_tables);
        let routes = tables.flat_map(|table| &table.routes);
        let made = routes.filter_map(|route| Some((&*route.destination, route.made_by.clone()?)));
        made.map(|(destination, maker)| format!("{destination} by {maker}")).collect::<Vec<_>>()
    };
    assert_eq!(routes(&with_makers), ["172.19.0.0/20 by arn:aws:iam::111111111111:root"]);
    assert_eq!(with_makers.to_yaml().unwrap().matches("madeBy").count(), 2);
    let again = World::new(&with_makers, Settings::default()).unwrap();
    assert_eq!(again.estate_with(include), with_makers);
    assert_eq!(status(&again, &theirs(), &id), "active");
}

#[test]
fn ended_connections_are_kept_when_asked() {
    let world = world();
    let id = connect(&world);
    done(&world, &theirs(), delete(&id));
    let second = request(&world);
    world.advance(seconds(1));
    let reject = RejectVpcPeeringConnection { vpc_peering_connection_id: second, dry_run: None };
    done(&world, &theirs(), reject);
    assert!(world.estate().peerings.is_empty());
    let include = Include { ended_connections: true, ..Include::default() };
    let saved = world.estate_with(include);
    assert_eq!(saved.peerings.len(), 2);
    let again = World::new(&saved, Settings::default()).unwrap();
    assert_eq!(again.estate_with(include), saved);
    assert_eq!(connection(&again, &ours(), &id).status.message, "Deleted by 222222222222");
    again.advance(hours(2));
    assert!(is_listed(&again, &ours(), &id) && !is_listed(&again, &theirs(), &id));
}

#[test]
fn a_request_that_is_pending_keeps_its_time() {
    let world = world();
    request(&world);
    world.advance(hours(100));
    let again = World::new(
        &world.estate(),
        Settings { clock: world.clock().clone(), ..Settings::default() },
    )
    .unwrap();
    assert_eq!(again.estate(), world.estate());
    let id = again.estate().peerings[0].id.clone().unwrap().to_string();
    again.advance(hours(68));
    assert_eq!(status(&again, &ours(), &id), "expired");
}

#[test]
fn ids_are_not_given_again_after_a_reload() {
    let world = world();
    let id = connect(&world);
    done(&world, &ours(), delete(&id));
    let table = CreateRouteTable { vpc_id: OURS.to_owned(), ..CreateRouteTable::default() };
    done(&world, &ours(), table);
    let again = World::new(&world.estate(), Settings::default()).unwrap();
    assert_ne!(request(&again), id);
}

#[test]
fn estates_that_contradict_themselves_are_refused_with_place_and_reason() {
    let vpc = |content: &str| {
        format!(
            "accounts: {{'111111111111': {{regions: {{us-west-2: {{vpcs: [{{id: vpc-0000000a, cidr: 10.0.0.0/16, {content}}}]}}}}}}}}"
        )
    };
    for (text, expected) in [
        (vpc("subnets: [{zone: usw2-az9, cidr: 10.0.0.0/24}]"), "usw2-az9 is no zone"),
        (vpc("subnets: [{zone: usw2-az1, cidr: 10.1.0.0/24}]"), "The CIDR '10.1.0.0/24' is invalid"),
        (vpc("subnets: [{zone: usw2-az1}]"), "a subnet has no block"),
        (vpc("subnets: [{zone: usw2-az1, cidr: 10.0.0.0/24, routeTable: rtb-00000bad}]"), "rtb-00000bad is no table"),
        (vpc("routeTables: [{main: true}, {main: true}]"), "has another main table"),
        (vpc("routeTables: [{routes: [{destination: 0.0.0.0/0, target: igw-00000bad}]}]"), "say `gone: true`"),
        (vpc("gateways: [igw-0000000a], routeTables: [{routes: [{destination: 0.0.0.0/0, target: igw-0000000a, gone: true}]}]"), "is there, not gone"),
        (vpc("gateways: [igw-0000000a], routeTables: [{routes: [{destination: 10.0.1.0/24, target: igw-0000000a}]}]"), "lies in the VPC"),
        (vpc("gateways: [igw-0000000a], routeTables: [{routes: [{destination: 1.0.0.1/24, target: igw-0000000a}]}]"), "has host bits"),
        (vpc("gateways: [igw-0000000a, igw-0000000b]"), "at most one internet gateway"),
        (vpc("gateways: [nonsense]"), "is no id of a gateway"),
        (vpc("secondaryCidrs: [10.0.0.0/17]"), "overlaps"),
        (vpc("secondaryCidrs: [192.168.0.0/24]"), "is restricted"),
        (vpc("secondaryCidrs: [100.64.0.0/29]"), "The CIDR '100.64.0.0/29' is invalid"),
        (vpc("ipv6Cidrs: ['2600:1f00::/64']"), "between /44 and /60"),
        ("accounts: {'111111111111': {regions: {us-west-2: {vpcs: [{cidr: 127.0.0.0/16}]}}}}".to_owned(), "'127.0.0.0/16' is invalid"),
        (vpc("securityGroups: [{name: sg-a}]"), "in the format sg-"),
        (vpc("securityGroups: [{name: a}, {name: A}]"), "is there twice"),
        (vpc("securityGroups: [{name: a, ingress: [{protocol: tcp, source: sg-00000bad}]}]"), "is no group"),
        (vpc("securityGroups: [{name: a, ingress: [{protocol: tcp}]}]"), "an ingress rule has one `source`"),
        (vpc("securityGroups: [{name: a, ingress: [{protocol: ftp, source: 1.0.0.0/8}]}]"), "is no protocol"),
        (vpc("securityGroups: [{name: a, ingress: [{protocol: tcp, ports: 9-8, source: 1.0.0.0/8}]}]"), "port range"),
        (vpc("natGateways: [{subnet: subnet-00000bad}]"), "is no subnet of"),
        (vpc("routeTables: [{association: rtbassoc-0000000a}]"), "is for the main table"),
        (vpc("subnets: [{zone: usw2-az1, cidr: 10.0.0.0/24, association: rtbassoc-0000000a}]"), "without a route table"),
        (vpc("routeTables: [{id: rtb-0000000a, main: true, association: rtbassoc-0000000a}], subnets: [{zone: usw2-az1, cidr: 10.0.0.0/24, routeTable: rtb-0000000a, association: rtbassoc-0000000a}]"), "is there twice"),
        (vpc("securityGroups: [{name: a, ingress: [{protocol: tcp, source: 1.0.0.0/8, over: pcx-0000000a, peerVpc: vpc-0000000a}]}]"), "only of groups"),
        (ESTATE.to_owned() + "peerings: [{requester: vpc-0000000b, accepter: vpc-0000000c}]", "the VPCs overlap"),
        (ESTATE.to_owned() + "peerings: [{requester: vpc-0000000a, accepter: vpc-0000000c}, {requester: vpc-0000000c, accepter: vpc-0000000a}]", "joins the same VPCs"),
        (ESTATE.to_owned() + "peerings: [{requester: vpc-0000000a, accepter: vpc-00000bad}]", "is no VPC of this estate"),
        (ESTATE.to_owned() + "peerings: [{requester: vpc-0000000a, accepter: vpc-0000000c, status: fine}]", "is no state"),
        ("accounts: {'111111111111': {users: {a: {accessKeys: {K: s}}, b: {accessKeys: {K: s}}}}}".to_owned(), "the access key K"),
        ("accounts: {'111111111111': {bogus: 1}}".to_owned(), "bogus"),
        ("accounts: {'123': {}}".to_owned(), "twelve digits"),
    ] {
        let made = Estate::from_yaml(&text).and_then(|estate| World::new(&estate, Settings::default()));
        let error = made.expect_err(&text).to_string();
        assert!(error.contains(expected), "{text}\n{error}");
    }
}

/// The paths of all that can be taken out of a document.
fn parts(value: &serde_json::Value, path: &str, all: &mut Vec<String>) {
    let children: Vec<(String, &serde_json::Value)> = match value {
        serde_json::Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), v)).collect(),
        serde_json::Value::Array(items) => {
            items.iter().enumerate().map(|(at, v)| (at.to_string(), v)).collect()
        }
        _ => return,
    };
    for (name, child) in children {
        let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
        parts(child, &path, all);
        all.push(path);
    }
}

#[test]
fn a_diff_overlooks_nothing_that_can_be_taken_out_of_an_estate() {
    let policy = "    roles: {reader: {trusts: [\"*\"], tagSession: true, policy: {Version: \"2012-10-17\", \
        Statement: [{Sid: Read, Effect: Allow, Action: \"ec2:Describe*\", Resource: \"*\", \
        Condition: {StringEquals: {\"aws:RequestedRegion\": [r1, r2]}}}]}}}\n";
    let text = RICH.replacen("  \"222222222222\":\n", &format!("  \"222222222222\":\n{policy}"), 1);
    let whole = Estate::from_yaml(&text).unwrap();
    let document = serde_json::to_value(&whole).unwrap();
    let mut all = Vec::new();
    parts(&document, "", &mut all);
    let mut compared = 0;
    for path in all {
        let mut without = document.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        match without.pointer_mut(parent).unwrap() {
            serde_json::Value::Object(fields) => {
                drop(fields.remove(&name.replace("~1", "/").replace("~0", "~")));
            }
            serde_json::Value::Array(items) => drop(items.remove(name.parse().unwrap())),
            _ => unreachable!(),
        }
        // JSON is YAML, too.
        let Ok(less) = Estate::from_yaml(&without.to_string()) else { continue };
        if less == whole {
            continue;
        }
        compared += 1;
        let told = [Estate::diff(&whole, &less), Estate::diff(&less, &whole)];
        assert!(told.iter().all(|lines| !lines.is_empty()), "nothing is said of {path}");
        assert!(!told.concat().iter().any(|line| line.contains("any-secret")));
    }
    assert!(compared > 100, "{compared}");
}

//! Lists are complete, whatever the page size, and both ways in see the same.

use std::fmt::Write;
use std::time::Duration;

use peerway_model::{
    ConnectionState, NatConnectivity, NetworkAclEntry, Place, PortRange, Protocol, RouteTarget,
    SubnetId, VpcDns, ZoneName,
};
use peerway_sim::{Action, Effect, Fault, FaultKind};

use crate::fronts::{Front, both, consumer, golden, place, service, two_accounts, two_acls};

/// Everything both fronts list, as text to compare.
async fn everything(front: &Front, place: &Place) -> String {
    let ec2 = front.ec2(place);
    let mut text = String::new();
    macro_rules! list {
        ($($method:ident),*) => {
            $(text.push_str(&format!("{:#?}\n", ec2.$method().await.unwrap()));)*
        };
    }
    list!(
        list_vpcs,
        list_subnets,
        list_route_tables,
        list_connections,
        list_security_groups,
        list_security_group_rules,
        list_nat_gateways,
        list_prefix_lists,
        list_network_acls,
        list_zones,
        list_network_interfaces,
        list_instances
    );
    let groups = front.auto_scaling(place).list_groups().await.unwrap();
    writeln!(text, "{groups:#?}").expect("a String takes all");
    for group in &groups {
        let tied = front.auto_scaling(place).attachments(&group.name).await.unwrap();
        writeln!(text, "{tied:#?}").expect("a String takes all");
    }
    let elb = front.load_balancing(place);
    let balancers = elb.list_load_balancers().await.unwrap();
    writeln!(text, "{balancers:#?}").expect("a String takes all");
    for balancer in &balancers {
        let tags = elb.tags(&balancer.name).await.unwrap();
        let attributes = elb.attributes(&balancer.name).await.unwrap();
        let policies = elb.policies(&balancer.name).await.unwrap();
        let health = elb.instance_health(&balancer.name).await.unwrap();
        writeln!(text, "{tags:#?} {attributes:#?} {policies:#?} {health:#?}")
            .expect("a String takes all");
    }
    text
}

#[tokio::test]
async fn both_ways_in_see_the_same_world_whole_and_in_pages_of_two() {
    for (estate, place) in
        [(golden(), service()), (two_accounts(), consumer()), (two_accounts(), service())]
    {
        let mut seen = Vec::new();
        for page_limit in [None, Some(2)] {
            for front in both(&estate, page_limit).await {
                let calls_before = front.world.ledger().len();
                seen.push((front.name, everything(&front, &place).await));
                if page_limit.is_some() {
                    let calls = front.world.ledger().len() - calls_before;
                    assert!(
                        calls > 10,
                        "{}: {calls} calls are too few for pages of two",
                        front.name
                    );
                }
            }
        }
        for (name, text) in &seen[1..] {
            assert_eq!(text, &seen[0].1, "{name}");
        }
    }
}

#[tokio::test]
async fn the_golden_estate_reads_as_it_is_written() {
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        let vpcs = ec2.list_vpcs().await.unwrap();
        assert_eq!(vpcs.len(), 3, "{}: the provider's VPC is not ours to see", front.name);
        let subnets = ec2.list_subnets().await.unwrap();
        assert_eq!(subnets.len(), 9);
        let tables = ec2.list_route_tables().await.unwrap();
        let table = tables.iter().find(|table| table.id.as_str() == "rtb-7122e509").unwrap();
        assert_eq!(table.explicit_subnets().count(), 6);
        assert!(!table.is_main());
        let lifeline = table.route_to(&"172.19.0.0/20".parse().unwrap()).unwrap();
        assert_eq!(lifeline.target, RouteTarget::Connection("pcx-d3c1e8ba".parse().unwrap()));
        let connections = ec2.list_connections().await.unwrap();
        assert_eq!(connections.len(), 1);
        assert_eq!(connections[0].state, ConnectionState::Active);
        assert_eq!(connections[0].requester.cidrs, ["172.19.0.0/20".parse().unwrap()]);
        let dns = ec2.vpc_dns(&"vpc-ce78dbb7".parse().unwrap()).await.unwrap();
        assert_eq!(dns, VpcDns { support: true, hostnames: true });
    }
}

#[tokio::test]
async fn what_surrounds_a_subnet_reads_as_it_is_written() {
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        let zones = ec2.list_zones().await.unwrap();
        let named: Vec<(&str, &str)> =
            zones.iter().map(|zone| (zone.id.as_str(), zone.name.as_str())).collect();
        for zone in
            [("usw2-az1", "us-west-2a"), ("usw2-az2", "us-west-2b"), ("usw2-az3", "us-west-2c")]
        {
            assert!(named.contains(&zone), "{}: {named:?}", front.name);
        }
        assert!(zones.iter().all(|zone| zone.is_availability_zone && zone.is_available));

        let subnets = ec2.list_subnets().await.unwrap();
        let free = |id: &str| {
            subnets.iter().find(|subnet| subnet.id.as_str() == id).unwrap().available_addresses
        };
        assert_eq!(free("subnet-0b000001"), 1024 - 5 - 1, "{}: one instance", front.name);

        let interfaces = ec2.list_network_interfaces().await.unwrap();
        let of_instance = interfaces
            .iter()
            .find(|interface| interface.instance.as_deref() == Some("i-0a100001"))
            .unwrap();
        assert_eq!(of_instance.subnet.as_str(), "subnet-0a000004");
        assert_eq!(of_instance.vpc.as_str(), "vpc-ce78dbb7");
        assert_eq!(of_instance.owner.as_str(), "111111111111");
        assert!(!of_instance.is_requester_managed);
        assert_eq!(of_instance.groups.len(), 2, "{}", front.name);
        let of_balancer: Vec<_> = interfaces
            .iter()
            .filter(|interface| interface.description == "ELB imply-e04-elbinter-qqsuirj9f9ep")
            .collect();
        assert_eq!(of_balancer.len(), 3, "{}: one in each zone", front.name);
        for interface in of_balancer {
            assert!(interface.is_requester_managed, "{}", front.name);
            assert_eq!(interface.requester.as_deref(), Some("amazon-elb"), "{}", front.name);
            assert_eq!(interface.instance, None);
        }
    }
}

#[tokio::test]
async fn network_acls_are_read_with_their_rules_and_their_subnets() {
    for front in both(&two_acls(), None).await {
        let acls = front.ec2(&service()).list_network_acls().await.unwrap();
        let acl = |id: &str| acls.iter().find(|acl| acl.id.as_str() == id).unwrap();
        let subnet: SubnetId = "subnet-0000000a".parse().unwrap();
        let default = acl("acl-0000000a");
        assert!(default.is_default && default.association_of(&subnet).is_some(), "{}", front.name);
        let own = acl("acl-0000000b");
        assert!(!own.is_default && own.associations.is_empty(), "{}", front.name);
        assert_eq!(own.vpc.as_str(), "vpc-0000000a");
        let theirs = "172.19.0.0/20".parse().unwrap();
        let everybody = "0.0.0.0/0".parse().unwrap();
        let entry = |number, egress, cidr, protocol, ports, allow| NetworkAclEntry {
            number,
            egress,
            cidr,
            protocol,
            ports,
            allow,
        };
        let ports = |from, to| Some(PortRange { from, to });
        for wanted in [
            entry(100, false, theirs, Protocol::Tcp, ports(1024, 65535), true),
            entry(110, false, theirs, Protocol::Icmp, ports(8, 0), false),
            entry(120, true, everybody, Protocol::All, None, true),
            entry(32767, false, everybody, Protocol::All, None, false),
            entry(32767, true, everybody, Protocol::All, None, false),
        ] {
            assert!(own.entries.contains(&wanted), "{}: {:#?}", front.name, own.entries);
        }
        assert_eq!(own.entries.len(), 5, "{}: {:#?}", front.name, own.entries);
    }
}

#[tokio::test]
async fn auto_scaling_groups_say_where_they_launch() {
    for front in both(&golden(), None).await {
        let groups = front.auto_scaling(&service()).list_groups().await.unwrap();
        assert_eq!(groups.len(), 4, "{}", front.name);
        let query =
            groups.iter().find(|group| group.name.as_str() == "imply-e04-Query-ASG").unwrap();
        let zones: Vec<&str> = query.zones.iter().map(ZoneName::as_str).collect();
        assert_eq!(zones, ["us-west-2a", "us-west-2b", "us-west-2c"], "{}", front.name);
        let subnets: Vec<&str> = query.subnets.iter().map(SubnetId::as_str).collect();
        assert_eq!(subnets, ["subnet-0a000004", "subnet-0a000005", "subnet-0a000006"]);
        assert_eq!(query.tags["Name"], "imply-e04-Query-1", "{}", front.name);
    }
}

#[tokio::test]
async fn nat_gateways_say_where_they_lead() {
    for front in both(&two_accounts(), None).await {
        let gateways = front.ec2(&service()).list_nat_gateways().await.unwrap();
        assert_eq!(gateways.len(), 1, "{}", front.name);
        assert_eq!(gateways[0].connectivity, NatConnectivity::Public);
    }
}

/// What the snapshots make of the entries of a list, when asked for them has this fault.
async fn entries_under(
    front: &Front,
    estate_list: &str,
    fault: FaultKind,
) -> Option<Option<usize>> {
    let (snapshots, clock) = front.snapshots();
    front.world.inject(Fault::next(Action::GetManagedPrefixListEntries, fault));
    let reading = snapshots.prefix_lists(&service(), clock.now()).await;
    let part = reading.part.filter(|_| reading.failure.is_none())?;
    let list = part.get(&estate_list.parse().unwrap()).unwrap();
    Some(list.entries.as_ref().map(Vec::len))
}

#[tokio::test]
async fn only_a_list_that_may_not_be_looked_into_is_one_without_entries() {
    let list = "        prefixLists: [{id: pl-0000000a, name: offices, entries: [198.51.100.0/24, 203.0.113.0/24]}]\n";
    let estate = golden().replacen("        vpcs:\n", &format!("{list}        vpcs:\n"), 1);
    for front in both(&estate, None).await {
        let denied = entries_under(&front, "pl-0000000a", FaultKind::Denied).await;
        assert_eq!(denied, Some(None), "{}", front.name);
        for passing in [FaultKind::Throttled, FaultKind::Unavailable { effect: Effect::NotApplied }]
        {
            let read = entries_under(&front, "pl-0000000a", passing).await;
            assert_eq!(read, None, "{}: nothing is known of any list", front.name);
        }
        let calm =
            entries_under(&front, "pl-0000000a", FaultKind::Slow { seconds: Duration::ZERO }).await;
        assert_eq!(calm, Some(Some(2)), "{}", front.name);
    }
}

#[tokio::test]
async fn prefix_lists_are_read_entry_by_entry() {
    let estate = r#"
accounts:
  "111111111111":
    roles: {peerway: {trusts: ["arn:aws:iam::999999999999:user/peerway-controller"]}}
    regions:
      us-west-2:
        prefixLists:
          - {id: pl-0123456789abcdef0, name: offices, maxEntries: 10, entries: [10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16]}
  "999999999999":
    users: {peerway-controller: {accessKeys: {AKIAPEERWAYCONTROLLR: simulated-secret-access-key}}}
"#;
    for front in both(estate, Some(2)).await {
        let ec2 = front.ec2(&service());
        let lists = ec2.list_prefix_lists().await.unwrap();
        let own: Vec<_> = lists.iter().filter(|list| !list.is_owned_by_aws).collect();
        assert_eq!(own.len(), 1, "{}", front.name);
        let entries = ec2.prefix_list_entries(&own[0].id).await.unwrap();
        assert_eq!(entries.len(), 3, "{}", front.name);
    }
}

#[tokio::test]
async fn credentials_lead_where_they_lead() {
    for front in both(&two_accounts(), None).await {
        let place = place("333333333333", "eu-central-1");
        let account = front.cloud.caller_account(&place.access, &place.region).await.unwrap();
        assert_eq!(account.as_str(), "333333333333", "{}", front.name);
    }
}

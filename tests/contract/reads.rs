//! Lists are complete, whatever the page size, and both ways in see the same.

use peerway_model::{ConnectionState, NatConnectivity, RouteTarget, VpcDns};

use crate::fronts::{both, consumer, golden, place, service, two_accounts};

/// Everything both fronts list, as text to compare.
async fn everything(ec2: &dyn peerway_aws::Ec2) -> String {
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
        list_prefix_lists
    );
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
                seen.push((front.name, everything(front.ec2(&place).as_ref()).await));
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
async fn nat_gateways_say_where_they_lead() {
    for front in both(&two_accounts(), None).await {
        let gateways = front.ec2(&service()).list_nat_gateways().await.unwrap();
        assert_eq!(gateways.len(), 1, "{}", front.name);
        assert_eq!(gateways[0].connectivity, NatConnectivity::Public);
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

use peerway_sim::ec2::prefix_lists::*;
use peerway_sim::ec2::route_tables::CreateRoute;
use peerway_sim::ec2::security_groups::{
    AuthorizeSecurityGroupIngress, IpPermission, PrefixListReference,
};
use peerway_sim::{Quotas, Settings};

use super::support::*;

fn list(entries: &[&str]) -> CreateManagedPrefixList {
    let entry = |cidr: &&str| NewEntry { cidr: (*cidr).to_owned(), description: None };
    CreateManagedPrefixList {
        prefix_list_name: "p".to_owned(),
        address_family: "IPv4".to_owned(),
        max_entries: 3,
        entries: entries.iter().map(entry).collect(),
        ..CreateManagedPrefixList::default()
    }
}

#[test]
fn entries_are_canonical_and_bounded() {
    let world = world();
    let id = done(&world, &ours(), list(&["10.1.2.3/8"])).prefix_list.prefix_list_id.to_string();
    let request = GetManagedPrefixListEntries { prefix_list_id: id, ..Default::default() };
    let entries = done(&world, &ours(), request).entry_set;
    assert_eq!(entries[0].cidr.to_string(), "10.0.0.0/8");
    for (bad, expected) in [
        (list(&["10.0.0.0/8", "10.1.0.0/8"]), "InvalidParameterValue"),
        (list(&["fd00::/8"]), "InvalidParameterValue"),
        (
            list(&["1.0.0.0/8", "2.0.0.0/8", "3.0.0.0/8", "4.0.0.0/8"]),
            "PrefixListMaxEntriesExceeded",
        ),
        (CreateManagedPrefixList { max_entries: 0, ..list(&[]) }, "InvalidParameterValue"),
        (
            CreateManagedPrefixList { address_family: "IPv5".to_owned(), ..list(&[]) },
            "InvalidParameterValue",
        ),
    ] {
        assert_eq!(code(&world, &ours(), bad), expected);
    }
}

#[test]
fn lists_of_aws_are_in_the_estate_and_show_neither_version_nor_room() {
    let estate = "accounts: {'111111111111': {regions: {us-west-2: {prefixLists: [{id: pl-0000000a, \
                  name: com.amazonaws.us-west-2.s3, ownedByAws: true, entries: [3.5.0.0/19]}]}}}}";
    let world = world_of(estate, Settings::default());
    let all = done(&world, &ours(), DescribeManagedPrefixLists::default());
    let shown = &all.prefix_list_set[0];
    assert_eq!((shown.owner_id.as_str(), shown.version, shown.max_entries), ("AWS", None, None));
    let of = |owner: &str| {
        let filters = filter("owner-id", &[owner]);
        let request = DescribeManagedPrefixLists { filters, ..Default::default() };
        done(&world, &ours(), request).prefix_list_set.len()
    };
    assert_eq!((of("AWS"), of("111111111111")), (1, 0));
}

#[test]
fn routes_and_rules_may_name_a_list_and_count_its_room() {
    let quotas = Quotas { routes_per_table: 4, rules_per_group: 3, ..Quotas::default() };
    let world = world_with(Settings { quotas, ..Settings::default() });
    let connection = connect(&world);
    let first = done(&world, &ours(), list(&["10.0.0.0/8"])).prefix_list.prefix_list_id.to_string();
    let second = done(&world, &ours(), list(&["9.0.0.0/8"])).prefix_list.prefix_list_id.to_string();
    let route = |id: &str| CreateRoute {
        destination_cidr_block: None,
        destination_prefix_list_id: Some(id.to_owned()),
        ..route_over("rtb-0000000b", "", &connection)
    };
    done(&world, &ours(), route(&first));
    assert_eq!(code(&world, &ours(), route(&first)), "RouteAlreadyExists");
    assert_eq!(code(&world, &ours(), route(&second)), "RouteLimitExceeded");
    assert_eq!(code(&world, &ours(), route("pl-00000bad")), "InvalidPrefixListID.NotFound");
    let rule = |id: &str| AuthorizeSecurityGroupIngress {
        group_id: Some("sg-0000000a".to_owned()),
        ip_permissions: vec![IpPermission {
            ip_protocol: "-1".to_owned(),
            prefix_list_ids: vec![PrefixListReference {
                prefix_list_id: id.to_owned(),
                description: None,
            }],
            ..IpPermission::default()
        }],
        ..AuthorizeSecurityGroupIngress::default()
    };
    done(&world, &ours(), rule(&first));
    assert_eq!(code(&world, &ours(), rule(&second)), "RulesPerSecurityGroupLimitExceeded");
}

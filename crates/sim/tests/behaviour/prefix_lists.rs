use std::time::Duration;

use peerway_sim::ec2::prefix_lists::*;
use peerway_sim::ec2::route_tables::{CreateRoute, DeleteRoute};
use peerway_sim::ec2::security_groups::{
    AuthorizeSecurityGroupIngress, IpPermission, PrefixListReference, RevokeSecurityGroupIngress,
};
use peerway_sim::{Quotas, Settings, World};

use super::support::*;

/// How long a list takes to be made, to change or to go.
const TAKEN: Duration = Duration::from_secs(20);

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

/// A list with room for three, made and at rest; its id.
fn made(world: &World, entries: &[&str]) -> String {
    let id = done(world, &ours(), list(entries)).prefix_list.prefix_list_id.to_string();
    world.advance(TAKEN);
    id
}

fn shown(world: &World, id: &str) -> PrefixListItem {
    let request =
        DescribeManagedPrefixLists { prefix_list_ids: vec![id.to_owned()], ..Default::default() };
    done(world, &ours(), request).prefix_list_set.remove(0)
}

/// The blocks of a version, or of the one there is.
fn entries(id: &str, version: Option<i64>) -> GetManagedPrefixListEntries {
    GetManagedPrefixListEntries {
        prefix_list_id: id.to_owned(),
        target_version: version,
        ..Default::default()
    }
}

fn blocks(world: &World, id: &str, version: Option<i64>) -> Vec<String> {
    let entries = done(world, &ours(), entries(id, version)).entry_set;
    entries.iter().map(|entry| entry.cidr.to_string()).collect()
}

/// A change to the entries of version one.
fn change(id: &str, add: &[&str], remove: &[&str]) -> ModifyManagedPrefixList {
    let added = |cidr: &&str| NewEntry { cidr: (*cidr).to_owned(), description: None };
    ModifyManagedPrefixList {
        prefix_list_id: id.to_owned(),
        current_version: Some(1),
        add_entries: add.iter().map(added).collect(),
        remove_entries: remove.iter().map(|it| RemovedEntry { cidr: (*it).to_owned() }).collect(),
        ..Default::default()
    }
}

fn resize(id: &str, size: i32) -> ModifyManagedPrefixList {
    let prefix_list_id = id.to_owned();
    ModifyManagedPrefixList { prefix_list_id, max_entries: Some(size), ..Default::default() }
}

fn delete_list(id: &str) -> DeleteManagedPrefixList {
    DeleteManagedPrefixList { prefix_list_id: id.to_owned(), dry_run: None }
}

fn route_to(list: &str, connection: &str) -> CreateRoute {
    CreateRoute {
        destination_cidr_block: None,
        destination_prefix_list_id: Some(list.to_owned()),
        ..route_over("rtb-0000000b", "", connection)
    }
}

fn from_list(list: &str) -> Vec<IpPermission> {
    let prefix_list_id = list.to_owned();
    vec![IpPermission {
        ip_protocol: "-1".to_owned(),
        prefix_list_ids: vec![PrefixListReference { prefix_list_id, description: None }],
        ..IpPermission::default()
    }]
}

fn rule(list: &str) -> AuthorizeSecurityGroupIngress {
    AuthorizeSecurityGroupIngress {
        group_id: Some("sg-0000000a".to_owned()),
        ip_permissions: from_list(list),
        ..AuthorizeSecurityGroupIngress::default()
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
    let route = |id: &str| route_to(id, &connection);
    done(&world, &ours(), route(&first));
    assert_eq!(code(&world, &ours(), route(&first)), "RouteAlreadyExists");
    assert_eq!(code(&world, &ours(), route(&second)), "RouteLimitExceeded");
    assert_eq!(code(&world, &ours(), route("pl-00000bad")), "InvalidPrefixListID.NotFound");
    done(&world, &ours(), rule(&first));
    assert_eq!(code(&world, &ours(), rule(&second)), "RulesPerSecurityGroupLimitExceeded");
}

#[test]
fn entries_change_from_version_to_version_and_take_their_time() {
    let world = world();
    let id = made(&world, &["10.0.0.0/8"]);
    assert_eq!(shown(&world, &id).state, "create-complete");
    let item = done(&world, &ours(), change(&id, &["11.0.0.0/8"], &["10.0.0.0/8"])).prefix_list;
    assert_eq!((item.state, item.version), ("modify-in-progress", Some(1)));
    assert_eq!(blocks(&world, &id, None), ["10.0.0.0/8"], "not yet");
    assert_eq!(code(&world, &ours(), entries(&id, Some(2))), "InvalidParameterValue");
    assert_eq!(code(&world, &ours(), change(&id, &["12.0.0.0/8"], &[])), "IncorrectState");
    assert_eq!(code(&world, &ours(), delete_list(&id)), "IncorrectState");
    world.advance(TAKEN);
    let item = shown(&world, &id);
    assert_eq!((item.state, item.version), ("modify-complete", Some(2)));
    assert_eq!(blocks(&world, &id, None), ["11.0.0.0/8"]);
    assert_eq!(blocks(&world, &id, Some(1)), ["10.0.0.0/8"]);
    assert_eq!(code(&world, &ours(), entries(&id, Some(3))), "InvalidParameterValue");
    // Whoever knows the first version only would take back what he has not seen.
    let stale = change(&id, &["12.0.0.0/8"], &[]);
    assert_eq!(code(&world, &ours(), stale), "PrefixListVersionMismatch");
    let saved = world.estate();
    assert_eq!(saved.canonical().unwrap(), saved, "with the versions before");
}

#[test]
fn a_change_is_all_or_nothing() {
    let world = world();
    let id = made(&world, &["10.0.0.0/8", "11.0.0.0/8"]);
    let described = NewEntry { cidr: "10.0.0.0/8".into(), description: Some("ten".into()) };
    for (bad, expected) in [
        (
            ModifyManagedPrefixList { current_version: None, ..change(&id, &["9.0.0.0/8"], &[]) },
            "MissingParameter",
        ),
        (change(&id, &["9.0.0.0/8", "10.1.2.3/8"], &[]), "InvalidPrefixListModification"),
        (change(&id, &["9.0.0.0/8"], &["12.0.0.0/8"]), "InvalidPrefixListModification"),
        (change(&id, &["10.0.0.0/8"], &["10.0.0.0/8"]), "InvalidParameterValue"),
        (change(&id, &["8.0.0.0/8", "9.0.0.0/8"], &[]), "PrefixListMaxEntriesExceeded"),
        (change(&id, &["fd00::/8"], &[]), "InvalidParameterValue"),
        (change(&id, &["9.0.0.0/8", "9.1.0.0/8"], &[]), "InvalidParameterValue"),
        (change(&id, &[], &["10.0.0.0/8", "10.1.0.0/8"]), "InvalidParameterValue"),
        (
            ModifyManagedPrefixList { add_entries: vec![described], ..change(&id, &[], &[]) },
            "InvalidRequest",
        ),
        (
            ModifyManagedPrefixList { max_entries: Some(5), ..change(&id, &["9.0.0.0/8"], &[]) },
            "InvalidParameterCombination",
        ),
        (change(&id, &[], &[]), "InvalidRequest"),
        (change("pl-00000bad", &["9.0.0.0/8"], &[]), "InvalidPrefixListID.NotFound"),
        (resize(&id, 1), "InvalidParameterValue"),
        (resize(&id, 1001), "InvalidParameterValue"),
    ] {
        assert_eq!(code(&world, &ours(), bad.clone()), expected, "{bad:?}");
    }
    assert_eq!(blocks(&world, &id, None), ["10.0.0.0/8", "11.0.0.0/8"]);
    let other = ModifyManagedPrefixList {
        prefix_list_id: id.clone(),
        prefix_list_name: Some("q".to_owned()),
        ..Default::default()
    };
    done(&world, &ours(), other);
    world.advance(TAKEN);
    let item = shown(&world, &id);
    assert_eq!(
        (item.prefix_list_name.as_str(), item.version),
        ("q", Some(1)),
        "a name is no version"
    );
}

#[test]
fn a_list_grows_only_as_far_as_what_refers_to_it_has_room() {
    let quotas = Quotas { routes_per_table: 6, rules_per_group: 4, ..Quotas::default() };
    let world = world_with(Settings { quotas, ..Settings::default() });
    let connection = connect(&world);
    let id = made(&world, &["10.0.0.0/8"]);
    done(&world, &ours(), route_to(&id, &connection));
    done(&world, &ours(), rule(&id));
    done(&world, &ours(), resize(&id, 4));
    world.advance(TAKEN);
    assert_eq!(shown(&world, &id).max_entries, Some(4));
    let begun = done(&world, &ours(), resize(&id, 5)).prefix_list;
    assert_eq!(begun.state, "modify-in-progress");
    world.advance(TAKEN);
    let item = shown(&world, &id);
    assert_eq!((item.state, item.max_entries), ("modify-failed", Some(4)));
    let message = item.state_message.unwrap();
    assert!(message.contains("sg-0000000a") && !message.contains("rtb-"), "{message}");
    // What has failed is no obstacle.
    done(&world, &ours(), resize(&id, 2));
}

#[test]
fn a_list_is_deleted_only_when_nothing_refers_to_it() {
    let world = world();
    let connection = connect(&world);
    let id = made(&world, &["10.0.0.0/8"]);
    done(&world, &ours(), route_to(&id, &connection));
    done(&world, &ours(), rule(&id));
    assert_eq!(code(&world, &ours(), delete_list(&id)), "DependencyViolation");
    let revoke = RevokeSecurityGroupIngress {
        group_id: Some("sg-0000000a".to_owned()),
        ip_permissions: from_list(&id),
        ..Default::default()
    };
    done(&world, &ours(), revoke);
    assert_eq!(code(&world, &ours(), delete_list(&id)), "DependencyViolation", "the route");
    let route = DeleteRoute {
        route_table_id: "rtb-0000000b".to_owned(),
        destination_prefix_list_id: Some(id.clone()),
        ..Default::default()
    };
    done(&world, &ours(), route);
    let item = done(&world, &ours(), delete_list(&id)).prefix_list;
    assert_eq!(item.state, "delete-in-progress");
    assert_eq!(code(&world, &ours(), rule(&id)), "IncorrectState");
    assert_eq!(code(&world, &ours(), route_to(&id, &connection)), "IncorrectState");
    world.advance(TAKEN);
    assert_eq!(code(&world, &ours(), delete_list(&id)), "InvalidPrefixListID.NotFound");
    assert_eq!(code(&world, &theirs(), delete_list(&id)), "InvalidPrefixListID.NotFound");
}

#[test]
fn lists_of_aws_are_not_ours_to_change() {
    let estate = "accounts: {'111111111111': {regions: {us-west-2: {prefixLists: [{id: pl-0000000a, \
                  name: com.amazonaws.us-west-2.s3, ownedByAws: true, entries: [3.5.0.0/19]}]}}}}";
    let world = world_of(estate, Settings::default());
    let changed = change("pl-0000000a", &["9.0.0.0/8"], &[]);
    assert_eq!(code(&world, &ours(), changed), "UnsupportedOperation");
    assert_eq!(code(&world, &ours(), delete_list("pl-0000000a")), "UnsupportedOperation");
}

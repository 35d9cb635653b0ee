use peerway_sim::ec2::route_tables::CreateRouteTable;
use peerway_sim::ec2::tags::*;
use peerway_sim::ec2::{Tag, TagSpecification};
use peerway_sim::{Quotas, Settings, World};

use super::support::*;

fn put(ids: &[&str], tags: Vec<Tag>) -> CreateTags {
    CreateTags {
        resource_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        tags,
        dry_run: None,
    }
}

fn take(ids: &[&str], tags: Vec<Tag>) -> DeleteTags {
    DeleteTags {
        resource_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        tags,
        dry_run: None,
    }
}

fn all(world: &World, name: &str, values: &[&str]) -> Vec<(String, String, String)> {
    let request = DescribeTags { filters: filter(name, values), ..DescribeTags::default() };
    let tags = done(world, &ours(), request).tag_set.into_iter();
    tags.map(|tag| (tag.resource_id, tag.key, tag.value)).collect()
}

#[test]
fn tags_go_onto_things_of_every_kind() {
    let world = world();
    let connection = connect(&world);
    let things = [
        OURS,
        "subnet-0000000a",
        "rtb-0000000a",
        "sg-0000000a",
        "igw-0000000a",
        "nat-0000000a",
        &connection,
    ];
    done(&world, &ours(), put(&things, vec![tag("k", "v")]));
    let found = all(&world, "key", &["k"]);
    assert_eq!(found.len(), things.len());
    assert_eq!(all(&world, "resource-type", &["vpc-peering-connection"]).len(), 1);
    assert_eq!(all(&world, "tag:k", &["v"]).len(), things.len());
    assert_eq!(all(&world, "resource-id", &["rtb-*"]).len(), 2);
}

#[test]
fn one_unknown_thing_fails_the_whole_call() {
    let world = world();
    let request = put(&[OURS, "subnet-00000bad"], vec![tag("k", "v")]);
    assert_eq!(code(&world, &ours(), request), "InvalidSubnetID.NotFound");
    let not_ours = put(&[OURS, THEIRS], vec![tag("k", "v")]);
    assert_eq!(code(&world, &ours(), not_ours), "InvalidVpcID.NotFound");
    assert_eq!(code(&world, &ours(), put(&["what-ever"], vec![tag("k", "v")])), "InvalidID");
    assert!(all(&world, "key", &["k"]).is_empty());
}

#[test]
fn keys_and_values_are_checked() {
    let world = world();
    for bad in [
        tag("aws:x", ""),
        tag("AWS:x", ""),
        tag("", ""),
        tag(&"k".repeat(129), ""),
        tag("k", &"v".repeat(257)),
    ] {
        let request = put(&[OURS], vec![bad.clone()]);
        assert_eq!(code(&world, &ours(), request), "InvalidParameterValue", "{bad:?}");
    }
    let twice = put(&[OURS], vec![tag("k", "1"), tag("k", "2")]);
    assert_eq!(code(&world, &ours(), twice), "InvalidParameterValue");
    assert_eq!(code(&world, &ours(), put(&[OURS], vec![])), "MissingParameter");
    done(&world, &ours(), put(&[OURS], vec![tag(&"ü".repeat(128), &"ü".repeat(256))]));
}

#[test]
fn a_thing_has_at_most_fifty_tags_of_its_users() {
    let quotas = Quotas { tags: 3, ..Quotas::default() };
    let world = world_with(Settings { quotas, ..Settings::default() });
    done(&world, &ours(), put(&[OURS], vec![tag("third", "")]));
    done(&world, &ours(), put(&[OURS], vec![tag("third", "overwritten")]));
    let fourth = put(&[TWIN, OURS], vec![tag("fourth", "")]);
    assert_eq!(code(&world, &ours(), fourth), "TagLimitExceeded");
    assert!(all(&world, "key", &["fourth"]).is_empty(), "also not on the one with room");
}

#[test]
fn tags_are_deleted_by_key_by_key_and_value_or_all() {
    let world = world();
    done(&world, &ours(), take(&[OURS], vec![tag("team", "other")]));
    assert_eq!(all(&world, "resource-id", &[OURS]).len(), 2, "the value is not the tag's");
    done(&world, &ours(), take(&[OURS], vec![Tag { key: "team".to_owned(), value: None }]));
    assert_eq!(all(&world, "resource-id", &[OURS]).len(), 1);
    done(&world, &ours(), take(&[OURS], vec![]));
    assert!(all(&world, "resource-id", &[OURS]).is_empty());
    done(&world, &ours(), take(&[OURS], vec![tag("never", "there")]));
}

#[test]
fn tags_of_aws_are_nobodys_to_take() {
    let estate = "accounts: {'111111111111': {regions: {us-west-2: {vpcs: [{id: vpc-0000000a, cidr: 10.0.0.0/16, \
                  tags: {'aws:cloudformation:stack-name': s, mine: m}}]}}}}";
    let world = world_of(estate, Settings::default());
    let request = take(&[OURS], vec![tag("aws:cloudformation:stack-name", "s")]);
    assert_eq!(code(&world, &ours(), request), "InvalidParameterValue");
    done(&world, &ours(), take(&[OURS], vec![]));
    let left: Vec<String> = all(&world, "resource-id", &[OURS]).into_iter().map(|t| t.1).collect();
    assert_eq!(left, ["aws:cloudformation:stack-name"]);
}

#[test]
fn tags_at_creation_must_be_for_what_is_created() {
    let world = world();
    let tagged = |kind: &str| CreateRouteTable {
        vpc_id: OURS.to_owned(),
        tag_specifications: TagSpecification::of(kind, &[("k".to_owned(), "v".to_owned())].into()),
        ..CreateRouteTable::default()
    };
    assert_eq!(code(&world, &ours(), tagged("subnet")), "InvalidParameterValue");
    let made = done(&world, &ours(), tagged("route-table")).route_table;
    assert_eq!(made.tag_set.0.get("k").map(String::as_str), Some("v"));
}

#[test]
fn tags_are_paged_in_order() {
    let world = world_with(Settings { page_limit: Some(2), ..Settings::default() });
    let mut request = DescribeTags::default();
    let mut seen = Vec::new();
    loop {
        let page = done(&world, &ours(), request.clone());
        assert!(page.tag_set.len() <= 2);
        seen.extend(page.tag_set.into_iter().map(|tag| (tag.resource_id, tag.key)));
        match page.next_token {
            Some(token) => request.next_token = Some(token),
            None => break,
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (4, &sorted));
}

use peerway_sim::ec2::network_acls::*;
use peerway_sim::ec2::subnets::{CreateSubnet, DeleteSubnet};
use peerway_sim::ec2::vpcs::AssociateVpcCidrBlock;
use peerway_sim::{Settings, World};

use super::support::*;

fn acls(world: &World, vpc: &str) -> Vec<NetworkAclItem> {
    let request = DescribeNetworkAcls { filters: filter("vpc-id", &[vpc]), ..Default::default() };
    done(world, &ours(), request).network_acl_set
}

fn create(world: &World, vpc: &str) -> String {
    let request = CreateNetworkAcl { vpc_id: vpc.to_owned(), ..Default::default() };
    done(world, &ours(), request).network_acl.network_acl_id.to_string()
}

fn delete(id: &str) -> DeleteNetworkAcl {
    DeleteNetworkAcl { network_acl_id: id.to_owned(), dry_run: None }
}

fn entry(acl: &str, rule_number: i32) -> CreateNetworkAclEntry {
    CreateNetworkAclEntry {
        network_acl_id: acl.to_owned(),
        rule_number,
        protocol: "tcp".to_owned(),
        rule_action: "allow".to_owned(),
        egress: false,
        cidr_block: Some("172.19.1.1/20".to_owned()),
        port_range: Some(AclPortRange { from: Some(1024), to: Some(65535) }),
        ..Default::default()
    }
}

#[test]
fn every_subnet_is_on_the_default_acl_until_it_is_moved() {
    let world = world();
    let default = acls(&world, OURS).remove(0);
    assert!(default.default);
    assert_eq!(default.association_set.len(), 2);
    let numbers: Vec<u16> = default.entry_set.iter().map(|entry| entry.rule_number).collect();
    assert_eq!(numbers.iter().filter(|number| **number == 100).count(), 2);
    assert_eq!(numbers.iter().filter(|number| **number == 32767).count(), 2);

    let other = create(&world, OURS);
    let association = default.association_set[0].network_acl_association_id.to_string();
    let subnet = default.association_set[0].subnet_id.clone();
    let replace = |to: &str| ReplaceNetworkAclAssociation {
        association_id: association.clone(),
        network_acl_id: to.to_owned(),
        dry_run: None,
    };
    let elsewhere = acls(&world, TWIN)[0].network_acl_id.to_string();
    assert_eq!(code(&world, &ours(), replace(&elsewhere)), "InvalidParameterValue");
    done(&world, &ours(), replace(&other));
    assert_eq!(code(&world, &ours(), replace(&other)), "InvalidAssociationID.NotFound");
    let request = DescribeNetworkAcls {
        filters: filter("association.subnet-id", &[subnet.as_str()]),
        ..Default::default()
    };
    let found = done(&world, &ours(), request).network_acl_set.remove(0);
    assert_eq!(found.network_acl_id.as_str(), other);
    assert_eq!(code(&world, &ours(), delete(&other)), "DependencyViolation");
    let again = world.estate().canonical().unwrap();
    assert_eq!(again, world.estate());
}

#[test]
fn the_default_acl_stays_and_a_deleted_subnet_leaves_its_acl() {
    let world = world();
    let default = acls(&world, TWIN)[0].network_acl_id.to_string();
    assert_eq!(code(&world, &ours(), delete(&default)), "InvalidParameterValue");
    let subnet = CreateSubnet {
        vpc_id: TWIN.to_owned(),
        cidr_block: Some("172.19.0.0/24".to_owned()),
        ..Default::default()
    };
    let subnet = done(&world, &ours(), subnet).subnet.subnet_id.to_string();
    assert_eq!(acls(&world, TWIN)[0].association_set.len(), 1);
    done(&world, &ours(), DeleteSubnet { subnet_id: subnet, dry_run: None });
    assert_eq!(acls(&world, TWIN)[0].association_set.len(), 0);
}

#[test]
fn rules_are_found_by_number_and_direction() {
    let world = world();
    let acl = create(&world, OURS);
    done(&world, &ours(), entry(&acl, 100));
    assert_eq!(code(&world, &ours(), entry(&acl, 100)), "NetworkAclEntryAlreadyExists");
    done(&world, &ours(), CreateNetworkAclEntry { egress: true, ..entry(&acl, 100) });
    let shown = acls(&world, OURS).into_iter().find(|it| it.network_acl_id.as_str() == acl);
    let shown = shown.unwrap().entry_set.remove(0);
    assert_eq!(shown.protocol, "6");
    assert_eq!(shown.cidr_block.unwrap().to_string(), "172.19.0.0/20");

    let remove = |rule_number| DeleteNetworkAclEntry {
        network_acl_id: acl.clone(),
        rule_number,
        egress: false,
        dry_run: None,
    };
    done(&world, &ours(), remove(100));
    assert_eq!(code(&world, &ours(), remove(100)), "InvalidNetworkAclEntry.NotFound");
    let replace = ReplaceNetworkAclEntry {
        network_acl_id: acl.clone(),
        rule_number: 100,
        protocol: "-1".to_owned(),
        rule_action: "deny".to_owned(),
        cidr_block: Some("0.0.0.0/0".to_owned()),
        ..Default::default()
    };
    assert_eq!(code(&world, &ours(), replace.clone()), "InvalidNetworkAclEntry.NotFound");
    done(&world, &ours(), ReplaceNetworkAclEntry { egress: true, ..replace });
    for (request, expected) in [
        (entry(&acl, 0), "InvalidParameterValue"),
        (entry(&acl, 32767), "InvalidParameterValue"),
        (entry("acl-00000bad", 1), "InvalidNetworkAclID.NotFound"),
        (
            CreateNetworkAclEntry { rule_action: "drop".to_owned(), ..entry(&acl, 1) },
            "InvalidParameterValue",
        ),
        (CreateNetworkAclEntry { port_range: None, ..entry(&acl, 1) }, "MissingParameter"),
        (CreateNetworkAclEntry { cidr_block: None, ..entry(&acl, 1) }, "MissingParameter"),
    ] {
        assert_eq!(code(&world, &ours(), request), expected);
    }
    assert_eq!(world.estate().canonical().unwrap(), world.estate());
}

#[test]
fn a_vpc_that_gets_ipv6_lets_it_pass() {
    let world = world();
    let request = AssociateVpcCidrBlock {
        vpc_id: TWIN.to_owned(),
        amazon_provided_ipv6_cidr_block: Some(true),
        ..Default::default()
    };
    done(&world, &ours(), request);
    world.advance(seconds(2));
    let entries = acls(&world, TWIN).remove(0).entry_set;
    let allowed =
        entries.iter().filter(|it| it.ipv6_cidr_block.is_some() && it.rule_action == "allow");
    assert_eq!(allowed.count(), 2);
}

#[test]
fn quotas_count_acls_and_rules() {
    let mut settings = Settings::default();
    settings.quotas.network_acls_per_vpc = 2;
    settings.quotas.rules_per_network_acl = 1;
    let world = world_with(settings);
    let acl = create(&world, OURS);
    let request = CreateNetworkAcl { vpc_id: OURS.to_owned(), ..Default::default() };
    assert_eq!(code(&world, &ours(), request), "NetworkAclLimitExceeded");
    done(&world, &ours(), entry(&acl, 1));
    assert_eq!(code(&world, &ours(), entry(&acl, 2)), "NetworkAclEntryLimitExceeded");
}

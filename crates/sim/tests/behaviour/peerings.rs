use peerway_sim::ec2::peerings::*;
use peerway_sim::ec2::vpcs::{AssociateVpcCidrBlock, DeleteVpc, DescribeVpcs, ModifyVpcAttribute};
use peerway_sim::ec2::{Flag, TagSpecification};
use peerway_sim::{Quotas, Settings};

use super::support::*;

fn reject(id: &str) -> RejectVpcPeeringConnection {
    RejectVpcPeeringConnection { vpc_peering_connection_id: id.to_owned(), dry_run: None }
}

fn dns(allow: bool) -> NewPeeringOptions {
    NewPeeringOptions { allow_dns_resolution_from_remote_vpc: Some(allow) }
}

fn requester_options(id: &str, allow: bool) -> ModifyVpcPeeringConnectionOptions {
    ModifyVpcPeeringConnectionOptions {
        vpc_peering_connection_id: id.to_owned(),
        requester_peering_connection_options: Some(dns(allow)),
        ..ModifyVpcPeeringConnectionOptions::default()
    }
}

fn accepter_options(id: &str, allow: bool) -> ModifyVpcPeeringConnectionOptions {
    ModifyVpcPeeringConnectionOptions {
        vpc_peering_connection_id: id.to_owned(),
        accepter_peering_connection_options: Some(dns(allow)),
        ..ModifyVpcPeeringConnectionOptions::default()
    }
}

#[test]
fn overlapping_vpcs_give_a_connection_that_fails_and_cannot_be_used() {
    let world = world();
    let asked = done(&world, &ours(), request_to(TWIN, THEIRS, "222222222222", "us-west-2"));
    let id = asked.vpc_peering_connection.vpc_peering_connection_id.to_string();
    assert_eq!(asked.vpc_peering_connection.status.code, "initiating-request");
    world.advance(seconds(1));
    let failed = connection(&world, &ours(), &id);
    assert_eq!(failed.status.code, "failed");
    assert_eq!(
        failed.status.message,
        "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
    );
    assert!(!is_listed(&world, &theirs(), &id), "the other side never hears of it");
    assert_eq!(code(&world, &ours(), delete(&id)), "InvalidStateTransition");
    assert_eq!(code(&world, &theirs(), accept(&id)), "InvalidVpcPeeringConnectionID.NotFound");
    world.advance(hours(2));
    assert!(!is_listed(&world, &ours(), &id));
}

#[test]
fn an_overlap_of_secondary_blocks_fails_too() {
    let world = world();
    let block = AssociateVpcCidrBlock {
        vpc_id: OURS.to_owned(),
        cidr_block: Some("100.64.0.0/24".to_owned()),
        ..AssociateVpcCidrBlock::default()
    };
    done(&world, &ours(), block);
    let block = AssociateVpcCidrBlock {
        vpc_id: THEIRS.to_owned(),
        cidr_block: Some("100.64.0.128/25".to_owned()),
        ..AssociateVpcCidrBlock::default()
    };
    done(&world, &theirs(), block);
    world.advance(seconds(2));
    let id = request(&world);
    world.advance(seconds(1));
    assert_eq!(status(&world, &ours(), &id), "failed");
}

#[test]
fn an_unknown_vpc_owner_or_region_shows_as_a_failure_not_as_an_error() {
    let world = world();
    for (vpc, account, region) in [
        ("vpc-00000bad", "222222222222", "us-west-2"),
        (THEIRS, "999999999999", "us-west-2"),
        (THEIRS, "111111111111", "us-west-2"),
        (THEIRS, "222222222222", "eu-central-1"),
        (OURS, "111111111111", "us-west-2"),
    ] {
        let asked = done(&world, &ours(), request_to(OURS, vpc, account, region));
        let id = asked.vpc_peering_connection.vpc_peering_connection_id.to_string();
        world.advance(seconds(1));
        assert_eq!(status(&world, &ours(), &id), "failed", "{vpc} {account} {region}");
    }
    let not_ours = request_to(THEIRS, OURS, "111111111111", "us-west-2");
    assert_eq!(code(&world, &ours(), not_ours), "InvalidVpcID.NotFound");
}

#[test]
fn the_same_pair_in_the_same_direction_is_one_connection() {
    let world = world();
    let id = request(&world);
    assert_eq!(request(&world), id, "while it is being checked");
    world.advance(seconds(1));
    assert_eq!(request(&world), id, "while it is pending");
    done(&world, &theirs(), accept(&id));
    assert_eq!(request(&world), id, "while it is provisioned");
    world.advance(seconds(3));
    assert_eq!(request(&world), id, "while it is active");
    done(&world, &ours(), delete(&id));
    assert_ne!(request(&world), id, "a dead one is not brought back");
}

#[test]
fn the_reversed_pair_is_a_second_request_that_cannot_be_accepted() {
    let world = world();
    let id = connect(&world);
    let asked = done(&world, &theirs(), request_to(THEIRS, OURS, "111111111111", "us-west-2"));
    let reversed = asked.vpc_peering_connection.vpc_peering_connection_id.to_string();
    assert_ne!(reversed, id);
    world.advance(seconds(1));
    let refused = refusal(&world, &ours(), accept(&reversed));
    assert_eq!(refused.code(), Some("VpcPeeringConnectionAlreadyExists"));
    assert_eq!(status(&world, &ours(), &reversed), "pending-acceptance");
    assert_eq!(status(&world, &ours(), &id), "active");
}

#[test]
fn a_connection_walks_through_its_states_as_time_passes() {
    let world = world();
    let id = request(&world);
    assert_eq!(status(&world, &ours(), &id), "initiating-request");
    assert!(!is_listed(&world, &theirs(), &id));
    assert_eq!(code(&world, &theirs(), accept(&id)), "InvalidVpcPeeringConnectionID.NotFound");
    world.advance(seconds(1));
    assert_eq!(status(&world, &theirs(), &id), "pending-acceptance");
    let accepted = done(&world, &theirs(), accept(&id));
    assert_eq!(accepted.vpc_peering_connection.status.code, "provisioning");
    world.advance(seconds(2));
    assert_eq!(status(&world, &ours(), &id), "provisioning");
    world.advance(seconds(1));
    assert_eq!(status(&world, &ours(), &id), "active");
    done(&world, &theirs(), delete(&id));
    let deleted = connection(&world, &ours(), &id);
    assert_eq!(deleted.status.code, "deleted");
    assert_eq!(deleted.status.message, "Deleted by 222222222222");
}

#[test]
fn between_regions_everything_takes_longer_and_deletion_has_a_state_of_its_own() {
    let world = world();
    let asked = done(&world, &ours(), request_to(OURS, FAR, "333333333333", "eu-central-1"));
    let id = asked.vpc_peering_connection.vpc_peering_connection_id.to_string();
    world.advance(seconds(1));
    done(&world, &far(), accept(&id));
    world.advance(seconds(3));
    assert_eq!(status(&world, &ours(), &id), "provisioning");
    world.advance(seconds(12));
    assert_eq!(status(&world, &far(), &id), "active");
    done(&world, &far(), delete(&id));
    assert_eq!(status(&world, &ours(), &id), "deleting");
    assert_eq!(code(&world, &ours(), delete(&id)), "InvalidStateTransition");
    world.advance(seconds(15));
    assert_eq!(status(&world, &ours(), &id), "deleted");
}

#[test]
fn a_request_that_nobody_answers_expires_after_seven_days() {
    let world = world();
    let id = request(&world);
    let expires = connection(&world, &ours(), &id).expiration_time.unwrap();
    assert_eq!(expires, world.clock().now() + hours(168));
    world.advance(seconds(168 * 3600 - 1));
    assert_eq!(status(&world, &ours(), &id), "pending-acceptance");
    world.advance(seconds(1));
    assert_eq!(status(&world, &theirs(), &id), "expired");
    assert_eq!(code(&world, &theirs(), accept(&id)), "InvalidStateTransition");
    world.advance(hours(47));
    assert!(is_listed(&world, &ours(), &id) && is_listed(&world, &theirs(), &id));
    world.advance(hours(1));
    assert!(!is_listed(&world, &ours(), &id) && !is_listed(&world, &theirs(), &id));
}

#[test]
fn who_ends_a_connection_sees_it_two_hours_and_the_other_side_two_days() {
    let world = world();
    let id = connect(&world);
    done(&world, &ours(), delete(&id));
    world.advance(hours(2));
    assert!(!is_listed(&world, &ours(), &id));
    assert!(is_listed(&world, &theirs(), &id));
    world.advance(hours(46));
    assert!(!is_listed(&world, &theirs(), &id));

    let id = request(&world);
    world.advance(seconds(1));
    done(&world, &theirs(), reject(&id));
    assert_eq!(connection(&world, &ours(), &id).status.message, "Rejected by 222222222222");
    world.advance(hours(2));
    assert!(is_listed(&world, &ours(), &id));
    assert!(!is_listed(&world, &theirs(), &id));
}

#[test]
fn within_one_account_an_ended_connection_is_listed_for_two_hours() {
    let world = world();
    let asked = done(&world, &ours(), request_to(OURS, TWIN, "111111111111", "us-west-2"));
    let id = asked.vpc_peering_connection.vpc_peering_connection_id.to_string();
    world.advance(seconds(1));
    done(&world, &ours(), accept(&id));
    world.advance(seconds(3));
    done(&world, &ours(), delete(&id));
    world.advance(seconds(2 * 3600 - 1));
    assert!(is_listed(&world, &ours(), &id));
    world.advance(seconds(1));
    assert!(!is_listed(&world, &ours(), &id));
    assert_eq!(code(&world, &ours(), delete(&id)), "InvalidVpcPeeringConnectionID.NotFound");
}

#[test]
fn only_the_owner_of_the_asked_vpc_answers_and_only_in_its_region() {
    let world = world();
    let id = request(&world);
    world.advance(seconds(1));
    for answer in [code(&world, &ours(), accept(&id)), code(&world, &ours(), reject(&id))] {
        assert_eq!(answer, "OperationNotPermitted");
    }
    let elsewhere = caller("222222222222", "eu-central-1");
    assert_eq!(code(&world, &elsewhere, accept(&id)), "InvalidVpcPeeringConnectionID.NotFound");

    let both = "accounts: {'111111111111': {regions: {us-west-2: {vpcs: [{id: vpc-0000000a, cidr: 10.0.0.0/16}]}, \
                eu-central-1: {vpcs: [{id: vpc-0000000b, cidr: 10.1.0.0/16}]}}}}";
    let world = world_of(both, Settings::default());
    let asked = done(
        &world,
        &ours(),
        request_to("vpc-0000000a", "vpc-0000000b", "111111111111", "eu-central-1"),
    );
    let id = asked.vpc_peering_connection.vpc_peering_connection_id.to_string();
    world.advance(seconds(1));
    let refused = refusal(&world, &ours(), accept(&id));
    assert_eq!(refused.code(), Some("OperationNotPermitted"));
    assert!(refused.message().contains("must be accepted in region eu-central-1"), "{refused}");
    done(&world, &caller("111111111111", "eu-central-1"), accept(&id));
}

#[test]
fn illegal_transitions_are_refused() {
    let world = world();
    let id = request(&world);
    world.advance(seconds(1));
    assert_eq!(code(&world, &theirs(), delete(&id)), "OperationNotPermitted");
    done(&world, &theirs(), accept(&id));
    assert_eq!(code(&world, &theirs(), accept(&id)), "InvalidStateTransition");
    assert_eq!(code(&world, &ours(), delete(&id)), "InvalidStateTransition");
    world.advance(seconds(3));
    assert_eq!(code(&world, &theirs(), reject(&id)), "InvalidStateTransition");
    let refused = refusal(&world, &theirs(), accept(&id));
    assert_eq!(
        refused.message(),
        format!(
            "Invalid state transition for {id}, attempted to transition from active to provisioning"
        )
    );
}

#[test]
fn a_pending_request_can_be_taken_back_by_who_made_it() {
    let world = world();
    let id = request(&world);
    world.advance(seconds(1));
    done(&world, &ours(), delete(&id));
    assert_eq!(status(&world, &theirs(), &id), "deleted");
    assert_eq!(code(&world, &theirs(), accept(&id)), "InvalidStateTransition");
}

#[test]
fn options_need_an_active_connection_ones_own_side_and_dns_names_in_both_vpcs() {
    let world = world();
    let id = request(&world);
    world.advance(seconds(1));
    let refused = refusal(&world, &ours(), requester_options(&id, true));
    assert_eq!(refused.code(), Some("OperationNotPermitted"));
    assert!(refused.message().contains("not active"), "{refused}");
    done(&world, &theirs(), accept(&id));
    world.advance(seconds(3));

    assert_eq!(code(&world, &ours(), accepter_options(&id, true)), "OperationNotPermitted");
    assert_eq!(code(&world, &theirs(), requester_options(&id, true)), "OperationNotPermitted");
    let hostnames = |value| ModifyVpcAttribute {
        vpc_id: THEIRS.to_owned(),
        enable_dns_hostnames: Some(Flag { value }),
        ..ModifyVpcAttribute::default()
    };
    done(&world, &theirs(), hostnames(false));
    assert_eq!(
        code(&world, &ours(), requester_options(&id, true)),
        "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled"
    );
    done(&world, &theirs(), hostnames(true));
    done(&world, &ours(), requester_options(&id, true));

    let seen = connection(&world, &theirs(), &id);
    let allows = |info: &VpcInfo| {
        info.peering_options.as_ref().unwrap().allow_dns_resolution_from_remote_vpc
    };
    assert!(allows(&seen.requester_vpc_info));
    assert!(!allows(&seen.accepter_vpc_info));
}

#[test]
fn the_accepters_blocks_and_all_options_are_hidden_until_the_connection_is_active() {
    let world = world();
    let id = request(&world);
    world.advance(seconds(1));
    for viewer in [ours(), theirs()] {
        let pending = connection(&world, &viewer, &id);
        assert!(pending.requester_vpc_info.cidr_block.is_some());
        assert_eq!(pending.accepter_vpc_info.cidr_block, None);
        assert_eq!(pending.accepter_vpc_info.cidr_block_set, None);
        assert_eq!(pending.accepter_vpc_info.peering_options, None);
    }
    done(&world, &theirs(), accept(&id));
    world.advance(seconds(3));
    let active = connection(&world, &ours(), &id);
    assert_eq!(active.accepter_vpc_info.cidr_block.unwrap().to_string(), "172.19.0.0/20");
    assert_eq!(active.expiration_time, None);
}

#[test]
fn tags_of_a_connection_belong_to_the_side_that_wrote_them() {
    let world = world();
    let asked = CreateVpcPeeringConnection {
        tag_specifications: TagSpecification::of(
            "vpc-peering-connection",
            &[("mine".to_owned(), "1".to_owned())].into(),
        ),
        ..request_to(OURS, THEIRS, "222222222222", "us-west-2")
    };
    let made = done(&world, &ours(), asked).vpc_peering_connection;
    let id = made.vpc_peering_connection_id.to_string();
    world.advance(seconds(1));
    let tags = |viewer| connection(&world, &viewer, &id).tag_set.0;
    assert_eq!(tags(ours()).get("mine").map(String::as_str), Some("1"));
    assert!(tags(theirs()).is_empty());
    let request = peerway_sim::ec2::tags::CreateTags {
        resource_ids: vec![id.clone()],
        tags: vec![tag("theirs", "2")],
        dry_run: None,
    };
    done(&world, &theirs(), request);
    assert_eq!(tags(ours()).len(), 1);
    assert_eq!(tags(theirs()).get("theirs").map(String::as_str), Some("2"));
}

#[test]
fn filters_select_and_unknown_ones_are_refused() {
    let world = world();
    let id = connect(&world);
    let failed = done(&world, &ours(), request_to(TWIN, THEIRS, "222222222222", "us-west-2"));
    let failed = failed.vpc_peering_connection.vpc_peering_connection_id.to_string();
    world.advance(seconds(1));
    let found = |name: &str, values: &[&str]| -> String {
        let filters = filter(name, values);
        let request = DescribeVpcPeeringConnections { filters, ..Default::default() };
        let found = done(&world, &ours(), request).vpc_peering_connection_set;
        let ids = found.iter().map(|c| c.vpc_peering_connection_id.as_str());
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(found("status-code", &["active"]), id);
    assert_eq!(found("status-code", &["active", "failed"]).split(' ').count(), 2);
    assert_eq!(found("status-message", &["Failed due to*"]), failed);
    assert_eq!(found("requester-vpc-info.vpc-id", &[OURS]), id);
    assert_eq!(found("requester-vpc-info.cidr-block", &["10.50.0.0/21"]), id);
    assert_eq!(found("requester-vpc-info.owner-id", &["111111111111"]).split(' ').count(), 2);
    assert_eq!(found("accepter-vpc-info.vpc-id", &[THEIRS]).split(' ').count(), 2);
    assert_eq!(found("accepter-vpc-info.cidr-block", &["172.19.0.0/20"]), id);
    assert_eq!(found("accepter-vpc-info.owner-id", &["22222222222?"]).split(' ').count(), 2);
    assert_eq!(found("vpc-peering-connection-id", &[&failed]), failed);
    let request =
        DescribeVpcPeeringConnections { filters: filter("bogus", &["x"]), ..Default::default() };
    assert_eq!(code(&world, &ours(), request), "InvalidParameterValue");
    let request = DescribeVpcPeeringConnections {
        vpc_peering_connection_ids: vec![id, "pcx-00000bad".to_owned()],
        ..Default::default()
    };
    assert_eq!(code(&world, &ours(), request), "InvalidVpcPeeringConnectionID.NotFound");
}

#[test]
fn a_new_block_may_not_meet_an_active_peer_nor_come_while_a_request_is_pending() {
    let associate = |vpc: &str, block: &str| AssociateVpcCidrBlock {
        vpc_id: vpc.to_owned(),
        cidr_block: Some(block.to_owned()),
        ..AssociateVpcCidrBlock::default()
    };
    let world = world();
    let id = request(&world);
    world.advance(seconds(1));
    assert_eq!(code(&world, &ours(), associate(OURS, "100.64.0.0/24")), "OperationNotPermitted");
    done(&world, &theirs(), associate(THEIRS, "100.64.0.0/24"));
    assert_eq!(
        status(&world, &ours(), &id),
        "pending-acceptance",
        "a block that clashes with nothing"
    );
    done(&world, &theirs(), accept(&id));
    world.advance(seconds(3));
    assert_eq!(code(&world, &ours(), associate(OURS, "100.64.0.0/25")), "InvalidVpc.Range");
    done(&world, &ours(), associate(OURS, "100.64.1.0/24"));
}

#[test]
fn an_accepter_that_grows_into_the_requesters_blocks_makes_the_request_fail() {
    let estate = "accounts: {'111111111111': {regions: {us-west-2: {vpcs: [{id: vpc-0000000a, cidr: 100.64.0.0/24}]}}}, \
                  '222222222222': {regions: {us-west-2: {vpcs: [{id: vpc-0000000c, cidr: 10.0.0.0/16}]}}}}";
    let world = world_of(estate, Settings::default());
    let id = request(&world);
    world.advance(seconds(1));
    let grow = AssociateVpcCidrBlock {
        vpc_id: THEIRS.to_owned(),
        cidr_block: Some("100.64.0.0/16".to_owned()),
        ..AssociateVpcCidrBlock::default()
    };
    done(&world, &theirs(), grow);
    assert_eq!(status(&world, &ours(), &id), "failed");
}

#[test]
fn a_deleted_vpc_takes_its_connections_with_it() {
    let world = world();
    let asked = done(&world, &ours(), request_to(OURS, FAR, "333333333333", "eu-central-1"));
    let id = asked.vpc_peering_connection.vpc_peering_connection_id.to_string();
    let groups = peerway_sim::ec2::security_groups::DeleteSecurityGroup {
        group_id: Some("sg-0000000d".to_owned()),
        ..Default::default()
    };
    done(&world, &far(), groups);
    world.advance(seconds(1));
    done(&world, &far(), DeleteVpc { vpc_id: FAR.to_owned(), dry_run: None });
    assert_eq!(status(&world, &ours(), &id), "deleted");
    assert!(done(&world, &far(), DescribeVpcs::default()).vpc_set.is_empty());
}

#[test]
fn quotas_limit_outstanding_requests_and_active_connections() {
    let quotas = Quotas { outstanding_requests: 1, ..Quotas::default() };
    let world = world_with(Settings { quotas, ..Settings::default() });
    let id = request(&world);
    let second = || request_to(OURS, FAR, "333333333333", "eu-central-1");
    assert_eq!(code(&world, &ours(), second()), "OutstandingVpcPeeringConnectionLimitExceeded");
    assert_eq!(request(&world), id, "asking for the same again is no further request");
    world.advance(seconds(1));
    done(&world, &theirs(), accept(&id));
    done(&world, &ours(), second());

    let quotas = Quotas { active_connections_per_vpc: 1, ..Quotas::default() };
    let world = world_with(Settings { quotas, ..Settings::default() });
    connect(&world);
    let asked = done(&world, &ours(), second());
    let id = asked.vpc_peering_connection.vpc_peering_connection_id.to_string();
    world.advance(seconds(1));
    assert_eq!(code(&world, &far(), accept(&id)), "ActiveVpcPeeringConnectionPerVpcLimitExceeded");
}

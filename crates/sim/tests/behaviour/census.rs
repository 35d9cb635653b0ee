//! Whose is what: every object is listed by the calls of its own account and Region and by nobody else's, and no id is
//! given twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use peerway_sim::autoscaling::*;
use peerway_sim::ec2::addresses::*;
use peerway_sim::ec2::egress_only_gateways::*;
use peerway_sim::ec2::gateways::*;
use peerway_sim::ec2::instances::*;
use peerway_sim::ec2::key_pairs::*;
use peerway_sim::ec2::launch_templates::*;
use peerway_sim::ec2::nat_gateways::*;
use peerway_sim::ec2::network_acls::*;
use peerway_sim::ec2::network_interfaces::*;
use peerway_sim::ec2::peerings::*;
use peerway_sim::ec2::prefix_lists::*;
use peerway_sim::ec2::route_tables::*;
use peerway_sim::ec2::security_groups::*;
use peerway_sim::ec2::subnets::*;
use peerway_sim::ec2::tags::DescribeTags;
use peerway_sim::ec2::vpcs::*;
use peerway_sim::elb::DescribeLoadBalancers;
use peerway_sim::{Caller, Estate, World};

use super::support::*;

/// An account's number and a Region.
type Place = (String, String);

/// Everything that has an id of its own, as often as it is listed. What lists it, lists it once.
fn listed(world: &World, who: &Caller) -> Vec<String> {
    let mut ids = Vec::new();
    let mut add = |id: &dyn Display| ids.push(id.to_string());
    for vpc in done(world, who, DescribeVpcs::default()).vpc_set {
        add(&vpc.vpc_id);
        vpc.cidr_block_association_set.iter().for_each(|it| add(&it.association_id));
        vpc.ipv6_cidr_block_association_set.iter().for_each(|it| add(&it.association_id));
    }
    for subnet in done(world, who, DescribeSubnets::default()).subnet_set {
        add(&subnet.subnet_id);
        subnet.ipv6_cidr_block_association_set.iter().for_each(|it| add(&it.association_id));
        let subnet_id = subnet.subnet_id.to_string();
        let request = GetSubnetCidrReservations { subnet_id, ..Default::default() };
        let reserved = done(world, who, request).subnet_ipv4_cidr_reservation_set;
        for reservation in &reserved {
            add(&reservation.subnet_cidr_reservation_id);
        }
    }
    for table in done(world, who, DescribeRouteTables::default()).route_table_set {
        add(&table.route_table_id);
        table.association_set.iter().for_each(|it| add(&it.route_table_association_id));
    }
    for group in done(world, who, DescribeSecurityGroups::default()).security_group_info {
        add(&group.group_id);
    }
    for rule in done(world, who, DescribeSecurityGroupRules::default()).security_group_rule_set {
        add(&rule.security_group_rule_id);
    }
    for acl in done(world, who, DescribeNetworkAcls::default()).network_acl_set {
        add(&acl.network_acl_id);
        acl.association_set.iter().for_each(|it| add(&it.network_acl_association_id));
    }
    for gateway in done(world, who, DescribeInternetGateways::default()).internet_gateway_set {
        add(&gateway.internet_gateway_id);
    }
    let request = DescribeEgressOnlyInternetGateways::default();
    for gateway in done(world, who, request).egress_only_internet_gateway_set {
        add(&gateway.egress_only_internet_gateway_id);
    }
    for nat in done(world, who, DescribeNatGateways::default()).nat_gateway_set {
        add(&nat.nat_gateway_id);
    }
    for address in done(world, who, DescribeAddresses::default()).addresses_set {
        add(&address.allocation_id);
        add(&address.public_ip);
        address.association_id.iter().for_each(|it| add(it));
    }
    for interface in done(world, who, DescribeNetworkInterfaces::default()).network_interface_set {
        add(&interface.network_interface_id);
        interface.attachment.iter().for_each(|it| add(&it.attachment_id));
    }
    for reservation in done(world, who, DescribeInstances::default()).reservation_set {
        add(&reservation.reservation_id);
        reservation.instances_set.iter().for_each(|it| add(&it.instance_id));
    }
    for pair in done(world, who, DescribeKeyPairs::default()).key_set {
        add(&pair.key_pair_id);
    }
    for template in done(world, who, DescribeLaunchTemplates::default()).launch_templates {
        add(&template.launch_template_id);
    }
    for list in done(world, who, DescribeManagedPrefixLists::default()).prefix_list_set {
        // AWS's own lists have the same ids in all accounts.
        if list.owner_id != "AWS" {
            add(&list.prefix_list_id);
        }
    }
    // Names are an account's own affair; these tell a balancer and a group from all others.
    for balancer in done(world, who, DescribeLoadBalancers::default()).load_balancer_descriptions {
        add(&balancer.dns_name);
    }
    for group in done(world, who, DescribeAutoScalingGroups::default()).auto_scaling_groups {
        add(&group.auto_scaling_group_arn);
    }
    for activity in done(world, who, DescribeScalingActivities::default()).activities {
        add(&activity.activity_id);
    }
    ids
}

/// The ids that an estate gives to the things of one place.
fn kept(estate: &Estate, (account, region): &Place) -> BTreeSet<String> {
    let mut alone = estate.clone();
    alone.peerings.clear();
    alone.accounts.retain(|number, _| number.as_str() == account);
    for account in alone.accounts.values_mut() {
        account.regions.retain(|name, _| name.as_str() == region);
    }
    let text = alone.to_yaml().unwrap();
    let ids =
        text.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("id: "));
    ids.map(|id| id.trim().to_owned()).collect()
}

/// Which of both ends' places lists a connection: the requester always, the accepter where it has heard of it.
fn check_connections(world: &World, places: &BTreeMap<Place, Caller>) {
    let mut seen: BTreeMap<String, (BTreeSet<Place>, BTreeSet<Place>)> = BTreeMap::new();
    for (place, who) in places {
        let all = done(world, who, DescribeVpcPeeringConnections::default());
        for item in all.vpc_peering_connection_set {
            let sides = [&item.requester_vpc_info, &item.accepter_vpc_info];
            let sides = sides.map(|it| (it.owner_id.to_string(), it.region.to_string()));
            let id = item.vpc_peering_connection_id.to_string();
            let (by, of) = seen.entry(id).or_default();
            assert!(by.insert(place.clone()), "it is listed twice");
            of.extend(sides);
        }
    }
    for (id, (by, of)) in seen {
        assert!(by.is_subset(&of), "{id} is listed in {by:?}, and belongs to {of:?}");
    }
}

/// Every place of a world, also those where nothing stands: nothing may be seen from there.
fn places(estate: &Estate) -> BTreeMap<Place, Caller> {
    let mut places = BTreeMap::new();
    for number in estate.accounts.keys() {
        for region in ["us-west-2", "eu-central-1"] {
            let who = caller(number.as_str(), region);
            places.insert((number.to_string(), region.to_owned()), who);
        }
    }
    places
}

/// What must be so in every world.
#[track_caller]
pub(crate) fn check(world: &World) {
    let estate = world.estate();
    let places = places(&estate);
    let mut owners: BTreeMap<String, &Place> = BTreeMap::new();
    for (place, who) in &places {
        let ids = listed(world, who);
        for id in &ids {
            let before = owners.insert(id.clone(), place);
            assert_eq!(before, None, "{id} is listed in {place:?} too, or twice");
        }
        let ids: BTreeSet<String> = ids.into_iter().collect();
        let lost: Vec<String> = kept(&estate, place).difference(&ids).cloned().collect();
        assert!(lost.is_empty(), "{lost:?} stand in {place:?}, where no call lists them");
        for tag in done(world, who, DescribeTags::default()).tag_set {
            let id = tag.resource_id.clone();
            assert!(ids.contains(&id) || id.starts_with("pcx-"), "{id} has tags in {place:?}");
        }
    }
    check_connections(world, &places);
}

/// Whoever asks for another's object by its id is told that there is none.
#[track_caller]
pub(crate) fn check_strangers(world: &World) {
    let places = places(&world.estate());
    for (place, who) in &places {
        let ids = listed(world, who);
        for (_, stranger) in places.iter().filter(|(other, _)| *other != place) {
            for id in &ids {
                let ids = vec![id.clone()];
                let prefix = id.rsplit_once('-').map(|(prefix, _)| prefix);
                let refused = match prefix {
                    Some("vpc") => {
                        code(world, stranger, DescribeVpcs { vpc_ids: ids, ..Default::default() })
                    }
                    Some("subnet") => code(
                        world,
                        stranger,
                        DescribeSubnets { subnet_ids: ids, ..Default::default() },
                    ),
                    Some("rtb") => code(
                        world,
                        stranger,
                        DescribeRouteTables { route_table_ids: ids, ..Default::default() },
                    ),
                    Some("sg") => code(
                        world,
                        stranger,
                        DescribeSecurityGroups { group_ids: ids, ..Default::default() },
                    ),
                    Some("sgr") => code(
                        world,
                        stranger,
                        DescribeSecurityGroupRules {
                            security_group_rule_ids: ids,
                            ..Default::default()
                        },
                    ),
                    Some("acl") => code(
                        world,
                        stranger,
                        DescribeNetworkAcls { network_acl_ids: ids, ..Default::default() },
                    ),
                    Some("igw") => code(
                        world,
                        stranger,
                        DescribeInternetGateways {
                            internet_gateway_ids: ids,
                            ..Default::default()
                        },
                    ),
                    Some("nat") => code(
                        world,
                        stranger,
                        DescribeNatGateways { nat_gateway_ids: ids, ..Default::default() },
                    ),
                    Some("eipalloc") => code(
                        world,
                        stranger,
                        DescribeAddresses { allocation_ids: ids, ..Default::default() },
                    ),
                    Some("eni") => code(
                        world,
                        stranger,
                        DescribeNetworkInterfaces {
                            network_interface_ids: ids,
                            ..Default::default()
                        },
                    ),
                    Some("i") => code(
                        world,
                        stranger,
                        DescribeInstances { instance_ids: ids, ..Default::default() },
                    ),
                    Some("lt") => code(
                        world,
                        stranger,
                        DescribeLaunchTemplates { launch_template_ids: ids, ..Default::default() },
                    ),
                    Some("pl") => code(
                        world,
                        stranger,
                        DescribeManagedPrefixLists { prefix_list_ids: ids, ..Default::default() },
                    ),
                    _ => continue,
                };
                assert!(refused.contains("NotFound"), "{id}: {refused}");
            }
        }
    }
}

//! The rows of route tables: (table, destination) is the key, each has one target, and local rows are AWS's own.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use peerway_model::{
    CidrBlock, Destination, Family, PrefixListId, RouteOrigin, RouteTableId, RouteTarget, VpcId,
};

use super::wire::{CreateRoute, DeleteRoute, ReplaceRoute, RouteItem};
use super::{RouteTable, Row, read_block, target};
use crate::ApiError;
use crate::ec2::network_interfaces::Holder;
use crate::ec2::prefix_lists::PrefixList;
use crate::ec2::subnets::Subnet;
use crate::ec2::{Done, prefix_lists};
use crate::id::AwsId;
use crate::scope::{Scope, find, find_mut};
use crate::settings::RepeatedRoute;
use crate::state::{Spot, State};

pub(super) fn show(state: &State, spot: &Spot, table: &RouteTable) -> Vec<RouteItem> {
    let rows = table.rows.iter();
    rows.map(|(destination, row)| show_row(state, spot, &table.vpc, destination, row)).collect()
}

fn show_row(
    state: &State,
    spot: &Spot,
    vpc: &VpcId,
    destination: &Destination,
    row: &Row,
) -> RouteItem {
    let is_usable = target::is_usable(state, spot, vpc, &row.target);
    let mut item = RouteItem {
        origin: match row.origin {
            RouteOrigin::Table => "CreateRouteTable",
            RouteOrigin::Static => "CreateRoute",
            RouteOrigin::Propagated => "EnableVgwRoutePropagation",
        },
        state: if is_usable { "active" } else { "blackhole" },
        ..RouteItem::default()
    };
    match destination {
        Destination::Cidr(block) if block.family() == Family::V4 => {
            item.destination_cidr_block = Some(*block);
        }
        Destination::Cidr(block) => item.destination_ipv6_cidr_block = Some(*block),
        Destination::PrefixList(list) => item.destination_prefix_list_id = Some(list.clone()),
    }
    match &row.target {
        RouteTarget::Connection(id) => item.vpc_peering_connection_id = Some(id.clone()),
        RouteTarget::NatGateway(id) => item.nat_gateway_id = Some(id.clone()),
        RouteTarget::EgressOnlyInternetGateway(id) => {
            item.egress_only_internet_gateway_id = Some(id.clone());
        }
        RouteTarget::TransitGateway(id) => item.transit_gateway_id = Some(id.clone()),
        RouteTarget::NetworkInterface(id) => {
            item.network_interface_id = Some(id.clone());
            let holder = target::interface(state.at(spot), id).map(|interface| &interface.holder);
            if let Some(instance) = holder.and_then(Holder::instance) {
                item.instance_id = Some(instance.clone());
                item.instance_owner_id = Some(spot.account.clone());
            }
        }
        RouteTarget::Other(id) if id.starts_with("lgw-") => {
            item.local_gateway_id = Some(id.clone());
        }
        RouteTarget::Other(id) if id.starts_with("cagw-") => {
            item.carrier_gateway_id = Some(id.clone());
        }
        RouteTarget::Other(arn) => item.core_network_arn = Some(arn.clone()),
        // Endpoints are read back as gateways.
        RouteTarget::Local
        | RouteTarget::InternetGateway(_)
        | RouteTarget::VpnGateway(_)
        | RouteTarget::VpcEndpoint(_) => item.gateway_id = Some(row.target.to_string()),
    }
    item
}

pub(crate) fn create_route(scope: &mut Scope<'_>, request: &CreateRoute) -> Result<Done, ApiError> {
    let id = RouteTableId::read(&request.route_table_id)?;
    let destination = read_destination(
        scope,
        &[
            request.destination_cidr_block.as_deref(),
            request.destination_ipv6_cidr_block.as_deref(),
            request.destination_prefix_list_id.as_deref(),
        ],
    )?;
    let target = target::of_create(scope.here(), request)?;
    let table = find(&scope.here().route_tables, &id)?;
    check_new(scope, &id, table, &destination, &target)?;
    if let Some(row) = table.rows.get(&destination) {
        let is_repeated = row.target == target && row.origin == RouteOrigin::Static;
        if is_repeated && scope.settings.repeated_route == RepeatedRoute::Accepted {
            return Ok(Done::YES);
        }
        return Err(ApiError::new(
            "RouteAlreadyExists",
            format!("The route identified by {destination} already exists."),
        ));
    }
    check_quota(scope, table, &destination)?;
    let row = Row { target, origin: RouteOrigin::Static, maker: scope.maker() };
    find_mut(&mut scope.here_mut().route_tables, &id)?.rows.insert(destination, row);
    Ok(Done::YES)
}

pub(crate) fn replace_route(
    scope: &mut Scope<'_>,
    request: &ReplaceRoute,
) -> Result<Done, ApiError> {
    let id = RouteTableId::read(&request.route_table_id)?;
    let destination = read_destination(
        scope,
        &[
            request.destination_cidr_block.as_deref(),
            request.destination_ipv6_cidr_block.as_deref(),
            request.destination_prefix_list_id.as_deref(),
        ],
    )?;
    let target = target::of_replace(scope.here(), request)?;
    let table = find(&scope.here().route_tables, &id)?;
    let row = table.rows.get(&destination).ok_or_else(|| {
        ApiError::invalid_value(format!(
            "There is no route defined for '{destination}' in the route table. Use CreateRoute instead."
        ))
    })?;
    let is_of_table = is_own_block(scope, table, &destination);
    let row = match (row.origin, &target) {
        (RouteOrigin::Propagated, _) => {
            return Err(ApiError::invalid_value(format!(
                "cannot replace propagated route {destination} in route table {id}"
            )));
        }
        (_, RouteTarget::Local) if is_of_table => Row::local(&scope.maker()),
        (_, RouteTarget::Local) => {
            return Err(ApiError::invalid_value(format!(
                "The destination {destination} is none of the VPC's CIDR blocks. Its target cannot be local."
            )));
        }
        _ => {
            check_new(scope, &id, table, &destination, &target)?;
            Row { target, origin: RouteOrigin::Static, maker: scope.maker() }
        }
    };
    find_mut(&mut scope.here_mut().route_tables, &id)?.rows.insert(destination, row);
    Ok(Done::YES)
}

pub(crate) fn delete_route(scope: &mut Scope<'_>, request: &DeleteRoute) -> Result<Done, ApiError> {
    let id = RouteTableId::read(&request.route_table_id)?;
    let destination = read_destination(
        scope,
        &[
            request.destination_cidr_block.as_deref(),
            request.destination_ipv6_cidr_block.as_deref(),
            request.destination_prefix_list_id.as_deref(),
        ],
    )?;
    let table = find(&scope.here().route_tables, &id)?;
    let row = table.rows.get(&destination).ok_or_else(|| {
        let parameter = match &destination {
            Destination::Cidr(block) if block.family() == Family::V4 => "destination-cidr-block",
            Destination::Cidr(_) => "destination-ipv6-cidr-block",
            Destination::PrefixList(_) => "destination-prefix-list-id",
        };
        ApiError::new(
            "InvalidRoute.NotFound",
            format!("no route with {parameter} {destination} in route table {id}"),
        )
    })?;
    // A local route with another target is still the VPC's own: it can be put back, but not taken away.
    let kind = match row.origin {
        RouteOrigin::Propagated => Some("propagated"),
        _ if is_own_block(scope, table, &destination) => Some("local"),
        RouteOrigin::Static | RouteOrigin::Table => None,
    };
    if let Some(kind) = kind {
        return Err(ApiError::invalid_value(format!(
            "cannot remove {kind} route {destination} in route table {id}"
        )));
    }
    find_mut(&mut scope.here_mut().route_tables, &id)?.rows.remove(&destination);
    Ok(Done::YES)
}

/// The destination given in one of the three parameters.
fn read_destination(scope: &Scope<'_>, given: &[Option<&str>; 3]) -> Result<Destination, ApiError> {
    match given {
        [Some(text), None, None] => {
            read_block("destinationCidrBlock", text, Family::V4).map(Destination::Cidr)
        }
        [None, Some(text), None] => {
            read_block("destinationIpv6CidrBlock", text, Family::V6).map(Destination::Cidr)
        }
        [None, None, Some(text)] => {
            let id = PrefixListId::read(text)?;
            prefix_lists::check_usable(scope.here(), &id)?;
            Ok(Destination::PrefixList(id))
        }
        [None, None, None] => Err(ApiError::new(
            "MissingParameter",
            "The request must contain exactly one of destinationCidrBlock, destinationIpv6CidrBlock or \
             destinationPrefixListId",
        )),
        _ => Err(ApiError::invalid_combination(
            "The request may contain only one of destinationCidrBlock, destinationIpv6CidrBlock and \
             destinationPrefixListId",
        )),
    }
}

fn is_own_block(scope: &Scope<'_>, table: &RouteTable, destination: &Destination) -> bool {
    let vpc = scope.here().vpcs.get(&table.vpc);
    matches!(destination, Destination::Cidr(block) if vpc.is_some_and(|vpc| vpc.blocks().any(|own| own == block)))
}

/// What AWS checks of a route before it looks whether the destination is taken.
fn check_new(
    scope: &Scope<'_>,
    id: &RouteTableId,
    table: &RouteTable,
    destination: &Destination,
    target: &RouteTarget,
) -> Result<(), ApiError> {
    target::check(scope.state, scope.spot, id.as_str(), &table.vpc, target)?;
    let Destination::Cidr(block) = destination else { return Ok(()) };
    if is_forbidden(*block) {
        return Err(ApiError::invalid_value(format!(
            "The destination CIDR block {block} lies in a range that is reserved by AWS."
        )));
    }
    let vpc = find(&scope.here().vpcs, &table.vpc)?;
    let Some(own) = vpc.claimed().find(|own| own.contains(block)) else { return Ok(()) };
    if !target::may_stand_inside(target) {
        return Err(ApiError::invalid_value(format!(
            "The destination CIDR block {block} is equal to or more specific than one of this VPC's CIDR blocks. \
             This route can target only an interface or an instance."
        )));
    }
    let mut subnets = scope.here().subnets.values().filter(|subnet| subnet.vpc == table.vpc);
    if own == block
        || subnets.any(|subnet| Subnet::blocks(subnet).any(|of_subnet| of_subnet == block))
    {
        return Ok(());
    }
    Err(ApiError::invalid_value(format!(
        "The destination CIDR block {block} is more specific than one of this VPC's CIDR blocks, but is the CIDR block \
         of no subnet."
    )))
}

/// Ranges of AWS's own services (<https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html>).
fn is_forbidden(block: CidrBlock) -> bool {
    let services = CidrBlock::truncating(Ipv4Addr::new(169, 254, 168, 0).into(), 22);
    let services_v6 = CidrBlock::parse_truncating("fd00:ec2::/32");
    [services, services_v6].into_iter().flatten().any(|reserved| reserved.contains(&block))
}

/// The quota counts the routes of each family apart; a prefix list counts with the entries that it has room for.
fn check_quota(
    scope: &Scope<'_>,
    table: &RouteTable,
    destination: &Destination,
) -> Result<(), ApiError> {
    let lists = &scope.here().prefix_lists;
    let (family, added) = weight(lists, destination);
    if used(table, lists, family) + added > scope.settings.quotas.routes_per_table {
        return Err(too_many());
    }
    Ok(())
}

pub(crate) fn too_many() -> ApiError {
    ApiError::new("RouteLimitExceeded", "The maximum number of routes has been reached.")
}

fn weight(
    lists: &BTreeMap<PrefixListId, PrefixList>,
    destination: &Destination,
) -> (Family, usize) {
    match destination {
        Destination::Cidr(block) => (block.family(), 1),
        Destination::PrefixList(id) => {
            lists.get(id).map_or((Family::V4, 0), |list| (list.family, list.max_entries))
        }
    }
}

/// How much of the quota for one family a table uses.
fn used(table: &RouteTable, lists: &BTreeMap<PrefixListId, PrefixList>, family: Family) -> usize {
    let counted = table.rows.iter().filter(|(_, row)| row.origin != RouteOrigin::Propagated);
    let weights = counted.map(|(destination, _)| weight(lists, destination));
    weights.filter(|(of, _)| *of == family).map(|(_, weight)| weight).sum()
}

/// Whether a table would be beyond its quota if the prefix lists were these.
pub(crate) fn is_over_quota(
    table: &RouteTable,
    lists: &BTreeMap<PrefixListId, PrefixList>,
    most: usize,
) -> bool {
    [Family::V4, Family::V6].into_iter().any(|family| used(table, lists, family) > most)
}

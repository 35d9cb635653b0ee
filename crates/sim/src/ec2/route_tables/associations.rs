//! Who uses a route table: each subnet one, explicitly or the VPC's main table.

use peerway_model::{AssociationId, AssociationScope, RouteTableId, SubnetId, VpcId};

use super::target;
use super::wire::{
    AssociateRouteTable, AssociateRouteTableReply, AssociationState, DisassociateRouteTable,
    ReplaceRouteTableAssociation, ReplaceRouteTableAssociationReply,
};
use crate::ApiError;
use crate::ec2::Done;
use crate::id::AwsId;
use crate::scope::{Scope, find, find_mut};
use crate::state::RegionState;

pub(crate) fn associate(
    scope: &mut Scope<'_>,
    request: &AssociateRouteTable,
) -> Result<AssociateRouteTableReply, ApiError> {
    let id = RouteTableId::read(&request.route_table_id)?;
    let table = find(&scope.here().route_tables, &id)?;
    let user = match (&request.subnet_id, &request.gateway_id) {
        (Some(subnet), None) => {
            let subnet = SubnetId::read(subnet)?;
            let vpc = &find(&scope.here().subnets, &subnet)?.vpc;
            check_same_vpc(&id, &table.vpc, "subnet", subnet.as_str(), vpc)?;
            AssociationScope::Subnet(subnet)
        }
        (None, Some(gateway)) => {
            let target = target::parse(gateway);
            let attached = target
                .filter(|target| target::is_usable(scope.state, scope.spot, &table.vpc, target));
            if attached.is_none() || !(gateway.starts_with("igw-") || gateway.starts_with("vgw-")) {
                return Err(ApiError::invalid_value(format!(
                    "invalid value for parameter gateway-id: {gateway}"
                )));
            }
            AssociationScope::Gateway(gateway.clone())
        }
        (None, None) => return Err(ApiError::missing("subnetId")),
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid_combination(
                "Only one of subnetId and gatewayId may be given",
            ));
        }
    };
    let association_id = match association_of(scope.here(), &user) {
        None => {
            let association_id: AssociationId = scope.ids.fresh();
            let table = find_mut(&mut scope.here_mut().route_tables, &id)?;
            table.associations.insert(association_id.clone(), user);
            association_id
        }
        // The same table again changes nothing.
        Some((table, association_id)) if *table == id => association_id.clone(),
        Some(_) => {
            return Err(ApiError::new(
                "Resource.AlreadyAssociated",
                format!(
                    "the specified association for route table {id} conflicts with an existing association"
                ),
            ));
        }
    };
    Ok(AssociateRouteTableReply { association_id, association_state: AssociationState::ASSOCIATED })
}

fn check_same_vpc(
    table: &RouteTableId,
    vpc_of_table: &VpcId,
    noun: &str,
    other: &str,
    vpc: &VpcId,
) -> Result<(), ApiError> {
    if vpc_of_table == vpc {
        return Ok(());
    }
    Err(ApiError::invalid_value(format!(
        "route table {table} and {noun} {other} belong to different networks"
    )))
}

/// The table that a subnet or gateway uses explicitly, and the association's id.
fn association_of<'a>(
    region: &'a RegionState,
    user: &AssociationScope,
) -> Option<(&'a RouteTableId, &'a AssociationId)> {
    let all = region.route_tables.iter().flat_map(|(id, table)| {
        table.associations.iter().map(move |(association, user)| (id, association, user))
    });
    all.filter(|(_, _, known)| *known == user).map(|(id, association, _)| (id, association)).next()
}

/// The table that has this association.
fn table_of<'a>(
    region: &'a RegionState,
    association: &AssociationId,
) -> Result<(&'a RouteTableId, &'a AssociationScope), ApiError> {
    let mut tables = region.route_tables.iter();
    let found = tables.find_map(|(id, table)| Some((id, table.associations.get(association)?)));
    found.ok_or_else(|| AssociationId::not_found(association))
}

pub(crate) fn disassociate(
    scope: &mut Scope<'_>,
    request: &DisassociateRouteTable,
) -> Result<Done, ApiError> {
    let association = AssociationId::read(&request.association_id)?;
    let (id, user) = table_of(scope.here(), &association)?;
    if *user == AssociationScope::Main {
        return Err(ApiError::invalid_value(format!(
            "cannot disassociate the main route table association {association}"
        )));
    }
    let id = id.clone();
    find_mut(&mut scope.here_mut().route_tables, &id)?.associations.remove(&association);
    Ok(Done::YES)
}

pub(crate) fn replace_association(
    scope: &mut Scope<'_>,
    request: &ReplaceRouteTableAssociation,
) -> Result<ReplaceRouteTableAssociationReply, ApiError> {
    let association = AssociationId::read(&request.association_id)?;
    let to = RouteTableId::read(&request.route_table_id)?;
    let (from, user) = table_of(scope.here(), &association)?;
    let vpc = &find(&scope.here().route_tables, from)?.vpc;
    let new_table = find(&scope.here().route_tables, &to)?;
    check_same_vpc(&to, &new_table.vpc, "network", vpc.as_str(), vpc)?;
    let (from, user) = (from.clone(), user.clone());
    let new_association_id: AssociationId = scope.ids.fresh();
    let tables = &mut scope.here_mut().route_tables;
    find_mut(tables, &from)?.associations.remove(&association);
    find_mut(tables, &to)?.associations.insert(new_association_id.clone(), user);
    Ok(ReplaceRouteTableAssociationReply {
        new_association_id,
        association_state: AssociationState::ASSOCIATED,
    })
}

//! What a step would make of the world: for the properties of plans.

use peerway_model::{
    Association, AssociationId, AssociationScope, Destination, NetworkAclAssociationId, Route,
    RouteOrigin, RouteState, RouteTable, RouteTableId, RouteTarget, Subnet, SubnetId,
};

use super::Observed;
use super::step::{Call, Step};
use crate::View;
use crate::world::{edit, edit_all, point, put, take, unpoint, untag, views_of};

/// The world after `step`, as AWS would show it once everything has come to rest. Ids that AWS has yet to give stand as
/// pending, one per slot.
#[must_use]
pub fn project(observed: &Observed, step: &Step) -> Observed {
    let mut next = observed.clone();
    for view in views_of(&mut next, &step.place) {
        apply(view, &step.call);
    }
    next
}

fn apply(view: &mut View, call: &Call) {
    match call {
        Call::CreateTable { vpc, token, tags } => {
            let local = view.vpcs.part.iter().filter_map(|part| part.get(vpc));
            let routes = local.flat_map(|vpc| &vpc.cidrs).map(|cidr| Route {
                destination: Destination::Cidr(*cidr),
                target: RouteTarget::Local,
                origin: RouteOrigin::Table,
                state: RouteState::Active,
            });
            let table = RouteTable {
                id: RouteTableId::pending(token),
                vpc: vpc.clone(),
                associations: Vec::new(),
                routes: routes.collect(),
                tags: tags.clone(),
            };
            put(&mut view.route_tables, table);
        }
        Call::TagTable { table, tags } => {
            edit(&mut view.route_tables, table, |table| table.tags.extend(tags.clone()));
        }
        Call::UntagTable { table, tags } => {
            edit(&mut view.route_tables, table, |table| untag(&mut table.tags, tags));
        }
        Call::DeleteTable { table } => {
            take(&mut view.route_tables, table);
        }
        Call::CreateRoute { table, destination, connection, .. }
        | Call::ReplaceRoute { table, destination, connection, .. } => {
            edit(&mut view.route_tables, table, |table| point(table, destination, connection));
        }
        Call::DeleteRoute { table, destination, .. } => {
            edit(&mut view.route_tables, table, |table| unpoint(table, destination));
        }
        Call::CreateSubnet { vpc, zone, cidr, ipv6, tags } => {
            let subnet = Subnet {
                id: SubnetId::pending(&cidr.to_string()),
                vpc: vpc.clone(),
                zone: zone.clone(),
                cidrs: [Some(*cidr), *ipv6].into_iter().flatten().collect(),
                available_addresses: 27,
                tags: tags.clone(),
            };
            put(&mut view.subnets, subnet);
        }
        Call::TagSubnet { subnet, tags } => {
            edit(&mut view.subnets, subnet, |subnet| subnet.tags.extend(tags.clone()));
        }
        Call::UntagSubnet { subnet, tags } => {
            edit(&mut view.subnets, subnet, |subnet| untag(&mut subnet.tags, tags));
        }
        Call::DeleteSubnet { subnet, .. } => {
            take(&mut view.subnets, subnet);
            unassociate(view, subnet);
        }
        Call::AssociateBlock { subnet, ipv6 } => {
            edit(&mut view.subnets, subnet, |subnet| subnet.cidrs.push(*ipv6));
        }
        Call::Associate { table, subnet } | Call::ReplaceAssociation { table, subnet, .. } => {
            unassociate(view, subnet);
            let id = AssociationId::pending(subnet.as_str());
            let scope = AssociationScope::Subnet(subnet.clone());
            edit(&mut view.route_tables, table, |table| {
                table.associations.push(Association { id, scope });
            });
        }
        Call::ReplaceAclAssociation { acl, subnet, .. } => {
            let Some(acls) = &mut view.network_acls else { return };
            let id = NetworkAclAssociationId::pending(subnet.as_str());
            edit_all(
                acls,
                |other| other.associations.iter().any(|(_, other)| other == subnet),
                |other| other.associations.retain(|(_, other)| other != subnet),
            );
            edit(acls, acl, |acl| acl.associations.push((id, subnet.clone())));
        }
    }
}

fn unassociate(view: &mut View, subnet: &SubnetId) {
    let scope = AssociationScope::Subnet(subnet.clone());
    edit_all(
        &mut view.route_tables,
        |table| table.associations.iter().any(|association| association.scope == scope),
        |table| table.associations.retain(|association| association.scope != scope),
    );
}

//! What a step would make of the world: for the properties of plans.

use std::sync::Arc;

use peerway_model::{
    Association, AssociationId, AssociationScope, CidrBlock, ConnectionId, Destination, Item,
    NetworkAclAssociationId, Part, Place, Reading, Route, RouteOrigin, RouteState, RouteTable,
    RouteTableId, RouteTarget, Subnet, SubnetId,
};

use super::Observed;
use super::step::{Call, Step};
use crate::View;

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
            edit(&mut view.route_tables, |tables| tables.push(table));
        }
        Call::TagTable { table, tags } => {
            one(&mut view.route_tables, table, |table| table.tags.extend(tags.clone()));
        }
        Call::UntagTable { table, tags } => {
            one(&mut view.route_tables, table, |table| {
                table.tags.retain(|key, value| tags.get(key) != Some(value));
            });
        }
        Call::DeleteTable { table } => {
            edit(&mut view.route_tables, |tables| tables.retain(|it| it.id != *table));
        }
        Call::CreateRoute { table, destination, connection, .. }
        | Call::ReplaceRoute { table, destination, connection, .. } => {
            one(&mut view.route_tables, table, |table| point(table, destination, connection));
        }
        Call::DeleteRoute { table, destination, .. } => {
            let key = Destination::Cidr(*destination);
            one(&mut view.route_tables, table, |table| {
                table.routes.retain(|route| route.destination != key);
            });
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
            edit(&mut view.subnets, |subnets| subnets.push(subnet));
        }
        Call::TagSubnet { subnet, tags } => {
            one(&mut view.subnets, subnet, |subnet| subnet.tags.extend(tags.clone()));
        }
        Call::UntagSubnet { subnet, tags } => {
            one(&mut view.subnets, subnet, |subnet| {
                subnet.tags.retain(|key, value| tags.get(key) != Some(value));
            });
        }
        Call::DeleteSubnet { subnet, .. } => {
            edit(&mut view.subnets, |subnets| subnets.retain(|it| it.id != *subnet));
            unassociate(view, subnet);
        }
        Call::Associate { table, subnet } | Call::ReplaceAssociation { table, subnet, .. } => {
            unassociate(view, subnet);
            let id = AssociationId::pending(subnet.as_str());
            let scope = AssociationScope::Subnet(subnet.clone());
            one(&mut view.route_tables, table, |table| {
                table.associations.push(Association { id, scope });
            });
        }
        Call::ReplaceAclAssociation { acl, subnet, .. } => {
            let Some(acls) = &mut view.network_acls else { return };
            let id = NetworkAclAssociationId::pending(subnet.as_str());
            edit(acls, |acls| {
                for one in acls {
                    one.associations.retain(|(_, other)| other != subnet);
                    if one.id == *acl {
                        one.associations.push((id.clone(), subnet.clone()));
                    }
                }
            });
        }
    }
}

fn point(table: &mut RouteTable, destination: &CidrBlock, connection: &ConnectionId) {
    let key = Destination::Cidr(*destination);
    let is_ours = |route: &Route| route.destination == key && route.origin == RouteOrigin::Static;
    table.routes.retain(|route| !is_ours(route));
    table.routes.push(Route {
        destination: key,
        target: RouteTarget::Connection(connection.clone()),
        origin: RouteOrigin::Static,
        state: RouteState::Active,
    });
}

fn unassociate(view: &mut View, subnet: &SubnetId) {
    let scope = AssociationScope::Subnet(subnet.clone());
    edit(&mut view.route_tables, |tables| {
        for table in tables {
            table.associations.retain(|association| association.scope != scope);
        }
    });
}

/// Every view of the step's account and Region: two `AWSAccount`s may lead there.
fn views_of<'a>(observed: &'a mut Observed, place: &Place) -> impl Iterator<Item = &'a mut View> {
    let views = observed.views.iter_mut();
    views.filter(|(known, _)| known.is_same_spot(place)).map(|(_, view)| view)
}

fn one<T: Item + Clone>(reading: &mut Reading<T>, id: &T::Id, change: impl FnOnce(&mut T)) {
    edit(reading, |items| {
        if let Some(item) = items.iter_mut().find(|item| item.id() == id) {
            change(item);
        }
    });
}

/// The part with other items, read at the same moments and as settled as before.
fn edit<T: Item + Clone>(reading: &mut Reading<T>, change: impl FnOnce(&mut Vec<T>)) {
    let Some(part) = &reading.part else { return };
    let mut items: Vec<T> = part.iter().cloned().collect();
    change(&mut items);
    let gone = part.iter().filter(|item| items.iter().all(|kept| kept.id() != item.id()));
    let without = gone.fold(Part::clone(part), |next, item| next.without(item.id()));
    reading.part = Some(Arc::new(items.into_iter().fold(without, Part::with)));
}

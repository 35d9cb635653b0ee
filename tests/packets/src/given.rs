//! A table that is given to groups stays its owner's: it keeps what it had, and gets nothing but what was asked for.

use std::collections::BTreeMap;

use peerway_model::{
    Association, AssociationScope, Destination, Route, RouteTable, RouteTableId, RouteTarget,
};

use crate::check::{Broken, Scene};
use crate::object::{Object, Peering};
use crate::overlap::OverlapSubnet;
use crate::run::Promise;
use crate::world::{World, items};

/// A table that is given to groups.
#[derive(Debug)]
pub(crate) struct GivenTable {
    /// As it was before anything was done.
    was: RouteTable,
    /// The indices of the groups.
    groups: Vec<usize>,
}

/// Every table that is given, before anything is done.
pub(crate) fn tables(world: &World, objects: &[Object]) -> Vec<GivenTable> {
    let mut groups: BTreeMap<RouteTableId, Vec<usize>> = BTreeMap::new();
    for (index, object) in objects.iter().enumerate() {
        let Object::Group(group) = object else { continue };
        if let Some(given) = &group.object.spec.route_table {
            groups.entry(given.id.clone()).or_default().push(index);
        }
    }
    let tables = items(&world.view().route_tables);
    tables
        .filter_map(|was| groups.remove(&was.id).map(|groups| GivenTable { was, groups }))
        .collect()
}

impl GivenTable {
    /// Whether it holds what it may hold now, and serves whom it may serve.
    pub(crate) fn check(
        &self,
        world: &World,
        objects: &[Object],
        scene: &Scene,
    ) -> Result<(), Broken> {
        let Self { was, .. } = self;
        let broken =
            |what: &str| (Promise::GivenTable, format!("{}, which is given, {what}", was.id));
        let part = world.view().route_tables.part.as_ref();
        let Some(now) = part.and_then(|part| part.get(&was.id)) else {
            return Err(broken("is gone"));
        };
        if now.tags != was.tags {
            return Err(broken("has other tags"));
        }
        if let Some(lost) = was.routes.iter().find(|route| !now.routes.contains(route)) {
            return Err(broken(&format!("has lost {lost:?}")));
        }
        if let Some(lost) = was.associations.iter().find(|it| !now.associations.contains(it)) {
            return Err(broken(&format!("has lost {lost:?}")));
        }
        let mut users = now.associations.iter().filter(|it| !was.associations.contains(it));
        if let Some(user) = users.find(|it| !self.is_served(it, scene)) {
            return Err(broken(&format!("is used: {user:?}")));
        }
        let mut rows = now.routes.iter().filter(|route| !was.routes.contains(route));
        match rows.find(|route| !self.is_wanted(route, world, objects, scene)) {
            Some(route) => Err(broken(&format!("holds what nobody asked for: {route:?}"))),
            None => Ok(()),
        }
    }

    /// Whether a group may use it: not the main one, nor one that somebody's subnets use.
    fn is_free(&self) -> bool {
        !self.was.is_main() && self.was.explicit_subnets().next().is_none()
    }

    /// Whether it is an overlap subnet of a group that this table is given to.
    fn is_served(&self, association: &Association, scene: &Scene) -> bool {
        let AssociationScope::Subnet(subnet) = &association.scope else { return false };
        let is_of_these = |at: &OverlapSubnet| self.groups.contains(&at.group);
        self.is_free() && scene.overlap.get(subnet).is_some_and(is_of_these)
    }

    /// Whether a row is one that a peering declares, one of a peer's routes to an overlap subnet, or the answer of a group
    /// that this table is given to.
    fn is_wanted(&self, route: &Route, world: &World, objects: &[Object], scene: &Scene) -> bool {
        let (Destination::Cidr(block), RouteTarget::Connection(over)) =
            (&route.destination, &route.target)
        else {
            return false;
        };
        let Some(Object::Peering(peering)) = scene.ours.get(over).map(|index| &objects[*index])
        else {
            return false;
        };
        let own = usize::from(peering.pair[1] == self.was.vpc);
        let is_led_to = |at: &OverlapSubnet| at.peers.contains(over) && at.cidrs.contains(block);
        // Where something stands in the way, a group refuses the table.
        let is_inside = |row: &Route| match &row.destination {
            Destination::Cidr(there) => block.contains(there),
            Destination::PrefixList(_) => false,
        };
        let is_clear = self.is_free() && !self.was.routes.iter().any(is_inside);
        let vpcs = world.view().vpcs.part.as_ref();
        let far = vpcs.and_then(|part| part.get(&peering.pair[1 - own]));
        let is_behind = far.is_some_and(|vpc| vpc.cidrs.contains(block));
        peering.declared[own].contains(block)
            || scene.overlap.values().any(is_led_to)
            || is_clear && is_behind && self.answers(peering, objects)
    }

    /// Whether a group that this table is given to has this peer.
    fn answers(&self, peering: &Peering, objects: &[Object]) -> bool {
        self.groups.iter().any(|index| match &objects[*index] {
            Object::Group(group) => {
                let mut peers = group.object.spec.peers.iter();
                peers.any(|peer| peer.peering_ref.name == peering.desired.owner.name)
            }
            Object::Peering(_) => false,
        })
    }
}

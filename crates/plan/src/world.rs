//! The world as it was read, changed by hand: what `project` of every kind is made of, never what AWS answered.
//!
//! Parts stay read at the same moments and as settled as before.

use std::sync::Arc;

use peerway_model::{
    CidrBlock, ConnectionId, Destination, Item, Part, Place, Reading, Route, RouteOrigin,
    RouteState, RouteTable, RouteTarget, Tags,
};

use crate::observed::{Observed, View};

/// The views of one account and Region, whichever `AWSAccount` leads there.
pub(crate) fn views_of<'o, S>(
    next: &'o mut Observed<S>,
    place: &'o Place,
) -> impl Iterator<Item = &'o mut View> {
    let views = next.views.iter_mut();
    views.filter(|(seen_from, _)| seen_from.is_same_spot(place)).map(|(_, view)| view)
}

fn update<T: Item>(reading: &mut Reading<T>, change: impl FnOnce(Part<T>) -> Part<T>) {
    if let Some(part) = &reading.part {
        reading.part = Some(Arc::new(change(part.as_ref().clone())));
    }
}

/// One more, or another one in its place.
pub(crate) fn put<T: Item>(reading: &mut Reading<T>, item: T) {
    update(reading, |part| part.with(item));
}

/// One less.
pub(crate) fn take<T: Item>(reading: &mut Reading<T>, id: &T::Id) {
    update(reading, |part| part.without(id));
}

/// The one of this id, if it is there.
pub(crate) fn edit<T: Item>(reading: &mut Reading<T>, id: &T::Id, change: impl FnOnce(&mut T)) {
    let Some(mut item) = reading.part.as_ref().and_then(|part| part.get(id)).cloned() else {
        return;
    };
    change(&mut item);
    put(reading, item);
}

/// All that `test` holds for.
pub(crate) fn edit_all<T: Item>(
    reading: &mut Reading<T>,
    test: impl Fn(&T) -> bool,
    change: impl Fn(&mut T),
) {
    let items = reading.part.iter().flat_map(|part| part.iter());
    let found: Vec<T::Id> = items.filter(|item| test(item)).map(|item| item.id().clone()).collect();
    for id in found {
        edit(reading, &id, &change);
    }
}

/// A tag that has another value by now stays.
pub(crate) fn untag(there: &mut Tags, tags: &Tags) {
    there.retain(|key, value| tags.get(key) != Some(value));
}

/// The table's own route to a destination leads over a connection. One that a gateway propagates stays beside it.
pub(crate) fn point(table: &mut RouteTable, destination: &CidrBlock, connection: &ConnectionId) {
    let key = Destination::Cidr(*destination);
    let is_own = |route: &Route| route.destination == key && route.origin == RouteOrigin::Static;
    table.routes.retain(|route| !is_own(route));
    table.routes.push(Route {
        destination: key,
        target: RouteTarget::Connection(connection.clone()),
        origin: RouteOrigin::Static,
        state: RouteState::Active,
    });
}

/// No route leads to the destination.
pub(crate) fn unpoint(table: &mut RouteTable, destination: &CidrBlock) {
    let key = Destination::Cidr(*destination);
    table.routes.retain(|route| route.destination != key);
}

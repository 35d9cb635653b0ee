//! How old views may be, and how old they are.

use std::collections::BTreeMap;
use std::time::Duration;

use kube::Resource;
use peerway_api::reconcile_at;
use peerway_model::clock::before;
use peerway_model::{Item, PartKind, Place, Reading, Timestamp};
use peerway_plan::{KindStatus, View};

use super::kind::Kind;

use crate::context::Context;

/// How old the views of an object may be whose spec was just changed: its author looks at AWS as it is now.
const EDITED_AGE: Duration = Duration::from_secs(2);
/// How old a view may be by which something is taken away, or that a way back is judged by.
pub(super) const FRESH: Duration = Duration::from_secs(2);

/// What was read, of each place.
type Views = BTreeMap<Place, View>;

/// How old views may be.
pub(super) struct Demands {
    /// Anything.
    not_older_than: Timestamp,
    /// Whether somebody wants to know how AWS is now, and not how it was when it was last looked at.
    is_edited: bool,
    /// Some parts.
    parts: BTreeMap<(Place, PartKind), Timestamp>,
    /// Since when in this visit some part is to be as it is now.
    since: BTreeMap<(Place, PartKind), Timestamp>,
}

impl Demands {
    /// At rest what the poller read last is young enough; after an edit it is not.
    pub(super) fn at_the_start<K: Kind>(ctx: &Context, object: &K::Object) -> Self {
        let status = K::status_of(object);
        let observed = status.map(KindStatus::observed_generation);
        let answered = status.and_then(KindStatus::last_handled_reconcile_at);
        let asked = reconcile_at(object.meta());
        let is_asked = asked.is_some_and(|at| Some(at.as_str()) != answered);
        let is_edited = observed != object.meta().generation || is_asked;
        // Who asks for a fresh look means one that begins now.
        let age = match (is_asked, is_edited) {
            (true, _) => Duration::ZERO,
            (false, true) => EDITED_AGE,
            (false, false) => ctx.settings.resync * 3 / 2,
        };
        let not_older_than = before(ctx.clock.now(), age);
        Self { not_older_than, is_edited, parts: BTreeMap::new(), since: BTreeMap::new() }
    }

    /// The same for what is told of one thing at a time beside a part, by which something may be taken away: as it was a
    /// moment ago. Where nothing is edited or acted upon, as old as `rested`.
    pub(super) fn freshly(
        &self,
        place: &Place,
        part: PartKind,
        rested: Timestamp,
        now: Timestamp,
    ) -> Timestamp {
        let demanded = self.parts.get(&(place.clone(), part));
        self.of_one(rested, demanded.map(|at| before(now, FRESH).min(*at)))
    }

    /// The same for what is told of one thing at a time and waits its turn among hundreds: as it is in this visit. What
    /// waited for it has aged meanwhile: were it asked for anew with everything else, two that wait for each other would
    /// never come to an end.
    pub(super) fn in_this_visit(
        &self,
        place: &Place,
        part: PartKind,
        rested: Timestamp,
    ) -> Timestamp {
        self.of_one(rested, self.since.get(&(place.clone(), part)).copied())
    }

    fn of_one(&self, rested: Timestamp, demanded: Option<Timestamp>) -> Timestamp {
        let edited = self.is_edited.then_some(self.not_older_than);
        [edited, demanded].into_iter().flatten().fold(rested, Timestamp::max)
    }

    pub(super) fn of(&self, place: &Place, part: PartKind) -> Timestamp {
        let demanded = self.parts.get(&(place.clone(), part)).copied();
        demanded.map_or(self.not_older_than, |at| at.max(self.not_older_than))
    }

    /// Raises the demands to these; whether that asks for anything younger than what was observed.
    pub(super) fn freshen(
        &mut self,
        wanted: &[(Place, PartKind, Timestamp)],
        views: &Views,
    ) -> bool {
        let mut is_stale = false;
        for (place, part, at) in wanted {
            let demand = self.parts.entry((place.clone(), *part)).or_insert(*at);
            *demand = (*demand).max(*at);
            self.since.entry((place.clone(), *part)).or_insert(*at);
            is_stale |= begun_at(views, place, *part).is_some_and(|begun| begun < *at);
        }
        is_stale
    }
}

/// When the read of a part began, unless it failed: a failed read is not tried again within a visit.
pub(super) fn begun_at(views: &Views, place: &Place, part: PartKind) -> Option<Timestamp> {
    read_of(views, place, part).map(|read| read.begun_at)
}

/// When the read of a part was complete, unless it failed.
pub(super) fn ended_at(views: &Views, place: &Place, part: PartKind) -> Option<Timestamp> {
    read_of(views, place, part).map(|read| read.ended_at)
}

/// The revision of a part that was observed, unless it could not be read.
pub(super) fn revision(views: &Views, place: &Place, part: PartKind) -> Option<u64> {
    read_of(views, place, part).map(|read| read.revision)
}

/// What a read tells about itself.
struct Read {
    begun_at: Timestamp,
    ended_at: Timestamp,
    revision: u64,
}

fn read_of(views: &Views, place: &Place, part: PartKind) -> Option<Read> {
    fn of<T: Item>(reading: &Reading<T>) -> Option<Read> {
        let part = reading.current().ok()?;
        Some(Read { begun_at: part.begun_at, ended_at: part.ended_at, revision: part.revision })
    }
    let view = views.get(place)?;
    match part {
        PartKind::Vpcs => of(&view.vpcs),
        PartKind::Subnets => of(&view.subnets),
        PartKind::RouteTables => of(&view.route_tables),
        PartKind::Connections => of(&view.connections),
        PartKind::SecurityGroups => of(&view.security_groups),
        PartKind::SecurityGroupRules => of(&view.security_group_rules),
        PartKind::NatGateways => view.nat_gateways.as_ref().and_then(of),
        PartKind::PrefixLists => view.prefix_lists.as_ref().and_then(of),
        PartKind::NetworkAcls => view.network_acls.as_ref().and_then(of),
        PartKind::Zones => view.zones.as_ref().and_then(of),
        PartKind::NetworkInterfaces => view.network_interfaces.as_ref().and_then(of),
        PartKind::AutoScalingGroups => view.auto_scaling_groups.as_ref().and_then(of),
        PartKind::LoadBalancers => view.load_balancers.as_ref().and_then(of),
        PartKind::Instances => view.instances.as_ref().and_then(of),
    }
}

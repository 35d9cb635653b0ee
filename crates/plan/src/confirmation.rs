//! The second look, that every kind waits for before it takes away or redirects what is there, and before it believes that
//! nothing is.

use std::collections::BTreeSet;
use std::time::Duration;

use peerway_model::{Action, Item, Part, PartKind, Place, Reading, Timestamp};

use crate::{Observed, Plan, PlanStep, Waiting};

impl<S, R> Plan<S, R> {
    /// Whether the view of an item may be acted upon; if not, a second look is waited for.
    pub(crate) fn is_confirmed<T: Item, O>(
        &mut self,
        part: &Part<T>,
        id: &T::Id,
        (place, observed): (&Place, &Observed<O>),
        what: impl FnOnce() -> String,
    ) -> bool {
        let from = part.confirmed_from(id, observed.settle);
        if part.begun_at >= from {
            return true;
        }
        self.waiting.push(Waiting::Confirmation {
            what: what(),
            place: place.clone(),
            part: T::KIND,
            from,
        });
        false
    }

    /// Waits until all looks by which nothing of an object is left in a place are late enough to be believed.
    pub(crate) fn confirm_gone(&mut self, place: &Place, looks: Vec<Look>) {
        let early = looks.into_iter().filter(|look| look.is_early().is_some());
        if let Some(Look { part, from, .. }) = early.max_by_key(|look| look.from) {
            self.waiting.push(Waiting::Confirmation {
                what: format!("the {part} of {place}: nothing of this object is left there"),
                place: place.clone(),
                part,
                from,
            });
        }
    }
}

/// What decides where a packet goes.
const NETWORK: &[PartKind] = &[
    PartKind::Vpcs,
    PartKind::RouteTables,
    PartKind::Subnets,
    PartKind::Connections,
    PartKind::SecurityGroups,
];

/// The lists by which calls may look necessary only because something was left out of one: a subnet whose table is not
/// listed seems to follow the main table, of two things that a selector finds only one seems to be there, what it no longer
/// finds seems to be wanted no more, and a group that is not listed to heed nobody.
const BEHIND: &[(&[Action], &[PartKind])] = &[
    (
        &[
            Action::CreateRoute,
            Action::ReplaceRoute,
            Action::DeleteRoute,
            Action::DeleteSubnet,
            Action::AuthorizeSecurityGroupIngress,
            Action::RevokeSecurityGroupIngress,
            Action::CreateVpcPeeringConnection,
        ],
        NETWORK,
    ),
    (
        &[Action::RevokeSecurityGroupIngress, Action::ModifyNetworkInterfaceAttribute],
        &[PartKind::Instances, PartKind::AutoScalingGroups],
    ),
    (
        &[Action::DeregisterInstancesFromLoadBalancer],
        &[PartKind::Instances, PartKind::AutoScalingGroups],
    ),
    // In one zone the one makes room for the other.
    (
        &[Action::DetachLoadBalancerFromSubnets, Action::AttachLoadBalancerToSubnets],
        &[PartKind::Subnets, PartKind::AutoScalingGroups],
    ),
    (
        &[Action::ConfigureHealthCheck, Action::ApplySecurityGroupsToLoadBalancer],
        &[PartKind::SecurityGroups, PartKind::AutoScalingGroups],
    ),
];

fn behind(action: Action) -> impl Iterator<Item = PartKind> {
    let those = BEHIND.iter().filter(move |(actions, _)| actions.contains(&action));
    those.flat_map(|(_, parts)| parts.iter().copied())
}

impl<S: PlanStep, R> Plan<S, R> {
    /// Takes out what was planned by lists that may have left something out. A second list tells.
    pub(crate) fn hold_until_lists_are_whole<O>(&mut self, observed: &Observed<O>) {
        let needed: BTreeSet<PartKind> =
            self.steps.iter().flat_map(|step| behind(step.action())).collect();
        if needed.is_empty() {
            return;
        }
        let settle = observed.settle;
        let lists = observed.views.iter().flat_map(|(place, view)| {
            // Of a VPC blocks may be left out, too.
            let vpcs = view.vpcs.part.as_deref();
            let vpcs = vpcs.map(|part| (PartKind::Vpcs, part.begun_at, part.still_from(settle)));
            let lists = [
                vpcs,
                look(&view.route_tables, settle),
                look(&view.subnets, settle),
                look(&view.connections, settle),
                look(&view.security_groups, settle),
                view.instances.as_ref().and_then(|list| look(list, settle)),
                view.auto_scaling_groups.as_ref().and_then(|list| look(list, settle)),
            ];
            let early = lists.into_iter().flatten().filter(|(_, begun_at, from)| begun_at < from);
            early.map(move |(part, _, from)| (place, part, from))
        });
        let lists: Vec<_> = lists.filter(|(_, part, _)| needed.contains(part)).collect();
        let lacks = |part| lists.iter().any(|(_, early, _)| *early == part);
        self.steps.retain(|step| !behind(step.action()).any(lacks));
        self.waiting.extend(lists.into_iter().map(|(place, part, from)| Waiting::Confirmation {
            what: format!("the {part} of {place}, which lack what was there before"),
            place: place.clone(),
            part,
            from,
        }));
    }
}

/// When a list began, and from when on one is believed that lacks what the one before it had.
fn look<T: Item>(
    reading: &Reading<T>,
    settle: Duration,
) -> Option<(PartKind, Timestamp, Timestamp)> {
    let part = reading.part.as_ref()?;
    Some((T::KIND, part.begun_at, part.whole_from(settle)))
}

/// A look at a part in which something is missing.
pub(crate) struct Look {
    part: PartKind,
    begun_at: Timestamp,
    from: Timestamp,
}

impl Look {
    /// For what is there under no id that we know.
    pub(crate) fn at_all<T: Item, O>(part: &Part<T>, observed: &Observed<O>) -> Self {
        let from = part.quiet_from(observed.settle, observed.wrote_at);
        Self { part: T::KIND, begun_at: part.begun_at, from }
    }

    /// For one that we know by its id.
    pub(crate) fn at_one<T: Item>(part: &Part<T>, id: &T::Id, settle: Duration) -> Self {
        Self { part: T::KIND, begun_at: part.begun_at, from: part.confirmed_from(id, settle) }
    }

    /// From when on a look is believed, where this one began before.
    pub(crate) fn is_early(&self) -> Option<Timestamp> {
        (self.begun_at < self.from).then_some(self.from)
    }
}

//! What happens by itself: a queue of due events, worked off at the start of each call.
//!
//! An event says what may happen, not what must: whoever handles it looks at the state first, because a call may have
//! changed it since. Follow-ups are scheduled from the moment the event was due, not from the moment it was noticed, so
//! that a world that is looked at rarely ends as one that is looked at often.

use std::collections::BTreeMap;

use peerway_model::{ConnectionId, NatGatewayId, PrefixListId, Timestamp, VpcId};

use crate::autoscaling;
use crate::ec2::instances::{self, InstanceState};
use crate::ec2::{nat_gateways, peerings, prefix_lists, vpcs};
use crate::elb;
use crate::id::{CidrAssociationId, Ids, InstanceId, NetworkInterfaceId};
use crate::scope::Moment;
use crate::settings::Settings;
use crate::state::{Spot, State};

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// AWS has looked at a request for a connection.
    ConnectionChecked(ConnectionId),
    /// Nobody has accepted a connection in time.
    ConnectionExpires(ConnectionId),
    /// An accepted connection is set up.
    ConnectionProvisioned(ConnectionId),
    /// A connection between Regions is taken down.
    ConnectionTakenDown(ConnectionId),
    /// An ended connection is no longer listed at this place.
    ConnectionForgotten(ConnectionId, Spot),
    /// A block has been associated with, or disassociated from, a VPC.
    CidrSettled(Spot, VpcId, CidrAssociationId),
    /// An instance is through with the state that it was in.
    InstanceMoves(Spot, InstanceId, InstanceState),
    /// A terminated instance is no longer listed.
    InstanceForgotten(Spot, InstanceId),
    /// A NAT gateway is up, or has failed.
    NatGatewaySettled(Spot, NatGatewayId),
    /// A NAT gateway is down.
    NatGatewayGone(Spot, NatGatewayId),
    /// A NAT gateway that has ended is no longer listed.
    NatGatewayForgotten(Spot, NatGatewayId),
    /// A prefix list is made, changed or gone.
    PrefixListSettled(Spot, PrefixListId),
    /// An interface that a balancer has left is gone.
    BalancerInterfaceGone(Spot, NetworkInterfaceId),
    /// A balancer comes to a verdict about instances.
    BalancerJudges(Spot, String),
    /// An auto-scaling group looks after itself.
    GroupChecks(Spot, String),
    /// An instance that its group has given up has left the balancers, and ends.
    GroupEnds(Spot, InstanceId),
    /// The instances of a group (first) have left a balancer (second).
    GroupLeftBalancer(Spot, String, String),
}

/// The queue: in order of time, and of scheduling within one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Events {
    due: BTreeMap<(Timestamp, u64), Event>,
    scheduled: u64,
    called_off: Vec<(Timestamp, Event)>,
}

impl Events {
    pub(crate) fn push(&mut self, at: Timestamp, event: Event) {
        self.scheduled += 1;
        self.due.insert((at, self.scheduled), event);
    }

    /// When the next event is due, if that is no later than `now`.
    pub(crate) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        self.due.first_key_value().map(|((at, _), _)| *at).filter(|at| *at <= now)
    }

    /// How many events have ever been scheduled.
    pub(crate) fn scheduled(&self) -> u64 {
        self.scheduled
    }

    /// Lets none of the events happen that were scheduled since there were so many, until they are resumed.
    pub(crate) fn call_off_since(&mut self, scheduled: u64) {
        let called_off = self.due.extract_if(.., |(_, number), _| *number > scheduled);
        self.called_off.extend(called_off.map(|((at, _), event)| (at, event)));
    }

    /// Lets everything happen that was called off: what is over time happens now.
    pub(crate) fn resume(&mut self, now: Timestamp) {
        for (at, event) in std::mem::take(&mut self.called_off) {
            self.push(at.max(now), event);
        }
    }

    fn pop(&mut self, now: Timestamp) -> Option<(Timestamp, Event)> {
        let first = self.due.first_entry()?;
        let at = first.key().0;
        (at <= now).then(|| (at, first.remove()))
    }
}

/// Lets everything happen that is due by `now`.
pub(crate) fn run_due(state: &mut State, ids: &mut Ids, settings: &Settings, now: Timestamp) {
    while let Some((at, event)) = state.events.pop(now) {
        let mut moment = Moment { state, ids, settings, now: at };
        let moment = &mut moment;
        match event {
            Event::ConnectionChecked(id) => peerings::checked(moment.state, settings, at, &id),
            Event::ConnectionExpires(id) => peerings::expires(moment.state, settings, at, &id),
            Event::ConnectionProvisioned(id) => peerings::provisioned(moment.state, &id),
            Event::ConnectionTakenDown(id) => peerings::taken_down(moment.state, settings, at, &id),
            Event::ConnectionForgotten(id, spot) => peerings::forgotten(moment.state, &id, &spot),
            Event::CidrSettled(spot, vpc, id) => vpcs::cidr_settled(moment.state, &spot, &vpc, &id),
            Event::InstanceMoves(spot, id, from) => instances::moves(moment, &spot, &id, from),
            Event::InstanceForgotten(spot, id) => instances::forgotten(moment, &spot, &id),
            Event::NatGatewaySettled(spot, id) => nat_gateways::settled(moment, &spot, &id),
            Event::NatGatewayGone(spot, id) => nat_gateways::gone(moment, &spot, &id),
            Event::NatGatewayForgotten(spot, id) => nat_gateways::forgotten(moment, &spot, &id),
            Event::PrefixListSettled(spot, id) => prefix_lists::settled(moment, &spot, &id),
            Event::BalancerInterfaceGone(spot, id) => elb::interface_gone(moment, &spot, &id),
            Event::BalancerJudges(spot, name) => autoscaling::balancer_judges(moment, &spot, &name),
            Event::GroupChecks(spot, name) => autoscaling::check(moment, &spot, &name),
            Event::GroupEnds(spot, id) => autoscaling::ends(moment, &spot, &id),
            Event::GroupLeftBalancer(spot, group, balancer) => {
                autoscaling::link_gone(moment, &spot, &group, &balancer);
            }
        }
    }
}

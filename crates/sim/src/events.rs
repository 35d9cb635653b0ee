//! What happens by itself: a queue of due events, worked off at the start of each call.
//!
//! An event says what may happen, not what must: whoever handles it looks at the state first, because a call may have
//! changed it since. Follow-ups are scheduled from the moment the event was due, not from the moment it was noticed, so
//! that a world that is looked at rarely ends as one that is looked at often.

use std::collections::BTreeMap;

use peerway_model::{ConnectionId, Timestamp, VpcId};

use crate::ec2::{peerings, vpcs};
use crate::id::{CidrAssociationId, Ids};
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
}

/// The queue: in order of time, and of scheduling within one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Events {
    due: BTreeMap<(Timestamp, u64), Event>,
    scheduled: u64,
}

impl Events {
    pub(crate) fn push(&mut self, at: Timestamp, event: Event) {
        self.scheduled += 1;
        self.due.insert((at, self.scheduled), event);
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
        let moment = &mut Moment { state, ids, settings, now: at };
        match event {
            Event::ConnectionChecked(id) => peerings::checked(state, settings, at, &id),
            Event::ConnectionExpires(id) => peerings::expires(state, settings, at, &id),
            Event::ConnectionProvisioned(id) => peerings::provisioned(state, &id),
            Event::ConnectionTakenDown(id) => peerings::taken_down(state, settings, at, &id),
            Event::ConnectionForgotten(id, spot) => peerings::forgotten(state, &id, &spot),
            Event::CidrSettled(spot, vpc, id) => vpcs::cidr_settled(state, &spot, &vpc, &id),
        }
    }
}

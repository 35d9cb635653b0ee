//! What an action sees of the world: who calls, where, when, and the state it may change.

use std::sync::Arc;
use std::time::Duration;

use peerway_model::Timestamp;

use crate::ApiError;
use crate::events::Event;
use crate::id::{AwsId, Ids};
use crate::identity::Principal;
use crate::settings::Settings;
use crate::state::{Maker, RegionState, Spot, State};

/// One call on its way through an action.
pub(crate) struct Scope<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) ids: &'a mut Ids,
    pub(crate) settings: &'a Settings,
    pub(crate) caller: &'a Principal,
    /// The caller's account in the call's Region: the only place where the call may change anything by itself.
    pub(crate) spot: &'a Spot,
    /// The world's time.
    pub(crate) now: Timestamp,
}

impl Scope<'_> {
    /// What the caller's account has in the call's Region.
    pub(crate) fn here(&self) -> &RegionState {
        self.state.at(self.spot)
    }

    /// The same, to change it.
    pub(crate) fn here_mut(&mut self) -> &mut RegionState {
        self.state.at_mut(self.spot)
    }

    /// The moment of the call, for what may also happen without one.
    pub(crate) fn moment(&mut self) -> Moment<'_> {
        Moment {
            state: &mut *self.state,
            ids: &mut *self.ids,
            settings: self.settings,
            now: self.now,
        }
    }

    /// Who makes what this call makes.
    pub(crate) fn maker(&self) -> Maker {
        Arc::clone(&self.caller.arn)
    }
}

/// A moment in which the world changes, be it by a call or by itself.
pub(crate) struct Moment<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) ids: &'a mut Ids,
    pub(crate) settings: &'a Settings,
    /// The world's time; for what happens by itself, the moment when it was due.
    pub(crate) now: Timestamp,
}

impl Moment<'_> {
    /// Lets `event` happen after a while.
    pub(crate) fn schedule(&mut self, after: Duration, event: Event) {
        let at = peerway_model::clock::after(self.now, after);
        self.state.schedule(at, event);
    }
}

/// The thing of this id.
pub(crate) fn find<'a, Id: AwsId, Object>(
    objects: &'a std::collections::BTreeMap<Id, Object>,
    id: &Id,
) -> Result<&'a Object, ApiError> {
    objects.get(id).ok_or_else(|| Id::not_found(id))
}

/// The thing of this id, to change it.
pub(crate) fn find_mut<'a, Id: AwsId, Object>(
    objects: &'a mut std::collections::BTreeMap<Id, Object>,
    id: &Id,
) -> Result<&'a mut Object, ApiError> {
    objects.get_mut(id).ok_or_else(|| Id::not_found(id))
}

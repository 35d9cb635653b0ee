//! What an action sees of the world: who calls, where, when, and the state it may change.

use std::sync::Arc;

use peerway_model::Timestamp;

use crate::ApiError;
use crate::id::{AwsId, Ids};
use crate::identity::Principal;
use crate::settings::Settings;
use crate::state::{Maker, RegionState, Spot, State};
use crate::weather::Sight;

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
    /// What lists show otherwise than it is.
    pub(crate) sight: &'a Sight,
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

    /// Who makes what this call makes.
    pub(crate) fn maker(&self) -> Maker {
        Arc::clone(&self.caller.arn)
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

//! What strikes one call, and what that does to it.

use std::time::Duration;

use super::dice::Dice;
use super::fault::Facts;
use super::hands::Deed;
use super::kind::{Effect, FaultKind, Garble, Landing};
use super::name::FaultName;
use super::refusals;
use crate::error::Refusal;
use crate::state::State;

/// What strikes one call.
#[derive(Debug, Default)]
pub(crate) struct Struck {
    /// What others do before it.
    pub(crate) hands: Vec<Deed>,
    /// How much longer its answer takes.
    pub(crate) slow: Duration,
    /// What happens to the call itself.
    pub(crate) fault: Option<FaultKind>,
    /// The name under which that is counted, once it has shown.
    pub(super) name: Option<FaultName>,
    /// The script that it came from.
    pub(super) number: Option<u64>,
}

impl Struck {
    /// Takes a fault in, if there is still room for one of its kind.
    pub(super) fn takes(
        &mut self,
        kind: &FaultKind,
        name: FaultName,
        number: Option<u64>,
        (state, facts): (&State, &Facts<'_>),
        dice: &mut Dice,
    ) -> bool {
        match kind {
            FaultKind::Hand(hand) => {
                let deed = hand.deed(state, facts.spot, dice);
                let is_done = deed.is_some();
                self.hands.extend(deed);
                return is_done;
            }
            FaultKind::Slow { seconds } => self.slow = self.slow.saturating_add(*seconds),
            _ if self.fault.is_some() => return false,
            other => {
                self.fault = Some(other.clone());
                self.name = Some(name);
                self.number = number;
            }
        }
        true
    }
}

/// What happens to a call before anybody looks at what it wants.
pub(crate) enum Early {
    /// AWS answers so.
    Refused(Refusal),
    /// No answer comes, and nothing is done.
    Lost,
    /// No answer comes, and the call is done later.
    Late(Landing),
    /// The session ends.
    SessionEnds,
    /// Nothing yet.
    Passes,
}

/// What happens to a call after it was done.
pub(crate) enum Ending {
    /// AWS answers so, done or not.
    Refused(Refusal),
    /// No answer comes.
    Lost,
    /// The answer is spoilt on the way.
    Garbled(Garble),
    /// The answer is as it is.
    AsItIs,
}

impl FaultKind {
    pub(crate) fn early(&self, facts: &Facts<'_>) -> Early {
        let not_applied = Effect::NotApplied;
        let action = facts.action;
        let refusal = match self {
            Self::Error { refusal, effect } if *effect == not_applied => Some(refusal.clone()),
            Self::InternalError { effect } if *effect == not_applied => {
                Some(refusals::internal_error(action))
            }
            Self::Unavailable { effect } if *effect == not_applied => {
                Some(refusals::unavailable(action))
            }
            Self::NoAnswer { effect } if *effect == not_applied => return Early::Lost,
            Self::LandsLate(landing) => return Early::Late(*landing),
            Self::CredentialsExpired => return Early::SessionEnds,
            Self::Throttled => Some(refusals::throttled(action)),
            Self::Denied | Self::DeniedResource { .. } => Some(refusals::denied(action)),
            Self::PageTokenExpired => Some(refusals::page_token()),
            Self::Dependency => refusals::dependency(action, facts.params),
            Self::Quota => refusals::quota(action),
            _ => None,
        };
        refusal.map_or(Early::Passes, Early::Refused)
    }

    pub(crate) fn ending(&self, facts: &Facts<'_>) -> Ending {
        match self {
            Self::Error { refusal, .. } => Ending::Refused(refusal.clone()),
            Self::InternalError { .. } => Ending::Refused(refusals::internal_error(facts.action)),
            Self::Unavailable { .. } => Ending::Refused(refusals::unavailable(facts.action)),
            Self::NoAnswer { .. } => Ending::Lost,
            Self::Garbled(garble) => Ending::Garbled(*garble),
            _ => Ending::AsItIs,
        }
    }
}

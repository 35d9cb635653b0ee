//! What goes wrong on demand: scripted faults and latency. Deterministic: a fault strikes the n-th call that it is for.
//!
//! Faults strike in one place, around the action, so that every action can fail in every way without knowing it.

use std::time::Duration;

use peerway_model::{AccountId, Region};

use crate::action::Action;
use crate::error::Refusal;

/// Something that will go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Calls of this action; absent: of any.
    pub action: Option<Action>,
    /// Calls of this account.
    pub account: Option<AccountId>,
    /// Calls in this Region.
    pub region: Option<Region>,
    /// How many such calls pass before it strikes.
    pub after: u32,
    /// How many such calls it then strikes, one after the other.
    pub times: u32,
    /// What happens to them.
    pub kind: FaultKind,
}

impl Fault {
    /// Strikes the next call of `action` once.
    #[must_use]
    pub fn next(action: Action, kind: FaultKind) -> Self {
        Self { action: Some(action), ..Self::any(kind) }
    }

    /// Strikes the next call of whatever action once.
    #[must_use]
    pub fn any(kind: FaultKind) -> Self {
        Self { action: None, account: None, region: None, after: 0, times: 1, kind }
    }

    fn is_for(&self, action: Action, account: &AccountId, region: &Region) -> bool {
        self.action.is_none_or(|wanted| wanted == action)
            && self.account.as_ref().is_none_or(|wanted| wanted == account)
            && self.region.as_ref().is_none_or(|wanted| wanted == region)
    }
}

/// Whether a call that goes wrong was done nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It was done; only the answer is wrong.
    Applied,
    /// Nothing was done.
    NotApplied,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// AWS answers with this error.
    Error {
        /// The error.
        refusal: Refusal,
        /// Whether the call was done all the same, as with AWS's 500s it may be.
        effect: Effect,
    },
    /// No answer comes.
    NoAnswer {
        /// Whether the call was done.
        effect: Effect,
    },
}

impl FaultKind {
    /// An error with this code, nothing done.
    #[must_use]
    pub fn error(code: &'static str, message: &str) -> Self {
        Self::Error { refusal: Refusal::new(code, message), effect: Effect::NotApplied }
    }

    /// EC2's throttling.
    #[must_use]
    pub fn throttled() -> Self {
        Self::error("RequestLimitExceeded", "Request limit exceeded.")
    }

    /// EC2's word for "you may not".
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::error("UnauthorizedOperation", "You are not authorized to perform this operation.")
    }

    /// AWS's own trouble.
    #[must_use]
    pub fn internal_error(effect: Effect) -> Self {
        let refusal = Refusal::new("InternalError", "An internal error has occurred");
        Self::Error { refusal, effect }
    }

    pub(crate) fn effect(&self) -> Effect {
        match self {
            Self::Error { effect, .. } | Self::NoAnswer { effect } => *effect,
        }
    }
}

/// The weather of a world.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    faults: Vec<Fault>,
    pub(crate) latency: Duration,
}

impl Weather {
    pub(crate) fn add(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.faults.push(fault);
        }
    }

    /// Forgets every fault that has not struck yet.
    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    /// What strikes this call. Every fault that is for it counts it; the oldest that is due strikes.
    pub(crate) fn strike(
        &mut self,
        action: Action,
        account: &AccountId,
        region: &Region,
    ) -> Option<FaultKind> {
        let mut struck = None;
        for fault in self.faults.iter_mut().filter(|f| f.is_for(action, account, region)) {
            if fault.after > 0 {
                fault.after -= 1;
            } else if struck.is_none() {
                fault.times -= 1;
                struck = Some(fault.kind.clone());
            }
        }
        self.faults.retain(|fault| fault.times > 0);
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(weather: &mut Weather, action: Action, account: &str) -> Option<FaultKind> {
        weather.strike(action, &account.parse().unwrap(), &"us-west-2".parse().unwrap())
    }

    #[test]
    fn a_fault_strikes_the_nth_call_it_is_for_and_as_often_as_asked() {
        let mut weather = Weather::default();
        weather.add(Fault {
            account: Some("111111111111".parse().unwrap()),
            after: 1,
            times: 2,
            ..Fault::next(Action::CreateRoute, FaultKind::throttled())
        });
        let row: Vec<bool> = [
            (Action::CreateRoute, "222222222222"),
            (Action::DeleteRoute, "111111111111"),
            (Action::CreateRoute, "111111111111"),
            (Action::CreateRoute, "111111111111"),
            (Action::CreateRoute, "111111111111"),
            (Action::CreateRoute, "111111111111"),
        ]
        .into_iter()
        .map(|(action, account)| strikes(&mut weather, action, account).is_some())
        .collect();
        assert_eq!(row, [false, false, false, true, true, false]);
        assert!(weather.faults.is_empty());
    }

    #[test]
    fn the_older_of_two_faults_strikes_first() {
        let mut weather = Weather::default();
        weather.add(Fault::any(FaultKind::throttled()));
        weather.add(Fault::next(Action::CreateVpc, FaultKind::unauthorized()));
        let kinds = [(); 3].map(|()| strikes(&mut weather, Action::CreateVpc, "111111111111"));
        assert_eq!(kinds, [Some(FaultKind::throttled()), Some(FaultKind::unauthorized()), None]);
    }
}

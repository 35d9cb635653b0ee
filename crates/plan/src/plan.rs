//! The shape of every kind's plan: what to do now, what is waited for, what stands in the way, and how things stand.

use std::fmt;

use peerway_model::{
    AccountId, Action, AwsFailure, ConnectionId, ConnectionState, LoadBalancerName, PartKind,
    Place, Timestamp,
};

use crate::observed::Unreadable;
use crate::{Effect, Finding};

/// One AWS call, with everything needed to make it and no choices left in it.
pub trait PlanStep: Clone + PartialEq + fmt::Display + fmt::Debug + Send + Sync {
    /// Steps of one group follow each other: once one fails, the rest of its group is left. Groups do not wait for each
    /// other.
    type Group: PartialEq + fmt::Debug + Send;

    /// Where the call is made.
    fn place(&self) -> &Place;
    /// Which call it is.
    fn action(&self) -> Action;
    /// The part in which it shows.
    fn part(&self) -> PartKind;
    /// Which steps it stands or falls with.
    fn group(&self) -> Self::Group;
    /// Whether it takes away or redirects what is there: such a step needs a confirmed view, read moments before.
    fn is_destructive(&self) -> bool;
    /// Whether it makes room where AWS takes no more: it goes on where its group ended for that.
    fn makes_room(&self) -> bool {
        false
    }
    /// Whether it takes away what the next one puts back in another form: who begins with it must be able to go on at once.
    fn is_made_good_by(&self, _next: &Self) -> bool {
        false
    }
    /// The balancer that it changes, of which AWS tells more than its list does.
    fn balancer(&self) -> Option<&LoadBalancerName> {
        None
    }
    /// The parts of every place by which it is judged, that must have been read moments before.
    fn judged_by(&self) -> &'static [PartKind];
}

/// What today's observation permits: steps of a kind, and a report of how its things stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan<S, R> {
    /// The steps to take now, in this order.
    pub steps: Vec<S>,
    /// The steps that would be taken, were the object not paused or only observed.
    pub held: Vec<S>,
    /// Whether writes are stopped for now.
    pub is_paused: bool,
    /// What time will bring.
    pub waiting: Vec<Waiting>,
    /// What stands in the way, and what deserves a look.
    pub findings: Vec<Finding>,
    /// What could not be read; nothing is planned then.
    pub unreadable: Vec<Unreadable>,
    /// How things stand.
    pub report: R,
}

impl<S, R: Default> Default for Plan<S, R> {
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            held: Vec::new(),
            is_paused: false,
            waiting: Vec::new(),
            findings: Vec::new(),
            unreadable: Vec::new(),
            report: R::default(),
        }
    }
}

impl<S, R> Plan<S, R> {
    /// Whether anything must be acted upon by a human.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        self.findings.iter().any(|finding| finding.effect == Effect::Stalled)
    }

    /// The smallest time until a confirmation that is waited for becomes possible.
    #[must_use]
    pub fn confirmed_from(&self) -> Option<Timestamp> {
        self.waiting
            .iter()
            .filter_map(|waiting| match waiting {
                Waiting::Confirmation { from, .. } => Some(*from),
                Waiting::Connection { .. }
                | Waiting::Visibility { .. }
                | Waiting::Adoption { .. }
                | Waiting::Part { .. }
                | Waiting::Dependency { .. }
                | Waiting::Peer { .. } => None,
            })
            .min()
    }
}

/// Something that time will bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// The connection is on its way to another state.
    Connection {
        /// The connection.
        id: ConnectionId,
        /// Where it is now.
        state: ConnectionState,
    },
    /// One side does not see the connection yet.
    Visibility {
        /// The connection.
        id: ConnectionId,
        /// Who does not see it.
        place: Place,
    },
    /// What was just adopted is written down before anything is built on it.
    Adoption {
        /// Its id.
        id: String,
    },
    /// AWS is at work on it, or somebody there has yet to let it go.
    Part {
        /// What is awaited.
        what: String,
        /// In which place.
        place: Place,
        /// In which part it shows.
        part: PartKind,
    },
    /// Another object of this cluster has something to do first; its change wakes this one.
    Dependency {
        /// Which, and what.
        what: String,
    },
    /// The owner of the external side has something to do. That may take days, and is seen when it is done.
    Peer {
        /// Who.
        owner: AccountId,
        /// What.
        what: String,
    },
    /// Something must look the same for a while before it is acted upon.
    Confirmation {
        /// What.
        what: String,
        /// In which place.
        place: Place,
        /// In which part it is read.
        part: PartKind,
        /// From when on a read confirms it.
        from: Timestamp,
    },
}

impl Waiting {
    /// Whether it is for somebody else to end it: nothing needs to be looked at sooner than by itself.
    #[must_use]
    pub fn is_up_to_others(&self) -> bool {
        match self {
            Self::Peer { .. } | Self::Dependency { .. } => true,
            Self::Connection { .. }
            | Self::Visibility { .. }
            | Self::Adoption { .. }
            | Self::Part { .. }
            | Self::Confirmation { .. } => false,
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection { id, state } => write!(f, "{id} is {state}"),
            Self::Visibility { id, place } => write!(f, "{id} to be visible in {place}"),
            Self::Adoption { id } => write!(f, "{id}, which was adopted, to be recorded"),
            Self::Part { what, .. } | Self::Dependency { what } => f.write_str(what),
            Self::Peer { owner, what } => write!(f, "account {owner} to {what}"),
            Self::Confirmation { what, .. } => write!(f, "a second look at {what}"),
        }
    }
}

/// A step that AWS did not take, as people read it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedStep {
    /// What was to be done, and where: the call alone tells neither.
    pub step: String,
    /// The call's failure.
    pub failure: AwsFailure,
}

/// What became of a plan's steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What failed.
    pub failures: Vec<FailedStep>,
    /// Steps that AWS took, and that it does not show yet.
    pub unseen: Vec<String>,
}

/// The plan as people read it: golden files, logs, the command line.
impl<S: fmt::Display, R: fmt::Display> fmt::Display for Plan<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for unreadable in &self.unreadable {
            writeln!(f, "? {}: {}", unreadable.place, unreadable.failure)?;
        }
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        for step in &self.held {
            writeln!(f, "held: {step}")?;
        }
        for waiting in &self.waiting {
            writeln!(f, "… {waiting}")?;
        }
        for finding in &self.findings {
            let mark = match finding.effect {
                Effect::Warning => "!",
                Effect::Passing => "…",
                Effect::Stalled => "✗",
            };
            writeln!(f, "{mark} {}: {}", finding.reason, finding.message)?;
        }
        self.report.fmt(f)?;
        if self.steps.is_empty()
            && self.held.is_empty()
            && self.waiting.is_empty()
            && self.findings.is_empty()
            && self.unreadable.is_empty()
        {
            writeln!(f, "nothing to do")?;
        }
        Ok(())
    }
}

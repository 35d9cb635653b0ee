//! Eventual consistency: which reads are behind and how far, how long a new thing is not found, and what a call sees of that.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use peerway_model::Timestamp;
use peerway_model::clock::since;
use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::fault::{Facts, Where};
use super::kind::Behind;
use crate::action::Service;
use crate::json::seconds;
use crate::state::Spot;
use crate::{Action, ApiError, autoscaling, elb, id};

/// How far reads lag behind writes. Tag filters lag more than lists, and lists more than reads by id: as in EC2.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Lag {
    /// Which calls.
    #[serde(rename = "where")]
    pub of: Where,
    /// The share of reads that lag; the others see the present, so that what is read may go back and forth.
    pub chance: f64,
    /// What follows from the same seed is the same.
    pub seed: u64,
    /// How far a read by id may be behind.
    pub by_id: Behind,
    /// How far a list may be behind.
    pub by_list: Behind,
    /// How far a list may be behind that is filtered by tags.
    pub by_tag: Behind,
    /// How long a new id, or a new balancer's name, is not found, by reads and by writes alike.
    pub new_ids: NewIds,
}

/// How long a new id, or a new balancer's name, is not found: until both have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewIds {
    /// For so long, in world time.
    #[serde(with = "seconds")]
    pub seconds: Duration,
    /// For so many calls that name it or would list it.
    pub calls: u32,
}

impl Lag {
    /// Lag as EC2 shows it when it shows any: lists up to so much behind, tag filters three times as far, reads by id a
    /// third.
    #[must_use]
    pub fn usual(seed: u64, list: Duration) -> Self {
        Self {
            chance: 1.0,
            seed,
            by_id: Behind::time(list / 3),
            by_list: Behind::time(list),
            by_tag: Behind::time(list * 3),
            ..Self::default()
        }
    }

    /// The farthest that any read may be behind.
    pub(super) fn reach(&self) -> Behind {
        let all = [self.by_id, self.by_list, self.by_tag];
        all.into_iter().fold(Behind::default(), farther)
    }

    /// How far this read is behind.
    pub(super) fn of_read(&self, facts: &Facts<'_>, call: u64) -> Option<Behind> {
        let most = if facts.has_tag_filter() {
            self.by_tag
        } else if facts.names_ids() {
            self.by_id
        } else {
            self.by_list
        };
        let mut dice = Dice::new(self.seed, call, "lag");
        if most == Behind::default() || !dice.happens(self.chance) {
            return None;
        }
        // A time that any f64 between nothing and all of it gives cannot be too long.
        let seconds = most.seconds.mul_f64(dice.unit());
        Some(Behind { seconds, writes: dice.between(most.writes.min(1), most.writes) })
    }
}

/// The farther of two, by time and by writes.
pub(super) fn farther(one: Behind, other: Behind) -> Behind {
    Behind { seconds: one.seconds.max(other.seconds), writes: one.writes.max(other.writes) }
}

/// How many ids are remembered, and for how long: longer than AWS takes to find them.
const MOST_KEPT: usize = 256;
const LATELY: Duration = Duration::from_mins(5);

/// Calls that name balancers and find those that were just made: a name is taken at once, nobody is told that what he
/// deletes is not there, and groups know by themselves what they have.
const FINDS_ALL: [Action; 4] = [
    Action::CreateLoadBalancer,
    Action::DeleteLoadBalancer,
    Action::DetachLoadBalancers,
    Action::DetachTrafficSources,
];

/// What a call makes, by what others name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    /// By an id, which nothing else has anywhere.
    Id(String),
    /// A Classic balancer, by its name in an account and Region.
    Balancer(Spot, String),
}

impl Thing {
    /// Whether a call names it, and cannot do without it.
    fn is_named(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Id(id) => facts.params.iter().any(|(_, value)| value == id),
            Self::Balancer(spot, name) => {
                let mut named = facts.params.iter().filter(|(_, value)| value == name);
                facts.spot == spot
                    && !FINDS_ALL.contains(&facts.action)
                    && named.any(|(param, _)| names_balancer(param))
            }
        }
    }

    /// What such a call is told.
    pub(super) fn not_found(&self, action: Action) -> ApiError {
        match self {
            Self::Id(id) => id::not_found(id),
            Self::Balancer(_, _) if action.service() == Service::AutoScaling => {
                autoscaling::invalid_balancers()
            }
            Self::Balancer(_, name) => elb::not_found(name),
        }
    }
}

/// Whether a parameter, of Elastic Load Balancing or Auto Scaling, is a balancer's name.
fn names_balancer(param: &str) -> bool {
    param.starts_with("LoadBalancerName")
        || param.starts_with("TrafficSources.") && param.ends_with(".Identifier")
}

#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) thing: Thing,
    at: Timestamp,
    /// How many calls have missed it so far.
    missed: u32,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Fresh(VecDeque<Made>);

impl Fresh {
    pub(super) fn add(&mut self, thing: Thing, now: Timestamp) {
        if self.0.len() >= MOST_KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Made { thing, at: now, missed: 0 });
    }

    /// A thing made lately that this call names.
    pub(super) fn named(&self, facts: &Facts<'_>, now: Timestamp) -> Option<&Made> {
        let mut recent = self.0.iter().rev().take_while(|made| since(now, made.at) <= LATELY);
        recent.find(|made| made.thing.is_named(facts))
    }

    /// Things that are not found yet: made within `time`, or missed by fewer calls than `calls`.
    pub(super) fn unfound(
        &self,
        time: Duration,
        calls: u32,
        now: Timestamp,
    ) -> impl Iterator<Item = &Made> {
        let is_unfound = move |made: &&Made| {
            since(now, made.at) < time || (made.missed < calls && since(now, made.at) <= LATELY)
        };
        self.0.iter().filter(is_unfound)
    }

    /// A call has missed a thing.
    pub(super) fn miss(&mut self, thing: &Thing) {
        for made in self.0.iter_mut().filter(|made| made.thing == *thing) {
            made.missed += 1;
        }
    }

    /// Nothing is fresh to a fault that it has hit.
    pub(super) fn forget(&mut self, thing: &Thing) {
        self.0.retain(|made| made.thing != *thing);
    }
}

/// What is wrong with a page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blemish {
    /// One item is missing.
    MissingItem(usize),
    /// The next page is never shown.
    NextPageLost,
    /// The next page is this one once more.
    PageRepeated,
}

/// How a call sees the world.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    /// How far back it looks.
    pub(crate) behind: Behind,
    /// Things that it does not see yet.
    pub(super) hidden: BTreeSet<Thing>,
    pub(super) blemish: Option<Blemish>,
    /// What it would have seen.
    pub(super) missed: RefCell<BTreeSet<Thing>>,
    /// Whether the blemish has shown.
    has_shown: Cell<bool>,
}

impl Sight {
    /// Whether what has this id is not to be seen.
    pub(crate) fn hides(&self, id: &str) -> bool {
        !self.hidden.is_empty() && self.misses(Thing::Id(id.to_owned()))
    }

    /// The same for the balancer of this name.
    pub(crate) fn hides_balancer(&self, spot: &Spot, name: &str) -> bool {
        !self.hidden.is_empty() && self.misses(Thing::Balancer(spot.clone(), name.to_owned()))
    }

    fn misses(&self, thing: Thing) -> bool {
        let misses = self.hidden.contains(&thing);
        if misses {
            self.missed.borrow_mut().insert(thing);
        }
        misses
    }

    /// A thing that this call names and does not find.
    pub(super) fn unfound(&self, facts: &Facts<'_>) -> Option<&Thing> {
        self.hidden.iter().find(|thing| thing.is_named(facts))
    }

    /// What is wrong with a page, if something is.
    pub(crate) fn blemish(&self) -> Option<Blemish> {
        self.blemish
    }

    /// Whether the blemish has shown.
    pub(crate) fn has_shown(&self) -> bool {
        self.has_shown.get()
    }

    /// Takes an item out of a list, if that is what is wrong with it.
    pub(crate) fn lose_an_item<T>(&self, items: &mut Vec<T>) {
        if let Some(Blemish::MissingItem(nth)) = self.blemish
            && !items.is_empty()
        {
            drop(items.remove(nth % items.len()));
            self.shows_blemish();
        }
    }

    /// The page was such that the blemish shows.
    pub(crate) fn shows_blemish(&self) {
        self.has_shown.set(true);
    }
}

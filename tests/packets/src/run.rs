//! One estate: its objects make their steps in a random order, and after every step every packet is followed.

use std::collections::BTreeSet;
use std::fmt;

use crate::check::Check;
use crate::dice::Dice;
use crate::estate::Estate;
use crate::object::{Fate, Move, Others};
use crate::overlap::Births;
use crate::walker::Network;
use crate::world::World;
use crate::{Sabotage, Terms, given};

/// What was seen in one estate or in many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Estates.
    pub estates: u64,
    /// Steps, after each of which every packet was followed.
    pub steps: u64,
    /// Packets of others that were followed again.
    pub others: u64,
    /// Packets that followed a route of ours.
    pub ours: u64,
    /// Of these, the ones that were answered to their sender.
    pub answered: u64,
    /// And of these, the ones that were answered from an overlap subnet.
    pub overlap: u64,
    /// And of these, the ones that were answered from one whose group was given its table.
    pub given: u64,
    /// Packets that met a subnet made a moment ago, as they had gone before it was made, and whose reply its main table sent
    /// elsewhere: see [`Promise::AnsweredToSender`].
    pub unassociated: u64,
    /// Admitted packets of others whose reply a route of ours took elsewhere: each of them was named.
    pub named: u64,
    /// Packets of others that came to somebody else by a declared destination: each of them was named.
    pub moved: u64,
    /// Of these, the ones that a group named.
    pub led: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.estates += other.estates;
        self.steps += other.steps;
        self.others += other.others;
        self.ours += other.ours;
        self.answered += other.answered;
        self.overlap += other.overlap;
        self.given += other.given;
        self.unassociated += other.unassociated;
        self.named += other.named;
        self.moved += other.moved;
        self.led += other.led;
    }
}

/// Which promise is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Promise {
    /// Whoever reached somebody before our steps still does.
    NothingLost,
    /// A packet that follows a route of ours is answered to its sender, or not at all.
    ///
    /// Two kinds of packets fall under [`Promise::Named`] instead: those into another consumer's overlap subnets; and those
    /// into an overlap subnet that is not associated yet, which went the same way before it was made, when the main table
    /// sent replies elsewhere already. A subnet is made first and associated then, and nobody stands in it before.
    AnsweredToSender,
    /// Any other admitted packet whose reply a route of ours takes elsewhere is named.
    Named,
    /// Under `LongestPrefix`, whoever reaches somebody else than before was sent there by a declared destination, and a
    /// status says so.
    OnlyDeclared,
    /// A table that is given to a group keeps every row, association and tag it had. It gets only routes that a peering
    /// declares, peers' routes to overlap subnets and, unless somebody uses it or has a row in the way, the blocks of the
    /// group's peers; and only the group's subnets come to use it.
    GivenTable,
}

/// A promise that is broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The estate.
    pub seed: u64,
    /// After how many steps.
    pub steps: usize,
    /// Which promise.
    pub promise: Promise,
    /// How.
    pub story: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, steps, promise, story } = self;
        write!(f, "seed {seed}, after {steps} steps: {promise:?}: {story}")
    }
}

/// How many visits an estate has: enough for every object to come to rest, and to be deleted.
const VISITS: usize = 24;
/// How many steps one visit takes at most; a visit that takes fewer ends as if the process had died.
const MOST_STEPS: usize = 12;

/// Plays the estate of this seed.
///
/// # Errors
/// The first promise that is broken.
pub fn play(seed: u64, terms: Terms) -> Result<Tally, Violation> {
    let mut dice = Dice::new(seed);
    let Estate { mut world, mut objects } = Estate::of(&mut dice, terms);
    let mut tally = Tally { estates: 1, ..Tally::default() };
    if objects.is_empty() {
        return Ok(tally);
    }
    let addresses = Network::of(world.view()).addresses();
    let before = Network::of(world.view()).arrivals(&addresses);
    let given = given::tables(&world, &objects);
    let mut births = Births::default();
    let mut steps: Vec<String> = Vec::new();
    let mut at_rest = BTreeSet::new();
    let mut put_off: Vec<Move> = Vec::new();
    for _ in 0..VISITS * if terms.groups { 2 } else { 1 } {
        if at_rest.len() == objects.len() {
            if !dice.chance(60) {
                break;
            }
            let gone = dice.below(objects.len());
            objects[gone].delete();
            at_rest.clear();
        }
        let index = dice.below(objects.len());
        if at_rest.contains(&index) {
            continue;
        }
        if dice.chance(4) {
            objects[index].forget();
        }
        let patience = dice.between(1, MOST_STEPS);
        let mut left = patience;
        'visit: loop {
            let others = Others::of(&objects, index);
            let intent = objects[index].plan(&shown(&world, terms.sabotage, &put_off), others);
            if intent.lets_go {
                at_rest.clear();
            }
            let is_done = intent.moves.is_empty();
            let moves = if is_done && terms.sabotage == Sabotage::Order {
                std::mem::take(&mut put_off).into_iter().map(Fate::Made).collect()
            } else {
                let fate = |step: Move| step.sabotaged(terms.sabotage, &world);
                intent.moves.into_iter().map(fate).collect::<Vec<_>>()
            };
            for fate in moves {
                if left == 0 {
                    break 'visit;
                }
                left -= 1;
                let step = match fate {
                    Fate::Made(step) => step,
                    Fate::PutOff(step) => {
                        put_off.push(step);
                        continue;
                    }
                };
                steps.push(format!("{index}: {step}"));
                births.make(&mut world, &step);
                at_rest.clear();
                let check = Check {
                    world: &world,
                    addresses: &addresses,
                    before: &before,
                    terms,
                    put_off: &put_off,
                    births: &births,
                    given: &given,
                };
                check.all(&mut objects, &mut tally).map_err(|(promise, story)| {
                    let story = format!("{story}\n  {}", steps.join("\n  "));
                    Violation { seed, steps: steps.len(), promise, story }
                })?;
            }
            if is_done {
                at_rest.insert(index);
                break;
            }
        }
    }
    tally.steps = u64::try_from(steps.len()).expect("a number of steps fits");
    Ok(tally)
}

/// What the planner is shown of the world.
pub(crate) fn shown(world: &World, sabotage: Sabotage, put_off: &[Move]) -> peerway_plan::Observed {
    match sabotage {
        Sabotage::None | Sabotage::Narrow => world.observed.clone(),
        Sabotage::WayBack => world.without_subnets(),
        Sabotage::Association | Sabotage::Order => {
            let believed = world.observed.clone();
            put_off.iter().fold(believed, |observed, step| step.project(&observed))
        }
    }
}

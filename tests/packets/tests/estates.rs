//! Many estates, on every processor. `PACKETS_ESTATES` says how many, `PACKETS_SEED` with which seed each test begins; by
//! itself each begins where the one before ends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use peerway_packets::run::{Promise, Tally, Violation, play};
use peerway_packets::{Sabotage, Terms};

/// How many estates there are if nobody says.
const ESTATES: u64 = 100_000;

/// One object of ours among what others have.
const ALONE: Terms =
    Terms { most_objects: 1, groups: false, longest_prefix: false, sabotage: Sabotage::None };

/// Several of them.
const TOGETHER: Terms = Terms { most_objects: usize::MAX, ..ALONE };

/// And overlap subnet groups for them.
const GROUPS: Terms = Terms { groups: true, ..TOGETHER };

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().expect("it is a number"))
}

/// Plays so many estates and tells what was seen, and what was broken, by seed.
fn estates(first: u64, count: u64, terms: Terms) -> (Tally, Vec<Violation>) {
    let next = AtomicU64::new(first);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let (mut tally, mut broken) = (Tally::default(), Vec::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return (tally, broken);
            }
            match play(seed, terms) {
                Ok(seen) => tally += seen,
                Err(violation) => broken.push(violation),
            }
        }
    };
    let done: Vec<(Tally, Vec<Violation>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no estate panics")).collect()
    });
    let (mut tally, mut broken) = (Tally::default(), Vec::new());
    for (seen, violations) in done {
        tally += seen;
        broken.extend(violations);
    }
    broken.sort_by_key(|violation| violation.seed);
    (tally, broken)
}

/// One object that takes packets from broader routes, as it is told to.
const LONGEST_PREFIX: Terms = Terms { longest_prefix: true, ..ALONE };

/// And groups that do so on their peers' sides.
const GROUPS_LONGEST_PREFIX: Terms = Terms { longest_prefix: true, ..GROUPS };

/// How many tests share them.
const SHARES: u64 = 3;

/// Plays one share of what was asked for, and tells the shortest stories of what is broken.
fn broken(terms: Terms, share: u64) -> Vec<Violation> {
    let count = number("PACKETS_ESTATES", ESTATES).div_ceil(SHARES);
    broken_of(terms, 1 + share * count, count)
}

/// Plays so many estates, and tells the shortest stories of what is broken.
#[expect(clippy::print_stdout, reason = "how much was seen is half of what it proves")]
fn broken_of(terms: Terms, first: u64, count: u64) -> Vec<Violation> {
    let first = number("PACKETS_SEED", first);
    let begun = Instant::now();
    let (tally, broken) = estates(first, count, terms);
    println!("{tally:?}, from seed {first}, in {:.1?}", begun.elapsed());
    let mut by_promise: BTreeMap<Promise, Vec<&Violation>> = BTreeMap::new();
    for violation in &broken {
        by_promise.entry(violation.promise).or_default().push(violation);
    }
    for (promise, mut violations) in by_promise {
        println!("{promise:?}: {} estates of {count}", violations.len());
        violations.sort_by_key(|violation| (violation.steps, violation.seed));
        for violation in violations.iter().take(4) {
            println!("{violation}");
        }
    }
    let is_followed = terms.groups && !terms.longest_prefix;
    assert_eq!(tally.overlap > count / 4, is_followed, "{tally:?}");
    assert_eq!(tally.moved > 0, terms.longest_prefix, "{tally:?}");
    // Where few are played, some things may not have come about: that a reply goes elsewhere, that a given table is good
    // enough, or that a group takes packets from others.
    if count >= 1_000 {
        assert_eq!(tally.named > 0, !terms.longest_prefix, "{tally:?}");
        assert_eq!(tally.given > 0, is_followed, "{tally:?}");
        assert_eq!(tally.led > 0, terms.groups && terms.longest_prefix, "{tally:?}");
    }
    let is_answered = terms.longest_prefix || tally.answered > count / 2;
    assert!(tally.steps > count && tally.others > count && is_answered, "{tally:?}");
    broken
}

#[test]
fn one_object_cuts_nobody_off_and_leads_no_reply_astray() {
    assert!(broken(ALONE, 0).is_empty());
}

#[test]
fn nor_do_several_objects() {
    assert!(broken(TOGETHER, 1).is_empty());
}

#[test]
fn nor_do_overlap_subnet_groups() {
    assert!(broken(GROUPS, 2).is_empty());
}

#[test]
fn under_longest_prefix_only_declared_destinations_change_and_a_status_names_each() {
    assert!(broken(LONGEST_PREFIX, 3).is_empty());
}

/// Half a share: groups take the most steps, and little of what they do is in question here.
#[test]
fn nor_do_more_change_under_groups_on_their_peers_sides() {
    let share = number("PACKETS_ESTATES", ESTATES).div_ceil(SHARES);
    assert!(broken_of(GROUPS_LONGEST_PREFIX, 1 + 4 * share, share.div_ceil(2)).is_empty());
}

/// Plays estates until the first in which something is sabotaged is noticed.
fn is_noticed(sabotage: Sabotage, terms: Terms) {
    let terms = Terms { sabotage, ..terms };
    for first in (1..4_000).step_by(500) {
        let (_, broken) = estates(first, 500, terms);
        if broken.iter().any(|violation| violation.promise == Promise::AnsweredToSender) {
            return;
        }
    }
    panic!("{sabotage:?} is not noticed");
}

#[test]
fn it_is_noticed_when_the_way_back_is_not_looked_at() {
    is_noticed(Sabotage::WayBack, ALONE);
}

#[test]
fn it_is_noticed_when_subnets_follow_the_main_table() {
    is_noticed(Sabotage::Association, GROUPS);
}

#[test]
fn it_is_noticed_when_subnets_are_used_before_their_table() {
    is_noticed(Sabotage::Order, GROUPS);
}

#[test]
fn it_is_noticed_when_a_peer_is_led_to_more_than_the_overlap_subnets() {
    is_noticed(Sabotage::Narrow, GROUPS);
}

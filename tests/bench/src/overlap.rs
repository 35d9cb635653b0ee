//! What comparing blocks costs: a million audited, one more, a free one chosen; beside a prefix trie and the comparison of
//! every block with every other, in the same run.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::ensure;
use peerway_model::overlaps::{BlockIndex, Overlaps};
use peerway_model::{CidrBlock, ZoneId};
use peerway_plan::allocation::{PrefixLength, Request, choose};
use prefix_trie::PrefixMap;

use crate::machine::thread_time;
use crate::table::Row;

const MILLION: u32 = 1_000_000;
/// What comparing pairwise is measured with: its time grows with the square.
const FEW: u32 = 4_000;
/// How often each is done; the quickest counts, since all else is the machine's other work.
const TIMES: usize = 7;

/// T13, T14.
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let mut rows = audit()?;
    rows.extend(one_more()?);
    rows.extend(choice()?);
    Ok(rows)
}

/// The quickest of several runs, by the processor's time, and what it came to.
fn quickest<T>(times: usize, mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut best: Option<(Duration, T)> = None;
    for _ in 0..times {
        let begun = thread_time();
        let result = black_box(run());
        let took = thread_time().saturating_sub(begun);
        if best.as_ref().is_none_or(|(least, _)| took < *least) {
            best = Some((took, result));
        }
    }
    best.expect("it was run")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Nanoseconds of one of many.
fn each(time: Duration, of: u32) -> f64 {
    time.as_secs_f64() * 1e9 / f64::from(of)
}

/// Numbers without a pattern, the same in every run.
fn scattered(number: u32) -> u32 {
    let mut bits = number.wrapping_mul(0x9e37_79b9) ^ 0x85eb_ca6b;
    bits ^= bits >> 16;
    bits = bits.wrapping_mul(0x7feb_352d);
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x846c_a68b);
    bits ^ bits >> 16
}

/// Blocks as accounts have them: most of them subnets and VPCs of the private ranges, /16 to /28, some public.
fn blocks(count: u32) -> Vec<CidrBlock> {
    let block = |number: u32| {
        let (where_, low) = (scattered(number * 2) % 10, scattered(number * 2 + 1));
        let address = match where_ {
            0..=5 => 0x0a00_0000 | low & 0x00ff_ffff,
            6 | 7 => 0xac10_0000 | low & 0x000f_ffff,
            8 => 0xc0a8_0000 | low & 0x0000_ffff,
            _ => low,
        };
        let length = match scattered(number ^ 0x5555_5555) % 16 {
            0 => 16,
            1 => 20,
            2..=5 => 24,
            6..=9 => 26,
            10..=12 => 27,
            _ => 28,
        };
        CidrBlock::truncating(Ipv4Addr::from(address).into(), length).expect("the length fits")
    };
    (0..count).map(block).collect()
}

fn prefix(block: &CidrBlock) -> (u32, u8) {
    let address = u32::try_from(block.range().0).expect("it is an IPv4 block");
    (address, block.prefix_len())
}

fn audit() -> anyhow::Result<Vec<Row>> {
    let all = blocks(MILLION);
    let (ours, overlaps) = quickest(TIMES, || Overlaps::among(&all));
    let nested = overlaps.nearest().count();
    let (trie, nested_by_trie) = quickest(2, || nested_by_trie(&all));
    ensure!(nested == nested_by_trie, "{nested} lie in another, by the trie {nested_by_trie}");
    let (pairwise, pairs) = quickest(2, || pairs(&all[..FEW as usize]));
    ensure!(Overlaps::among(&all[..FEW as usize]).pairs().count() == pairs, "not {pairs} pairs");
    let squared = (f64::from(MILLION) / f64::from(FEW)).powi(2);
    Ok(vec![
        Row::at_most("T13 overlap audit, 10^6 IPv4 CIDRs", milliseconds(ours), 25.0, "ms").counted(
            format!(
                "processor time of one core, quickest of {TIMES}; {nested} CIDRs lie in another"
            ),
        ),
        Row::beside("   by a prefix trie", milliseconds(trie), "ms")
            .counted(format!("{:.1} times as long", trie.as_secs_f64() / ours.as_secs_f64())),
        Row::beside("   pairwise", pairwise.as_secs_f64() * squared, "s")
            .counted(format!("{FEW} CIDRs measured, and their square")),
    ])
}

/// How many blocks lie in another: each is put in, and asked for what holds it.
fn nested_by_trie(blocks: &[CidrBlock]) -> usize {
    let mut trie: PrefixMap<(u32, u8), u32> = PrefixMap::new();
    for block in blocks {
        *trie.entry(prefix(block)).or_insert(0) += 1;
    }
    let holders = |block: &CidrBlock| trie.cover(&prefix(block)).count();
    let distinct: BTreeSet<(u32, u8)> = blocks.iter().map(prefix).collect();
    // Of equal blocks all but the first lie in another, and the first if something broader holds them.
    let repeated = blocks.len() - distinct.len();
    let mut seen = PrefixMap::<(u32, u8), ()>::new();
    let mut firsts = 0;
    for block in blocks {
        if seen.insert(prefix(block), ()).is_none() && holders(block) > 1 {
            firsts += 1;
        }
    }
    repeated + firsts
}

fn pairs(blocks: &[CidrBlock]) -> usize {
    blocks
        .iter()
        .enumerate()
        .map(|(place, block)| blocks[..place].iter().filter(|other| other.meets(block)).count())
        .sum()
}

fn one_more() -> anyhow::Result<Vec<Row>> {
    const MORE: u32 = 200_000;
    let all = blocks(MILLION + MORE);
    let (there, more) = all.split_at(MILLION as usize);
    let index = BlockIndex::of(there);
    let (ours, met) = quickest_prepared(
        TIMES,
        || index.clone(),
        |index| {
            let mut met = 0_u32;
            for (block, number) in more.iter().zip(MILLION as usize..) {
                met += u32::from(index.meeting(block).next().is_some());
                index.insert(block, number);
            }
            met
        },
    );
    let mut trie: PrefixMap<(u32, u8), u32> = there.iter().map(prefix).zip(0..).collect();
    let (by_trie, met_by_trie) = quickest_prepared(
        1,
        || (),
        |()| {
            let mut met = 0_u32;
            for (block, number) in more.iter().zip(MILLION..) {
                let block = prefix(block);
                met += u32::from(
                    trie.get_lpm(&block).is_some() || trie.children(&block).next().is_some(),
                );
                trie.insert(block, number);
            }
            met
        },
    );
    ensure!(met == met_by_trie, "{met} of {MORE} meet another, by the trie {met_by_trie}");
    let counted = format!("beside 10^6: what it meets, and put in; {met} of {MORE} meet another");
    Ok(vec![
        Row::at_most("T13 one more CIDR", each(ours, MORE), 500.0, "ns").counted(counted),
        Row::beside("   by a prefix trie", each(by_trie, MORE), "ns"),
    ])
}

/// The quickest of several runs, each on something of its own that is made beforehand.
fn quickest_prepared<S, T>(
    times: usize,
    prepare: impl Fn() -> S,
    mut run: impl FnMut(&mut S) -> T,
) -> (Duration, T) {
    let runs = (0..times).map(|_| {
        let mut own = prepare();
        quickest(1, || run(&mut own))
    });
    runs.min_by_key(|(took, _)| *took).expect("it was run")
}

fn choice() -> anyhow::Result<Vec<Row>> {
    // The processor's time is told in steps of milliseconds.
    const REPEATED: u32 = 200_000;
    let mut rows = Vec::new();
    let zones: Vec<ZoneId> =
        ["usw2-az1", "usw2-az2", "usw2-az3"].iter().filter_map(|zone| zone.parse().ok()).collect();
    let vpc: Vec<CidrBlock> = vec!["10.50.0.0/16".parse()?];
    // What is there: /24 after /24 from the lowest address on, so that all of it must be passed by; in the way it is listed,
    // which is by id.
    for (subnets, wanted) in [(18_u32, 1_usize), (18, 3), (200, 3)] {
        let mut taken: Vec<CidrBlock> = (0..subnets)
            .filter_map(|number| {
                CidrBlock::truncating(Ipv4Addr::from(0x0a32_0000 + (number << 8)).into(), 24).ok()
            })
            .collect();
        taken.sort_unstable_by_key(|block| scattered(prefix(block).0));
        let request = Request {
            prefix_length: PrefixLength::default(),
            zones: zones.iter().take(wanted).cloned().collect(),
            ..Request::default()
        };
        let (took, chosen) = quickest(TIMES, || {
            let mut last = None;
            for _ in 0..REPEATED {
                last = choose(&vpc, black_box(taken.as_slice()), black_box(&request)).ok();
            }
            last
        });
        let first = chosen.and_then(|chosen| chosen.into_values().next());
        let expected =
            CidrBlock::truncating(Ipv4Addr::from(0x0a32_0000 + (subnets << 8)).into(), 26)?;
        ensure!(first == Some(expected), "{first:?} instead of {expected}");
        let figure = format!("T14 free CIDRs for {wanted} of a group's zones");
        let counted = format!(
            "a /26 each in a /16 VPC with {subnets} subnets, from the lists as they are read"
        );
        let each = each(took, REPEATED);
        rows.push(match subnets {
            200 => Row::beside("   in a full VPC, 3 zones", each, "ns").counted(counted),
            _ => Row::at_most(&figure, each, 1000.0, "ns").counted(counted),
        });
    }
    Ok(rows)
}

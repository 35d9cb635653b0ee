//! Against comparing every block with every other.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

/// Blocks that nest, repeat and stand alone, of both families.
fn blocks(most: usize) -> impl Strategy<Value = Vec<CidrBlock>> {
    let v4 = (any::<u32>(), 0_u8..=32, 0_u32..4).prop_map(|(low, length, high)| {
        // Half of them crowd together, the others are anywhere.
        let address = if high < 2 { 0x0a32_0000 | low & 0xff } else { low };
        CidrBlock::truncating(Ipv4Addr::from(address).into(), length).unwrap()
    });
    let v6 = (0_u128..64, 0_u8..=128).prop_map(|(low, length)| {
        CidrBlock::truncating(Ipv6Addr::from((0xfd00_u128 << 112) + low).into(), length).unwrap()
    });
    // Lengths crowd together as well: among random ones nearly everything lies in something.
    let long = (0_u32..64, 26_u8..=32).prop_map(|(low, length)| {
        CidrBlock::truncating(Ipv4Addr::from(0xac10_0000 + low).into(), length).unwrap()
    });
    prop::collection::vec(prop_oneof![2 => v4, 1 => v6, 4 => long], 0..most)
}

fn pairwise(blocks: &[CidrBlock]) -> BTreeSet<(usize, usize)> {
    let mut pairs = BTreeSet::new();
    for (place, block) in blocks.iter().enumerate() {
        for (other, earlier) in blocks[..place].iter().enumerate() {
            if earlier.meets(block) {
                pairs.insert((other, place));
            }
        }
    }
    pairs
}

proptest! {
    #[test]
    fn pairs_are_those_that_comparing_all_finds(blocks in blocks(60)) {
        let overlaps = Overlaps::among(&blocks);
        let mut found = Vec::new();
        for Nested { inner, outer } in overlaps.pairs() {
            prop_assert!(blocks[outer].contains(&blocks[inner]));
            prop_assert!(blocks[outer] != blocks[inner] || outer < inner);
            found.push((inner.min(outer), inner.max(outer)));
        }
        let expected = pairwise(&blocks);
        prop_assert_eq!(found.len(), expected.len(), "each once");
        prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn the_nearest_is_the_smallest_that_holds_a_block(blocks in blocks(60)) {
        let overlaps = Overlaps::among(&blocks);
        let mut found: Vec<Nested> = overlaps.nearest().collect();
        found.sort_unstable();
        let nearest = |inner: usize| {
            let holders = (0..blocks.len()).filter(|&outer| {
                outer != inner && blocks[outer].contains(&blocks[inner]) && (blocks[outer] != blocks[inner] || outer < inner)
            });
            holders.max_by_key(|&outer| (blocks[outer].prefix_len(), outer))
        };
        let expected: Vec<Nested> = (0..blocks.len())
            .filter_map(|inner| Some(Nested { inner, outer: nearest(inner)? }))
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn an_index_answers_for_one_more_as_comparing_all_does(blocks in blocks(60), taken_out in prop::collection::vec(0_usize..60, 0..20)) {
        let mut index = BlockIndex::default();
        let mut there: BTreeSet<usize> = BTreeSet::new();
        for (place, block) in blocks.iter().enumerate() {
            let met: Vec<usize> = index.meeting(block).collect();
            let expected: BTreeSet<usize> =
                there.iter().copied().filter(|&other| blocks[other].meets(block)).collect();
            prop_assert_eq!(met.len(), expected.len(), "each once");
            prop_assert_eq!(met.iter().copied().collect::<BTreeSet<_>>(), expected);
            let holders: Vec<u8> = met
                .iter()
                .map(|&other| blocks[other].prefix_len())
                .take_while(|&length| length <= block.prefix_len())
                .collect();
            prop_assert!(holders.is_sorted_by(|left, right| left >= right), "the smallest first");
            prop_assert!(index.insert(block, place));
            prop_assert!(!index.insert(block, place));
            there.insert(place);
            if let Some(&out) = taken_out.get(place) {
                let block = blocks.get(out);
                prop_assert_eq!(block.is_some_and(|block| index.remove(block, out)), there.remove(&out));
            }
        }
        let bulk = BlockIndex::of(&blocks);
        for block in &blocks {
            let met: BTreeSet<usize> = bulk.meeting(block).collect();
            prop_assert_eq!(met, (0..blocks.len()).filter(|&other| blocks[other].meets(block)).collect::<BTreeSet<_>>());
        }
    }
}

/// Numbers without a pattern, the same every time.
fn scattered(number: u32) -> u32 {
    let mut bits = number.wrapping_mul(0x9e37_79b9);
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x85eb_ca6b);
    bits ^ bits >> 13
}

/// So many that they are sorted by digits, and that chunks of the index split.
#[test]
fn many_blocks_are_found_as_few_are() {
    let blocks: Vec<CidrBlock> = (0..20_000)
        .map(|number| {
            let length = 20 + (scattered(number) % 13) as u8;
            let address = 0x0a00_0000 | scattered(number ^ 0x5555) & 0x00ff_ffff;
            CidrBlock::truncating(Ipv4Addr::from(address).into(), length).unwrap()
        })
        .collect();
    let overlaps = Overlaps::among(&blocks);
    assert!(overlaps.v4.keys.is_sorted());
    let mut index = BlockIndex::default();
    let mut pairs = 0;
    for (place, block) in blocks.iter().enumerate() {
        pairs += index.meeting(block).count();
        assert!(index.insert(block, place));
    }
    assert!(index.v4.chunks.len() > 20 && index.v4.chunks.iter().all(|chunk| chunk.len() <= 256));
    assert!(pairs > 1_000);
    assert_eq!(overlaps.pairs().count(), pairs);
    for (place, block) in blocks.iter().enumerate() {
        assert!(index.remove(block, place));
    }
    assert!(index.v4.chunks.is_empty() && index.v4.firsts.is_empty());
}

//! Free blocks, counted in the smallest a request can ask for, so that a bit each is exact: whatever takes a part of one
//! takes all of it.

use peerway_model::cidr::address;
use peerway_model::{CidrBlock, Family};

use super::PrefixLength;

/// A pool is looked through so far at most: an IPv4 VPC block has 2^11 units (/16 to /28), an IPv6 one 2^20 (/44 to /60;
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>).
const MOST_UNITS: u128 = 1 << 20;

/// Pools in the order they are looked through, and what is taken of them.
#[derive(Debug)]
pub(super) struct Space {
    pools: Vec<Pool>,
    prefix_length: PrefixLength,
}

/// One block, with a bit for every unit that is taken.
#[derive(Debug)]
struct Pool {
    first: u128,
    last: u128,
    units: usize,
    taken: Vec<u64>,
}

impl Space {
    /// The parts of `pools` that can hold a block of this length, less what `avoid` takes.
    pub(super) fn new(
        pools: impl IntoIterator<Item = CidrBlock>,
        prefix_length: PrefixLength,
        avoid: impl IntoIterator<Item = CidrBlock>,
    ) -> Self {
        let pools = pools
            .into_iter()
            .filter(|pool| pool.family() == prefix_length.family())
            .filter(|pool| pool.prefix_len() <= prefix_length.bits())
            .map(|pool| Pool::new(&pool, prefix_length))
            .collect();
        let mut space = Self { pools, prefix_length };
        for block in avoid {
            space.take(&block);
        }
        space
    }

    /// Takes a block out of every pool it meets.
    pub(super) fn take(&mut self, block: &CidrBlock) {
        if block.family() != self.prefix_length.family() {
            return;
        }
        let (first, last) = block.range();
        let unit_bits = self.prefix_length.unit_bits();
        for pool in self.pools.iter_mut().filter(|pool| pool.first <= last && first <= pool.last) {
            let from = unit(first.max(pool.first) - pool.first, unit_bits);
            let to = unit(last.min(pool.last) - pool.first, unit_bits);
            pool.take(from, to);
        }
    }

    /// The lowest free block of the first pool that has one.
    pub(super) fn lowest(&self) -> Option<CidrBlock> {
        let width = 1 << (self.prefix_length.unit_length() - self.prefix_length.bits());
        let unit_bits = self.prefix_length.unit_bits();
        self.pools.iter().find_map(|pool| {
            let number = pool.first + ((pool.lowest(width)? as u128) << unit_bits);
            let network = address(self.prefix_length.family(), number)?;
            CidrBlock::truncating(network, self.prefix_length.bits()).ok()
        })
    }
}

/// Which unit an address lies in, counted from its pool's first.
fn unit(offset: u128, unit_bits: u8) -> usize {
    usize::try_from((offset >> unit_bits).min(MOST_UNITS)).expect("a number of units is small")
}

impl Pool {
    fn new(block: &CidrBlock, prefix_length: PrefixLength) -> Self {
        let (first, last) = block.range();
        let units = ((last - first) >> prefix_length.unit_bits()).saturating_add(1).min(MOST_UNITS);
        let units = usize::try_from(units).expect("a number of units is small");
        Self { first, last, units, taken: vec![0; units.div_ceil(64)] }
    }

    /// Marks the units `from..=to`.
    fn take(&mut self, from: usize, to: usize) {
        let to = to.min(self.units - 1);
        if from > to {
            return;
        }
        let (first, last) = (from / 64, to / 64);
        for word in first..=last {
            let low = if word == first { u64::MAX << (from % 64) } else { u64::MAX };
            let high = if word == last { u64::MAX >> (63 - to % 64) } else { u64::MAX };
            self.taken[word] |= low & high;
        }
    }

    /// The lowest run of `width` free units that begins at a multiple of `width`, a power of two.
    fn lowest(&self, width: usize) -> Option<usize> {
        if width >= 64 {
            let words = width / 64;
            let free = self.taken.chunks_exact(words).position(|run| run.iter().all(|&w| w == 0));
            return free.map(|run| run * width);
        }
        let firsts = firsts_of_runs(width);
        self.taken.iter().enumerate().find_map(|(index, &word)| {
            // Every bit says whether its unit or one of the `width - 1` above it is taken.
            let mut taken = word;
            let mut reach = 1;
            while reach < width {
                taken |= taken >> reach;
                reach *= 2;
            }
            let free = !taken & firsts;
            let unit = index * 64 + free.trailing_zeros() as usize;
            (free != 0 && unit + width <= self.units).then_some(unit)
        })
    }
}

/// The bits of a word at which an aligned run of `width` begins.
fn firsts_of_runs(width: usize) -> u64 {
    (0..64).step_by(width).fold(0, |bits, bit| bits | 1 << bit)
}

/// The largest free blocks: what is left of `pools` beside `avoid`, in blocks as large as they go; of those the ones of
/// the greatest size, in the order of the pools, at most `most`.
pub(super) fn largest_free(
    pools: impl IntoIterator<Item = CidrBlock>,
    avoid: &[CidrBlock],
    most: usize,
) -> Vec<CidrBlock> {
    let mut free: Vec<CidrBlock> = Vec::new();
    for pool in pools {
        let mut taken: Vec<(u128, u128)> =
            avoid.iter().filter(|block| block.meets(&pool)).map(CidrBlock::range).collect();
        taken.sort_unstable();
        let (mut next, last) = pool.range();
        let mut is_full = false;
        for (from, to) in taken {
            if from > next {
                whole_blocks(pool.family(), next, from - 1, &mut free);
            }
            if to >= last {
                is_full = true;
                break;
            }
            next = next.max(to + 1);
        }
        if !is_full {
            whole_blocks(pool.family(), next, last, &mut free);
        }
    }
    let shortest = free.iter().map(CidrBlock::prefix_len).min();
    let mut largest: Vec<CidrBlock> = Vec::new();
    for block in free.into_iter().filter(|block| Some(block.prefix_len()) == shortest) {
        if largest.len() < most && !largest.contains(&block) {
            largest.push(block);
        }
    }
    largest
}

/// The addresses `first..=last` as the fewest blocks.
fn whole_blocks(family: Family, first: u128, last: u128, into: &mut Vec<CidrBlock>) {
    let width: u32 = match family {
        Family::V4 => 32,
        Family::V6 => 128,
    };
    let mut next = first;
    loop {
        let aligned = next.trailing_zeros().min(width);
        // The span may be all 2^128 addresses, one more than its number holds.
        let room = (last - next).checked_add(1).map_or(width, u128::ilog2);
        let host_bits = aligned.min(room);
        let network = address(family, next).expect("it lies in a block of the family");
        let bits = u8::try_from(width - host_bits).expect("a length is at most 128");
        into.push(CidrBlock::truncating(network, bits).expect("the length fits the family"));
        let end = if host_bits == 128 { u128::MAX } else { next + ((1 << host_bits) - 1) };
        if end >= last {
            return;
        }
        next = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_everything_is_everything() {
        let all: CidrBlock = "::/0".parse().unwrap();
        assert_eq!(largest_free([all], &[], 3), [all]);
        let half: CidrBlock = "8000::/1".parse().unwrap();
        assert_eq!(largest_free([all], &[half], 3), ["::/1".parse().unwrap()]);
    }
}

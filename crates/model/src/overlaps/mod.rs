//! Which of many blocks share addresses. Two blocks that meet nest, so that all overlaps are told by one link per block:
//! to the smallest other block that holds it. [`Overlaps`] finds the links of a whole set at once, [`BlockIndex`] answers
//! for one more.

mod index;
mod key;
mod radix;

use crate::{CidrBlock, Family};

pub use index::BlockIndex;

use key::{Key, V4Key, V6Key};

/// A block that lies in another, both by their places in the set. Of equal blocks the later lies in the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nested {
    /// The block that lies in the other.
    pub inner: usize,
    /// The block that holds it.
    pub outer: usize,
}

/// All overlaps of a set of blocks.
#[derive(Debug)]
pub struct Overlaps {
    v4: Forest<V4Key>,
    v6: Forest<V6Key>,
}

impl Overlaps {
    /// Sorts the blocks by address, the broader before the longer, and goes through them once.
    ///
    /// # Panics
    /// With 2^26 blocks or more.
    #[must_use]
    pub fn among<'a>(blocks: impl IntoIterator<Item = &'a CidrBlock>) -> Self {
        let (mut v4, mut v6) = keys(blocks);
        radix::sort(&mut v4);
        v6.sort_unstable();
        Self { v4: Forest::of(v4), v6: Forest::of(v6) }
    }

    /// Every block that lies in another, with the smallest that holds it, by address. Who is in no such pair shares no
    /// address with anybody.
    pub fn nearest(&self) -> impl Iterator<Item = Nested> + '_ {
        self.v4.nearest().chain(self.v6.nearest())
    }

    /// Every two blocks that share an address.
    pub fn pairs(&self) -> impl Iterator<Item = Nested> + '_ {
        self.v4.pairs().chain(self.v6.pairs())
    }
}

/// The keys of both families, in the order of the blocks.
fn keys<'a>(blocks: impl IntoIterator<Item = &'a CidrBlock>) -> (Vec<V4Key>, Vec<V6Key>) {
    let blocks = blocks.into_iter();
    let (mut v4, mut v6) = (Vec::with_capacity(blocks.size_hint().0), Vec::new());
    for (place, block) in blocks.enumerate() {
        match block.family() {
            Family::V4 => v4.push(V4Key::of(block, place)),
            Family::V6 => v6.push(V6Key::of(block, place)),
        }
    }
    (v4, v6)
}

/// Sorted keys, and for each the place among them of the smallest that holds it.
#[derive(Debug)]
struct Forest<K> {
    keys: Vec<K>,
    parents: Vec<u32>,
}

/// The parent of a block that lies in no other.
const NONE: u32 = u32::MAX;

impl<K: Key> Forest<K> {
    /// A block's parent is the one before it, or an ancestor of that: the links made so far are the stack.
    fn of(keys: Vec<K>) -> Self {
        let mut parents = Vec::with_capacity(keys.len());
        let mut previous = NONE;
        for (key, place) in keys.iter().zip(0_u32..) {
            let mut parent = previous;
            while parent != NONE && keys[parent as usize].last() < key.first() {
                parent = parents[parent as usize];
            }
            parents.push(parent);
            previous = place;
        }
        Self { keys, parents }
    }

    fn nearest(&self) -> impl Iterator<Item = Nested> + '_ {
        self.keys
            .iter()
            .zip(&self.parents)
            .filter(|(_, parent)| **parent != NONE)
            .map(|(key, parent)| self.nested(*key, *parent))
    }

    fn pairs(&self) -> impl Iterator<Item = Nested> + '_ {
        self.keys.iter().zip(&self.parents).flat_map(move |(key, parent)| {
            let up = |place: u32| (place != NONE).then_some(place);
            std::iter::successors(up(*parent), move |place| up(self.parents[*place as usize]))
                .map(move |outer| self.nested(*key, outer))
        })
    }

    fn nested(&self, inner: K, outer: u32) -> Nested {
        Nested { inner: inner.place(), outer: self.keys[outer as usize].place() }
    }
}

#[cfg(test)]
mod tests;

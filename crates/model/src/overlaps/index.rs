//! A set of blocks that grows and shrinks, asked again and again what one more block would meet.

use super::key::{Key, V4Key, V6Key};
use super::{keys, radix};
use crate::{CidrBlock, Family};

/// Blocks, each under a number of the caller's (whose it is). The same block may be there several times.
#[derive(Debug, Clone, Default)]
pub struct BlockIndex {
    pub(super) v4: Sorted<V4Key>,
    v6: Sorted<V6Key>,
}

impl BlockIndex {
    /// The index of a set, each block under its place in it.
    ///
    /// # Panics
    /// With 2^26 blocks or more.
    #[must_use]
    pub fn of<'a>(blocks: impl IntoIterator<Item = &'a CidrBlock>) -> Self {
        let (mut v4, mut v6) = keys(blocks);
        radix::sort(&mut v4);
        v6.sort_unstable();
        Self { v4: Sorted::of(&v4), v6: Sorted::of(&v6) }
    }

    /// Puts a block in. Whether it is new under this number.
    ///
    /// # Panics
    /// With a number of 2^26 or more.
    pub fn insert(&mut self, block: &CidrBlock, number: usize) -> bool {
        match block.family() {
            Family::V4 => self.v4.insert(V4Key::of(block, number)),
            Family::V6 => self.v6.insert(V6Key::of(block, number)),
        }
    }

    /// Takes a block out. Whether it was there under this number.
    ///
    /// # Panics
    /// With a number of 2^26 or more.
    pub fn remove(&mut self, block: &CidrBlock, number: usize) -> bool {
        match block.family() {
            Family::V4 => self.v4.remove(V4Key::of(block, number)),
            Family::V6 => self.v6.remove(V6Key::of(block, number)),
        }
    }

    /// The numbers of the blocks that share an address with this one: those that hold it, the smallest first, then those
    /// that lie in it, by address. The first answer costs no more if there are many.
    pub fn meeting(&self, block: &CidrBlock) -> impl Iterator<Item = usize> + '_ {
        let v4 = (block.family() == Family::V4).then(|| self.v4.meeting(V4Key::of(block, 0)));
        let v6 = (block.family() == Family::V6).then(|| self.v6.meeting(V6Key::of(block, 0)));
        v4.into_iter().flatten().chain(v6.into_iter().flatten())
    }
}

/// How many keys a chunk has at most: few enough to move at every insertion, so many that the list of chunks stays short.
const MOST: usize = 256;

/// Sorted keys in chunks, none of them empty. `firsts` repeats what each begins with: a search goes through them alone.
#[derive(Debug, Clone)]
pub(super) struct Sorted<K> {
    pub(super) firsts: Vec<K>,
    pub(super) chunks: Vec<Vec<K>>,
    /// How many keys there are of each length: there is no need to look for a holder of a length that is not there.
    lengths: [u32; 129],
}

/// Where a key stands: which chunk, and where in it.
type At = (usize, usize);

impl<K> Default for Sorted<K> {
    fn default() -> Self {
        Self { firsts: Vec::new(), chunks: Vec::new(), lengths: [0; 129] }
    }
}

impl<K: Key> Sorted<K> {
    fn of(keys: &[K]) -> Self {
        let chunks: Vec<Vec<K>> = keys
            .chunks(MOST / 2)
            .map(|keys| {
                let mut chunk = Vec::with_capacity(MOST);
                chunk.extend_from_slice(keys);
                chunk
            })
            .collect();
        let mut lengths = [0; 129];
        for key in keys {
            lengths[usize::from(key.length())] += 1;
        }
        Self { firsts: chunks.iter().map(|chunk| chunk[0]).collect(), chunks, lengths }
    }

    /// The chunk in which a key belongs.
    fn chunk(&self, key: K) -> usize {
        self.firsts.partition_point(|first| *first <= key).saturating_sub(1)
    }

    fn insert(&mut self, key: K) -> bool {
        let index = self.chunk(key);
        let Some(chunk) = self.chunks.get_mut(index) else {
            self.firsts.push(key);
            self.chunks.push(vec![key]);
            self.lengths[usize::from(key.length())] += 1;
            return true;
        };
        let Err(at) = chunk.binary_search(&key) else { return false };
        chunk.insert(at, key);
        self.lengths[usize::from(key.length())] += 1;
        self.firsts[index] = chunk[0];
        if chunk.len() > MOST {
            let upper = chunk.split_off(MOST / 2);
            self.firsts.insert(index + 1, upper[0]);
            self.chunks.insert(index + 1, upper);
        }
        true
    }

    fn remove(&mut self, key: K) -> bool {
        let index = self.chunk(key);
        let Some(chunk) = self.chunks.get_mut(index) else { return false };
        let Ok(at) = chunk.binary_search(&key) else { return false };
        chunk.remove(at);
        self.lengths[usize::from(key.length())] -= 1;
        if let Some(first) = chunk.first() {
            self.firsts[index] = *first;
        } else {
            self.chunks.remove(index);
            self.firsts.remove(index);
        }
        true
    }

    /// The last key before `key`, which itself is in no set.
    fn before(&self, key: K) -> Option<At> {
        let index = self.chunk(key);
        let at = self.chunks.get(index)?.partition_point(|other| *other < key);
        self.previous((index, at))
    }

    /// The same, where the key at `at` stands behind `key`: mostly in the same chunk.
    fn before_from(&self, (index, at): At, key: K) -> Option<At> {
        if self.firsts[index] < key {
            let at = self.chunks[index][..at].partition_point(|other| *other < key);
            return self.previous((index, at));
        }
        self.before(key)
    }

    fn previous(&self, (index, at): At) -> Option<At> {
        match (index, at) {
            (0, 0) => None,
            (index, 0) => Some((index - 1, self.chunks[index - 1].len() - 1)),
            (index, at) => Some((index, at - 1)),
        }
    }

    fn meeting(&self, block: K) -> impl Iterator<Item = usize> + '_ {
        let length = block.length();
        let mut next = self.before(block.behind(length));
        let behind = next;
        let holders = std::iter::from_fn(move || {
            loop {
                let at = next?;
                let key = self.chunks[at.0][at.1];
                if key.holds(block) {
                    next = self.previous(at);
                    return Some(key.place());
                }
                // Whatever holds the block and stands before this key holds this key's address too.
                let most = usize::from(key.in_common(block).min(length));
                let longest = self.lengths[..=most].iter().rposition(|count| *count > 0)?;
                let longest = u8::try_from(longest).expect("a length is at most 128");
                next = self.before_from(at, block.behind(longest));
            }
        });
        let (chunk, at) = behind.map_or((0, 0), |(chunk, at)| (chunk, at + 1));
        let inside = self.chunks[chunk.min(self.chunks.len())..]
            .iter()
            .enumerate()
            .flat_map(move |(index, keys)| &keys[if index == 0 { at } else { 0 }..])
            .take_while(move |key| key.first() <= block.last())
            .map(|key| key.place());
        holders.chain(inside)
    }
}

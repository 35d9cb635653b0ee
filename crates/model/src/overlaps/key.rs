//! A block as a key to sort by: address, length, place in the set.
#![expect(
    clippy::cast_possible_truncation,
    reason = "what is cut off is masked out, or none of at most 128 bits"
)]

use crate::CidrBlock;

/// How many bits of a key tell the place.
const PLACE_BITS: u32 = 26;
const PLACE_MASK: u64 = (1 << PLACE_BITS) - 1;

/// What a sorted set holds of a block. Sorted, whatever holds a block stands before it.
pub(super) trait Key: Copy + Ord {
    /// An address of the family.
    type Address: Copy + Ord;

    /// The key of the block at `place` in its set.
    fn of(block: &CidrBlock, place: usize) -> Self;
    /// Behind every key of a block that begins where the first `length` bits of this one's address do and is as broad as
    /// that, before every other.
    fn behind(self, length: u8) -> Self;
    /// The lowest address.
    fn first(self) -> Self::Address;
    /// The highest address.
    fn last(self) -> Self::Address;
    /// The number of fixed bits.
    fn length(self) -> u8;
    /// How many bits the two addresses begin with in common.
    fn in_common(self, other: Self) -> u8;
    /// The block's place in its set.
    fn place(self) -> usize;

    /// Whether every address of `other` lies in this block.
    fn holds(self, other: Self) -> bool {
        self.first() <= other.first() && other.last() <= self.last()
    }
}

/// IPv4, in one word: 32 bits of address, 6 of length, 26 of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct V4Key(pub(super) u64);

impl Key for V4Key {
    type Address = u32;

    fn of(block: &CidrBlock, place: usize) -> Self {
        let address = u64::try_from(block.range().0).expect("an IPv4 address has 32 bits");
        let place = u64::try_from(place).expect("a place fits 64 bits");
        assert!(place < PLACE_MASK, "at most {PLACE_MASK} blocks are compared");
        Self(address << 32 | u64::from(block.prefix_len()) << PLACE_BITS | place)
    }

    fn behind(self, length: u8) -> Self {
        let address = if length == 0 { 0 } else { self.0 >> 32 & u64::MAX << (32 - length) };
        Self(address << 32 | u64::from(length) << PLACE_BITS | PLACE_MASK)
    }

    fn first(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn last(self) -> u32 {
        self.first() | u32::MAX.checked_shr(u32::from(self.length())).unwrap_or(0)
    }

    fn length(self) -> u8 {
        (self.0 >> PLACE_BITS & 63) as u8
    }

    fn in_common(self, other: Self) -> u8 {
        (self.first() ^ other.first()).leading_zeros() as u8
    }

    fn place(self) -> usize {
        (self.0 & PLACE_MASK) as usize
    }
}

/// IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct V6Key {
    address: u128,
    length: u8,
    place: u32,
}

impl Key for V6Key {
    type Address = u128;

    fn of(block: &CidrBlock, place: usize) -> Self {
        assert!(place < PLACE_MASK as usize, "at most {PLACE_MASK} blocks are compared");
        Self { address: block.range().0, length: block.prefix_len(), place: place as u32 }
    }

    fn behind(self, length: u8) -> Self {
        let address = if length == 0 { 0 } else { self.address & u128::MAX << (128 - length) };
        Self { address, length, place: u32::MAX }
    }

    fn first(self) -> u128 {
        self.address
    }

    fn last(self) -> u128 {
        self.address | u128::MAX.checked_shr(u32::from(self.length)).unwrap_or(0)
    }

    fn length(self) -> u8 {
        self.length
    }

    fn in_common(self, other: Self) -> u8 {
        (self.address ^ other.address).leading_zeros() as u8
    }

    fn place(self) -> usize {
        self.place as usize
    }
}

//! Sorting a million IPv4 keys: by the digits of address and length, the least significant first.
#![expect(clippy::cast_possible_truncation, reason = "a digit has ten bits")]

use super::key::V4Key;

/// Below so many keys comparing is quicker than counting.
const FEW: usize = 1 << 11;

/// The digits: 38 bits of length and address. The place below them need not be sorted by: keys come in its order, and
/// every pass keeps the order of what is equal. Ten bits: a pass writes to 1,024 places at once, which caches still hold.
const DIGITS: [(u32, u32); 4] = [(26, 10), (36, 10), (46, 9), (55, 9)];

/// Sorts keys that come in the order of their places.
pub(super) fn sort(keys: &mut Vec<V4Key>) {
    if keys.len() < FEW {
        keys.sort_unstable();
        return;
    }
    let digit =
        |key: V4Key, (shift, bits): (u32, u32)| (key.0 >> shift & ((1 << bits) - 1)) as usize;
    let mut counts = [[0_u32; 1 << 10]; DIGITS.len()];
    for key in keys.iter() {
        for (counts, digit_at) in counts.iter_mut().zip(DIGITS) {
            counts[digit(*key, digit_at)] += 1;
        }
    }
    let mut other = vec![V4Key(0); keys.len()];
    for (counts, digit_at) in counts.iter_mut().zip(DIGITS) {
        // All the same: private addresses share their first bits, subnets' last bits are none.
        if counts[digit(keys[0], digit_at)] as usize == keys.len() {
            continue;
        }
        let mut next = 0;
        for count in counts.iter_mut() {
            next += std::mem::replace(count, next);
        }
        for key in keys.iter() {
            let at = &mut counts[digit(*key, digit_at)];
            other[*at as usize] = *key;
            *at += 1;
        }
        std::mem::swap(keys, &mut other);
    }
}

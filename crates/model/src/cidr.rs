//! CIDR blocks without host bits, and their arithmetic.
//!
//! A block is a range of addresses in one family. Ranges are compared as 128-bit numbers, so that every function here is
//! the same for IPv4 and IPv6; blocks of different families never meet.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An address family. AWS keeps the two apart everywhere: routes, rules, quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// A CIDR block without host bits, such as `10.50.0.0/21`. Ordered by family, address, then length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CidrBlock(IpNet);

/// Why a text is not a CIDR block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseCidrError {
    /// Not an address, a slash and a length.
    #[error("{0:?} is not a CIDR block like 10.50.0.0/21")]
    Malformed(String),
    /// Bits are set behind the prefix.
    #[error("{text} has host bits; the block it lies in is {block}")]
    HostBits {
        /// What was given.
        text: String,
        /// The block with the host bits cleared.
        block: CidrBlock,
    },
}

impl CidrBlock {
    /// The block of `prefix_len` bits in which `address` lies: host bits are cleared, as AWS does on input.
    ///
    /// # Errors
    /// [`ParseCidrError::Malformed`] when the length is too long for the family.
    pub fn truncating(address: IpAddr, prefix_len: u8) -> Result<Self, ParseCidrError> {
        IpNet::new(address, prefix_len)
            .map(|net| Self(net.trunc()))
            .map_err(|_| ParseCidrError::Malformed(format!("{address}/{prefix_len}")))
    }

    /// Reads `text` and clears its host bits, as AWS does on input.
    ///
    /// # Errors
    /// [`ParseCidrError::Malformed`] when it is no CIDR block.
    pub fn parse_truncating(text: &str) -> Result<Self, ParseCidrError> {
        // IpNet reads 010.0.0.0/8 as 10.0.0.0/8; AWS and Kubernetes refuse leading zeros, and so does std.
        let malformed = || ParseCidrError::Malformed(text.chars().take(80).collect());
        let (address, length) = text.split_once('/').ok_or_else(malformed)?;
        let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
        if !digits || (length.len() > 1 && length.starts_with('0')) {
            return Err(malformed());
        }
        let address: IpAddr = address.parse().map_err(|_| malformed())?;
        Self::truncating(address, length.parse().map_err(|_| malformed())?).map_err(|_| malformed())
    }

    /// Whether the block is IPv4 or IPv6.
    #[must_use]
    pub fn family(&self) -> Family {
        match self.0 {
            IpNet::V4(_) => Family::V4,
            IpNet::V6(_) => Family::V6,
        }
    }

    /// The number of fixed bits.
    #[must_use]
    pub fn prefix_len(&self) -> u8 {
        self.0.prefix_len()
    }

    /// The lowest address.
    #[must_use]
    pub fn network(&self) -> IpAddr {
        self.0.network()
    }

    /// The lowest and the highest address as numbers.
    #[must_use]
    pub fn range(&self) -> (u128, u128) {
        (number(self.0.network()), number(self.0.broadcast()))
    }

    /// Whether the two share an address.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Whether every address of `other` lies in this block; a block contains itself.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Whether `address` lies in this block.
    #[must_use]
    pub fn contains_address(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// What the two share: blocks either nest or are disjoint, so it is the smaller one or nothing.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        if self.contains(other) {
            Some(*other)
        } else if other.contains(self) {
            Some(*self)
        } else {
            None
        }
    }

    /// Whether the blocks together hold every address of this one.
    #[must_use]
    pub fn is_covered_by<'a>(&self, blocks: impl IntoIterator<Item = &'a Self>) -> bool {
        let mut ranges: Vec<(u128, u128)> =
            blocks.into_iter().filter(|block| block.meets(self)).map(Self::range).collect();
        ranges.sort_unstable();
        let (mut next, last) = self.range();
        for (start, end) in ranges {
            if start > next {
                return false;
            }
            if end >= last {
                return true;
            }
            next = next.max(end + 1);
        }
        false
    }
}

/// The first pair of blocks, one of each list, that share an address.
#[must_use]
pub fn first_meeting<'a>(
    left: impl IntoIterator<Item = &'a CidrBlock>,
    right: &'a [CidrBlock],
) -> Option<(CidrBlock, CidrBlock)> {
    left.into_iter().find_map(|l| right.iter().find(|r| r.meets(l)).map(|r| (*l, *r)))
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// The address of `family` with this number; `None` when it is too large for it.
#[must_use]
pub fn address(family: Family, number: u128) -> Option<IpAddr> {
    match family {
        Family::V4 => u32::try_from(number).ok().map(|n| Ipv4Addr::from(n).into()),
        Family::V6 => Some(Ipv6Addr::from(number).into()),
    }
}

impl FromStr for CidrBlock {
    type Err = ParseCidrError;

    fn from_str(text: &str) -> Result<Self, ParseCidrError> {
        let block = Self::parse_truncating(text)?;
        let given = text.split('/').next().and_then(|address| address.parse::<IpAddr>().ok());
        if given == Some(block.network()) {
            Ok(block)
        } else {
            Err(ParseCidrError::HostBits { text: text.to_owned(), block })
        }
    }
}

impl fmt::Display for CidrBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl fmt::Debug for CidrBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for CidrBlock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CidrBlock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for CidrBlock {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CidrBlock".into()
    }

    /// The rule stands in the type, so that every field that holds a block refuses the same things in the same words.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": 43,
            "x-kubernetes-validations": [{
                "rule": "isCIDR(self) && cidr(self) == cidr(self).masked()",
                "message": "must be a CIDR block without host bits, like 10.50.0.0/21",
            }],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block(text: &str) -> CidrBlock {
        text.parse().unwrap()
    }

    /// The reference: an address is in a block when its first bits are those of the block, bit by bit.
    fn holds_bit_by_bit(block: &CidrBlock, address: u128, width: u8) -> bool {
        let network = block.range().0;
        (0..block.prefix_len()).all(|bit| {
            let shift = u32::from(width - 1 - bit);
            (network >> shift) & 1 == (address >> shift) & 1
        })
    }

    /// Blocks of both families crowded into sixteen addresses, so that they meet often.
    fn crowded() -> impl Strategy<Value = (CidrBlock, u8)> {
        (any::<bool>(), 0_u32..16, 28_u8..=32).prop_map(|(v4, low, length)| {
            if v4 {
                let address = Ipv4Addr::from(0x0a32_0000 + low).into();
                (CidrBlock::truncating(address, length).unwrap(), 32)
            } else {
                let address = Ipv6Addr::from((0xfd00_u128 << 112) + u128::from(low)).into();
                (CidrBlock::truncating(address, length + 96).unwrap(), 128)
            }
        })
    }

    fn addresses(block: &CidrBlock) -> std::ops::RangeInclusive<u128> {
        block.range().0..=block.range().1
    }

    proptest! {
        #[test]
        fn contains_meets_and_intersection_agree_with_the_bits((left, width) in crowded(), (right, other) in crowded()) {
            let same_family = width == other;
            let shared: Vec<u128> = addresses(&left)
                .filter(|address| same_family && holds_bit_by_bit(&right, *address, width))
                .collect();
            prop_assert_eq!(left.meets(&right), !shared.is_empty());
            let all_of_right = same_family
                && addresses(&right).all(|address| holds_bit_by_bit(&left, address, width));
            prop_assert_eq!(left.contains(&right), all_of_right);
            let intersection = left.intersection(&right);
            prop_assert_eq!(intersection.map(|block| addresses(&block).collect::<Vec<_>>()).unwrap_or_default(), shared);
        }

        #[test]
        fn coverage_agrees_with_the_bits((block, width) in crowded(), others in prop::collection::vec(crowded(), 0..6)) {
            let covered = addresses(&block).all(|address| {
                others.iter().any(|(other, w)| *w == width && holds_bit_by_bit(other, address, width))
            });
            prop_assert_eq!(block.is_covered_by(others.iter().map(|(other, _)| other)), covered);
        }

        #[test]
        fn what_is_printed_is_read_back(address: u32, length in 0_u8..=32) {
            let block = CidrBlock::truncating(Ipv4Addr::from(address).into(), length).unwrap();
            prop_assert_eq!(block.to_string().parse::<CidrBlock>().unwrap(), block);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,50}") {
            let _ = text.parse::<CidrBlock>();
        }
    }

    #[test]
    fn host_bits_are_refused_with_the_block_that_was_meant() {
        let error = "172.20.0.5/20".parse::<CidrBlock>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "172.20.0.5/20 has host bits; the block it lies in is 172.20.0.0/20"
        );
        assert_eq!(CidrBlock::parse_truncating("172.20.0.5/20").unwrap(), block("172.20.0.0/20"));
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for bad in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/08",
            "010.0.0.0/8",
            "10.0.0.0/+8",
            "a/8",
            "::/129",
        ] {
            assert!(matches!(bad.parse::<CidrBlock>(), Err(ParseCidrError::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn the_whole_address_space_is_covered_without_overflow() {
        assert!(block("::/0").is_covered_by(&[block("::/1"), block("8000::/1")]));
        assert!(!block("0.0.0.0/0").is_covered_by(&[block("0.0.0.0/1")]));
    }
}

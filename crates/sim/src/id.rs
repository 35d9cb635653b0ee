//! Ids: read strictly, as AWS does, and made deterministically.
//!
//! Two kinds are made. *Fresh* ids come from the world's seed and a counter, for what a call creates. *Derived* ids come
//! from what a thing is about (the association of this subnet with this table), for what an estate leaves unnamed: they
//! are the same each time the estate is loaded, so that an estate need not name everything.

use std::fmt::{self, Display};
use std::str::FromStr;
use std::sync::Arc;

use peerway_model::{
    AssociationId, ConnectionId, NatGatewayId, PrefixListId, RouteTableId, SecurityGroupId,
    SecurityGroupRuleId, SubnetId, VpcId,
};
pub use peerway_model::{InstanceId, NetworkAclAssociationId, NetworkAclId, NetworkInterfaceId};

use crate::ApiError;
use crate::state::Spot;
use crate::weather::Thing;

/// A kind of id, with the words AWS has for the two ways in which one can be wrong.
pub(crate) trait AwsId: FromStr + Ord + Clone + Display {
    /// What it begins with, the hyphen included.
    const PREFIX: &'static str;
    /// The code for text that is no such id.
    const MALFORMED: &'static str;
    /// The code for an id that nothing has.
    const NOT_FOUND: &'static str;
    /// What AWS calls it, as the subject of "does not exist".
    const NOUN: &'static str;

    /// The id as text.
    fn text(&self) -> &str;

    /// The error for an id that nothing has.
    fn not_found(id: impl Display) -> ApiError {
        ApiError::new(Self::NOT_FOUND, format!("The {} '{id}' does not exist", Self::NOUN))
    }

    /// Reads an id. AWS looks at the prefix only: what begins rightly and is nothing's id does not exist.
    fn read(text: &str) -> Result<Self, ApiError> {
        if !text.starts_with(Self::PREFIX) {
            let expected = Self::PREFIX;
            return Err(ApiError::new(
                Self::MALFORMED,
                format!("Invalid id: \"{text}\" (expecting \"{expected}...\")"),
            ));
        }
        text.parse().map_err(|_| Self::not_found(text))
    }
}

macro_rules! aws_ids {
    ($($name:ident $prefix:literal $malformed:literal $not_found:literal $noun:literal),* $(,)?) => {
        $(impl AwsId for $name {
            const PREFIX: &'static str = $prefix;
            const MALFORMED: &'static str = $malformed;
            const NOT_FOUND: &'static str = $not_found;
            const NOUN: &'static str = $noun;

            fn text(&self) -> &str {
                self.as_str()
            }
        })*

        /// The error for an id that nothing has, of whatever kind it is.
        pub(crate) fn not_found(id: &str) -> ApiError {
            let prefix = id.rsplit_once('-').map_or(id, |(prefix, _)| &id[..=prefix.len()]);
            match prefix {
                $($prefix => $name::not_found(id),)*
                _ => ApiError::new("InvalidID", format!("The ID '{id}' is not valid")),
            }
        }
    };
}

aws_ids! {
    VpcId "vpc-" "InvalidVpcID.Malformed" "InvalidVpcID.NotFound" "vpc ID",
    SubnetId "subnet-" "InvalidSubnetID.Malformed" "InvalidSubnetID.NotFound" "subnet ID",
    RouteTableId "rtb-" "InvalidRouteTableId.Malformed" "InvalidRouteTableID.NotFound" "routeTable ID",
    AssociationId "rtbassoc-" "InvalidAssociationID.Malformed" "InvalidAssociationID.NotFound" "association ID",
    ConnectionId "pcx-" "InvalidVpcPeeringConnectionId.Malformed" "InvalidVpcPeeringConnectionID.NotFound"
        "vpcPeeringConnection ID",
    SecurityGroupId "sg-" "InvalidGroupId.Malformed" "InvalidGroup.NotFound" "security group",
    SecurityGroupRuleId "sgr-" "InvalidSecurityGroupRuleId.Malformed" "InvalidSecurityGroupRuleId.NotFound"
        "security group rule ID",
    PrefixListId "pl-" "InvalidPrefixListId.Malformed" "InvalidPrefixListID.NotFound" "prefix list ID",
    NatGatewayId "nat-" "NatGatewayMalformed" "NatGatewayNotFound" "NAT gateway",
    CidrAssociationId "vpc-cidr-assoc-" "InvalidVpcCidrBlockAssociationId.Malformed"
        "InvalidVpcCidrBlockAssociationID.NotFound" "vpc CIDR block association ID",
    SubnetCidrAssociationId "subnet-cidr-assoc-" "InvalidSubnetCidrBlockAssociationId.Malformed"
        "InvalidSubnetCidrBlockAssociationID.NotFound" "subnet CIDR block association ID",
    InternetGatewayId "igw-" "InvalidInternetGatewayId.Malformed" "InvalidInternetGatewayID.NotFound"
        "internetGateway ID",
    EgressOnlyGatewayId "eigw-" "InvalidGatewayID.Malformed" "InvalidGatewayID.NotFound"
        "egressOnlyInternetGateway ID",
    AllocationId "eipalloc-" "InvalidAllocationID.Malformed" "InvalidAllocationID.NotFound" "allocation ID",
    AddressAssociationId "eipassoc-" "InvalidAssociationID.Malformed" "InvalidAssociationID.NotFound"
        "association ID",
    NetworkInterfaceId "eni-" "InvalidNetworkInterfaceId.Malformed" "InvalidNetworkInterfaceID.NotFound"
        "networkInterface ID",
    AttachmentId "eni-attach-" "InvalidAttachmentID.Malformed" "InvalidAttachmentID.NotFound" "attachment ID",
    InstanceId "i-" "InvalidInstanceID.Malformed" "InvalidInstanceID.NotFound" "instance ID",
    ReservationId "r-" "InvalidReservationID.Malformed" "InvalidReservationID.NotFound" "reservation ID",
    ImageId "ami-" "InvalidAMIID.Malformed" "InvalidAMIID.NotFound" "image id",
    LaunchTemplateId "lt-" "InvalidLaunchTemplateId.Malformed" "InvalidLaunchTemplateId.NotFound"
        "launch template ID",
    KeyPairId "key-" "InvalidKeyPairId.Malformed" "InvalidKeyPair.NotFound" "key ID",
    NetworkAclId "acl-" "InvalidNetworkAclId.Malformed" "InvalidNetworkAclID.NotFound" "networkAcl ID",
    NetworkAclAssociationId "aclassoc-" "InvalidAssociationID.Malformed" "InvalidAssociationID.NotFound"
        "association ID",
    SubnetCidrReservationId "scr-" "InvalidSubnetCidrReservationId.Malformed"
        "InvalidSubnetCidrReservationID.NotFound" "subnet CIDR reservation ID",
    VolumeId "vol-" "InvalidVolumeID.Malformed" "InvalidVolume.NotFound" "volume",
    VpcEndpointId "vpce-" "InvalidVpcEndpointId.Malformed" "InvalidVpcEndpointId.NotFound" "Vpc Endpoint Id",
}

macro_rules! own_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text as AWS writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let digits = text.strip_prefix(Self::PREFIX).filter(|digits| is_digits(digits));
                digits.map(|_| Self(text.into())).ok_or_else(|| {
                    format!("{text:?} is not an id like {}0123456789abcdef0", Self::PREFIX)
                })
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        })*
    };
}

own_ids! {
    /// The association of a block with a VPC, `vpc-cidr-assoc-…`.
    CidrAssociationId,
    /// The association of an IPv6 block with a subnet, `subnet-cidr-assoc-…`.
    SubnetCidrAssociationId,
    /// An internet gateway, `igw-…`.
    InternetGatewayId,
    /// An egress-only internet gateway, `eigw-…`.
    EgressOnlyGatewayId,
    /// An Elastic IP address, `eipalloc-…`.
    AllocationId,
    /// The association of an Elastic IP address with an interface, `eipassoc-…`.
    AddressAssociationId,
    /// The attachment of a network interface, `eni-attach-…`.
    AttachmentId,
    /// What one `RunInstances` made, `r-…`.
    ReservationId,
    /// An image, `ami-…`.
    ImageId,
    /// A launch template, `lt-…`.
    LaunchTemplateId,
    /// A key pair, `key-…`.
    KeyPairId,
    /// A range of a subnet that is set aside, `scr-…`.
    SubnetCidrReservationId,
    /// A disk, `vol-…`.
    VolumeId,
    /// An endpoint of a service in a VPC, `vpce-…`.
    VpcEndpointId,
}

/// The part of an id behind its prefix: 8 (before 2018) or 17 lower-case hexadecimal digits.
pub(crate) fn is_digits(text: &str) -> bool {
    (8..=17).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Makes fresh ids, and whatever else must differ each time and repeat in the same world.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    seed: u64,
    next: u64,
    /// What was made since anybody asked.
    made: Vec<Thing>,
}

impl Ids {
    /// Ids that follow from `seed` and from what the world begins with, so that a world saved and loaded again does not
    /// give the ids of things that are gone to new ones.
    pub(crate) fn new(seed: u64, beginning: &str) -> Self {
        Self { seed: digest(seed, &[beginning]), next: 0, made: Vec::new() }
    }

    /// The next number of the row.
    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        mix(self.seed ^ mix(self.next))
    }

    /// A fresh id.
    pub(crate) fn fresh<T: AwsId>(&mut self) -> T {
        let id: T = made(self.number());
        self.made.push(Thing::Id(id.text().to_owned()));
        id
    }

    /// A balancer was made, to which its caller gave a name.
    pub(crate) fn has_named(&mut self, spot: &Spot, name: &str) {
        self.made.push(Thing::Balancer(spot.clone(), name.to_owned()));
    }

    /// What was made since this was last asked.
    pub(crate) fn take_made(&mut self) -> Vec<Thing> {
        std::mem::take(&mut self.made)
    }

    /// A fresh text of `length` characters out of upper-case letters and digits, like an access key's.
    pub(crate) fn key(&mut self, length: usize) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut number = 0;
        (0..length)
            .map(|at| {
                if at % 12 == 0 {
                    number = self.number();
                }
                let letter = LETTERS[usize::try_from(number & 31).unwrap_or_default()];
                number >>= 5;
                char::from(letter)
            })
            .collect()
    }
}

/// The id of what is about these things.
pub(crate) fn derived<T: AwsId>(about: &[&str]) -> T {
    made(digest(0, about))
}

fn made<T: AwsId>(number: u64) -> T {
    let text = format!("{}0{number:016x}", T::PREFIX);
    match text.parse() {
        Ok(id) => id,
        Err(_) => unreachable!("{text} is made as such ids are"),
    }
}

/// A number that differs for different texts (FNV-1a, then mixed). Not for secrets.
pub(crate) fn digest(seed: u64, texts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ mix(seed);
    for text in texts {
        // The length keeps ["ab", "c"] and ["a", "bc"] apart.
        for byte in text.bytes().chain(text.len().to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    mix(hash)
}

/// Spreads a number over all bits (splitmix64's finaliser).
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn fresh_ids_repeat_with_the_seed_and_differ_otherwise() {
        let row = |seed: u64, beginning: &str| {
            let mut ids = Ids::new(seed, beginning);
            [ids.fresh::<VpcId>(), ids.fresh::<VpcId>()]
        };
        assert_eq!(row(1, "a"), row(1, "a"));
        let all: BTreeSet<VpcId> =
            [row(1, "a"), row(2, "a"), row(1, "b")].into_iter().flatten().collect();
        assert_eq!(all.len(), 6);
        assert!(all.iter().all(|id| id.as_str().len() == "vpc-".len() + 17), "{all:?}");
    }

    #[test]
    fn derived_ids_tell_what_they_are_about_apart() {
        let one: AssociationId = derived(&["ab", "c"]);
        assert_eq!(one, derived(&["ab", "c"]));
        assert_ne!(one, derived(&["a", "bc"]));
    }

    #[test]
    fn a_wrong_prefix_is_malformed_and_a_right_one_with_anything_else_does_not_exist() {
        let malformed = VpcId::read("subnet-12345678").unwrap_err();
        assert_eq!(malformed.code(), Some("InvalidVpcID.Malformed"));
        let unknown = ConnectionId::read("pcx-nonsense").unwrap_err();
        assert_eq!(unknown.code(), Some("InvalidVpcPeeringConnectionID.NotFound"));
        assert_eq!(unknown.message(), "The vpcPeeringConnection ID 'pcx-nonsense' does not exist");
    }

    #[test]
    fn keys_have_the_asked_length() {
        let key = Ids::new(7, "").key(30);
        assert_eq!(key.len(), 30);
        assert!(key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{key}");
    }
}

//! Ids as AWS writes them, parsed once and never again a bare string.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct ParseIdError {
    text: String,
    expected: &'static str,
}

/// How an id that AWS has not given yet is printed in a plan.
pub const KNOWN_AFTER_APPLY: &str = "(known after apply)";

const PENDING: &str = "pending:";

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, expected: $expected:expr, pattern: $pattern:expr, max: $max:literal, check: $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
                f.pad(if self.0.starts_with(PENDING) { KNOWN_AFTER_APPLY } else { &self.0 })
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(ParseIdError { text: text.chars().take(80).collect(), expected: $expected })
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "maxLength": $max })
            }
        }
    };
}

macro_rules! aws_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        text_newtype! {
            $(#[$doc])*
            $name,
            expected: concat!("an id like ", $prefix, "-0123456789abcdef0"),
            pattern: concat!("^", $prefix, "-[0-9a-f]{8,17}$"),
            max: 32,
            check: |text| is_id(text, concat!($prefix, "-"))
        }

        impl $name {
            /// Stands in a plan for the id that AWS will give to what fills `slot`; unique by slot.
            #[must_use]
            pub fn pending(slot: &str) -> Self {
                Self(format!("{PENDING}{slot}").into())
            }

            /// Whether AWS has yet to give this id.
            #[must_use]
            pub fn is_pending(&self) -> bool {
                self.0.starts_with(PENDING)
            }
        }
    };
}

/// AWS ids are a prefix and 8 (before 2018) or 17 lower-case hexadecimal digits.
fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        (8..=17).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

aws_id! {
    /// A VPC, `vpc-…`.
    VpcId, "vpc"
}
aws_id! {
    /// A subnet, `subnet-…`.
    SubnetId, "subnet"
}
aws_id! {
    /// A route table, `rtb-…`.
    RouteTableId, "rtb"
}
aws_id! {
    /// The association of a route table with a subnet, a gateway, or (the main one) a VPC, `rtbassoc-…`.
    AssociationId, "rtbassoc"
}
aws_id! {
    /// A VPC peering connection, `pcx-…`.
    ConnectionId, "pcx"
}
aws_id! {
    /// A security group, `sg-…`.
    SecurityGroupId, "sg"
}
aws_id! {
    /// One rule of a security group, `sgr-…`.
    SecurityGroupRuleId, "sgr"
}
aws_id! {
    /// A managed prefix list, `pl-…`.
    PrefixListId, "pl"
}
aws_id! {
    /// A NAT gateway, `nat-…`.
    NatGatewayId, "nat"
}

aws_id! {
    /// A network ACL, `acl-…`.
    NetworkAclId, "acl"
}
aws_id! {
    /// The association of a network ACL with a subnet, `aclassoc-…`. It gets a new id whenever the ACL is replaced.
    NetworkAclAssociationId, "aclassoc"
}
aws_id! {
    /// A network interface, `eni-…`.
    NetworkInterfaceId, "eni"
}

aws_id! {
    /// An EC2 instance, `i-…`.
    InstanceId, "i"
}

text_newtype! {
    /// An AWS account: twelve digits.
    AccountId,
    expected: "an AWS account id (twelve digits)",
    pattern: "^[0-9]{12}$",
    max: 12,
    check: |text| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

text_newtype! {
    /// An AWS Region, like `us-west-2`.
    Region,
    expected: "an AWS Region like us-west-2",
    pattern: "^[a-z]{2,4}(-[a-z]{2,16}){1,3}-[0-9]{1,2}$",
    max: 32,
    check: is_region
}

text_newtype! {
    /// The id of a zone, like `usw2-az1`. Names (`us-west-2a`) differ between accounts; ids do not. Local Zones and
    /// Wavelength Zones have ids of other forms (`usw2-lax1-az1`, `use1-wl1-bos-wlz1`;
    /// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>): one subnet there
    /// must not make the others unreadable.
    ZoneId,
    expected: "a zone id like usw2-az1",
    pattern: "^[a-z0-9]+(-[a-z0-9]+){0,4}-[a-z]+[0-9]{1,2}$",
    max: 40,
    check: is_zone_id
}

text_newtype! {
    /// The name of a zone in one account, like `us-west-2a`: two accounts may call different zones so. Auto Scaling names
    /// zones only this way.
    ZoneName,
    expected: "a zone name like us-west-2a",
    pattern: "^[a-z0-9]+(-[a-z0-9]+)+$",
    max: 64,
    check: is_zone_name
}

text_newtype! {
    /// The name of a Classic Load Balancer, unique in its account and Region: letters, digits and hyphens, at most 32, no
    /// hyphen at either end
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html>).
    LoadBalancerName,
    expected: "the name of a load balancer (letters, digits and hyphens, at most 32, no hyphen at either end)",
    pattern: "^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$",
    max: 32,
    check: is_balancer_name
}

text_newtype! {
    /// The name of an auto-scaling group, unique in its account and Region: nearly any text of 1 to 255 characters
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html>).
    AutoScalingGroupName,
    expected: "the name of an auto-scaling group",
    pattern: "^.+$",
    max: 255,
    check: |text| (1..=255).contains(&text.chars().count())
}

fn is_balancer_name(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_zone_name(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    text.len() <= 64 && text.contains('-') && text.split('-').all(is_word)
}

fn is_zone_id(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let Some((last, head)) = words.split_last() else { return false };
    let letters = last.trim_end_matches(|digit: char| digit.is_ascii_digit());
    text.len() <= 40
        && (1..=5).contains(&head.len())
        && head.iter().all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
        && !letters.is_empty()
        && letters.bytes().all(|b| b.is_ascii_lowercase())
        && (1..=2).contains(&(last.len() - letters.len()))
}

fn is_region(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let [head, middle @ .., number] = words.as_slice() else { return false };
    let is_word = |word: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
    };
    is_word(head, 2..=4)
        && (1..=3).contains(&middle.len())
        && middle.iter().all(|word| is_word(word, 2..=16))
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_both_ages_parse_and_others_do_not() {
        assert!("vpc-ce78dbb7".parse::<VpcId>().is_ok());
        assert!("vpc-0123456789abcdef0".parse::<VpcId>().is_ok());
        for bad in [
            "vpc-",
            "vpc-CE78DBB7",
            "subnet-ce78dbb7",
            "vpc-ce78dbb",
            "vpc-0123456789abcdef01",
            "*",
            "",
        ] {
            assert!(bad.parse::<VpcId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn regions_accounts_and_zones_are_checked() {
        for good in
            ["us-west-2", "ap-southeast-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"]
        {
            assert!(good.parse::<Region>().is_ok(), "{good}");
        }
        for bad in ["us-west", "uswest2", "US-WEST-2", "us-west-2a", "us--2", ""] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
        assert!("111111111111".parse::<AccountId>().is_ok());
        assert!("11111111111".parse::<AccountId>().is_err());
        assert!("usw2-az1".parse::<ZoneId>().is_ok());
        for zone in ["use1-wl1-bos-wlz1", "usw2-lax1-az1"] {
            assert!(zone.parse::<ZoneId>().is_ok(), "{zone}");
        }
        for name in ["us-west-2a", "us-west-2-lax-1a", "us-east-1-wl1-bos-wlz-1"] {
            assert!(name.parse::<ZoneId>().is_err(), "{name} is a name, not an id");
            assert!(name.parse::<ZoneName>().is_ok(), "{name}");
        }
        for bad in ["", "us", "us-west-2A", "us--2a", "-us-west-2a"] {
            assert!(bad.parse::<ZoneName>().is_err(), "{bad}");
        }
        assert!("".parse::<AutoScalingGroupName>().is_err());
        assert!("imply-e04 Query: 1".parse::<AutoScalingGroupName>().is_ok());
    }

    #[test]
    fn an_id_not_given_yet_prints_as_known_after_apply_and_differs_by_slot() {
        let pending = ConnectionId::pending("connection");
        assert_eq!(pending.to_string(), KNOWN_AFTER_APPLY);
        assert!(pending.is_pending());
        assert_ne!(pending, ConnectionId::pending("other"));
    }
}

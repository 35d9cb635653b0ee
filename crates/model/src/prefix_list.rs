//! Managed prefix lists: a route may name one instead of a CIDR block.

use crate::part::{Item, PartKind};
use crate::{CidrBlock, PrefixListId};

/// A managed prefix list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixList {
    /// Its id.
    pub id: PrefixListId,
    /// Whether AWS owns it: the lists of gateway endpoints, whose addresses are never those of a VPC.
    pub is_owned_by_aws: bool,
    /// Grows with each change of its entries.
    pub version: i64,
    /// Its blocks; `None` when AWS would not tell us, which is never the same as "none".
    pub entries: Option<Vec<CidrBlock>>,
}

impl Item for PrefixList {
    type Id = PrefixListId;
    const KIND: PartKind = PartKind::PrefixLists;

    fn id(&self) -> &PrefixListId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.id.as_str()]
    }
}

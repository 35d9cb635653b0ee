//! The zones of a Region.

use crate::part::{Item, PartKind};
use crate::{ZoneId, ZoneName};

/// A zone that the account may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its id, the same in all accounts.
    pub id: ZoneId,
    /// What this account calls it.
    pub name: ZoneName,
    /// Whether it is an Availability Zone; else a Local or a Wavelength Zone, where Classic Load Balancers cannot stand.
    pub is_availability_zone: bool,
    /// Whether AWS calls it `available`.
    pub is_available: bool,
}

impl Item for Zone {
    type Id = ZoneId;
    const KIND: PartKind = PartKind::Zones;

    fn id(&self) -> &ZoneId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.id.as_str()]
    }
}

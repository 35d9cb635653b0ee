//! AWS's wire format, both halves: Query parameters in ([`query`]), XML out ([`xml`]).
//!
//! Both are driven by serde, so that an action is described once, by its request and its reply. Nothing here knows any
//! action.

pub(crate) mod query;
pub(crate) mod xml;

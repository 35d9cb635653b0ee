//! What the trust suite is made of: the whole controller on a simulated AWS and an API server in memory, in paused time
//! and on one thread, so that the same run is the same every time; and lives of it that end at any of their calls.
//!
//! | to understand | read |
//! |---|---|
//! | what is played | `scenario.rs` |
//! | one life of the controller | `life.rs` |
//! | its two edges | `aws.rs`, `kubernetes.rs` |
//! | what counts as harm | `judge.rs` |
//! | what the roles may do | `rights.rs` |
//! | when two ends are the same | `end.rs` |

pub mod aws;
pub mod end;
pub mod judge;
pub mod kubernetes;
pub mod life;
mod rights;
pub mod scenario;
pub mod stage;
pub mod time;

//! The AWS edge in Peerway's own words: narrow traits, the snapshots that all objects share, the table of error codes.
//!
//! This crate must not know the AWS SDK (`peerway-aws-sdk` stands behind the traits), Kubernetes, or what an object of
//! ours wants: it reads, writes and keeps what was read.

pub mod clock;
pub mod edge;
pub mod error;
pub mod iam;
pub mod pacing;
pub mod snapshots;

pub use edge::{AutoScaling, Cloud, Ec2, LoadBalancing, PrefixListHead, page_size};
pub use pacing::{Pacing, Rate, Reservation, Urgency};
pub use snapshots::{Changed, Interest, Interests, Keys, Snapshots, SnapshotsConfig, poll};

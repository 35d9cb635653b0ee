//! A strict simulated AWS: accounts, Regions and objects, time that passes, faults on demand, and a ledger of every call.
//!
//! What a newcomer tries Peerway on, and what every test runs on. It refuses what AWS refuses, with AWS's codes, and
//! lets happen over time what happens over time. [`World::call`] is the only way in; two fronts lead there and do
//! nothing themselves: [`serve`] speaks AWS's Query protocol over HTTP, [`SimCloud`] stands behind the traits of
//! `peerway-aws`.
//!
//! | to understand | read |
//! |---|---|
//! | how a call passes | `passage.rs`, then `action.rs`: the table of all actions |
//! | who may do what | `iam/mod.rs` |
//! | what may go wrong on the way | `weather/mod.rs` |
//! | what AWS does with a noun | its file under `ec2/`, `elb/`, `autoscaling/` |
//! | what an estate file says | `estate/mod.rs` |
//! | how the wire looks | `wire/`, `form.rs`, `http/` |
//!
//! This crate must not know the AWS SDK, Kubernetes, Peerway's resources or its planner: it simulates AWS for whoever
//! calls, and whoever calls is judged by its ledger.

pub mod action;
pub mod autoscaling;
mod clock;
pub mod ec2;
pub mod elb;
mod error;
pub mod estate;
mod events;
mod filters;
mod form;
mod front;
mod http;
pub mod iam;
mod id;
mod idempotency;
mod identity;
mod json;
mod ledger;
mod paging;
mod passage;
mod scope;
mod settings;
mod state;
pub mod sts;
pub mod weather;
mod wire;
mod world;

pub use action::{Action, Call, Reply, Request, Service};
pub use clock::SimClock;
pub use error::{ApiError, Refusal};
pub use estate::{BrokenEstate, Estate, EstateError};
pub use front::SimCloud;
pub use http::{HttpLimits, serve, serve_with};
pub use id::{
    AddressAssociationId, AllocationId, AttachmentId, CidrAssociationId, EgressOnlyGatewayId,
    ImageId, InstanceId, InternetGatewayId, KeyPairId, LaunchTemplateId, NetworkAclAssociationId,
    NetworkAclId, NetworkInterfaceId, ReservationId, SubnetCidrAssociationId,
    SubnetCidrReservationId, VolumeId, VpcEndpointId,
};
pub use identity::Caller;
pub use ledger::{Cause, Entry, Outcome, Tally, tally};
pub use settings::{
    HealthChecks, Quotas, RepeatedBalancer, RepeatedRoute, Settings, Signatures, Timings,
};
pub use weather::{Effect, Fault, FaultKind};
pub use world::World;

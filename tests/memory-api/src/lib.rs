//! A Kubernetes API server in memory, for tests of a controller that must be fast and the same every time; and the places
//! where a run can end at a call to it.
//!
//! [`MemoryApi`] is a service for `kube::Client::new`. It serves custom resources by their definitions ([`MemoryApi::register`]),
//! and of the built-in kinds namespaces, leases and the events of `events.k8s.io`: get, list (in consistent pages), watch
//! (initial events, bookmarks, resuming, 410), create, replace, JSON patch, merge patch, server-side apply with field
//! ownership, delete with preconditions and finalizers, the status subresource, defaults, pruning and validation by
//! schema, label and field selectors, answers reduced to metadata. It asks the given clock for the time, starts no thread
//! or task, and numbers uids and revisions in order: the same requests have the same answers. Watches that are open can
//! be cut, expired and sent bookmarks on command. `tests/memory-api/compare` holds it against the real server.
//!
//! [`crash`] lets a run end at any of its calls; [`CrashLayer`] is that for the calls of a `kube::Client`.
//!
//! # What it does not do
//!
//! - Rules in CEL, admission webhooks and policies, authentication, roles: everything that fits the schema is allowed.
//! - Discovery, `OpenAPI`, the definitions themselves as objects, other built-in kinds, several versions of one kind and
//!   conversion between them, the `scale` and `finalize` subresources, deleting collections, dry runs, strategic merge
//!   patches, YAML or other bodies than JSON, tables, `fieldValidation` (unknown fields are dropped, as by default).
//! - What controllers of Kubernetes do: garbage collection by owner, propagation policies, emptying a namespace that goes
//!   ([`MemoryApi::finish_namespace`] takes it away), expiry of events.
//! - Checks of names, labels, annotations, owner references and managed fields beyond what is listed; those that built-in
//!   kinds have beside their schema; `oneOf` and its like; what `schema` and `fields` say they leave out.
//! - Bookmarks by themselves, and any latency: an answer is there at once, and a watch is told of a change at once.

pub mod crash;

mod api;
mod edge;
mod failure;
mod fields;
mod kinds;
mod path;
mod schema;

pub use api::{MemoryApi, ResponseBody};
pub use edge::{CrashLayer, CrashService};
pub use path::{Target, Verb};

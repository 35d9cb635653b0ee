//! One suite for both ways into AWS: the SDK over HTTP and the in-process front. What holds for one holds for the other,
//! so that what is proven in process is true of the shipped binary.

#![expect(clippy::unwrap_used, reason = "a test may end wherever it cannot go on")]

mod balancers;
mod fronts;
mod reads;
mod refusals;
mod writes;

//! What tests, the demo and `make dev` start: a real API server, the simulated AWS and the controller as processes, and
//! the hands of a user: `kubectl`, and calls to AWS.
//!
//! Processes die with the value that holds them; everything they write lies in one temporary directory.

pub mod api_server;
pub mod assets;
pub mod aws;
pub mod clients;
pub mod environment;
pub mod in_process;
pub mod kubectl;
pub mod process;
pub mod suite;
pub mod tap;

pub use api_server::ApiServer;
pub use assets::Assets;
pub use aws::Aws;
pub use environment::{Controller, Environment, Sim};

pub use kubectl::Kubectl;
pub use tap::Tap;

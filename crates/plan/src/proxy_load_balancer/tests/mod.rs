//! Plans of balancers, played to their fixpoint in worlds that `project` changes.

mod bad_inputs;
mod changes;
mod check;
mod create;
mod deletion;
mod drift;
mod harm;
mod health;
mod listeners;
mod lists;
mod members;
mod properties;
mod run;
mod scenario;
mod settings;
mod targets;

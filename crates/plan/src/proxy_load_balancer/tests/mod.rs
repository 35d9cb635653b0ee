//! Plans of balancers, played to their fixpoint.

mod create;
mod scenario;

//! Plans of balancers.

//! One file per command.

pub(crate) mod completion;
pub(crate) mod controller;
pub(crate) mod crds;
pub(crate) mod iam_policy;
pub(crate) mod sim;

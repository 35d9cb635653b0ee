//! Server certificates of ACM and IAM, as far as balancers need them: whether there is such a one. Only an estate makes
//! them.

use peerway_model::Tags;

use crate::ApiError;
use crate::state::{Maker, RegionState};

/// A certificate; its ARN is its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub(crate) domain: Option<String>,
    pub(crate) tags: Tags,
    pub(crate) maker: Maker,
}

/// Whether a balancer may use this certificate: it must be there, in the balancer's own account and Region.
pub(crate) fn check(region: &RegionState, arn: &str) -> Result<(), ApiError> {
    if region.certificates.contains_key(arn) {
        return Ok(());
    }
    Err(ApiError::new(
        "CertificateNotFound",
        format!("Server Certificate not found for the key: {arn}"),
    ))
}

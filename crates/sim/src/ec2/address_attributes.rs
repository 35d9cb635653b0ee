//! What reverse DNS says of Elastic IP addresses: nothing, but Terraform asks.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::net::Ipv4Addr;
use std::sync::LazyLock;

use peerway_model::Tags;
use serde::{Deserialize, Serialize};

use super::listing::{Question, describe as describe_all};
use crate::filters::{Field, Filterable};
use crate::id::AllocationId;
use crate::paging::Limits;
use crate::scope::Scope;
use crate::{Action, ApiError};

/// What reverse DNS says of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAddressesAttribute {
    #[serde(default, rename = "AllocationId")]
    pub allocation_ids: Vec<String>,
    /// There is one: `domain-name`.
    pub attribute: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAddressesAttributeReply {
    pub address_set: Vec<AddressAttributeItem>,
    pub next_token: Option<String>,
}

/// Without the name that reverse DNS would give: nobody has set one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressAttributeItem {
    pub public_ip: Ipv4Addr,
    pub allocation_id: AllocationId,
}

impl Filterable for AddressAttributeItem {
    /// This call has no filters.
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[];

    fn tags(&self) -> &Tags {
        static NONE: LazyLock<Tags> = LazyLock::new(Tags::new);
        &NONE
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeAddressesAttribute,
) -> Result<DescribeAddressesAttributeReply, ApiError> {
    if let Some(other) = request.attribute.as_deref().filter(|name| *name != "domain-name") {
        return Err(ApiError::invalid_value(format!(
            "Value ({other}) for parameter attribute is invalid. Unknown attribute."
        )));
    }
    let question = Question {
        action: Action::DescribeAddressesAttribute,
        ids: ("AllocationIds", &request.allocation_ids),
        filters: &[],
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits { min: 1, max: 1000 },
    };
    let addresses = &scope.here().addresses;
    let (address_set, next_token) = describe_all(scope, &question, addresses, |id, address| {
        AddressAttributeItem { public_ip: address.public, allocation_id: id.clone() }
    })?;
    Ok(DescribeAddressesAttributeReply { address_set, next_token })
}

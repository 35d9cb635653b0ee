//! Internet gateways, and the other things that routes point at and that only an estate can make.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::sync::Arc;

use peerway_model::{AccountId, VpcId};
use serde::{Deserialize, Serialize};

use super::listing::{Question, describe as describe_all};
use super::{Filter, TagSet};
use crate::filters::{Field, Filterable};
use crate::id::InternetGatewayId;
use crate::paging::Limits;
use crate::scope::Scope;
use crate::state::{Maker, SharedTags};
use crate::{Action, ApiError};

/// An internet gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InternetGateway {
    /// The VPC it is attached to.
    pub(crate) vpc: Option<VpcId>,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInternetGateways {
    #[serde(default, rename = "InternetGatewayId")]
    pub internet_gateway_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeInternetGatewaysReply {
    pub internet_gateway_set: Vec<InternetGatewayItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InternetGatewayItem {
    pub internet_gateway_id: InternetGatewayId,
    pub owner_id: AccountId,
    pub attachment_set: Vec<Attachment>,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    pub vpc_id: VpcId,
    pub state: &'static str,
}

impl Filterable for InternetGatewayItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("attachment.state", |gateway, probe| {
            probe.texts(gateway.attachment_set.iter().map(|attachment| attachment.state));
        }),
        ("attachment.vpc-id", |gateway, probe| {
            probe.texts(gateway.attachment_set.iter().map(|attachment| attachment.vpc_id.as_str()));
        }),
        ("internet-gateway-id", |gateway, probe| probe.text(gateway.internet_gateway_id.as_str())),
        ("owner-id", |gateway, probe| probe.text(gateway.owner_id.as_str())),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeInternetGateways,
) -> Result<DescribeInternetGatewaysReply, ApiError> {
    let question = Question {
        action: Action::DescribeInternetGateways,
        ids: ("InternetGatewayIds", &request.internet_gateway_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let gateways = &scope.here().internet_gateways;
    let (internet_gateway_set, next_token) =
        describe_all(scope, &question, gateways, |id, gateway| InternetGatewayItem {
            internet_gateway_id: id.clone(),
            owner_id: scope.spot.account.clone(),
            // "available" is EC2's word for an attached internet gateway.
            attachment_set: gateway
                .vpc
                .iter()
                .map(|vpc| Attachment { vpc_id: vpc.clone(), state: "available" })
                .collect(),
            tag_set: TagSet(Arc::clone(&gateway.tags)),
        })?;
    Ok(DescribeInternetGatewaysReply { internet_gateway_set, next_token })
}

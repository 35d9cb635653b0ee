//! Egress-only internet gateways: the way out for IPv6. Each belongs to one VPC from its creation to its end.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::sync::Arc;

use peerway_model::VpcId;
use serde::{Deserialize, Serialize};

use super::gateways::Attachment;
use super::listing::{Question, describe as describe_all};
use super::{Filter, TagSet, TagSpecification, tags};
use crate::filters::{Field, Filterable};
use crate::id::{AwsId, EgressOnlyGatewayId};
use crate::idempotency::once;
use crate::paging::Limits;
use crate::scope::{Scope, find};
use crate::state::{Maker, SharedTags};
use crate::{Action, ApiError};

/// An egress-only internet gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EgressOnlyGateway {
    pub(crate) vpc: VpcId,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeEgressOnlyInternetGateways {
    #[serde(default, rename = "EgressOnlyInternetGatewayId")]
    pub egress_only_internet_gateway_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeEgressOnlyInternetGatewaysReply {
    pub egress_only_internet_gateway_set: Vec<EgressOnlyGatewayItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EgressOnlyGatewayItem {
    pub egress_only_internet_gateway_id: EgressOnlyGatewayId,
    pub attachment_set: Vec<Attachment>,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateEgressOnlyInternetGateway {
    pub vpc_id: String,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateEgressOnlyInternetGatewayReply {
    pub egress_only_internet_gateway: EgressOnlyGatewayItem,
    pub client_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteEgressOnlyInternetGateway {
    pub egress_only_internet_gateway_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteEgressOnlyInternetGatewayReply {
    pub return_code: bool,
}

impl Filterable for EgressOnlyGatewayItem {
    /// EC2 filters these by tags only.
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

fn show(id: &EgressOnlyGatewayId, gateway: &EgressOnlyGateway) -> EgressOnlyGatewayItem {
    EgressOnlyGatewayItem {
        egress_only_internet_gateway_id: id.clone(),
        attachment_set: vec![Attachment { vpc_id: gateway.vpc.clone(), state: "attached" }],
        tag_set: TagSet(Arc::clone(&gateway.tags)),
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeEgressOnlyInternetGateways,
) -> Result<DescribeEgressOnlyInternetGatewaysReply, ApiError> {
    let question = Question {
        action: Action::DescribeEgressOnlyInternetGateways,
        ids: ("EgressOnlyInternetGatewayIds", &request.egress_only_internet_gateway_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits { min: 5, max: 255 },
    };
    let (egress_only_internet_gateway_set, next_token) =
        describe_all(scope, &question, &scope.here().egress_only_gateways, show)?;
    Ok(DescribeEgressOnlyInternetGatewaysReply { egress_only_internet_gateway_set, next_token })
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateEgressOnlyInternetGateway,
) -> Result<CreateEgressOnlyInternetGatewayReply, ApiError> {
    once(scope, request.client_token.as_deref(), request, |scope| {
        let vpc = VpcId::read(&request.vpc_id)?;
        let here = scope.here();
        find(&here.vpcs, &vpc)?;
        if here.egress_only_gateways.values().any(|other| other.vpc == vpc) {
            return Err(ApiError::new(
                "Resource.AlreadyAssociated",
                format!("Network {vpc} already has an egress-only internet gateway attached"),
            ));
        }
        if here.egress_only_gateways.len() >= scope.settings.quotas.internet_gateways {
            return Err(ApiError::new(
                "EgressOnlyInternetGatewayLimitExceeded",
                "The maximum number of egress-only internet gateways has been reached.",
            ));
        }
        let specifications = &request.tag_specifications;
        let tags = tags::specified(scope, specifications, "egress-only-internet-gateway")?;
        let id: EgressOnlyGatewayId = scope.ids.fresh();
        let gateway = EgressOnlyGateway { vpc, tags, maker: scope.maker() };
        let item = show(&id, &gateway);
        scope.here_mut().egress_only_gateways.insert(id, gateway);
        let client_token = request.client_token.clone();
        Ok(CreateEgressOnlyInternetGatewayReply {
            egress_only_internet_gateway: item,
            client_token,
        })
    })
}

pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &DeleteEgressOnlyInternetGateway,
) -> Result<DeleteEgressOnlyInternetGatewayReply, ApiError> {
    let id = EgressOnlyGatewayId::read(&request.egress_only_internet_gateway_id)?;
    find(&scope.here().egress_only_gateways, &id)?;
    scope.here_mut().egress_only_gateways.remove(&id);
    Ok(DeleteEgressOnlyInternetGatewayReply { return_code: true })
}

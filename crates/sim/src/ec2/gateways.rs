//! Internet gateways.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::sync::Arc;

use peerway_model::{AccountId, VpcId};
use serde::{Deserialize, Serialize};

use super::listing::{Question, describe as describe_all};
use super::{Done, Filter, TagSet, TagSpecification, addresses, route_tables, tags};
use crate::filters::{Field, Filterable};
use crate::id::{AwsId, InternetGatewayId};
use crate::paging::Limits;
use crate::scope::{Scope, find, find_mut};
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

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateInternetGateway {
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateInternetGatewayReply {
    pub internet_gateway: InternetGatewayItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachInternetGateway {
    pub internet_gateway_id: String,
    pub vpc_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DetachInternetGateway {
    pub internet_gateway_id: String,
    pub vpc_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteInternetGateway {
    pub internet_gateway_id: String,
    pub dry_run: Option<bool>,
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

fn show(
    scope: &Scope<'_>,
    id: &InternetGatewayId,
    gateway: &InternetGateway,
) -> InternetGatewayItem {
    // "available" is EC2's word for an attached internet gateway.
    let attached = |vpc: &VpcId| Attachment { vpc_id: vpc.clone(), state: "available" };
    InternetGatewayItem {
        internet_gateway_id: id.clone(),
        owner_id: scope.spot.account.clone(),
        attachment_set: gateway.vpc.iter().map(attached).collect(),
        tag_set: TagSet(Arc::clone(&gateway.tags)),
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
        describe_all(scope, &question, gateways, |id, gateway| show(scope, id, gateway))?;
    Ok(DescribeInternetGatewaysReply { internet_gateway_set, next_token })
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateInternetGateway,
) -> Result<CreateInternetGatewayReply, ApiError> {
    let tags = tags::specified(scope, &request.tag_specifications, "internet-gateway")?;
    if scope.here().internet_gateways.len() >= scope.settings.quotas.internet_gateways {
        return Err(ApiError::new(
            "InternetGatewayLimitExceeded",
            "The maximum number of internet gateways has been reached.",
        ));
    }
    let id: InternetGatewayId = scope.ids.fresh();
    let gateway = InternetGateway { vpc: None, tags, maker: scope.maker() };
    let item = show(scope, &id, &gateway);
    scope.here_mut().internet_gateways.insert(id, gateway);
    Ok(CreateInternetGatewayReply { internet_gateway: item })
}

pub(crate) fn attach(
    scope: &mut Scope<'_>,
    request: &AttachInternetGateway,
) -> Result<Done, ApiError> {
    let id = InternetGatewayId::read(&request.internet_gateway_id)?;
    let vpc = VpcId::read(&request.vpc_id)?;
    let gateways = &scope.here().internet_gateways;
    let gateway = find(gateways, &id)?;
    find(&scope.here().vpcs, &vpc)?;
    if let Some(other) = &gateway.vpc {
        return Err(ApiError::new(
            "Resource.AlreadyAssociated",
            format!("resource {id} is already attached to network {other}"),
        ));
    }
    if gateways.values().any(|other| other.vpc.as_ref() == Some(&vpc)) {
        return Err(ApiError::invalid_value(format!(
            "Network {vpc} already has an internet gateway attached"
        )));
    }
    find_mut(&mut scope.here_mut().internet_gateways, &id)?.vpc = Some(vpc);
    Ok(Done::YES)
}

pub(crate) fn detach(
    scope: &mut Scope<'_>,
    request: &DetachInternetGateway,
) -> Result<Done, ApiError> {
    let id = InternetGatewayId::read(&request.internet_gateway_id)?;
    let vpc = VpcId::read(&request.vpc_id)?;
    let here = scope.here();
    let gateway = find(&here.internet_gateways, &id)?;
    find(&here.vpcs, &vpc)?;
    if gateway.vpc.as_ref() != Some(&vpc) {
        return Err(ApiError::new(
            "Gateway.NotAttached",
            format!("resource {id} is not attached to network {vpc}"),
        ));
    }
    if addresses::is_mapped(here, &vpc) {
        return Err(ApiError::dependency(format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching \
             the gateway."
        )));
    }
    if route_tables::is_edge_of_any(here, id.as_str()) {
        return Err(ApiError::dependency(format!(
            "The internetGateway '{id}' has dependencies and cannot be detached."
        )));
    }
    find_mut(&mut scope.here_mut().internet_gateways, &id)?.vpc = None;
    Ok(Done::YES)
}

pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &DeleteInternetGateway,
) -> Result<Done, ApiError> {
    let id = InternetGatewayId::read(&request.internet_gateway_id)?;
    if find(&scope.here().internet_gateways, &id)?.vpc.is_some() {
        return Err(ApiError::dependency(format!(
            "The internetGateway '{id}' has dependencies and cannot be deleted."
        )));
    }
    scope.here_mut().internet_gateways.remove(&id);
    Ok(Done::YES)
}

//! NAT gateways, as far as they matter to routes: what they are, where they stand. Only an estate makes them.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::sync::Arc;

use peerway_model::{NatConnectivity, NatGatewayId, SubnetId, VpcId};
use serde::{Deserialize, Serialize};

use super::listing::{Question, describe as describe_all};
use super::{Filter, TagSet};
use crate::filters::{Field, Filterable};
use crate::paging::Limits;
use crate::scope::Scope;
use crate::state::{Maker, SharedTags};
use crate::{Action, ApiError};

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NatGateway {
    pub(crate) vpc: VpcId,
    pub(crate) subnet: SubnetId,
    pub(crate) connectivity: NatConnectivity,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeNatGateways {
    #[serde(default, rename = "NatGatewayId")]
    pub nat_gateway_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeNatGatewaysReply {
    pub nat_gateway_set: Vec<NatGatewayItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NatGatewayItem {
    pub nat_gateway_id: NatGatewayId,
    pub state: &'static str,
    pub connectivity_type: &'static str,
    pub vpc_id: VpcId,
    pub subnet_id: SubnetId,
    /// Always empty: nobody here needs the addresses.
    pub nat_gateway_address_set: Vec<String>,
    pub tag_set: TagSet,
}

impl Filterable for NatGatewayItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("nat-gateway-id", |nat, probe| probe.text(nat.nat_gateway_id.as_str())),
        ("state", |nat, probe| probe.text(nat.state)),
        ("subnet-id", |nat, probe| probe.text(nat.subnet_id.as_str())),
        ("vpc-id", |nat, probe| probe.text(nat.vpc_id.as_str())),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeNatGateways,
) -> Result<DescribeNatGatewaysReply, ApiError> {
    let question = Question {
        action: Action::DescribeNatGateways,
        ids: ("NatGatewayIds", &request.nat_gateway_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let gateways = &scope.here().nat_gateways;
    let (nat_gateway_set, next_token) =
        describe_all(scope, &question, gateways, |id, nat| NatGatewayItem {
            nat_gateway_id: id.clone(),
            state: "available",
            connectivity_type: match nat.connectivity {
                NatConnectivity::Public => "public",
                NatConnectivity::Private => "private",
            },
            vpc_id: nat.vpc.clone(),
            subnet_id: nat.subnet.clone(),
            nat_gateway_address_set: Vec::new(),
            tag_set: TagSet(Arc::clone(&nat.tags)),
        })?;
    Ok(DescribeNatGatewaysReply { nat_gateway_set, next_token })
}

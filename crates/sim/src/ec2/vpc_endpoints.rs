//! Endpoints of services in VPCs: nobody can make one. What an estate says of one is only that it may be a route's target,
//! which tells nothing that could be shown here.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Filter;
use super::listing::{Question, describe as describe_all};
use crate::filters::{Field, Filterable};
use crate::id::VpcEndpointId;
use crate::paging::Limits;
use crate::scope::Scope;
use crate::{Action, ApiError};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeVpcEndpoints {
    #[serde(default, rename = "VpcEndpointId")]
    pub vpc_endpoint_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeVpcEndpointsReply {
    pub vpc_endpoint_set: Vec<VpcEndpointItem>,
    pub next_token: Option<String>,
}

/// There is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum VpcEndpointItem {}

impl Filterable for VpcEndpointItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("ip-address-type", |_, _| {}),
        ("service-name", |_, _| {}),
        ("service-region", |_, _| {}),
        ("vpc-endpoint-id", |_, _| {}),
        ("vpc-endpoint-state", |_, _| {}),
        ("vpc-endpoint-type", |_, _| {}),
        ("vpc-id", |_, _| {}),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        match *self {}
    }
}

/// Lists none (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html>).
pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeVpcEndpoints,
) -> Result<DescribeVpcEndpointsReply, ApiError> {
    let question = Question {
        action: Action::DescribeVpcEndpoints,
        ids: ("VpcEndpointIds", &request.vpc_endpoint_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    #[expect(
        clippy::zero_sized_map_values,
        reason = "it is what lists are made of, and there are none"
    )]
    let none = BTreeMap::new();
    let (vpc_endpoint_set, next_token) =
        describe_all(scope, &question, &none, |_: &VpcEndpointId, endpoint: &VpcEndpointItem| {
            endpoint.clone()
        })?;
    Ok(DescribeVpcEndpointsReply { vpc_endpoint_set, next_token })
}

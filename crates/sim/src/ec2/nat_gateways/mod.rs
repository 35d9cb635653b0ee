//! NAT gateways: each stands in a subnet with an interface of its own, a public one with an Elastic IP address too.

mod lifecycle;
mod wire;

use std::sync::Arc;

use peerway_model::{NatConnectivity, NatGatewayId, SubnetId, Timestamp, VpcId};

pub(crate) use lifecycle::{create, delete, forgotten, gone, settled};
pub use wire::{
    CreateNatGateway, CreateNatGatewayReply, DeleteNatGateway, DeleteNatGatewayReply,
    DescribeNatGateways, DescribeNatGatewaysReply, NatAddressItem, NatGatewayItem,
};

use super::addresses::association_id;
use super::listing::{Question, describe as describe_all};
use super::{TagSet, addresses};
use crate::filters::{Field, Filterable};
use crate::id::NetworkInterfaceId;
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
    pub(crate) state: NatState,
    /// Its interface, as long as it has one.
    pub(crate) interface: Option<NetworkInterfaceId>,
    pub(crate) created: Timestamp,
    pub(crate) deleted: Option<Timestamp>,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// Where a NAT gateway is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NatState {
    Pending,
    Available,
    /// A public one in a VPC without an internet gateway.
    Failed,
    Deleting,
    Deleted,
}

impl NatState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }

    /// Whether it is there, or about to be.
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Available)
    }
}

impl Filterable for NatGatewayItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("connectivity-type", |nat, probe| probe.text(nat.connectivity_type)),
        ("nat-gateway-id", |nat, probe| probe.text(nat.nat_gateway_id.as_str())),
        ("state", |nat, probe| probe.text(nat.state)),
        ("subnet-id", |nat, probe| probe.text(nat.subnet_id.as_str())),
        ("vpc-id", |nat, probe| probe.text(nat.vpc_id.as_str())),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

fn show(scope: &Scope<'_>, id: &NatGatewayId, nat: &NatGateway) -> NatGatewayItem {
    let seconds = |at: Timestamp| at.round(jiff::Unit::Second).unwrap_or(at);
    let here = scope.here();
    let address = nat.interface.as_ref().and_then(|interface| {
        let private = here.network_interfaces.get(interface)?.address;
        let public = addresses::of_interface(here, interface);
        Some(NatAddressItem {
            allocation_id: public.map(|(allocation, _)| allocation.clone()),
            association_id: public.map(|(allocation, _)| association_id(allocation, interface)),
            network_interface_id: Some(interface.clone()),
            private_ip: Some(private),
            public_ip: public.map(|(_, address)| address.public),
            is_primary: true,
            status: "succeeded",
        })
    });
    let has_failed = nat.state == NatState::Failed;
    NatGatewayItem {
        nat_gateway_id: id.clone(),
        state: nat.state.as_str(),
        connectivity_type: match nat.connectivity {
            NatConnectivity::Public => "public",
            NatConnectivity::Private => "private",
        },
        vpc_id: nat.vpc.clone(),
        subnet_id: nat.subnet.clone(),
        create_time: seconds(nat.created),
        delete_time: nat.deleted.map(seconds),
        failure_code: has_failed.then_some("Gateway.NotAttached"),
        failure_message: has_failed
            .then(|| format!("Network {} has no Internet gateway attached", nat.vpc)),
        nat_gateway_address_set: address.into_iter().collect(),
        tag_set: TagSet(Arc::clone(&nat.tags)),
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
        describe_all(scope, &question, gateways, |id, nat| show(scope, id, nat))?;
    Ok(DescribeNatGatewaysReply { nat_gateway_set, next_token })
}

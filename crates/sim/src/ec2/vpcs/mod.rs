//! VPCs, their blocks and their DNS attributes.

mod attributes;
mod cidrs;
mod defaults;
mod wire;

use std::sync::Arc;

use peerway_model::{CidrBlock, Family, SubnetId, VpcDns, VpcId};

pub(crate) use attributes::{describe_attribute, modify_attribute};
pub(crate) use cidrs::{
    associate_cidr, check_beside, check_vpc_block, cidr_settled, disassociate_cidr, overlap,
};
pub(crate) use defaults::{create_default, default_of};
pub use wire::{
    AssociateVpcCidrBlock, CidrBlockState, CreateDefaultVpc, CreateVpc, CreateVpcReply, DeleteVpc,
    DescribeVpcAttribute, DescribeVpcAttributeReply, DescribeVpcs, DescribeVpcsReply,
    DisassociateVpcCidrBlock, ModifyVpcAttribute, VpcBlock, VpcCidrBlockReply, VpcIpv6Block,
    VpcItem,
};

use super::listing::{Question, describe as describe_all};
use super::{Done, TagSet, network_acls, peerings, route_tables, security_groups, tags};
use crate::filters::{Field, Filterable};
use crate::id::{AwsId, CidrAssociationId, derived};
use crate::paging::Limits;
use crate::scope::{Scope, find};
use crate::state::{Maker, RegionState, SharedTags, Spot};
use crate::{Action, ApiError};

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vpc {
    /// IPv4 blocks, the primary one first.
    pub(crate) cidrs: Vec<CidrAssociation>,
    pub(crate) ipv6_cidrs: Vec<CidrAssociation>,
    pub(crate) dns: VpcDns,
    /// `enableNetworkAddressUsageMetrics`.
    pub(crate) counts_addresses: bool,
    pub(crate) is_default: bool,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// A block of a VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CidrAssociation {
    pub(crate) id: CidrAssociationId,
    pub(crate) block: CidrBlock,
    pub(crate) state: CidrState,
}

/// Where a block's association is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CidrState {
    Associating,
    Associated,
    Disassociating,
}

impl CidrState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Associating => "associating",
            Self::Associated => "associated",
            Self::Disassociating => "disassociating",
        }
    }
}

impl CidrAssociation {
    /// The association that a VPC is created with: its id follows from what it joins.
    pub(crate) fn original(vpc: &VpcId, block: CidrBlock) -> Self {
        let id = derived(&[vpc.as_str(), &block.to_string()]);
        Self { id, block, state: CidrState::Associated }
    }
}

impl Vpc {
    /// Every associated block of both families.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &CidrBlock> {
        let associated = self.associations().filter(|it| it.state == CidrState::Associated);
        associated.map(|association| &association.block)
    }

    /// Every block that nobody else may take any more: also those that are about to be associated.
    pub(crate) fn claimed(&self) -> impl Iterator<Item = &CidrBlock> {
        let claimed = self.associations().filter(|it| it.state != CidrState::Disassociating);
        claimed.map(|association| &association.block)
    }

    fn associations(&self) -> impl Iterator<Item = &CidrAssociation> {
        self.cidrs.iter().chain(&self.ipv6_cidrs)
    }

    /// The associated blocks of one family.
    pub(crate) fn blocks_of(&self, family: Family) -> impl Iterator<Item = &CidrBlock> {
        self.blocks().filter(move |block| block.family() == family)
    }

    pub(crate) fn has_ipv6(&self) -> bool {
        self.blocks_of(Family::V6).next().is_some()
    }
}

/// Lets a VPC stand, with what AWS makes along with each: a main route table with local routes, a default
/// security group, a default network ACL.
pub(crate) fn install(region: &mut RegionState, spot: &Spot, id: &VpcId, vpc: Vpc) {
    if !region.route_tables.values().any(|table| table.vpc == *id && table.is_main()) {
        route_tables::install_main(region, id, &vpc);
    }
    security_groups::install_default(region, spot, id, &vpc);
    network_acls::install_default(region, id, &vpc);
    region.vpcs.insert(id.clone(), vpc);
}

impl Filterable for VpcItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("cidr", |vpc, probe| probe.displays(vpc.cidr_block)),
        ("cidr-block-association.association-id", |vpc, probe| {
            let blocks = &vpc.cidr_block_association_set;
            probe.texts(blocks.iter().map(|block| block.association_id.as_str()));
        }),
        ("cidr-block-association.cidr-block", |vpc, probe| {
            probe.displays(vpc.cidr_block_association_set.iter().map(|block| block.cidr_block));
        }),
        ("cidr-block-association.state", |vpc, probe| {
            let blocks = &vpc.cidr_block_association_set;
            probe.texts(blocks.iter().map(|block| block.cidr_block_state.state));
        }),
        ("dhcp-options-id", |vpc, probe| probe.text(vpc.dhcp_options_id)),
        ("ipv6-cidr-block-association.association-id", |vpc, probe| {
            let blocks = &vpc.ipv6_cidr_block_association_set;
            probe.texts(blocks.iter().map(|block| block.association_id.as_str()));
        }),
        ("ipv6-cidr-block-association.ipv6-cidr-block", |vpc, probe| {
            let blocks = &vpc.ipv6_cidr_block_association_set;
            probe.displays(blocks.iter().map(|block| block.ipv6_cidr_block));
        }),
        ("ipv6-cidr-block-association.ipv6-pool", |vpc, probe| {
            let blocks = &vpc.ipv6_cidr_block_association_set;
            probe.texts(blocks.iter().map(|block| block.ipv6_pool));
        }),
        ("ipv6-cidr-block-association.state", |vpc, probe| {
            let blocks = &vpc.ipv6_cidr_block_association_set;
            probe.texts(blocks.iter().map(|block| block.ipv6_cidr_block_state.state));
        }),
        ("is-default", |vpc, probe| probe.flag(vpc.is_default)),
        // As older editions of the reference had it: Terraform's provider asks so.
        ("isDefault", |vpc, probe| probe.flag(vpc.is_default)),
        ("owner-id", |vpc, probe| probe.text(vpc.owner_id.as_str())),
        ("state", |vpc, probe| probe.text(vpc.state)),
        ("vpc-id", |vpc, probe| probe.text(vpc.vpc_id.as_str())),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

fn show(scope: &Scope<'_>, id: &VpcId, vpc: &Vpc) -> VpcItem {
    VpcItem {
        vpc_id: id.clone(),
        owner_id: scope.spot.account.clone(),
        state: "available",
        cidr_block: vpc.cidrs.first().map(|association| association.block),
        cidr_block_association_set: vpc.cidrs.iter().map(VpcBlock::from).collect(),
        ipv6_cidr_block_association_set: vpc
            .ipv6_cidrs
            .iter()
            .map(|association| cidrs::show_ipv6(scope, association))
            .collect(),
        dhcp_options_id: "default",
        instance_tenancy: "default",
        is_default: vpc.is_default,
        tag_set: TagSet(Arc::clone(&vpc.tags)),
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeVpcs,
) -> Result<DescribeVpcsReply, ApiError> {
    let question = Question {
        action: Action::DescribeVpcs,
        ids: ("VpcIds", &request.vpc_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let (vpc_set, next_token) =
        describe_all(scope, &question, &scope.here().vpcs, |id, vpc| show(scope, id, vpc))?;
    Ok(DescribeVpcsReply { vpc_set, next_token })
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateVpc,
) -> Result<CreateVpcReply, ApiError> {
    let block = cidrs::read_vpc_block(&request.cidr_block)?;
    if let Some(tenancy) = request.instance_tenancy.as_deref().filter(|t| *t != "default") {
        return Err(ApiError::new(
            "UnsupportedTenancy",
            format!("The tenancy '{tenancy}' is not supported"),
        ));
    }
    let tags = tags::specified(scope, &request.tag_specifications, "vpc")?;
    check_quota(scope)?;
    let id: VpcId = scope.ids.fresh();
    let ipv6_cidrs = if request.amazon_provided_ipv6_cidr_block == Some(true) {
        vec![CidrAssociation::original(&id, cidrs::amazon_provided(scope, &id))]
    } else {
        Vec::new()
    };
    let vpc = Vpc {
        cidrs: vec![CidrAssociation::original(&id, block)],
        ipv6_cidrs,
        dns: VpcDns { support: true, hostnames: false },
        counts_addresses: false,
        is_default: false,
        tags,
        maker: scope.maker(),
    };
    // A VPC is ready at once, but AWS answers its creation with "pending".
    let item = VpcItem { state: "pending", ..show(scope, &id, &vpc) };
    let spot = scope.spot;
    install(scope.here_mut(), spot, &id, vpc);
    Ok(CreateVpcReply { vpc: item })
}

fn check_quota(scope: &Scope<'_>) -> Result<(), ApiError> {
    if scope.here().vpcs.len() < scope.settings.quotas.vpcs {
        return Ok(());
    }
    Err(ApiError::new("VpcLimitExceeded", "The maximum number of VPCs has been reached."))
}

pub(crate) fn delete(scope: &mut Scope<'_>, request: &DeleteVpc) -> Result<Done, ApiError> {
    let id = VpcId::read(&request.vpc_id)?;
    let here = scope.here();
    find(&here.vpcs, &id)?;
    let is_needed = here.subnets.values().any(|subnet| subnet.vpc == id)
        || here.route_tables.values().any(|table| table.vpc == id && !table.is_main())
        || here.security_groups.values().any(|group| group.vpc == id && !group.is_default())
        || here.internet_gateways.values().any(|gateway| gateway.vpc.as_ref() == Some(&id))
        || here.other_gateways.values().any(|vpcs| vpcs.contains(&id))
        || here.egress_only_gateways.values().any(|gateway| gateway.vpc == id)
        || here.network_acls.values().any(|acl| acl.vpc == id && !acl.is_default);
    if is_needed {
        return Err(ApiError::new(
            "DependencyViolation",
            format!("The vpc '{id}' has dependencies and cannot be deleted."),
        ));
    }
    peerings::vpc_is_deleted(scope, &id);
    let here = scope.here_mut();
    here.route_tables.retain(|_, table| table.vpc != id);
    security_groups::remove_all_of(here, &id);
    here.network_acls.retain(|_, acl| acl.vpc != id);
    here.vpcs.remove(&id);
    Ok(Done::YES)
}

/// The subnets of a VPC that lie in a block.
fn subnets_within<'a>(
    region: &'a RegionState,
    vpc: &'a VpcId,
    block: &'a CidrBlock,
) -> impl Iterator<Item = &'a SubnetId> {
    region
        .subnets
        .iter()
        .filter(move |(_, subnet)| subnet.vpc == *vpc)
        .filter(move |(_, subnet)| subnet.blocks().any(|lies| block.contains(lies)))
        .map(|(id, _)| id)
}

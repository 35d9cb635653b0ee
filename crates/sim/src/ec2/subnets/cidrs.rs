//! A subnet's IPv6 block, which it may get and lose while it stands.
//!
//! AWS has a moment between `associating` and `associated` of which it does not say how long it lasts; here what was
//! answered holds at once.

use peerway_model::{CidrBlock, Family, SubnetId};
use serde::{Deserialize, Serialize};

use super::{Subnet, SubnetIpv6Block, check_block};
use crate::ApiError;
use crate::ec2::route_tables;
use crate::ec2::vpcs::CidrBlockState;
use crate::id::{AwsId, SubnetCidrAssociationId, derived};
use crate::scope::{Scope, find, find_mut};
use crate::state::RegionState;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssociateSubnetCidrBlock {
    pub subnet_id: String,
    pub ipv6_cidr_block: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DisassociateSubnetCidrBlock {
    pub association_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubnetCidrBlockReply {
    pub subnet_id: SubnetId,
    pub ipv6_cidr_block_association: SubnetIpv6Block,
}

/// The association of a subnet with its IPv6 block.
pub(super) fn association_of(id: &SubnetId, block: &CidrBlock) -> SubnetCidrAssociationId {
    derived(&[id.as_str(), &block.to_string()])
}

/// The subnet that an association gives its IPv6 block.
pub(crate) fn with_association<'a>(
    region: &'a RegionState,
    association: &str,
) -> Option<(&'a SubnetId, &'a Subnet, CidrBlock)> {
    region.subnets.iter().find_map(|(id, subnet)| {
        let block = subnet.ipv6_cidr?;
        (association_of(id, &block).as_str() == association).then_some((id, subnet, block))
    })
}

fn reply(subnet_id: SubnetId, block: CidrBlock, state: &'static str) -> SubnetCidrBlockReply {
    let ipv6_cidr_block_association = SubnetIpv6Block {
        association_id: association_of(&subnet_id, &block),
        ipv6_cidr_block: block,
        ipv6_cidr_block_state: CidrBlockState { state },
    };
    SubnetCidrBlockReply { subnet_id, ipv6_cidr_block_association }
}

/// "You can only associate a single IPv6 CIDR block with your subnet"
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateSubnetCidrBlock.html>). With which code AWS refuses
/// a second one is documented nowhere: it is taken for a conflict, as that of a block with another subnet.
pub(crate) fn associate_cidr(
    scope: &mut Scope<'_>,
    request: &AssociateSubnetCidrBlock,
) -> Result<SubnetCidrBlockReply, ApiError> {
    let id = SubnetId::read(&request.subnet_id)?;
    let subnet = find(&scope.here().subnets, &id)?;
    let text = request.ipv6_cidr_block.as_deref();
    let text = text.ok_or_else(|| ApiError::missing("ipv6CidrBlock"))?;
    let block = route_tables::read_block("ipv6CidrBlock", text, Family::V6)?;
    if let Some(other) = subnet.ipv6_cidr {
        return Err(ApiError::new(
            "InvalidSubnet.Conflict",
            format!("The subnet '{id}' has the IPv6 CIDR block {other} already"),
        ));
    }
    check_block(scope.here(), &subnet.vpc, &block)?;
    find_mut(&mut scope.here_mut().subnets, &id)?.ipv6_cidr = Some(block);
    Ok(reply(id, block, "associating"))
}

/// The code and the words for a subnet that gives its interfaces addresses are AWS's
/// (<https://github.com/hashicorp/terraform-provider-aws/issues/46017>). What it answers for the only block of a subnet is
/// not documented.
pub(crate) fn disassociate_cidr(
    scope: &mut Scope<'_>,
    request: &DisassociateSubnetCidrBlock,
) -> Result<SubnetCidrBlockReply, ApiError> {
    let association = SubnetCidrAssociationId::read(&request.association_id)?;
    let found = with_association(scope.here(), association.as_str());
    let (id, subnet, block) =
        found.ok_or_else(|| SubnetCidrAssociationId::not_found(&association))?;
    if subnet.assigns_ipv6 {
        return Err(ApiError::new(
            "InvalidCidrBlock.InUse",
            format!(
                "The subnet IPv6 CIDR block with association ID {association} may not be disassociated, because its subnet has assign-ipv6-address-on-creation set to true."
            ),
        ));
    }
    if subnet.cidr.is_none() {
        return Err(ApiError::new(
            "OperationNotPermitted",
            format!(
                "The subnet IPv6 CIDR block with association ID {association} may not be disassociated. It is the only block of the subnet"
            ),
        ));
    }
    let id = id.clone();
    find_mut(&mut scope.here_mut().subnets, &id)?.ipv6_cidr = None;
    Ok(reply(id, block, "disassociating"))
}

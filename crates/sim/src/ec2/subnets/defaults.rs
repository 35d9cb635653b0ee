//! Default subnets: one for each of the Region's own zones, in the default VPC
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html>).

use std::sync::Arc;

use peerway_model::cidr::address;
use peerway_model::{CidrBlock, Family, SubnetId, Tags, VpcId, ZoneId};
use serde::{Deserialize, Serialize};

use super::{CreateSubnetReply, Subnet, SubnetDns, SubnetItem, add, read_zone};
use crate::ApiError;
use crate::ec2::availability_zones::{self, Kind};
use crate::ec2::vpcs;
use crate::scope::{Scope, find};

const PREFIX_LEN: u8 = 20;

/// Exactly one way to name the zone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateDefaultSubnet {
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
    pub dry_run: Option<bool>,
}

pub(crate) fn create_default(
    scope: &mut Scope<'_>,
    request: &CreateDefaultSubnet,
) -> Result<CreateSubnetReply, ApiError> {
    let (name, id) = (&request.availability_zone, &request.availability_zone_id);
    if name.is_none() && id.is_none() {
        return Err(ApiError::missing("availabilityZone"));
    }
    let zone = read_zone(scope, name.as_deref(), id.as_deref())?;
    if Kind::of(&zone) != Kind::Usual {
        return Err(ApiError::invalid_value(format!(
            "A default subnet cannot be created in {zone}, which is no Availability Zone."
        )));
    }
    let vpc = vpcs::default_of(scope.here()).cloned().ok_or_else(|| {
        ApiError::new(
            "DefaultVpcDoesNotExist",
            "No default VPC exists for this account in this region.",
        )
    })?;
    Ok(CreateSubnetReply { subnet: create_in(scope, vpc, zone)? })
}

/// One in each of the Region's own zones.
pub(crate) fn create_defaults(scope: &mut Scope<'_>, vpc: &VpcId) -> Result<(), ApiError> {
    for zone in own_zones(scope) {
        create_in(scope, vpc.clone(), zone)?;
    }
    Ok(())
}

/// The Region's own zones, as an account has them.
pub(crate) fn own_zones(scope: &Scope<'_>) -> Vec<ZoneId> {
    let zones = availability_zones::of(scope.state, scope.spot).into_owned();
    zones.into_values().filter(|zone| Kind::of(zone) == Kind::Usual).collect()
}

/// The default subnet of a zone, by the account's name for that.
pub(crate) fn default_in(scope: &Scope<'_>, zone: &str) -> Option<SubnetId> {
    let zones = availability_zones::of(scope.state, scope.spot);
    let zone = zones.get(zone)?;
    let mut subnets = scope.here().subnets.iter();
    let found = subnets.find(|(_, subnet)| subnet.is_default && subnet.zone == *zone);
    found.map(|(id, _)| id.clone())
}

fn create_in(scope: &mut Scope<'_>, vpc: VpcId, zone: ZoneId) -> Result<SubnetItem, ApiError> {
    if scope.here().subnets.values().any(|subnet| subnet.is_default && subnet.zone == zone) {
        return Err(ApiError::new(
            "DefaultSubnetAlreadyExistsInAvailabilityZone",
            format!("'{zone}' already has a default subnet."),
        ));
    }
    let subnet = Subnet {
        cidr: Some(lowest_free(scope, &vpc)?),
        ipv6_cidr: None,
        vpc,
        zone,
        is_default: true,
        maps_public_ip: true,
        assigns_ipv6: false,
        dns: SubnetDns::default(),
        tags: Arc::new(Tags::new()),
        maker: scope.maker(),
    };
    add(scope, subnet)
}

/// (With which code AWS answers when there is no room is not documented; this is what it says of a block that is taken.)
fn lowest_free(scope: &Scope<'_>, id: &VpcId) -> Result<CidrBlock, ApiError> {
    let vpc = find(&scope.here().vpcs, id)?;
    let taken: Vec<CidrBlock> = {
        let others = scope.here().subnets.values().filter(|subnet| subnet.vpc == *id);
        others.filter_map(|subnet| subnet.cidr).collect()
    };
    let within = vpc.blocks().filter(|block| block.family() == Family::V4);
    let mut blocks = within.filter(|block| block.prefix_len() <= PREFIX_LEN).flat_map(|block| {
        let (first, last) = block.range();
        let size = 1_usize << (32 - PREFIX_LEN);
        let starts = (first..=last).step_by(size);
        starts.filter_map(move |start| {
            CidrBlock::truncating(address(block.family(), start)?, PREFIX_LEN).ok()
        })
    });
    blocks.find(|block| !taken.iter().any(|other| other.meets(block))).ok_or_else(|| {
        ApiError::new(
            "InvalidSubnet.Conflict",
            format!("The VPC '{id}' has no /{PREFIX_LEN} left for a default subnet."),
        )
    })
}

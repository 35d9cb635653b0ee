//! What may be changed about a subnet: one attribute per call.

use peerway_model::SubnetId;
use serde::{Deserialize, Serialize};

use crate::ApiError;
use crate::ec2::{Done, Flag};
use crate::id::AwsId;
use crate::scope::{Scope, find_mut};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifySubnetAttribute {
    pub subnet_id: String,
    pub map_public_ip_on_launch: Option<Flag>,
    pub assign_ipv6_address_on_creation: Option<Flag>,
}

pub(crate) fn modify_attribute(
    scope: &mut Scope<'_>,
    request: &ModifySubnetAttribute,
) -> Result<Done, ApiError> {
    let id = SubnetId::read(&request.subnet_id)?;
    let subnet = find_mut(&mut scope.here_mut().subnets, &id)?;
    match (request.map_public_ip_on_launch, request.assign_ipv6_address_on_creation) {
        (Some(maps), None) => subnet.maps_public_ip = maps.value,
        (None, Some(assigns)) if assigns.value && subnet.ipv6_cidr.is_none() => {
            return Err(ApiError::invalid_value(format!(
                "The subnet {id} has no IPv6 CIDR block to assign addresses from"
            )));
        }
        (None, Some(assigns)) => subnet.assigns_ipv6 = assigns.value,
        (None, None) => {
            return Err(ApiError::new("MissingParameter", "The request must contain an attribute"));
        }
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid_combination(
                "Only one attribute can be modified at a time",
            ));
        }
    }
    Ok(Done::YES)
}

//! What may be changed about a subnet: one attribute per call.

use peerway_model::SubnetId;
use serde::{Deserialize, Serialize};

use super::{BY_ADDRESS, BY_RESOURCE, Subnet};
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
    pub enable_dns64: Option<Flag>,
    pub enable_resource_name_dns_a_record_on_launch: Option<Flag>,
    #[serde(rename = "EnableResourceNameDnsAAAARecordOnLaunch")]
    pub enable_resource_name_dns_aaaa_record_on_launch: Option<Flag>,
    /// `ip-name`, or `resource-name`.
    pub private_dns_hostname_type_on_launch: Option<String>,
}

/// Changes one attribute
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySubnetAttribute.html>).
pub(crate) fn modify_attribute(
    scope: &mut Scope<'_>,
    request: &ModifySubnetAttribute,
) -> Result<Done, ApiError> {
    let id = SubnetId::read(&request.subnet_id)?;
    let subnet = find_mut(&mut scope.here_mut().subnets, &id)?;
    let assigns = request.assign_ipv6_address_on_creation;
    let names = request.private_dns_hostname_type_on_launch.as_deref();
    let flags = [
        request.map_public_ip_on_launch,
        assigns,
        request.enable_dns64,
        request.enable_resource_name_dns_a_record_on_launch,
        request.enable_resource_name_dns_aaaa_record_on_launch,
    ];
    match flags.iter().flatten().count() + usize::from(names.is_some()) {
        0 => {
            return Err(ApiError::new("MissingParameter", "The request must contain an attribute"));
        }
        1 => {}
        _ => {
            return Err(ApiError::invalid_combination(
                "Only one attribute can be modified at a time",
            ));
        }
    }
    if assigns.is_some_and(|assigns| assigns.value) && subnet.ipv6_cidr.is_none() {
        return Err(ApiError::invalid_value(format!(
            "The subnet {id} has no IPv6 CIDR block to assign addresses from"
        )));
    }
    if let Some(names) = names {
        subnet.dns.by_resource = read_names(subnet, names)?;
    }
    let attributes = [
        &mut subnet.maps_public_ip,
        &mut subnet.assigns_ipv6,
        &mut subnet.dns.dns64,
        &mut subnet.dns.a_records,
        &mut subnet.dns.aaaa_records,
    ];
    for (flag, attribute) in flags.into_iter().zip(attributes) {
        if let Some(flag) = flag {
            *attribute = flag.value;
        }
    }
    Ok(Done::YES)
}

/// What instances are to be named after.
fn read_names(subnet: &Subnet, text: &str) -> Result<bool, ApiError> {
    match text {
        BY_RESOURCE => Ok(true),
        BY_ADDRESS if subnet.cidr.is_some() => Ok(false),
        BY_ADDRESS => Err(ApiError::invalid_value(
            "The hostname type of an IPv6-only subnet must be resource-name.",
        )),
        other => Err(ApiError::invalid_value(format!(
            "Value ({other}) for parameter privateDnsHostnameTypeOnLaunch is invalid. It is {BY_ADDRESS} or \
             {BY_RESOURCE}."
        ))),
    }
}

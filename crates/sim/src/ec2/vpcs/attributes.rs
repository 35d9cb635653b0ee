//! The attributes of a VPC: read one at a time, written one at a time.

use peerway_model::VpcId;

use super::wire::{DescribeVpcAttribute, DescribeVpcAttributeReply, ModifyVpcAttribute};
use crate::ApiError;
use crate::ec2::{Done, FlagValue};
use crate::id::AwsId;
use crate::scope::{Scope, find, find_mut};

pub(crate) fn describe_attribute(
    scope: &Scope<'_>,
    request: &DescribeVpcAttribute,
) -> Result<DescribeVpcAttributeReply, ApiError> {
    let vpc_id = VpcId::read(&request.vpc_id)?;
    let vpc = find(&scope.here().vpcs, &vpc_id)?;
    let (dns, counts_addresses) = (vpc.dns, vpc.counts_addresses);
    let mut reply = DescribeVpcAttributeReply {
        vpc_id,
        enable_dns_support: None,
        enable_dns_hostnames: None,
        enable_network_address_usage_metrics: None,
    };
    let (attribute, value) = match request.attribute.as_str() {
        "enableDnsSupport" => (&mut reply.enable_dns_support, dns.support),
        "enableDnsHostnames" => (&mut reply.enable_dns_hostnames, dns.hostnames),
        "enableNetworkAddressUsageMetrics" => {
            (&mut reply.enable_network_address_usage_metrics, counts_addresses)
        }
        other => {
            return Err(ApiError::invalid_value(format!(
                "Value ({other}) for parameter attribute is invalid. Unknown attribute."
            )));
        }
    };
    *attribute = Some(FlagValue { value });
    Ok(reply)
}

pub(crate) fn modify_attribute(
    scope: &mut Scope<'_>,
    request: &ModifyVpcAttribute,
) -> Result<Done, ApiError> {
    let id = VpcId::read(&request.vpc_id)?;
    let vpc = find_mut(&mut scope.here_mut().vpcs, &id)?;
    let asked = [
        (request.enable_dns_support, &mut vpc.dns.support),
        (request.enable_dns_hostnames, &mut vpc.dns.hostnames),
        (request.enable_network_address_usage_metrics, &mut vpc.counts_addresses),
    ];
    let mut given = asked.into_iter().filter_map(|(flag, attribute)| Some((flag?, attribute)));
    match (given.next(), given.next()) {
        (Some((flag, attribute)), None) => *attribute = flag.value,
        (None, _) => {
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

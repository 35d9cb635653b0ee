//! A balancer's security groups: always replaced as a whole.

use std::collections::BTreeSet;

use peerway_model::{SecurityGroupId, VpcId};

use super::wire::{ApplySecurityGroupsToLoadBalancer, SecurityGroupsReply};
use super::{conflict, find, find_mut};
use crate::ApiError;
use crate::ec2::network_interfaces::Holder;
use crate::scope::Scope;

/// Reads the groups of a request.
pub(super) fn read(
    scope: &Scope<'_>,
    vpc: &VpcId,
    groups: &[String],
) -> Result<BTreeSet<SecurityGroupId>, ApiError> {
    let mut read = BTreeSet::new();
    for text in groups {
        let id = text.parse::<SecurityGroupId>().ok();
        let found = id.and_then(|id| scope.here().security_groups.get_key_value(&id));
        let (id, group) = found.ok_or_else(|| {
            ApiError::new(
                "InvalidSecurityGroup",
                "One or more of the specified security groups do not exist.",
            )
        })?;
        if group.vpc != *vpc {
            return Err(conflict(format!(
                "One or more security groups are invalid: {id} does not belong to {vpc}"
            )));
        }
        read.insert(id.clone());
    }
    let most = scope.settings.quotas.groups_per_balancer;
    if read.len() > most {
        return Err(conflict(format!("You can specify at most {most} security groups.")));
    }
    Ok(read)
}

pub(crate) fn apply_groups(
    scope: &mut Scope<'_>,
    request: &ApplySecurityGroupsToLoadBalancer,
) -> Result<SecurityGroupsReply, ApiError> {
    let name = &request.load_balancer_name;
    let vpc = find(scope, name)?.vpc.clone();
    if request.security_groups.is_empty() {
        return Err(ApiError::validation("At least one security group must be specified"));
    }
    let groups = read(scope, &vpc, &request.security_groups)?;
    let balancer = find_mut(scope, name)?;
    balancer.groups.clone_from(&groups);
    let subnets = balancer.subnets.clone();
    let holder = Holder::Balancer(name.clone());
    for interface in scope.here_mut().network_interfaces.values_mut() {
        // What an earlier balancer of this name has left, maybe in another VPC, is not this one's.
        if interface.holder == holder && subnets.contains(&interface.subnet) {
            interface.groups.clone_from(&groups);
        }
    }
    Ok(SecurityGroupsReply { security_groups: groups.into_iter().collect() })
}

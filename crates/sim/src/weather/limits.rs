//! The sizes of AWS's token buckets, per account and Region
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/throttling.html>).
//!
//! By name, so that an action need not be entered here: what its name tells decides which bucket it draws from.

use crate::Action;

/// A token bucket: what it holds when full, and how much comes in by the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Size {
    pub(super) capacity: f64,
    pub(super) refill: f64,
}

const fn size(capacity: f64, refill: f64) -> Size {
    Size { capacity, refill }
}

/// EC2's actions with buckets of their own sizes; the others have those of their kind.
const EC2: &[(&[&str], Size)] = &[
    (
        &[
            "AcceptVpcPeeringConnection",
            "CreateVpcPeeringConnection",
            "DeleteVpcPeeringConnection",
            "RejectVpcPeeringConnection",
            "AuthorizeSecurityGroupIngress",
            "RevokeSecurityGroupIngress",
        ],
        size(50.0, 5.0),
    ),
    (&["CreateTags", "DeleteTags"], size(100.0, 10.0)),
    (&["DescribeStaleSecurityGroups", "DescribeSecurityGroupReferences"], size(20.0, 5.0)),
    (
        &["CreateNetworkInterface", "DeleteNetworkInterface", "ModifyNetworkInterfaceAttribute"],
        size(100.0, 5.0),
    ),
    (&["CreateSubnetCidrReservation"], size(5.0, 1.0)),
    (&["CreateVpcEndpoint"], size(4.0, 0.3)),
];

/// Lists that cost more when neither cut into pages nor filtered.
const EC2_LARGE_LISTS: &[&str] = &[
    "DescribeInstances",
    "DescribeInstanceStatus",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroups",
    "DescribeSnapshots",
    "DescribeVolumes",
];

const EC2_READ: Size = size(100.0, 20.0);
const EC2_LARGE_READ: Size = size(50.0, 10.0);
const EC2_WRITE: Size = size(50.0, 5.0);

/// ELB's calls draw from the service's own bucket and from that of their group.
const ELB_ALL: Size = size(40.0, 10.0);
const ELB_READ: Size = size(40.0, 10.0);
const ELB_SLOW: Size = size(10.0, 0.2);
const ELB_REGISTER: Size = size(20.0, 4.0);
const ELB_WRITE: Size = size(20.0, 3.0);
const ELB_SLOW_ACTIONS: &[&str] = &[
    "CreateLoadBalancer",
    "AttachLoadBalancerToSubnets",
    "DetachLoadBalancerFromSubnets",
    "EnableAvailabilityZonesForLoadBalancer",
    "DisableAvailabilityZonesForLoadBalancer",
];
const ELB_REGISTER_ACTIONS: &[&str] =
    &["RegisterInstancesWithLoadBalancer", "DeregisterInstancesFromLoadBalancer"];

/// Auto Scaling has one bucket for all its actions, of a size that AWS does not tell.
const AUTO_SCALING: Size = size(100.0, 20.0);
/// STS: 600 calls a second.
const STS: Size = size(600.0, 600.0);

/// The buckets that a call draws from, each by a name that calls share when they share the bucket.
pub(super) fn of(action: Action, params: &[(String, String)]) -> [Option<(&'static str, Size)>; 2] {
    let name = action.name();
    let is_read = ["Describe", "Get", "Search"].iter().any(|verb| name.starts_with(verb));
    match action.service().name() {
        "ec2" => {
            let own = EC2.iter().find(|(names, _)| names.contains(&name)).map(|(_, size)| *size);
            let is_bare = || {
                !params.iter().any(|(name, _)| name == "MaxResults" || name.starts_with("Filter."))
            };
            let usual = match is_read {
                true if EC2_LARGE_LISTS.contains(&name) && is_bare() => EC2_LARGE_READ,
                true => EC2_READ,
                false => EC2_WRITE,
            };
            [Some((name, own.unwrap_or(usual))), None]
        }
        "elasticloadbalancing" => {
            let group = match name {
                _ if is_read => ("elb read", ELB_READ),
                _ if ELB_SLOW_ACTIONS.contains(&name) => ("elb slow", ELB_SLOW),
                _ if ELB_REGISTER_ACTIONS.contains(&name) => ("elb register", ELB_REGISTER),
                _ => ("elb write", ELB_WRITE),
            };
            [Some(("elb", ELB_ALL)), Some(group)]
        }
        "autoscaling" => [Some(("autoscaling", AUTO_SCALING)), None],
        _ => [Some(("sts", STS)), None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(action: Action) -> Size {
        of(action, &[])[0].unwrap().1
    }

    #[test]
    fn actions_draw_from_the_bucket_of_their_kind() {
        for (action, expected) in [
            (Action::DescribeVpcs, EC2_READ),
            (Action::DescribeSecurityGroups, EC2_LARGE_READ),
            (Action::CreateRoute, EC2_WRITE),
            (Action::CreateTags, size(100.0, 10.0)),
            (Action::GetCallerIdentity, STS),
        ] {
            assert_eq!(own(action), expected, "{action:?}");
        }
        let paged = [("MaxResults".to_owned(), "5".to_owned())];
        let [bucket, _] = of(Action::DescribeSecurityGroups, &paged);
        assert_eq!(bucket.unwrap().1, EC2_READ);
    }
}

"""Where the methods of the edge say otherwise than the cases: more, or nothing at all."""

# What a request may leave to AWS and the edge always says: with what AWS takes then, the case is the same call. `$account`
# and `$region` are the caller's.
LEFT_TO_AWS = {
    "CreateVpcPeeringConnection": {"PeerOwnerId": "$account", "PeerRegion": "$region"},
    "DescribeAvailabilityZones": {"AllAvailabilityZones": False},
}

# Well-formed calls that no method can say, though there is one for their action: by reason. They are judged over HTTP alone,
# and other cases of the same actions go through the traits.
INEXPRESSIBLE = {
    "a list of the edge is of the whole Region, not of some ids or with filters": (
        "DescribeAvailabilityZones",
        "DescribeInstances",
        "DescribeManagedPrefixLists",
        "DescribeNatGateways",
        "DescribeNetworkAcls",
        "DescribeNetworkInterfaces",
        "DescribeRouteTables",
        "DescribeSecurityGroupRules",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcPeeringConnections",
        "DescribeVpcs",
        "autoscaling.DescribeAutoScalingGroups",
        "elb.DescribeLoadBalancers",
    ),
    "the edge asks for all policies of a balancer, not for some": ("elb.DescribeLoadBalancerPolicies",),
    "the edge asks for Classic balancers alone": ("autoscaling.DescribeTrafficSources",),
    "the edge sets each side's options by a call of its own": ("ModifyVpcPeeringConnectionOptions",),
}


def in_full(action: str, parameters: dict, account: str, region: str) -> dict:
    """The parameters with what they leave to AWS."""
    own = {"$account": account, "$region": region}
    left = {name: own.get(value, value) for name, value in LEFT_TO_AWS.get(action, {}).items()}
    return left | parameters

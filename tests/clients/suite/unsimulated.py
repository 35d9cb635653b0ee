"""Actions that somebody may look for beside those there are, and that the simulated AWS does not know: it answers
`InvalidAction`, as AWS does to a name that it does not know. Nobody needs them to make a world by hand, nor does Peerway."""

# By service: the actions, and why they are left out.
UNSIMULATED = {
    "ec2": {
        ("CreateVolume", "DescribeSnapshots"): "instances have no disks of their own: `DescribeVolumes` lists none",
        ("CreateImage", "RegisterImage"): "the images are a fixed list",
        ("ModifyInstanceMaintenanceOptions", "ModifyPrivateDnsNameOptions", "DescribeIamInstanceProfileAssociations"): "Terraform asks for them where such an option of an instance changes; nothing would follow from them here",
        ("DescribeStaleSecurityGroups", "DescribeSecurityGroupReferences"): "rules and connections can be read, and say the same",
        ("ModifyAvailabilityZoneGroup",): "an estate says which zones an account has",
        ("CreateTransitGateway", "CreateVpcEndpoint", "CreateVpnGateway", "CreateFlowLogs"): "beyond what Peerway reads; routes over those that an estate has are read and judged, and they and their attachments stand as long as the world does",
        ("RestoreManagedPrefixListVersion", "GetManagedPrefixListAssociations"): "what an earlier version held can be read and written anew; routes and rules say what they refer to",
    },
    "elasticloadbalancing": {
        ("CreateTargetGroup", "DescribeTargetGroups"): "Classic balancers only: Network Load Balancers, their interfaces and the health of their targets are not there",
    },
    "autoscaling": {
        ("AttachInstances", "DetachInstances", "EnterStandby", "ExitStandby"): "groups take their instances from their launch templates alone",
        ("CreateLaunchConfiguration", "DescribeLaunchConfigurations", "DeleteLaunchConfiguration"): "AWS lets new accounts make none; launch templates are there",
        ("PutScalingPolicy", "StartInstanceRefresh", "PutLifecycleHook"): "capacity changes when somebody says so",
    },
}


def unsimulated(service: str) -> list[str]:
    """The names that a service must not know."""
    return [action for actions in UNSIMULATED.get(service, {}) for action in actions]


# Classic Load Balancing's younger sister has its name in signatures, and another version.
YOUNGER = {"elasticloadbalancing": "2015-12-01"}


def section(names: dict) -> str:
    """What the page says of them."""
    rows = [
        f"| {names[service]} | {', '.join(sorted(actions))} | {why} |\n"
        for service, groups in UNSIMULATED.items()
        for actions, why in groups.items()
    ]
    head = "## What is not simulated\n\nThese and whatever else is not above are answered with `InvalidAction`; by their other API version, as `elbv2` sends it, with `NoSuchVersion`:\n\n| service | actions | because |\n|---|---|---|\n"
    return head + "".join(rows) + "\n"

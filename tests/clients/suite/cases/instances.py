"""Instances."""

from ..case import SOMETHING, case
from ..stage import thing


@thing("ami-")
def image(stage):
    """An image that is there, whichever. moto is started without any, and takes any id."""
    filters = [{"Name": "architecture", "Values": ["x86_64"]}]
    return stage.ask("DescribeImages", "Images[0].ImageId", Owners=["amazon"], Filters=filters) or "ami-0123456789abcdef1"


@thing("i-")
def instance(stage):
    made = stage.ask("RunInstances", "Instances[0].InstanceId", ImageId=stage.thing("image"), MinCount=1, MaxCount=1, InstanceType="t3.micro", SubnetId=stage.thing("subnet"), SecurityGroupIds=[stage.thing("group")])
    reach(stage, made, "running")
    return made


@thing("i-")
def stopped(stage):
    made = stage.thing("instance")
    stage.call("StopInstances", {"InstanceIds": [made]})
    reach(stage, made, "stopped")
    return made


def reach(stage, instance, state):
    stage.until(state, "DescribeInstances", "Reservations[0].Instances[0].State.Name", InstanceIds=[instance])


NEW = {"ImageId": "$image", "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro", "SubnetId": "$subnet"}
ZONED = {"ImageId": "$image", "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro", "Placement": {"AvailabilityZone": "us-west-2b"}}
BY_ID = {"InstanceIds": ["$instance"]}
STATE = "Reservations[0].Instances[0].State.Name"

GOOD = [
    case("DescribeInstances", "by id", BY_ID, result={"Reservations[].Instances[].InstanceId": ["$instance"], STATE: "running", "Reservations[0].Instances[0].SubnetId": "$subnet"}),
    case("RunInstances", "in a subnet", NEW, result={"Instances[].State.Name": ["pending"], "Instances[].VpcId": ["$vpc"], "Instances[0].PrivateIpAddress": SOMETHING, "OwnerId": "$account"}),
    case("StopInstances", "a running one", BY_ID, result={"StoppingInstances[].CurrentState.Name": ["stopping"], "StoppingInstances[].PreviousState.Name": ["running"]}),
    case("StartInstances", "a stopped one", {"InstanceIds": ["$stopped"]}, result={"StartingInstances[].CurrentState.Name": ["pending"], "StartingInstances[].PreviousState.Name": ["stopped"]}),
    case("TerminateInstances", "a running one", BY_ID, result={"TerminatingInstances[].CurrentState.Name": ["shutting-down"]}),
    case("DescribeInstanceStatus", "by id", BY_ID, result={"InstanceStatuses[].InstanceState.Name": ["running"]}),
    case("DescribeInstanceAttribute", "its groups", {"InstanceId": "$instance", "Attribute": "groupSet"}, result={"Groups[].GroupId": ["$group"]}),
    case("ModifyInstanceAttribute", "its groups", {"InstanceId": "$instance", "Groups": ["$second_group"]}, then=[("DescribeInstanceAttribute", {"InstanceId": "$instance", "Attribute": "groupSet"}, {"Groups[].GroupId": ["$second_group"]})]),
]

CASES = [
    case("RunInstances", "in the default subnet of a zone", ZONED, before=[("CreateDefaultVpc", {})], result={"Instances[0].PrivateIpAddress | starts_with(@, '172.31.16.')": True}),
    case("RunInstances", "without a subnet or a default VPC", ZONED, "VPCIdNotSpecified"),
    case("RunInstances", "an unknown image", NEW | {"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound"),
    case("RunInstances", "an unknown type", NEW | {"InstanceType": "bogus.micro"}, "InvalidParameterValue"),
    case("RunInstances", "more at least than at most", NEW | {"MinCount": 2}, "InvalidParameterValue"),
    case("RunInstances", "none", NEW | {"MinCount": 0}, "InvalidParameterValue"),
    case("RunInstances", "again with the same token", NEW | {"ClientToken": "one"}, before=[("RunInstances", NEW | {"ClientToken": "one"}, {"first": "Instances[0].InstanceId"})], result={"Instances[].InstanceId": ["$first"]}),
    case("DescribeInstances", "it comes up", {"InstanceIds": ["$first"]}, before=[("RunInstances", NEW, {"first": "Instances[0].InstanceId"})], result={STATE: "running"}, wait=True),
    case("DescribeInstances", "one that is terminated is listed for a while", BY_ID, before=[("TerminateInstances", BY_ID)], result={STATE: "terminated"}, wait=True),
    case("DescribeInstances", "by state and subnet", {"Filters": [{"Name": "instance-state-name", "Values": ["stopped", "stopping"]}, {"Name": "subnet-id", "Values": ["$subnet"]}]}, before=[("DescribeInstances", BY_ID)], result={"Reservations": []}),
    case("DescribeInstances", "by tag", {"Filters": [{"Name": "tag:Name", "Values": ["x*"]}]}, before=[("CreateTags", {"Resources": ["$instance"], "Tags": [{"Key": "Name", "Value": "xyz"}]})], result={"Reservations[].Instances[].InstanceId": ["$instance"]}),
    case("StartInstances", "a terminated one", BY_ID, "IncorrectInstanceState", before=[("TerminateInstances", BY_ID), ("DescribeInstances", {"InstanceIds": ["$terminated"]})]),
    case("DeleteSubnet", "with an instance", {"SubnetId": "$subnet"}, "DependencyViolation", before=[("DescribeInstances", BY_ID)]),
    case("DeleteSecurityGroup", "that an instance has", {"GroupId": "$group"}, "DependencyViolation", before=[("DescribeInstances", BY_ID)]),
    case("ModifyInstanceAttribute", "a group of another VPC", {"InstanceId": "$instance", "Groups": ["$others_group"]}, "InvalidParameter"),
    case("ModifyInstanceAttribute", "no group", {"InstanceId": "$instance"}, "InvalidParameterCombination"),
    case("DescribeInstanceAttribute", "an attribute that is none", {"InstanceId": "$instance", "Attribute": "bogus"}, "InvalidParameterValue"),
]


@thing("i-")
def terminated(stage):
    reach(stage, stage.thing("instance"), "terminated")
    return stage.thing("instance")


ABOUT = {}

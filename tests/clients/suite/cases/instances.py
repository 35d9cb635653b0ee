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
STANDARD = {"InstanceId": "$instance", "CpuCredits": "standard"}
OF_ONE = "Reservations[0].Instances[0]"
METADATA = {"HttpTokens": "optional", "HttpPutResponseHopLimit": 3, "HttpEndpoint": "enabled", "HttpProtocolIpv6": "enabled", "InstanceMetadataTags": "enabled"}

GOOD = [
    case("DescribeInstances", "by id", BY_ID, result={"Reservations[].Instances[].InstanceId": ["$instance"], STATE: "running", "Reservations[0].Instances[0].SubnetId": "$subnet"}),
    case("RunInstances", "in a subnet", NEW, result={"Instances[].State.Name": ["pending"], "Instances[].VpcId": ["$vpc"], "Instances[0].PrivateIpAddress": SOMETHING, "OwnerId": "$account"}),
    case("StopInstances", "a running one", BY_ID, result={"StoppingInstances[].CurrentState.Name": ["stopping"], "StoppingInstances[].PreviousState.Name": ["running"]}),
    case("StartInstances", "a stopped one", {"InstanceIds": ["$stopped"]}, result={"StartingInstances[].CurrentState.Name": ["pending"], "StartingInstances[].PreviousState.Name": ["stopped"]}),
    case("TerminateInstances", "a running one", BY_ID, result={"TerminatingInstances[].CurrentState.Name": ["shutting-down"]}),
    case("DescribeInstanceStatus", "by id", BY_ID, result={"InstanceStatuses[].InstanceState.Name": ["running"]}),
    case("DescribeInstanceAttribute", "its groups", {"InstanceId": "$instance", "Attribute": "groupSet"}, result={"Groups[].GroupId": ["$group"]}),
    case("MonitorInstances", "in detail", BY_ID, result={"InstanceMonitorings[].InstanceId": ["$instance"]}, then=[("DescribeInstances", BY_ID, {"Reservations[0].Instances[0].Monitoring.State": "enabled"})]),
    case("UnmonitorInstances", "no longer in detail", BY_ID, result={"InstanceMonitorings[].InstanceId": ["$instance"]}, then=[("DescribeInstances", BY_ID, {"Reservations[0].Instances[0].Monitoring.State": "disabled"})]),
    case("ModifyInstanceMetadataOptions", "without tokens", {"InstanceId": "$instance", "HttpTokens": "optional"}, result={"InstanceId": "$instance", "InstanceMetadataOptions.HttpTokens": "optional"}, then=[("DescribeInstances", BY_ID, {"Reservations[0].Instances[0].MetadataOptions.HttpTokens": "optional"})]),
    case("DescribeInstanceCreditSpecifications", "of a t3", BY_ID, result={"InstanceCreditSpecifications": [{"InstanceId": "$instance", "CpuCredits": "unlimited"}]}),
    case("ModifyInstanceCreditSpecification", "of a t3", {"InstanceCreditSpecifications": [STANDARD]}, result={"SuccessfulInstanceCreditSpecifications[].InstanceId": ["$instance"], "UnsuccessfulInstanceCreditSpecifications": []}, then=[("DescribeInstanceCreditSpecifications", BY_ID, {"InstanceCreditSpecifications[].CpuCredits": ["standard"]})]),
    case("DescribeVolumes", "instances have none", {"Filters": [{"Name": "attachment.instance-id", "Values": ["$instance"]}]}, result={"Volumes": []}),
    case("ModifyInstanceAttribute", "its groups", {"InstanceId": "$instance", "Groups": ["$second_group"]}, then=[("DescribeInstanceAttribute", {"InstanceId": "$instance", "Attribute": "groupSet"}, {"Groups[].GroupId": ["$second_group"]})]),
]

CASES = [
    case("RunInstances", "in the default subnet of a zone", ZONED, before=[("CreateDefaultVpc", {})], result={"Instances[0].PrivateIpAddress | starts_with(@, '172.31.16.')": True}),
    case("RunInstances", "without a subnet or a default VPC", ZONED, "VPCIdNotSpecified"),
    case("RunInstances", "an unknown image", NEW | {"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound"),
    case("RunInstances", "an unknown type", NEW | {"InstanceType": "bogus.micro"}, "InvalidParameterValue"),
    case("RunInstances", "names that are empty name nothing", NEW, raw={"Placement.AvailabilityZone": "", "Placement.GroupName": "", "IamInstanceProfile.Name": ""}, result={"Instances[].State.Name": ["pending"]}),
    case("RunInstances", "in a placement group that is not there", NEW | {"Placement": {"GroupName": "near"}}, "InvalidPlacementGroup.Unknown"),
    case("RunInstances", "credits for what earns none", NEW | {"InstanceType": "m5.large", "CreditSpecification": {"CpuCredits": "unlimited"}}, "InstanceCreditSpecification.NotSupported"),
    case("RunInstances", "credits that are none", NEW | {"CreditSpecification": {"CpuCredits": "endless"}}, "InvalidParameterValue"),
    case("RunInstances", "half of its processors", NEW | {"CpuOptions": {"CoreCount": 1}}, "InvalidParameterCombination"),
    case("DescribeInstances", "its metadata options are told", {"InstanceIds": ["$first"]}, before=[("RunInstances", NEW | {"MetadataOptions": METADATA}, {"first": "Instances[0].InstanceId"})], result={f"{OF_ONE}.MetadataOptions.{name}": value for name, value in METADATA.items()}),
    case("DescribeInstances", "its processors are told", {"InstanceIds": ["$first"]}, before=[("RunInstances", NEW | {"CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 2}}, {"first": "Instances[0].InstanceId"})], result={f"{OF_ONE}.CpuOptions.CoreCount": 1, f"{OF_ONE}.CpuOptions.ThreadsPerCore": 2}),
    case("ModifyInstanceMetadataOptions", "what is left out stays", {"InstanceId": "$instance", "InstanceMetadataTags": "enabled"}, before=[("ModifyInstanceMetadataOptions", {"InstanceId": "$instance", "HttpTokens": "optional"})], result={"InstanceMetadataOptions.HttpTokens": "optional"}),
    case("ModifyInstanceMetadataOptions", "tokens perhaps", {"InstanceId": "$instance", "HttpTokens": "perhaps"}, "InvalidParameterValue"),
    case("ModifyInstanceMetadataOptions", "too many hops", {"InstanceId": "$instance", "HttpPutResponseHopLimit": 65}, "InvalidParameterValue"),
    case("DescribeInstanceCreditSpecifications", "as asked", {"InstanceIds": ["$first"]}, before=[("RunInstances", NEW | {"CreditSpecification": {"CpuCredits": "standard"}}, {"first": "Instances[0].InstanceId"})], result={"InstanceCreditSpecifications[].CpuCredits": ["standard"]}),
    case("DescribeInstanceCreditSpecifications", "of a t2", {"InstanceIds": ["$first"]}, before=[("RunInstances", NEW | {"InstanceType": "t2.micro"}, {"first": "Instances[0].InstanceId"})], result={"InstanceCreditSpecifications[].CpuCredits": ["standard"]}),
    case("DescribeInstanceCreditSpecifications", "of what has none", {"InstanceIds": ["$first"]}, "InstanceCreditSpecification.NotSupported", before=[("RunInstances", NEW | {"InstanceType": "m5.large"}, {"first": "Instances[0].InstanceId"})]),
    case("DescribeInstanceCreditSpecifications", "those that are limited are not listed", {}, before=[("ModifyInstanceCreditSpecification", {"InstanceCreditSpecifications": [STANDARD]})], result={"InstanceCreditSpecifications": []}),
    case("DescribeInstanceCreditSpecifications", "of a template", {"InstanceIds": ["$first"]}, before=[("CreateLaunchTemplate", {"LaunchTemplateName": "credits", "LaunchTemplateData": {"CreditSpecification": {"CpuCredits": "standard"}}}), ("RunInstances", NEW | {"LaunchTemplate": {"LaunchTemplateName": "credits"}}, {"first": "Instances[0].InstanceId"})], result={"InstanceCreditSpecifications[].CpuCredits": ["standard"]}),
    case(
        "ModifyInstanceCreditSpecification",
        "what cannot be changed keeps nobody",
        {"InstanceCreditSpecifications": [{"InstanceId": "i-0123456789abcdef0", "CpuCredits": "standard"}, STANDARD]},
        result={"SuccessfulInstanceCreditSpecifications[].InstanceId": ["$instance"], "UnsuccessfulInstanceCreditSpecifications[].Error.Code": ["InvalidInstanceID.NotFound"]},
    ),
    case("DescribeVolumes", "one that is not there", {"VolumeIds": ["vol-0123456789abcdef0"]}, "InvalidVolume.NotFound"),
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


# Each instance is told of by itself.
LABEL = "InstanceCreditSpecifications.InstanceId"
ABOUT = {"ModifyInstanceCreditSpecification": {f"unknown:{LABEL}": None, f"malformed:{LABEL}": None}}

"""VPCs, their blocks and attributes."""

from ..case import SOMETHING, case
from ..stage import thing


@thing("vpc-")
def vpc(stage):
    return make(stage, "10.0.0.0/16")


@thing("vpc-")
def twin(stage):
    """The same block as `vpc`."""
    return make(stage, "10.0.0.0/16")


@thing("vpc-")
def other(stage):
    return make(stage, "10.1.0.0/16")


@thing("vpc-")
def third(stage):
    return make(stage, "10.2.0.0/16")


@thing("vpc-")
def their_vpc(stage):
    return make(stage, "10.3.0.0/16", "theirs:")


@thing("vpc-")
def far_vpc(stage):
    return make(stage, "10.4.0.0/16", "far:")


def make(stage, block, who=""):
    vpc = stage.ask(f"{who}CreateVpc", "Vpc.VpcId", CidrBlock=block)
    stage.call(f"{who}ModifyVpcAttribute", {"VpcId": vpc, "EnableDnsHostnames": {"Value": True}})
    return vpc


@thing("vpc-cidr-assoc-")
def second_block(stage):
    answer = stage.call("AssociateVpcCidrBlock", {"VpcId": stage.thing("vpc"), "CidrBlock": "10.9.0.0/16"})
    states = "Vpcs[0].CidrBlockAssociationSet[?CidrBlock=='10.9.0.0/16'].CidrBlockState.State | [0]"
    stage.until("associated", "DescribeVpcs", states, VpcIds=[stage.thing("vpc")])
    return answer["CidrBlockAssociation"]["AssociationId"]


GOOD = [
    case("DescribeVpcs", "by id", {"VpcIds": ["$vpc"]}, result={"Vpcs[].VpcId": ["$vpc"], "Vpcs[0].CidrBlock": "10.0.0.0/16", "Vpcs[0].OwnerId": "$account"}),
    case(
        "CreateVpc",
        "with a tag",
        {"CidrBlock": "10.0.0.0/16", "TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "service"}]}]},
        result={"Vpc.CidrBlock": "10.0.0.0/16", "Vpc.Tags": [{"Key": "Name", "Value": "service"}], "Vpc.IsDefault": False, "Vpc.State": "pending"},
    ),
    case(
        "CreateDefaultVpc",
        "where there is none",
        {},
        result={"Vpc.CidrBlock": "172.31.0.0/16", "Vpc.IsDefault": True},
        then=[
            ("DescribeSubnets", {"Filters": [{"Name": "default-for-az", "Values": ["true"]}]}, {"sort(Subnets[].CidrBlock)": ["172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"]}),
            ("DescribeRouteTables", {"Filters": [{"Name": "association.main", "Values": ["true"]}, {"Name": "route.destination-cidr-block", "Values": ["172.31.0.0/16"]}]}, {"RouteTables[0].Routes[].DestinationCidrBlock | sort(@)": ["0.0.0.0/0", "172.31.0.0/16"]}),
        ],
    ),
    case("DeleteVpc", "with nothing in it", {"VpcId": "$other"}, then=[("DescribeVpcs", {"VpcIds": ["$other"]}, "InvalidVpcID.NotFound")]),
    case(
        "AssociateVpcCidrBlock",
        "a free block",
        {"VpcId": "$vpc", "CidrBlock": "10.7.0.0/16"},
        result={"VpcId": "$vpc", "CidrBlockAssociation.CidrBlock": "10.7.0.0/16", "CidrBlockAssociation.CidrBlockState.State": "associating"},
    ),
    case("DisassociateVpcCidrBlock", "a further block", {"AssociationId": "$second_block"}, result={"CidrBlockAssociation.CidrBlockState.State": "disassociating"}),
    case(
        "DescribeVpcAttribute",
        "DNS support of a new VPC is on",
        {"VpcId": "$vpc", "Attribute": "enableDnsSupport"},
        result={"EnableDnsSupport.Value": True},
    ),
    case(
        "ModifyVpcAttribute",
        "DNS hostnames off",
        {"VpcId": "$vpc", "EnableDnsHostnames": {"Value": False}},
        then=[("DescribeVpcAttribute", {"VpcId": "$vpc", "Attribute": "enableDnsHostnames"}, {"EnableDnsHostnames.Value": False})],
    ),
    case("DescribeVpcEndpoints", "a VPC has none", {"Filters": [{"Name": "vpc-id", "Values": ["$vpc"]}]}, result={"VpcEndpoints": []}),
]

BY_BLOCK = [{"Name": "cidr", "Values": ["10.1.*"]}]

CASES = [
    case("CreateDefaultVpc", "a second one", {}, "DefaultVpcAlreadyExists", before=[("CreateDefaultVpc", {})]),
    case("CreateVpc", "a block with host bits is made canonical", {"CidrBlock": "10.0.1.7/16"}, result={"Vpc.CidrBlock": "10.0.0.0/16"}),
    case("CreateVpc", "a block that is too wide", {"CidrBlock": "10.0.0.0/15"}, "InvalidVpc.Range"),
    case("CreateVpc", "a block that is too narrow", {"CidrBlock": "10.0.0.0/29"}, "InvalidVpc.Range"),
    case("CreateVpc", "a block that is none", {"CidrBlock": "10.0.0.0"}, "InvalidParameterValue"),
    case("CreateVpc", "without a block", {}, "MissingParameter"),
    case(
        "CreateVpc",
        "tags for another kind of thing",
        {"CidrBlock": "10.0.0.0/16", "TagSpecifications": [{"ResourceType": "subnet", "Tags": [{"Key": "Name", "Value": "x"}]}]},
        "InvalidParameterValue",
    ),
    case("DescribeVpcs", "by filter with a wildcard", {"Filters": [*BY_BLOCK, {"Name": "vpc-id", "Values": ["$vpc", "$other"]}]}, result={"Vpcs[].VpcId": ["$other"]}),
    case(
        "DescribeVpcs",
        "by tag, case-sensitive",
        {"Filters": [{"Name": "tag:Name", "Values": ["Service"]}, {"Name": "vpc-id", "Values": ["$vpc"]}]},
        before=[("CreateTags", {"Resources": ["$vpc"], "Tags": [{"Key": "Name", "Value": "service"}]})],
        result={"Vpcs": []},
    ),
    case("DescribeVpcs", "of another account", {"VpcIds": ["$their_vpc"]}, "InvalidVpcID.NotFound"),
    case("far:DescribeVpcs", "of another Region", {"VpcIds": ["$vpc"]}, "InvalidVpcID.NotFound"),
    case("DeleteVpc", "with a subnet", {"VpcId": "$vpc"}, "DependencyViolation", before=[("CreateSubnet", {"VpcId": "$vpc", "CidrBlock": "10.0.0.0/24"})]),
    case("DeleteVpc", "with a security group", {"VpcId": "$vpc"}, "DependencyViolation", before=[("CreateSecurityGroup", {"VpcId": "$vpc", "GroupName": "x", "Description": "x"})]),
    case("DeleteVpc", "with a route table", {"VpcId": "$vpc"}, "DependencyViolation", before=[("CreateRouteTable", {"VpcId": "$vpc"})]),
    case(
        "DeleteVpc",
        "its connections go with it",
        {"VpcId": "$other"},
        before=[("DescribeVpcPeeringConnections", {"VpcPeeringConnectionIds": ["$active"]})],
        then=[("DescribeVpcPeeringConnections", {"VpcPeeringConnectionIds": ["$active"]}, {"VpcPeeringConnections[0].Status.Code": "deleted"})],
    ),
    case("AssociateVpcCidrBlock", "a block that it has", {"VpcId": "$vpc", "CidrBlock": "10.0.4.0/24"}, "InvalidVpc.Range"),
    case("AssociateVpcCidrBlock", "a block that meets a peer's", {"VpcId": "$vpc", "CidrBlock": "10.1.4.0/24"}, "InvalidVpc.Range", before=[("DescribeVpcPeeringConnections", {"VpcPeeringConnectionIds": ["$active"]})]),
    case("AssociateVpcCidrBlock", "without a block", {"VpcId": "$vpc"}, "MissingParameter"),
    case(
        "DescribeRouteTables",
        "a further block has its local route",
        {"Filters": [{"Name": "vpc-id", "Values": ["$with_second_block"]}]},
        result={"RouteTables[0].Routes[?GatewayId=='local'].DestinationCidrBlock | sort(@)": ["10.0.0.0/16", "10.9.0.0/16"]},
    ),
    case(
        "DisassociateVpcCidrBlock",
        "the primary block",
        {"AssociationId": "$primary"},
        "OperationNotPermitted",
        before=[("DescribeVpcs", {"VpcIds": ["$vpc"]}, {"primary": "Vpcs[0].CidrBlockAssociationSet[0].AssociationId"})],
    ),
    case("DisassociateVpcCidrBlock", "a block with a subnet in it", {"AssociationId": "$second_block"}, "InvalidCidrBlock.InUse", before=[("CreateSubnet", {"VpcId": "$with_second_block", "CidrBlock": "10.9.0.0/24"})]),
    case("DescribeVpcAttribute", "an attribute that is none", {"VpcId": "$vpc", "Attribute": "bogus"}, "InvalidParameterValue"),
    case("DescribeVpcs", "the default one, by the filter's older name", {"Filters": [{"Name": "isDefault", "Values": ["true"]}]}, before=[("CreateDefaultVpc", {})], result={"Vpcs[].IsDefault": [True]}),
    case("DescribeVpcEndpoints", "one that is not there", {"VpcEndpointIds": ["vpce-0123456789abcdef0"]}, "InvalidVpcEndpointId.NotFound"),
    case("ModifyVpcAttribute", "addresses are counted", {"VpcId": "$vpc", "EnableNetworkAddressUsageMetrics": {"Value": True}}, then=[("DescribeVpcAttribute", {"VpcId": "$vpc", "Attribute": "enableNetworkAddressUsageMetrics"}, {"EnableNetworkAddressUsageMetrics.Value": True})]),
    case("ModifyVpcAttribute", "nothing", {"VpcId": "$vpc"}, "MissingParameter"),
    case("ModifyVpcAttribute", "two attributes at once", {"VpcId": "$vpc", "EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}}, "InvalidParameterCombination"),
]


@thing("vpc-")
def with_second_block(stage):
    stage.thing("second_block")
    return stage.thing("vpc")


ABOUT = {}

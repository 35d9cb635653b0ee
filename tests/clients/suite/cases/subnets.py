"""Subnets."""

import ipaddress

from ..case import case
from ..stage import thing


@thing("subnet-")
def subnet(stage):
    return stage.ask("CreateSubnet", "Subnet.SubnetId", VpcId=stage.thing("vpc"), CidrBlock="10.0.1.0/24", AvailabilityZone="us-west-2a")


@thing("subnet-")
def second_subnet(stage):
    return stage.ask("CreateSubnet", "Subnet.SubnetId", VpcId=stage.thing("vpc"), CidrBlock="10.0.2.0/24", AvailabilityZone="us-west-2b")


@thing("subnet-")
def others_subnet(stage):
    return stage.ask("CreateSubnet", "Subnet.SubnetId", VpcId=stage.thing("other"), CidrBlock="10.1.1.0/24", AvailabilityZone="us-west-2a")


@thing()
def second_zone(stage):
    """The id of the second zone: which it is differs between accounts."""
    return stage.ask("DescribeAvailabilityZones", "AvailabilityZones[0].ZoneId", ZoneNames=["us-west-2b"])


@thing()
def bare_zone(stage):
    """A zone whose default subnet was deleted."""
    stage.call("CreateDefaultVpc", {})
    default = [{"Name": "default-for-az", "Values": ["true"]}, {"Name": "availability-zone", "Values": ["us-west-2b"]}]
    stage.call("DeleteSubnet", {"SubnetId": stage.ask("DescribeSubnets", "Subnets[0].SubnetId", Filters=default)})
    return "us-west-2b"


@thing()
def wide_ipv6_block(stage):
    """The IPv6 block that AWS gives the VPC."""
    vpc = stage.thing("vpc")
    stage.call("AssociateVpcCidrBlock", {"VpcId": vpc, "AmazonProvidedIpv6CidrBlock": True})
    first = "Vpcs[0].Ipv6CidrBlockAssociationSet[0]"
    stage.until("associated", "DescribeVpcs", f"{first}.Ipv6CidrBlockState.State", VpcIds=[vpc])
    return stage.ask("DescribeVpcs", f"{first}.Ipv6CidrBlock", VpcIds=[vpc])


@thing()
def ipv6_block(stage):
    return part(stage, 0)


@thing()
def second_ipv6_block(stage):
    return part(stage, 1)


def part(stage, number):
    """A /64 of the VPC's IPv6 block."""
    whole = ipaddress.ip_network(stage.thing("wide_ipv6_block"))
    return f"{whole[number << 64]}/64"


@thing("subnet-cidr-assoc-")
def subnet_block(stage):
    subnet = stage.thing("subnet")
    answer = stage.call("AssociateSubnetCidrBlock", {"SubnetId": subnet, "Ipv6CidrBlock": stage.thing("ipv6_block")})
    state = "Subnets[0].Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlockState.State"
    stage.until("associated", "DescribeSubnets", state, SubnetIds=[subnet])
    return answer["Ipv6CidrBlockAssociation"]["AssociationId"]


NEW = {"VpcId": "$vpc", "CidrBlock": "10.0.3.0/26", "AvailabilityZoneId": "$second_zone"}
IN_NO_ZONE = {"VpcId": "$vpc", "CidrBlock": "10.0.3.0/26"}
IPV6 = {"SubnetId": "$subnet", "Ipv6CidrBlock": "$ipv6_block"}
IPV6_BLOCKS = "Subnets[0].Ipv6CidrBlockAssociationSet[]"

GOOD = [
    case("DescribeSubnets", "by id", {"SubnetIds": ["$subnet"]}, result={"Subnets[].SubnetId": ["$subnet"], "Subnets[0].AvailableIpAddressCount": 251, "Subnets[0].State": "available"}),
    case(
        "CreateSubnet",
        "in a zone",
        NEW,
        result={"Subnet.CidrBlock": "10.0.3.0/26", "Subnet.AvailabilityZone": "us-west-2b", "Subnet.AvailabilityZoneId": "$second_zone", "Subnet.AvailableIpAddressCount": 59},
    ),
    case(
        "CreateDefaultSubnet",
        "where it was deleted",
        {"AvailabilityZone": "$bare_zone"},
        result={"Subnet.DefaultForAz": True, "Subnet.AvailabilityZone": "us-west-2b", "Subnet.CidrBlock": "172.31.16.0/20"},
    ),
    case(
        "AssociateSubnetCidrBlock",
        "a free block",
        IPV6,
        result={"SubnetId": "$subnet", "Ipv6CidrBlockAssociation.Ipv6CidrBlock": "$ipv6_block", "Ipv6CidrBlockAssociation.Ipv6CidrBlockState.State": "associating"},
        then=[("DescribeSubnets", {"SubnetIds": ["$subnet"]}, {f"{IPV6_BLOCKS}.Ipv6CidrBlock": ["$ipv6_block"]})],
    ),
    case(
        "DisassociateSubnetCidrBlock",
        "the block of a subnet",
        {"AssociationId": "$subnet_block"},
        result={"SubnetId": "$subnet", "Ipv6CidrBlockAssociation.Ipv6CidrBlockState.State": "disassociating"},
        then=[("DescribeSubnets", {"SubnetIds": ["$subnet"]}, {f"{IPV6_BLOCKS}.Ipv6CidrBlock": []})],
    ),
    case("DeleteSubnet", "with nothing in it", {"SubnetId": "$subnet"}, then=[("DescribeSubnets", {"SubnetIds": ["$subnet"]}, "InvalidSubnetID.NotFound")]),
]

CASES = [
    case("CreateDefaultSubnet", "in a zone that has one", {"AvailabilityZone": "us-west-2a"}, "DefaultSubnetAlreadyExistsInAvailabilityZone", before=[("CreateDefaultVpc", {})]),
    case("CreateDefaultSubnet", "without a default VPC", {"AvailabilityZone": "us-west-2a"}, "DefaultVpcDoesNotExist"),
    case("CreateDefaultSubnet", "in no zone", {}, "MissingParameter", before=[("CreateDefaultVpc", {})]),
    case("CreateSubnet", "by the name of a zone", IN_NO_ZONE | {"AvailabilityZone": "us-west-2b"}, result={"Subnet.AvailabilityZoneId": "$second_zone"}),
    case("CreateSubnet", "a zone by name, and an id that is empty", IN_NO_ZONE | {"AvailabilityZone": "us-west-2b"}, raw={"AvailabilityZoneId": ""}, result={"Subnet.AvailabilityZoneId": "$second_zone"}),
    case("CreateSubnet", "a zone by name and by id", NEW | {"AvailabilityZone": "us-west-2b"}, "InvalidParameterCombination"),
    case("CreateSubnet", "a zone of another Region", IN_NO_ZONE | {"AvailabilityZone": "eu-central-1a"}, "InvalidParameterValue"),
    case("CreateSubnet", "a zone of another city that was not asked for", IN_NO_ZONE | {"AvailabilityZone": "us-west-2-lax-1a"}, "InvalidParameterValue"),
    case("CreateSubnet", "host bits are made canonical", NEW | {"CidrBlock": "10.0.3.9/24"}, result={"Subnet.CidrBlock": "10.0.3.0/24"}),
    case("CreateSubnet", "a block that is none", NEW | {"CidrBlock": "10.0.3"}, "InvalidParameterValue"),
    case("CreateSubnet", "a block outside the VPC's", NEW | {"CidrBlock": "10.1.0.0/24"}, "InvalidSubnet.Range"),
    case("CreateSubnet", "a block that is too narrow", NEW | {"CidrBlock": "10.0.3.0/29"}, "InvalidSubnet.Range"),
    case("CreateSubnet", "a block that meets another subnet's", NEW | {"CidrBlock": "10.0.1.128/25"}, "InvalidSubnet.Conflict", before=[("DescribeSubnets", {"SubnetIds": ["$subnet"]})]),
    case("CreateSubnet", "again", NEW, "InvalidSubnet.Conflict", before=[("CreateSubnet", NEW)]),
    case("CreateSubnet", "without a block", {"VpcId": "$vpc"}, "MissingParameter"),
    case("AssociateSubnetCidrBlock", "a second block", IPV6 | {"Ipv6CidrBlock": "$second_ipv6_block"}, "InvalidSubnet.Conflict", before=[("AssociateSubnetCidrBlock", IPV6)]),
    case("AssociateSubnetCidrBlock", "another subnet's block", IPV6 | {"SubnetId": "$second_subnet"}, "InvalidSubnet.Conflict", before=[("AssociateSubnetCidrBlock", IPV6)]),
    case("AssociateSubnetCidrBlock", "a block outside the VPC's", IPV6 | {"Ipv6CidrBlock": "2001:db8::/64"}, "InvalidSubnet.Range"),
    case("AssociateSubnetCidrBlock", "a block that is none", IPV6 | {"Ipv6CidrBlock": "2001:db8"}, "InvalidParameterValue"),
    case("AssociateSubnetCidrBlock", "without a block", {"SubnetId": "$subnet"}, "MissingParameter"),
    case(
        "DisassociateSubnetCidrBlock",
        "of which interfaces are given addresses",
        {"AssociationId": "$subnet_block"},
        "InvalidCidrBlock.InUse",
        before=[("DescribeSubnets", {"Filters": [{"Name": "ipv6-cidr-block-association.association-id", "Values": ["$subnet_block"]}]}), ("ModifySubnetAttribute", {"SubnetId": "$subnet", "AssignIpv6AddressOnCreation": {"Value": True}})],
    ),
    case("DescribeSubnets", "one filter, several values", {"Filters": [{"Name": "cidr-block", "Values": ["10.0.1.0/24", "10.0.2.0/24"]}, {"Name": "subnet-id", "Values": ["$subnet", "$second_subnet", "$others_subnet"]}]}, result={"sort(Subnets[].CidrBlock)": ["10.0.1.0/24", "10.0.2.0/24"]}),
    case("DescribeSubnets", "by zone id", {"Filters": [{"Name": "availability-zone-id", "Values": ["$second_zone"]}, {"Name": "vpc-id", "Values": ["$vpc"]}, {"Name": "subnet-id", "Values": ["$subnet", "$second_subnet"]}]}, result={"Subnets[].SubnetId": ["$second_subnet"]}),
    case("DescribeSubnets", "one known id and one unknown", {"SubnetIds": ["$subnet", "subnet-0123456789abcdef0"]}, "InvalidSubnetID.NotFound"),
    case("DescribeSubnets", "an unknown id as a filter is no error", {"Filters": [{"Name": "subnet-id", "Values": ["subnet-0123456789abcdef0"]}]}, result={"Subnets": []}),
    case(
        "DeleteSubnet",
        "its association with a table goes with it",
        {"SubnetId": "$subnet"},
        before=[("AssociateRouteTable", {"RouteTableId": "$table", "SubnetId": "$subnet"})],
        then=[("DescribeRouteTables", {"RouteTableIds": ["$table"]}, {"RouteTables[0].Associations": []})],
    ),
]

ABOUT = {}

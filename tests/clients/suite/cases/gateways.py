"""Zones and gateways."""

from ..case import case

GOOD = [
    case("DescribeAvailabilityZones", "by name", {"ZoneNames": ["us-west-2a"]}, result={"AvailabilityZones[].ZoneName": ["us-west-2a"], "AvailabilityZones[].RegionName": ["$region"], "AvailabilityZones[].State": ["available"]}),
    case("DescribeInternetGateways", "of a VPC", {"Filters": [{"Name": "attachment.vpc-id", "Values": ["$vpc"]}]}, result={"InternetGateways": []}),
    case("DescribeNatGateways", "of a VPC", {"Filter": [{"Name": "vpc-id", "Values": ["$vpc"]}]}, result={"NatGateways": []}),
]

CASES = [
    case("DescribeAvailabilityZones", "of no such name", {"ZoneNames": ["us-west-2z"]}, "InvalidParameterValue"),
    case("DescribeAvailabilityZones", "by id", {"ZoneIds": ["$second_zone"]}, result={"AvailabilityZones[].ZoneName": ["us-west-2b"]}),
    case("DescribeAvailabilityZones", "by zone type and state", {"Filters": [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["impaired"]}]}, result={"AvailabilityZones": []}),
    case("DescribeInternetGateways", "an unknown id", {"InternetGatewayIds": ["igw-0123456789abcdef0"]}, "InvalidInternetGatewayID.NotFound"),
    case("DescribeNatGateways", "an unknown id", {"NatGatewayIds": ["nat-0123456789abcdef0"]}, "NatGatewayNotFound"),
    case("DescribeNatGateways", "an unknown filter", {"Filter": [{"Name": "bogus", "Values": ["x"]}]}, "InvalidParameterValue"),
]

ABOUT = {
    "DescribeAvailabilityZones": {"skip": {"a filter without values", "a filter with 201 values"}},
}

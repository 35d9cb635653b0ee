"""What an account finds: Regions, zones, its own attributes, images, types of instances."""

from ..case import SOMETHING, case

GOOD = [
    case("DescribeRegions", "by name", {"RegionNames": ["us-west-2"]}, result={"Regions[].RegionName": ["us-west-2"]}),
    case("DescribeAvailabilityZones", "by name", {"ZoneNames": ["us-west-2a"]}, result={"AvailabilityZones[].ZoneName": ["us-west-2a"], "AvailabilityZones[].RegionName": ["$region"], "AvailabilityZones[].State": ["available"]}),
    case("DescribeAccountAttributes", "the default VPC", {"AttributeNames": ["supported-platforms"]}, result={"AccountAttributes[].AttributeValues[].AttributeValue": ["VPC"]}),
    case("DescribeInstanceTypes", "by name", {"InstanceTypes": ["m5.large"]}, result={"InstanceTypes[].[InstanceType, VCpuInfo.DefaultVCpus, MemoryInfo.SizeInMiB, BurstablePerformanceSupported][]": ["m5.large", 2, 8192, False]}),
    case("DescribeImages", "of Amazon", {"Owners": ["amazon"]}, result={"Images[0].ImageId": SOMETHING}),
]

CASES = [
    case("DescribeAvailabilityZones", "of another city, not asked for", {"ZoneNames": ["us-west-2-lax-1a"]}, "InvalidParameterValue"),
    case(
        "DescribeAvailabilityZones",
        "of another city, among all there are",
        {"AllAvailabilityZones": True, "ZoneNames": ["us-west-2-lax-1a"]},
        result={"AvailabilityZones[].[ZoneType, OptInStatus, GroupName, ZoneId][]": ["local-zone", "not-opted-in", "us-west-2-lax-1", "usw2-lax1-az1"]},
    ),
    case("DescribeAvailabilityZones", "of no such name", {"ZoneNames": ["us-west-2z"]}, "InvalidParameterValue"),
    case("DescribeAvailabilityZones", "by id", {"ZoneIds": ["$second_zone"]}, result={"AvailabilityZones[].ZoneName": ["us-west-2b"]}),
    case("DescribeAvailabilityZones", "by zone type and state", {"Filters": [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["impaired"]}]}, result={"AvailabilityZones": []}),
    case("DescribeRegions", "of no such name", {"RegionNames": ["us-nowhere-1"]}, "InvalidParameterValue"),
    case("DescribeAccountAttributes", "of no such name", {"AttributeNames": ["bogus"]}, "InvalidParameterValue"),
    case("DescribeInstanceTypes", "of no such name", {"InstanceTypes": ["m5.huge"]}, "InvalidInstanceType"),
    case("DescribeInstanceTypes", "cut into pages", {"MaxResults": 5}, result={"length(InstanceTypes)": 5, "NextToken": SOMETHING}),
    case("DescribeImages", "an unknown id", {"ImageIds": ["ami-0123456789abcdef0"]}, "InvalidAMIID.NotFound"),
    case("DescribeImages", "a malformed id", {"ImageIds": ["bogus"]}, "InvalidAMIID.Malformed"),
]

# Zones, Regions and types have no tags, so there is no filter of theirs that takes any value.
ABOUT = {
    "DescribeInstanceTypes": {"filter": "instance-type", "skip": {"a filter with 201 values"}, "pages": (5, 100)},
    "DescribeAvailabilityZones": {"filter": "zone-name", "skip": {"a filter with 201 values"}},
    "DescribeRegions": {"filter": "region-name", "skip": {"a filter with 201 values"}},
}

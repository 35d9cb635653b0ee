"""Tags of anything."""

from ..case import case

NAME = [{"Key": "Name", "Value": "service"}]
BY_VPC = {"Filters": [{"Name": "resource-id", "Values": ["$vpc"]}]}
TAGGED = [("CreateTags", {"Resources": ["$vpc"], "Tags": NAME})]

GOOD = [
    case("DescribeTags", "of a VPC", BY_VPC, before=TAGGED, result={"Tags": [{"Key": "Name", "ResourceId": "$vpc", "ResourceType": "vpc", "Value": "service"}]}),
    case("CreateTags", "on a VPC", {"Resources": ["$vpc"], "Tags": NAME}, then=[("DescribeVpcs", {"VpcIds": ["$vpc"]}, {"Vpcs[0].Tags": NAME})]),
    case("DeleteTags", "by key and value", {"Resources": ["$vpc"], "Tags": NAME}, before=TAGGED, then=[("DescribeTags", BY_VPC, {"Tags": []})]),
]

CASES = [
    case("CreateTags", "again overwrites", {"Resources": ["$vpc"], "Tags": [{"Key": "Name", "Value": "new"}]}, before=TAGGED, then=[("DescribeTags", BY_VPC, {"Tags[].Value": ["new"]})]),
    case("CreateTags", "a key of AWS's own", {"Resources": ["$vpc"], "Tags": [{"Key": "aws:x", "Value": "x"}]}, "InvalidParameterValue"),
    case("CreateTags", "a key that is too long", {"Resources": ["$vpc"], "Tags": [{"Key": "x" * 128, "Value": "x"}, {"Key": "y" * 129, "Value": "x"}]}, "InvalidParameterValue"),
    case("CreateTags", "a value that is too long", {"Resources": ["$vpc"], "Tags": [{"Key": "x", "Value": "x" * 257}]}, "InvalidParameterValue"),
    case("CreateTags", "fifty", {"Resources": ["$vpc"], "Tags": [{"Key": str(number), "Value": ""} for number in range(50)]}),
    case("CreateTags", "fifty-one", {"Resources": ["$vpc"], "Tags": [{"Key": str(number), "Value": ""} for number in range(51)]}, "TagLimitExceeded"),
    case("CreateTags", "the same key twice", {"Resources": ["$vpc"], "Tags": [{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}]}, "InvalidParameterValue"),
    case("CreateTags", "one of two things is unknown, so neither is tagged", {"Resources": ["$vpc", "vpc-0123456789abcdef0"], "Tags": NAME}, "InvalidVpcID.NotFound", then=[("DescribeTags", BY_VPC, {"Tags": []})]),
    case("CreateTags", "an id of no kind", {"Resources": ["bogus-1"], "Tags": NAME}, "InvalidID"),
    case("DeleteTags", "by key", {"Resources": ["$vpc"], "Tags": [{"Key": "Name"}]}, before=TAGGED, then=[("DescribeTags", BY_VPC, {"Tags": []})]),
    case("DeleteTags", "with a value that it does not have", {"Resources": ["$vpc"], "Tags": [{"Key": "Name", "Value": "other"}]}, before=TAGGED, then=[("DescribeTags", BY_VPC, {"Tags[].Value": ["service"]})]),
    case("DeleteTags", "a key that is not there", {"Resources": ["$vpc"], "Tags": [{"Key": "nothing"}]}),
    case("DescribeTags", "by key and kind", {"Filters": [{"Name": "key", "Values": ["Na*"]}, {"Name": "resource-type", "Values": ["vpc"]}]}, before=TAGGED, result={"Tags[].ResourceId": ["$vpc"]}),
]

# Ids of any kind are taken, so a text without a known beginning is of no kind rather than a malformed VPC's.
ABOUT = {
    "CreateTags": {"malformed:Resources": "InvalidID"},
    "DeleteTags": {"malformed:Resources": "InvalidID"},
}

"""Security groups and their rules."""

from ..case import SOMETHING, case
from ..stage import thing


def make(stage, vpc, name, who=""):
    return stage.ask(f"{who}CreateSecurityGroup", "GroupId", VpcId=stage.thing(vpc), GroupName=name, Description=name)


@thing("sg-")
def group(stage):
    return make(stage, "vpc", "balancer")


@thing("sg-")
def second_group(stage):
    return make(stage, "vpc", "instances")


@thing("sg-")
def others_group(stage):
    return make(stage, "other", "clients")


@thing("sg-")
def their_group(stage):
    return make(stage, "their_vpc", "clients", "theirs:")


@thing("sg-")
def default_group(stage):
    filters = [{"Name": "vpc-id", "Values": [stage.thing("vpc")]}, {"Name": "group-name", "Values": ["default"]}]
    return stage.ask("DescribeSecurityGroups", "SecurityGroups[0].GroupId", Filters=filters)


@thing("sgr-")
def rule(stage):
    return stage.ask("AuthorizeSecurityGroupIngress", "SecurityGroupRules[0].SecurityGroupRuleId", GroupId=stage.thing("group"), IpPermissions=[tcp("10.1.0.0/16")])


@thing("sgr-")
def egress_rule(stage):
    return stage.ask("AuthorizeSecurityGroupEgress", "SecurityGroupRules[0].SecurityGroupRuleId", GroupId=stage.thing("group"), IpPermissions=[tcp("10.1.0.0/16")])


def described(rule):
    return {"GroupId": "$group", "SecurityGroupRuleDescriptions": [{"SecurityGroupRuleId": rule, "Description": "the office"}]}


def tcp(block, low=443, high=443):
    return {"IpProtocol": "tcp", "FromPort": low, "ToPort": high, "IpRanges": [{"CidrIp": block}]}


def from_group(group, **more):
    return {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "UserIdGroupPairs": [{"GroupId": group, **more}]}


def change(rule, **wanted):
    return {"GroupId": "$group", "SecurityGroupRules": [{"SecurityGroupRuleId": rule, "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, **wanted}}]}


def on_group(*permissions):
    return {"GroupId": "$group", "IpPermissions": list(permissions)}


ONE = on_group(tcp("10.1.0.0/16"))
BY_ID = {"GroupIds": ["$group"]}
INGRESS = "SecurityGroups[0].IpPermissions"
CHANGED = change("$rule", CidrIpv4="10.3.0.0/16")

GOOD = [
    case("DescribeSecurityGroups", "by id", BY_ID, result={"SecurityGroups[].GroupId": ["$group"], "SecurityGroups[0].GroupName": "balancer", "SecurityGroups[0].IpPermissionsEgress[].IpProtocol": ["-1"]}),
    case("CreateSecurityGroup", "in a VPC", {"VpcId": "$vpc", "GroupName": "new", "Description": "A new one"}, result={"GroupId": SOMETHING}),
    case("DeleteSecurityGroup", "that nothing uses", {"GroupId": "$group"}, then=[("DescribeSecurityGroups", BY_ID, "InvalidGroup.NotFound")]),
    case("DescribeSecurityGroupRules", "by id", {"SecurityGroupRuleIds": ["$rule"]}, result={"SecurityGroupRules[].CidrIpv4": ["10.1.0.0/16"], "SecurityGroupRules[].IsEgress": [False], "SecurityGroupRules[].GroupId": ["$group"]}),
    case("AuthorizeSecurityGroupIngress", "a port from a block", ONE, result={"Return": True, "SecurityGroupRules[].FromPort": [443], "SecurityGroupRules[].SecurityGroupRuleId": SOMETHING}, then=[("DescribeSecurityGroups", BY_ID, {f"{INGRESS}[].IpRanges[].CidrIp": ["10.1.0.0/16"]})]),
    case("AuthorizeSecurityGroupEgress", "a port to a block", ONE, result={"SecurityGroupRules[].IsEgress": [True]}),
    case("RevokeSecurityGroupIngress", "by the rule's id", {"GroupId": "$group", "SecurityGroupRuleIds": ["$rule"]}, result={"Return": True}, then=[("DescribeSecurityGroups", BY_ID, {INGRESS: []})]),
    case("ModifySecurityGroupRules", "ports and block", CHANGED, result={"Return": True}, then=[("DescribeSecurityGroupRules", {"SecurityGroupRuleIds": ["$rule"]}, {"SecurityGroupRules[].[CidrIpv4, FromPort, ToPort][]": ["10.3.0.0/16", 8443, 8443]})]),
    case("UpdateSecurityGroupRuleDescriptionsIngress", "by the rule's id", described("$rule"), result={"Return": True}, then=[("DescribeSecurityGroupRules", {"SecurityGroupRuleIds": ["$rule"]}, {"SecurityGroupRules[].Description": ["the office"]})]),
    case("UpdateSecurityGroupRuleDescriptionsEgress", "by the rule's id", described("$egress_rule"), result={"Return": True}, then=[("DescribeSecurityGroupRules", {"SecurityGroupRuleIds": ["$egress_rule"]}, {"SecurityGroupRules[].Description": ["the office"]})]),
    case("RevokeSecurityGroupEgress", "what a new group has", {"GroupId": "$group", "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}, then=[("DescribeSecurityGroups", BY_ID, {"SecurityGroups[0].IpPermissionsEgress": []})]),
]

WITH_ACTIVE = [("DescribeVpcPeeringConnections", {"VpcPeeringConnectionIds": ["$active"]})]
WITH_THEIRS = [("DescribeVpcPeeringConnections", {"VpcPeeringConnectionIds": ["$active_with_theirs"]})]
FROM_THEIRS = on_group(from_group("$their_group", UserId="$their_account"))

CASES = [
    case("CreateSecurityGroup", "a name that is taken in the VPC", {"VpcId": "$vpc", "GroupName": "balancer", "Description": "x"}, "InvalidGroup.Duplicate", before=[("DescribeSecurityGroups", BY_ID)]),
    case("CreateSecurityGroup", "a name that is taken in another VPC", {"VpcId": "$other", "GroupName": "balancer", "Description": "x"}, before=[("DescribeSecurityGroups", BY_ID)]),
    case("CreateSecurityGroup", "the name default", {"VpcId": "$vpc", "GroupName": "default", "Description": "x"}, "InvalidGroup.Reserved"),
    case("CreateSecurityGroup", "a name that begins like an id", {"VpcId": "$vpc", "GroupName": "sg-x", "Description": "x"}, "InvalidParameterValue"),
    case("DeleteSecurityGroup", "the default group", {"GroupId": "$default_group"}, "CannotDelete"),
    case("DeleteSecurityGroup", "that a rule of another names", {"GroupId": "$group"}, "DependencyViolation", before=[("AuthorizeSecurityGroupIngress", {"GroupId": "$second_group", "IpPermissions": [from_group("$group")]})]),
    case("DeleteSecurityGroup", "that only its own rule names", {"GroupId": "$group"}, before=[("AuthorizeSecurityGroupIngress", on_group(from_group("$group")))]),
    case("AuthorizeSecurityGroupIngress", "again", ONE, "InvalidPermission.Duplicate", before=[("AuthorizeSecurityGroupIngress", ONE)]),
    case("AuthorizeSecurityGroupIngress", "host bits are made canonical", on_group(tcp("10.1.2.3/16")), result={"SecurityGroupRules[].CidrIpv4": ["10.1.0.0/16"]}),
    case("AuthorizeSecurityGroupIngress", "host bits meet the canonical rule", on_group(tcp("10.1.2.3/16")), "InvalidPermission.Duplicate", before=[("AuthorizeSecurityGroupIngress", ONE)]),
    case(
        "AuthorizeSecurityGroupIngress",
        "one duplicate refuses all of a call",
        on_group(tcp("10.2.0.0/16"), tcp("10.1.0.0/16")),
        "InvalidPermission.Duplicate",
        before=[("AuthorizeSecurityGroupIngress", ONE)],
        then=[("DescribeSecurityGroups", BY_ID, {f"{INGRESS}[].IpRanges[].CidrIp": ["10.1.0.0/16"]})],
    ),
    case("AuthorizeSecurityGroupIngress", "ports the wrong way round", on_group(tcp("10.1.0.0/16", 443, 80)), "InvalidParameterValue"),
    case("AuthorizeSecurityGroupIngress", "a block that is none", on_group(tcp("10.1.0.0")), "InvalidParameterValue"),
    case("AuthorizeSecurityGroupIngress", "an unknown protocol", on_group(tcp("10.1.0.0/16") | {"IpProtocol": "bogus"}), "InvalidParameterValue"),
    case("AuthorizeSecurityGroupIngress", "nothing", {"GroupId": "$group"}, "MissingParameter"),
    case("AuthorizeSecurityGroupIngress", "without a source", on_group({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}), "MissingParameter"),
    case("AuthorizeSecurityGroupIngress", "from a group of the same VPC", on_group(from_group("$second_group")), result={"SecurityGroupRules[].ReferencedGroupInfo.GroupId": ["$second_group"]}),
    case("AuthorizeSecurityGroupIngress", "from a group of a VPC that is no peer", on_group(from_group("$others_group")), "InvalidGroup.NotFound"),
    case("AuthorizeSecurityGroupIngress", "from a group of a peer", on_group(from_group("$others_group")), before=WITH_ACTIVE, then=[("DescribeSecurityGroups", BY_ID, {f"{INGRESS}[0].UserIdGroupPairs[0].VpcPeeringConnectionId": "$active", f"{INGRESS}[0].UserIdGroupPairs[0].PeeringStatus": "active"})]),
    case("AuthorizeSecurityGroupIngress", "from a group of another account's peer", FROM_THEIRS, before=WITH_THEIRS, result={"SecurityGroupRules[].ReferencedGroupInfo.UserId": ["$their_account"]}),
    case("AuthorizeSecurityGroupIngress", "from a group of another account without its account", on_group(from_group("$their_group")), "InvalidGroup.NotFound", before=WITH_THEIRS),
    case("AuthorizeSecurityGroupIngress", "from an unknown group", on_group(from_group("sg-0123456789abcdef0")), "InvalidGroup.NotFound"),
    case(
        "DescribeSecurityGroups",
        "a rule stays when its peer is gone, and says so",
        BY_ID,
        before=[*WITH_ACTIVE, ("AuthorizeSecurityGroupIngress", on_group(from_group("$others_group"))), ("DeleteVpcPeeringConnection", {"VpcPeeringConnectionId": "$active"})],
        result={f"{INGRESS}[0].UserIdGroupPairs[0].PeeringStatus": "deleted"},
    ),
    case("RevokeSecurityGroupIngress", "a rule that is not there", ONE, "InvalidPermission.NotFound"),
    case("RevokeSecurityGroupIngress", "by what it admits", ONE, before=[("AuthorizeSecurityGroupIngress", ONE)], then=[("DescribeSecurityGroups", BY_ID, {INGRESS: []})]),
    case("RevokeSecurityGroupIngress", "a rule of another group", {"GroupId": "$second_group", "SecurityGroupRuleIds": ["$rule"]}, "InvalidSecurityGroupRuleId.NotFound"),
    case("ModifySecurityGroupRules", "into one that is there", CHANGED, "InvalidPermission.Duplicate", before=[("AuthorizeSecurityGroupIngress", on_group(tcp("10.3.0.0/16", 8443, 8443)))]),
    case("ModifySecurityGroupRules", "from a block to a group", change("$rule", ReferencedGroupId="$second_group"), "InvalidParameterValue"),
    case("ModifySecurityGroupRules", "from IPv4 to IPv6", change("$rule", CidrIpv6="fd00::/8"), "InvalidParameterValue"),
    case("ModifySecurityGroupRules", "to a block with host bits", change("$rule", CidrIpv4="10.3.1.2/16"), "InvalidParameterValue"),
    case("ModifySecurityGroupRules", "without a source", change("$rule"), "MissingParameter"),
    case("ModifySecurityGroupRules", "two sources", change("$rule", CidrIpv4="10.3.0.0/16", CidrIpv6="fd00::/8"), "InvalidParameterCombination"),
    case("ModifySecurityGroupRules", "a rule of another group", {**CHANGED, "GroupId": "$second_group"}, "InvalidSecurityGroupRuleId.NotFound"),
    case("AuthorizeSecurityGroupIngress", "from a group whose owner is empty", on_group(from_group("$second_group")), raw={"IpPermissions.1.Groups.1.UserId": ""}, result={"SecurityGroupRules[].ReferencedGroupInfo.UserId": ["$account"]}),
    case(
        "UpdateSecurityGroupRuleDescriptionsIngress",
        "by what it admits",
        on_group(tcp("10.1.0.0/16") | {"IpRanges": [{"CidrIp": "10.1.0.0/16", "Description": "the office"}]}),
        before=[("AuthorizeSecurityGroupIngress", ONE)],
        then=[("DescribeSecurityGroups", BY_ID, {f"{INGRESS}[].IpRanges[].Description": ["the office"]})],
    ),
    case("UpdateSecurityGroupRuleDescriptionsIngress", "none", ONE, before=[("UpdateSecurityGroupRuleDescriptionsIngress", described("$rule"))], then=[("DescribeSecurityGroups", BY_ID, {f"{INGRESS}[].IpRanges[].Description": []})]),
    case("UpdateSecurityGroupRuleDescriptionsIngress", "of a rule that is not there", ONE, "InvalidPermission.NotFound"),
    case("UpdateSecurityGroupRuleDescriptionsIngress", "of no rule", {"GroupId": "$group"}, "MissingParameter"),
    case("UpdateSecurityGroupRuleDescriptionsIngress", "of a rule for what goes out", described("$egress_rule"), "InvalidSecurityGroupRuleId.NotFound"),
    case("UpdateSecurityGroupRuleDescriptionsEgress", "of a rule that is not there", ONE, "InvalidPermission.NotFound"),
    case("RevokeSecurityGroupEgress", "a rule that is not there", ONE, "InvalidPermission.NotFound"),
    case("AuthorizeSecurityGroupEgress", "again", ONE, "InvalidPermission.Duplicate", before=[("AuthorizeSecurityGroupEgress", ONE)]),
    case("DescribeSecurityGroups", "by name", {"Filters": [{"Name": "group-name", "Values": ["bal*"]}, {"Name": "vpc-id", "Values": ["$vpc"]}]}, before=[("DescribeSecurityGroups", {"GroupIds": ["$group", "$second_group"]})], result={"SecurityGroups[].GroupId": ["$group"]}),
    case("DescribeSecurityGroups", "by a rule's block", {"Filters": [{"Name": "ip-permission.cidr", "Values": ["10.1.0.0/16"]}, {"Name": "vpc-id", "Values": ["$vpc"]}]}, before=[("AuthorizeSecurityGroupIngress", ONE)], result={"SecurityGroups[].GroupId": ["$group"]}),
    case("DescribeSecurityGroupRules", "by group", {"Filters": [{"Name": "group-id", "Values": ["$group"]}]}, before=[("AuthorizeSecurityGroupIngress", ONE)], result={"SecurityGroupRules[?!IsEgress].CidrIpv4": ["10.1.0.0/16"]}),
    case(
        "DescribeSecurityGroupRules",
        "cut into pages",
        {"Filters": [{"Name": "group-id", "Values": ["$group"]}], "MaxResults": 5},
        before=[("AuthorizeSecurityGroupIngress", on_group(*[tcp(f"10.{number}.0.0/16") for number in range(1, 8)]))],
        result={"length(SecurityGroupRules)": 5, "NextToken": SOMETHING},
    ),
]

ABOUT = {
    # A group may be named instead: without its id AWS asks for one of the two.
    "RevokeSecurityGroupIngress": {},
}

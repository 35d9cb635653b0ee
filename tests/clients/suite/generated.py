"""What is wrong in the same way for every action: cases that follow from AWS's service model and one well-formed call.

Each required parameter left out, an unknown parameter, every id once unknown and once malformed, unknown and empty
filters, page sizes out of range, a page token that is none, and a dry run that must change nothing. And lists of all there
are, which nobody refuses."""

import copy

from .case import Case
from .stage import MAKERS, api_name, prefix_of

MISSING = {"ec2": "MissingParameter"}

# By what an id begins with: the codes for one that nothing has, and for a text that is none.
IDS = {
    "vpc-": ("InvalidVpcID.NotFound", "InvalidVpcID.Malformed"),
    "subnet-": ("InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed"),
    "rtb-": ("InvalidRouteTableID.NotFound", "InvalidRouteTableId.Malformed"),
    "rtbassoc-": ("InvalidAssociationID.NotFound", "InvalidAssociationID.Malformed"),
    "pcx-": ("InvalidVpcPeeringConnectionID.NotFound", "InvalidVpcPeeringConnectionId.Malformed"),
    "sg-": ("InvalidGroup.NotFound", "InvalidGroupId.Malformed"),
    "sgr-": ("InvalidSecurityGroupRuleId.NotFound", "InvalidSecurityGroupRuleId.Malformed"),
    "pl-": ("InvalidPrefixListID.NotFound", "InvalidPrefixListId.Malformed"),
    "vpc-cidr-assoc-": (
        "InvalidVpcCidrBlockAssociationID.NotFound",
        "InvalidVpcCidrBlockAssociationId.Malformed",
    ),
    "subnet-cidr-assoc-": (
        "InvalidSubnetCidrBlockAssociationID.NotFound",
        "InvalidSubnetCidrBlockAssociationId.Malformed",
    ),
    "ami-": ("InvalidAMIID.NotFound", "InvalidAMIID.Malformed"),
    "eigw-": ("InvalidGatewayID.NotFound", "InvalidGatewayID.Malformed"),
    "eipalloc-": ("InvalidAllocationID.NotFound", "InvalidAllocationID.Malformed"),
    "eipassoc-": ("InvalidAssociationID.NotFound", "InvalidAssociationID.Malformed"),
    "eni-attach-": ("InvalidAttachmentID.NotFound", "InvalidAttachmentID.Malformed"),
    "acl-": ("InvalidNetworkAclID.NotFound", "InvalidNetworkAclId.Malformed"),
    "aclassoc-": ("InvalidAssociationID.NotFound", "InvalidAssociationID.Malformed"),
    "scr-": ("InvalidSubnetCidrReservationID.NotFound", "InvalidSubnetCidrReservationId.Malformed"),
    "key-": ("InvalidKeyPair.NotFound", "InvalidKeyPairId.Malformed"),
    "lt-": ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.Malformed"),
    # Things with names: no text is malformed.
    "a balancer": ("LoadBalancerNotFound", None),
    "a group": ("ValidationError", None),
    "igw-": ("InvalidInternetGatewayID.NotFound", "InvalidInternetGatewayId.Malformed"),
    "nat-": ("NatGatewayNotFound", "NatGatewayMalformed"),
    "i-": ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"),
    "eni-": ("InvalidNetworkInterfaceID.NotFound", "InvalidNetworkInterfaceId.Malformed"),
}

NAMES = ("a balancer", "a group")

# What a filter names need not be there.
FILTERS = ("Filters", "Filter")

# Page sizes that AWS allows where its service model does not say.
USUAL_PAGES = (5, 1000)


def from_model(good: Case, service: str, model, about: dict) -> list:
    """The refusals that follow from a well-formed call; for what writes, the call itself behind them. `about` says where an action is not as others:
    `{"unknown:VpcId": code, "missing:VpcId": code, "pages": (5, 100), "skip": {names}}`."""
    members = model.input_shape.members if model.input_shape else {}
    required = model.input_shape.required_members if model.input_shape else []
    cases = []

    def add(name, call, error, raw=None):
        if name not in about.get("skip", ()):
            cases.append(Case(good.action, name, call, error, raw=raw or {}))

    for parameter in required:
        code = about.get(f"missing:{parameter}", MISSING.get(service, "ValidationError"))
        add(f"without {parameter}", without(good.call, parameter), code)
    labels = set()
    for path, name in references(good.call):
        prefix = prefix_of(name) if name in MAKERS else None
        label = label_of(path)
        if prefix is None or path[0] in FILTERS or label in labels:
            continue
        labels.add(label)
        not_found, malformed = IDS[prefix]
        not_found = about.get(f"unknown:{label}", not_found)
        malformed = about.get(f"malformed:{label}", malformed)
        if not_found:
            unknown = "nobody" if prefix in NAMES else f"{prefix}0123456789abcdef0"
            add(f"an unknown {label}", replaced(good.call, path, unknown), not_found)
        if malformed:
            add(f"a malformed {label}", replaced(good.call, path, "bogus"), malformed)
    if "Filters" in members and service == "ec2":
        call = without(good.call, "Filters")
        add("an unknown filter", call | {"Filters": [{"Name": "bogus", "Values": ["x"]}]}, "InvalidParameterValue")
        add("a filter without values", call, "InvalidParameterValue", {"Filter.1.Name": about.get("filter", "tag:x")})
        many = [{"Name": "tag:x", "Values": [str(number) for number in range(201)]}]
        add("a filter with 201 values", call | {"Filters": many}, "FilterLimitExceeded")
    if "MaxResults" in members and service == "ec2":
        lists = (path[0] for path, _ in references(good.call) if members[path[0]].type_name == "list")
        ids = [parameter for parameter in lists if parameter not in FILTERS]
        call = good.call
        for parameter in ids:
            call = without(call, parameter)
        least, most = about.get("pages", USUAL_PAGES)
        add("pages that are too small", call | {"MaxResults": least - 1}, "InvalidParameterValue")
        add("pages that are too large", call | {"MaxResults": most + 1}, "InvalidParameterValue")
        add("a page token that is none", call | {"NextToken": "bogus"}, "InvalidNextToken")
        for parameter in ids:
            add(f"pages of {parameter}", good.call | {"MaxResults": least}, "InvalidParameterCombination")
    if is_read(good.plain_action) and good.call and not required:
        add("all there are", {}, None)
    # moto does what these two ask, so they come last.
    add("an unknown parameter", good.call, "UnknownParameter", {"Bogus": "1"})
    if "DryRun" in members:
        add("a dry run", good.call | {"DryRun": True}, "DryRunOperation")
    if not is_read(good.plain_action):
        name = "after all that was refused nothing has changed"
        cases.append(Case(good.action, name, good.call, good.error, before=good.before, result=good.result, then=good.then))
    return cases


def is_read(action: str) -> bool:
    return api_name(action).startswith(("Describe", "Get", "Search"))


def references(value, path=()):
    """Where a call names things: (path, name of the thing)."""
    if isinstance(value, str) and value.startswith("$") and not value.startswith("${"):
        yield path, value[1:]
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from references(inner, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from references(inner, (*path, index))


def label_of(path) -> str:
    """A parameter as people write it: `IpPermissions.UserIdGroupPairs.GroupId`."""
    return ".".join(str(part) for part in path if isinstance(part, str))


def without(call: dict, parameter: str) -> dict:
    return {name: value for name, value in call.items() if name != parameter}


def replaced(call: dict, path, value) -> dict:
    call = copy.deepcopy(call)
    place = call
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return call

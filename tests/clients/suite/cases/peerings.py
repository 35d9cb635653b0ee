"""VPC peering connections."""

from ..case import SOMETHING, case
from ..stage import thing

STATUS = "VpcPeeringConnections[0].Status.Code"


@thing("pcx-")
def pending(stage):
    return request(stage, "vpc", "other")


@thing("pcx-")
def active(stage):
    connection = request(stage, "vpc", "other")
    accept(stage, connection)
    return connection


@thing("pcx-")
def third_active(stage):
    connection = request(stage, "vpc", "third")
    accept(stage, connection)
    return connection


@thing("pcx-")
def elsewhere(stage):
    """An active connection that `vpc` has no part in."""
    connection = request(stage, "other", "third")
    accept(stage, connection)
    return connection


@thing("pcx-")
def deleted(stage):
    connection = request(stage, "vpc", "third")
    accept(stage, connection)
    stage.call("DeleteVpcPeeringConnection", {"VpcPeeringConnectionId": connection})
    return connection


@thing("pcx-")
def pending_at_theirs(stage):
    return request(stage, "vpc", "their_vpc", "theirs:", PeerOwnerId=stage.their_account)


@thing("pcx-")
def active_with_theirs(stage):
    connection = request(stage, "vpc", "their_vpc", "theirs:", PeerOwnerId=stage.their_account)
    accept(stage, connection, "theirs:")
    return connection


@thing("pcx-")
def pending_at_far(stage):
    return request(stage, "vpc", "far_vpc", "far:", PeerRegion=stage.thing("far_region"))


@thing("pcx-")
def active_with_far(stage):
    connection = request(stage, "vpc", "far_vpc", "far:", PeerRegion=stage.thing("far_region"))
    accept(stage, connection, "far:")
    return connection


def request(stage, requester, accepter, who="", **more):
    connection = stage.ask(
        "CreateVpcPeeringConnection",
        "VpcPeeringConnection.VpcPeeringConnectionId",
        VpcId=stage.thing(requester),
        PeerVpcId=stage.thing(accepter),
        **more,
    )
    stage.until("pending-acceptance", f"{who}DescribeVpcPeeringConnections", STATUS, VpcPeeringConnectionIds=[connection])
    return connection


def accept(stage, connection, who=""):
    stage.call(f"{who}AcceptVpcPeeringConnection", {"VpcPeeringConnectionId": connection})
    stage.until("active", f"{who}DescribeVpcPeeringConnections", STATUS, VpcPeeringConnectionIds=[connection])


def by_id(connection):
    return {"VpcPeeringConnectionIds": [connection]}


def of(connection):
    return {"VpcPeeringConnectionId": connection}


NEW = {"VpcId": "$vpc", "PeerVpcId": "$other"}
REVERSED = {"VpcId": "$other", "PeerVpcId": "$vpc"}
DNS = {"AllowDnsResolutionFromRemoteVpc": True}
MADE = {"made": "VpcPeeringConnection.VpcPeeringConnectionId"}
FAILS = {"Status.Code": "failed"}

GOOD = [
    case(
        "DescribeVpcPeeringConnections",
        "by id",
        by_id("$active"),
        result={STATUS: "active", "VpcPeeringConnections[0].AccepterVpcInfo.CidrBlock": "10.1.0.0/16", "VpcPeeringConnections[0].RequesterVpcInfo.VpcId": "$vpc"},
    ),
    case(
        "CreateVpcPeeringConnection",
        "in one account",
        NEW,
        result={
            "VpcPeeringConnection.Status.Code": "initiating-request",
            "VpcPeeringConnection.ExpirationTime": SOMETHING,
            "VpcPeeringConnection.RequesterVpcInfo.CidrBlockSet": [{"CidrBlock": "10.0.0.0/16"}],
            "VpcPeeringConnection.AccepterVpcInfo.CidrBlock": None,
        },
    ),
    case("AcceptVpcPeeringConnection", "a pending one", of("$pending"), result={"VpcPeeringConnection.Status.Code": "provisioning"}),
    case("RejectVpcPeeringConnection", "a pending one", of("$pending"), result={"Return": True}, then=[("DescribeVpcPeeringConnections", by_id("$pending"), {STATUS: "rejected"})]),
    case("DeleteVpcPeeringConnection", "an active one", of("$active"), result={"Return": True}, then=[("DescribeVpcPeeringConnections", by_id("$active"), {STATUS: "deleted"})]),
    case(
        "ModifyVpcPeeringConnectionOptions",
        "DNS resolution of both sides",
        {"VpcPeeringConnectionId": "$active", "RequesterPeeringConnectionOptions": DNS, "AccepterPeeringConnectionOptions": DNS},
        result={"RequesterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc": True},
        then=[("DescribeVpcPeeringConnections", by_id("$active"), {"VpcPeeringConnections[0].AccepterVpcInfo.PeeringOptions.AllowDnsResolutionFromRemoteVpc": True})],
    ),
]


def filtered(name, value, *, found):
    filters = [{"Name": name, "Values": [value]}]
    return case(
        "DescribeVpcPeeringConnections",
        f"by {name}{', finding nothing' if not found else ''}",
        {"Filters": filters},
        before=[("DescribeVpcPeeringConnections", by_id("$active")), ("DescribeVpcPeeringConnections", by_id("$elsewhere"))],
        result={"VpcPeeringConnections[].VpcPeeringConnectionId": [found] if found else []},
    )


CASES = [
    filtered("requester-vpc-info.vpc-id", "$vpc", found="$active"),
    filtered("accepter-vpc-info.vpc-id", "$third", found="$elsewhere"),
    filtered("accepter-vpc-info.cidr-block", "10.1.*", found="$active"),
    filtered("vpc-peering-connection-id", "$elsewhere", found="$elsewhere"),
    filtered("status-code", "deleted", found=None),
    filtered("tag:Name", "nobody", found=None),
    case(
        "CreateVpcPeeringConnection",
        "again in the same direction gives the same connection",
        NEW,
        before=[("DescribeVpcPeeringConnections", by_id("$active"))],
        result={"VpcPeeringConnection.VpcPeeringConnectionId": "$active"},
    ),
    case(
        "AcceptVpcPeeringConnection",
        "the reverse of an active one",
        of("$made"),
        "VpcPeeringConnectionAlreadyExists",
        before=[
            ("DescribeVpcPeeringConnections", by_id("$active")),
            ("CreateVpcPeeringConnection", REVERSED, MADE),
            ("DescribeVpcPeeringConnections", by_id("$made_pending")),
        ],
    ),
    case(
        "DescribeVpcPeeringConnections",
        "one between overlapping VPCs fails",
        by_id("$made"),
        before=[("CreateVpcPeeringConnection", {"VpcId": "$vpc", "PeerVpcId": "$twin"}, MADE)],
        result={STATUS: "failed"},
        wait=True,
    ),
    case(
        "AcceptVpcPeeringConnection",
        "one between overlapping VPCs",
        of("$failed"),
        "InvalidStateTransition",
    ),
    case(
        "DescribeVpcPeeringConnections",
        "one to a VPC that is not there fails",
        by_id("$made"),
        before=[("CreateVpcPeeringConnection", {"VpcId": "$vpc", "PeerVpcId": "vpc-0123456789abcdef0"}, MADE)],
        result={STATUS: "failed"},
        wait=True,
    ),
    case(
        "DescribeVpcPeeringConnections",
        "one with itself fails",
        by_id("$made"),
        before=[("CreateVpcPeeringConnection", {"VpcId": "$vpc", "PeerVpcId": "$vpc"}, MADE)],
        result={STATUS: "failed"},
        wait=True,
    ),
    case("CreateVpcPeeringConnection", "an account that is none", NEW | {"PeerOwnerId": "1"}, "InvalidParameterValue"),
    case("CreateVpcPeeringConnection", "a peer VPC's id that is none", NEW | {"PeerVpcId": "bogus"}, "InvalidVpcID.Malformed"),
    case("AcceptVpcPeeringConnection", "by the requester's account", of("$pending_at_theirs"), "OperationNotPermitted"),
    case("AcceptVpcPeeringConnection", "in the requester's Region", of("$pending_at_far"), "OperationNotPermitted"),
    case("theirs:AcceptVpcPeeringConnection", "by the accepter's account", of("$pending_at_theirs"), result={"VpcPeeringConnection.AccepterVpcInfo.OwnerId": "$their_account"}),
    case("far:AcceptVpcPeeringConnection", "in the accepter's Region", of("$pending_at_far"), result={"VpcPeeringConnection.AccepterVpcInfo.Region": "$far_region"}),
    case("AcceptVpcPeeringConnection", "an active one", of("$active"), "InvalidStateTransition"),
    case("AcceptVpcPeeringConnection", "a deleted one", of("$deleted"), "InvalidStateTransition"),
    case("RejectVpcPeeringConnection", "an active one", of("$active"), "InvalidStateTransition"),
    case("RejectVpcPeeringConnection", "by the requester's account", of("$pending_at_theirs"), "OperationNotPermitted"),
    case("theirs:RejectVpcPeeringConnection", "by the accepter's account", of("$pending_at_theirs"), then=[("DescribeVpcPeeringConnections", by_id("$pending_at_theirs"), {STATUS: "rejected"})]),
    case("DeleteVpcPeeringConnection", "a pending one by the requester", of("$pending_at_theirs"), then=[("DescribeVpcPeeringConnections", by_id("$pending_at_theirs"), {STATUS: "deleted"})]),
    case("theirs:DeleteVpcPeeringConnection", "a pending one by the accepter", of("$pending_at_theirs"), "OperationNotPermitted"),
    case("theirs:DeleteVpcPeeringConnection", "an active one by the accepter", of("$active_with_theirs"), then=[("DescribeVpcPeeringConnections", by_id("$active_with_theirs"), {STATUS: "deleted"})]),
    case("DeleteVpcPeeringConnection", "a failed one", of("$failed"), "InvalidStateTransition"),
    case("DescribeVpcPeeringConnections", "the accepter's block is hidden while it is pending", by_id("$pending_at_theirs"), result={"VpcPeeringConnections[0].AccepterVpcInfo.CidrBlock": None}),
    case("theirs:DescribeVpcPeeringConnections", "the accepter sees the requester's block", by_id("$pending_at_theirs"), result={"VpcPeeringConnections[0].RequesterVpcInfo.CidrBlock": "10.0.0.0/16"}),
    case(
        "theirs:DescribeVpcPeeringConnections",
        "tags are each account's own",
        by_id("$active_with_theirs"),
        before=[
            ("CreateTags", {"Resources": ["$active_with_theirs"], "Tags": [{"Key": "of", "Value": "ours"}]}),
            ("theirs:CreateTags", {"Resources": ["$active_with_theirs"], "Tags": [{"Key": "of", "Value": "theirs"}]}),
        ],
        result={"VpcPeeringConnections[0].Tags": [{"Key": "of", "Value": "theirs"}]},
    ),
    case("ModifyVpcPeeringConnectionOptions", "of a pending one", {"VpcPeeringConnectionId": "$pending", "RequesterPeeringConnectionOptions": DNS}, "OperationNotPermitted"),
    case("ModifyVpcPeeringConnectionOptions", "of the other account's side", {"VpcPeeringConnectionId": "$active_with_theirs", "AccepterPeeringConnectionOptions": DNS}, "OperationNotPermitted"),
    case("theirs:ModifyVpcPeeringConnectionOptions", "of one's own side", {"VpcPeeringConnectionId": "$active_with_theirs", "AccepterPeeringConnectionOptions": DNS}),
    case("ModifyVpcPeeringConnectionOptions", "of the side in another Region", {"VpcPeeringConnectionId": "$active_with_far", "AccepterPeeringConnectionOptions": DNS}, "OperationNotPermitted"),
    case("ModifyVpcPeeringConnectionOptions", "nothing", {"VpcPeeringConnectionId": "$active"}, "MissingParameter"),
]


@thing("pcx-")
def made_pending(stage):
    stage.until("pending-acceptance", "DescribeVpcPeeringConnections", STATUS, VpcPeeringConnectionIds=[stage.thing("made")])
    return stage.thing("made")


@thing("pcx-")
def failed(stage):
    connection = stage.ask("CreateVpcPeeringConnection", "VpcPeeringConnection.VpcPeeringConnectionId", VpcId=stage.thing("vpc"), PeerVpcId=stage.thing("twin"))
    stage.until("failed", "DescribeVpcPeeringConnections", STATUS, VpcPeeringConnectionIds=[connection])
    return connection


ABOUT = {
    "CreateVpcPeeringConnection": {
        # A peer's VPC that is not there is found out later: the connection fails.
        "unknown:PeerVpcId": None,
    },
}

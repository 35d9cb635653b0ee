"""Route tables, routes and associations."""

from ..case import SOMETHING, case
from ..stage import thing


@thing("rtb-")
def table(stage):
    return stage.ask("CreateRouteTable", "RouteTable.RouteTableId", VpcId=stage.thing("vpc"))


@thing("rtb-")
def second_table(stage):
    return stage.ask("CreateRouteTable", "RouteTable.RouteTableId", VpcId=stage.thing("vpc"))


@thing("rtb-")
def others_table(stage):
    return stage.ask("CreateRouteTable", "RouteTable.RouteTableId", VpcId=stage.thing("other"))


def of_main(stage, expression):
    filters = [{"Name": "vpc-id", "Values": [stage.thing("vpc")]}, {"Name": "association.main", "Values": ["true"]}]
    return stage.ask("DescribeRouteTables", expression, Filters=filters)


@thing("rtb-")
def main_table(stage):
    return of_main(stage, "RouteTables[0].RouteTableId")


@thing("rtbassoc-")
def main_association(stage):
    return of_main(stage, "RouteTables[0].Associations[0].RouteTableAssociationId")


@thing("rtbassoc-")
def association(stage):
    return stage.ask("AssociateRouteTable", "AssociationId", RouteTableId=stage.thing("table"), SubnetId=stage.thing("subnet"))


@thing("rtb-")
def table_with_route(stage):
    route = {"RouteTableId": stage.thing("table"), "DestinationCidrBlock": "10.1.0.0/16"}
    stage.call("CreateRoute", route | {"VpcPeeringConnectionId": stage.thing("active")})
    return stage.thing("table")


def at(table):
    return {"RouteTableIds": [table]}


def routes_to(destination, what):
    return f"RouteTables[0].Routes[?DestinationCidrBlock=='{destination}'].{what} | [0]"


ROUTE = {"RouteTableId": "$table", "DestinationCidrBlock": "10.1.0.0/16", "VpcPeeringConnectionId": "$active"}
THERE = {"RouteTableId": "$table_with_route", "DestinationCidrBlock": "10.1.0.0/16"}

GOOD = [
    case("DescribeRouteTables", "by id", at("$table"), result={"RouteTables[].RouteTableId": ["$table"], "RouteTables[0].Routes[].GatewayId": ["local"], "RouteTables[0].Routes[].State": ["active"]}),
    case("CreateRouteTable", "in a VPC", {"VpcId": "$vpc"}, result={"RouteTable.VpcId": "$vpc", "RouteTable.Routes[].Origin": ["CreateRouteTable"], "RouteTable.Associations": []}),
    case("DeleteRouteTable", "that nothing uses", {"RouteTableId": "$table"}, then=[("DescribeRouteTables", at("$table"), "InvalidRouteTableID.NotFound")]),
    case("CreateRoute", "over a connection", ROUTE, result={"Return": True}, then=[("DescribeRouteTables", at("$table"), {routes_to("10.1.0.0/16", "VpcPeeringConnectionId"): "$active", routes_to("10.1.0.0/16", "State"): "active", routes_to("10.1.0.0/16", "Origin"): "CreateRoute"})]),
    case("ReplaceRoute", "over another connection", THERE | {"VpcPeeringConnectionId": "$third_active"}, then=[("DescribeRouteTables", at("$table"), {routes_to("10.1.0.0/16", "VpcPeeringConnectionId"): "$third_active"})]),
    case("DeleteRoute", "one of ours", THERE, then=[("DescribeRouteTables", at("$table"), {"RouteTables[0].Routes[].GatewayId": ["local"], "length(RouteTables[0].Routes)": 1})]),
    case("AssociateRouteTable", "with a subnet on the main table", {"RouteTableId": "$table", "SubnetId": "$subnet"}, result={"AssociationState.State": "associated"}, then=[("DescribeRouteTables", at("$table"), {"RouteTables[0].Associations[].SubnetId": ["$subnet"], "RouteTables[0].Associations[].Main": [False]})]),
    case("DisassociateRouteTable", "a subnet's", {"AssociationId": "$association"}, then=[("DescribeRouteTables", at("$table"), {"RouteTables[0].Associations": []})]),
    case(
        "ReplaceRouteTableAssociation",
        "a subnet's",
        {"AssociationId": "$association", "RouteTableId": "$second_table"},
        result={"NewAssociationId": SOMETHING, "AssociationState.State": "associated"},
        then=[("DescribeRouteTables", at("$second_table"), {"RouteTables[0].Associations[].SubnetId": ["$subnet"]}), ("DescribeRouteTables", at("$table"), {"RouteTables[0].Associations": []})],
    ),
]

CASES = [
    case("CreateRoute", "a destination that is taken by another target", THERE | {"VpcPeeringConnectionId": "$third_active"}, "RouteAlreadyExists"),
    case("CreateRoute", "again", THERE | {"VpcPeeringConnectionId": "$active"}, "RouteAlreadyExists"),
    case("CreateRoute", "host bits are made canonical", ROUTE | {"DestinationCidrBlock": "10.1.2.3/16"}, then=[("DescribeRouteTables", at("$table"), {routes_to("10.1.0.0/16", "VpcPeeringConnectionId"): "$active"})]),
    case("CreateRoute", "host bits meet the canonical destination", THERE | {"DestinationCidrBlock": "10.1.2.3/16", "VpcPeeringConnectionId": "$third_active"}, "RouteAlreadyExists"),
    case("CreateRoute", "the VPC's own block", ROUTE | {"DestinationCidrBlock": "10.0.0.0/16"}, "InvalidParameterValue"),
    case("CreateRoute", "inside the VPC's block", ROUTE | {"DestinationCidrBlock": "10.0.7.0/24"}, "InvalidParameterValue"),
    case("CreateRoute", "a destination that is none", ROUTE | {"DestinationCidrBlock": "10.1.0.0"}, "InvalidParameterValue"),
    case("CreateRoute", "without a destination", {"RouteTableId": "$table", "VpcPeeringConnectionId": "$active"}, "MissingParameter"),
    case("CreateRoute", "without a target", {"RouteTableId": "$table", "DestinationCidrBlock": "10.1.0.0/16"}, "MissingParameter"),
    case("CreateRoute", "two targets", ROUTE | {"NatGatewayId": "nat-0123456789abcdef0"}, "InvalidParameterCombination"),
    case("CreateRoute", "two destinations", ROUTE | {"DestinationIpv6CidrBlock": "2600:1f00::/56"}, "InvalidParameterCombination"),
    case("CreateRoute", "over a connection that the VPC has no part in", ROUTE | {"VpcPeeringConnectionId": "$elsewhere"}, "InvalidParameterValue"),
    case("CreateRoute", "over a deleted connection", ROUTE | {"VpcPeeringConnectionId": "$deleted"}, "InvalidVpcPeeringConnectionID.NotFound"),
    case("CreateRoute", "over an unknown internet gateway", {"RouteTableId": "$table", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-0123456789abcdef0"}, "InvalidInternetGatewayID.NotFound"),
    case("CreateRoute", "over an unknown NAT gateway", {"RouteTableId": "$table", "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-0123456789abcdef0"}, "InvalidNatGatewayID.NotFound"),
    case("CreateRoute", "over an unknown transit gateway", {"RouteTableId": "$table", "DestinationCidrBlock": "0.0.0.0/0", "TransitGatewayId": "tgw-0123456789abcdef0"}, "InvalidTransitGatewayID.NotFound"),
    case("CreateRoute", "over an unknown interface", {"RouteTableId": "$table", "DestinationCidrBlock": "0.0.0.0/0", "NetworkInterfaceId": "eni-0123456789abcdef0"}, "InvalidNetworkInterfaceID.NotFound"),
    case("CreateRoute", "over an unknown instance", {"RouteTableId": "$table", "DestinationCidrBlock": "0.0.0.0/0", "InstanceId": "i-0123456789abcdef0"}, "InvalidInstanceID.NotFound"),
    case("CreateRoute", "over a pending connection is a black hole", ROUTE | {"VpcPeeringConnectionId": "$pending"}, then=[("DescribeRouteTables", at("$table"), {routes_to("10.1.0.0/16", "State"): "blackhole"})]),
    case(
        "DescribeRouteTables",
        "a route over a deleted connection is a black hole",
        at("$table_with_route"),
        before=[("DescribeRouteTables", at("$table_with_route")), ("DeleteVpcPeeringConnection", {"VpcPeeringConnectionId": "$active"})],
        result={routes_to("10.1.0.0/16", "State"): "blackhole", routes_to("10.1.0.0/16", "VpcPeeringConnectionId"): "$active"},
    ),
    case("DescribeRouteTables", "by a route's connection", {"Filters": [{"Name": "route.vpc-peering-connection-id", "Values": ["$active"]}]}, before=[("DescribeRouteTables", at("$table_with_route"))], result={"RouteTables[].RouteTableId": ["$table"]}),
    case("DescribeRouteTables", "by a route's state", {"Filters": [{"Name": "route.state", "Values": ["blackhole"]}, {"Name": "vpc-id", "Values": ["$vpc"]}]}, before=[("DescribeRouteTables", at("$table_with_route"))], result={"RouteTables": []}),
    case(
        "DescribeRouteTables",
        "by any of two subnets",
        {"Filters": [{"Name": "association.subnet-id", "Values": ["$subnet", "$second_subnet"]}]},
        before=[("AssociateRouteTable", {"RouteTableId": "$table", "SubnetId": "$subnet"})],
        result={"RouteTables[].RouteTableId": ["$table"]},
    ),
    case("ReplaceRoute", "one that is not there", ROUTE, "InvalidParameterValue"),
    case("ReplaceRoute", "the local route by a connection", ROUTE | {"DestinationCidrBlock": "10.0.0.0/16"}, "InvalidParameterValue"),
    case("ReplaceRoute", "without a target", THERE, "MissingParameter"),
    case("DeleteRoute", "one that is not there", {"RouteTableId": "$table", "DestinationCidrBlock": "10.1.0.0/16"}, "InvalidRoute.NotFound"),
    case("DeleteRoute", "the local route", {"RouteTableId": "$table", "DestinationCidrBlock": "10.0.0.0/16"}, "InvalidParameterValue"),
    case("DeleteRoute", "without a destination", {"RouteTableId": "$table"}, "MissingParameter"),
    case("DeleteRouteTable", "with an association", {"RouteTableId": "$table"}, "DependencyViolation", before=[("AssociateRouteTable", {"RouteTableId": "$table", "SubnetId": "$subnet"})]),
    case("DeleteRouteTable", "the main table", {"RouteTableId": "$main_table"}, "DependencyViolation"),
    case("CreateRouteTable", "again with the same token", {"VpcId": "$vpc", "ClientToken": "one"}, before=[("CreateRouteTable", {"VpcId": "$vpc", "ClientToken": "one"}, {"first": "RouteTable.RouteTableId"})], result={"RouteTable.RouteTableId": "$first"}),
    case("CreateRouteTable", "the same token for something else", {"VpcId": "$other", "ClientToken": "one"}, "IdempotentParameterMismatch", before=[("CreateRouteTable", {"VpcId": "$vpc", "ClientToken": "one"})]),
    case("AssociateRouteTable", "a subnet that is on another table", {"RouteTableId": "$second_table", "SubnetId": "$subnet"}, "Resource.AlreadyAssociated", before=[("AssociateRouteTable", {"RouteTableId": "$table", "SubnetId": "$subnet"})]),
    case("AssociateRouteTable", "a table of another VPC", {"RouteTableId": "$others_table", "SubnetId": "$subnet"}, "InvalidParameterValue"),
    case("AssociateRouteTable", "with nothing", {"RouteTableId": "$table"}, "MissingParameter"),
    case("DisassociateRouteTable", "the main one", {"AssociationId": "$main_association"}, "InvalidParameterValue"),
    case("DisassociateRouteTable", "twice", {"AssociationId": "$association"}, "InvalidAssociationID.NotFound", before=[("DisassociateRouteTable", {"AssociationId": "$association"})]),
    case("ReplaceRouteTableAssociation", "the id that was replaced", {"AssociationId": "$association", "RouteTableId": "$table"}, "InvalidAssociationID.NotFound", before=[("ReplaceRouteTableAssociation", {"AssociationId": "$association", "RouteTableId": "$second_table"})]),
    case("ReplaceRouteTableAssociation", "the main table", {"AssociationId": "$main_association", "RouteTableId": "$table"}, then=[("DescribeRouteTables", at("$table"), {"RouteTables[0].Associations[].Main": [True]})]),
    case("ReplaceRouteTableAssociation", "a table of another VPC", {"AssociationId": "$association", "RouteTableId": "$others_table"}, "InvalidParameterValue"),
]

ABOUT = {
    "DescribeRouteTables": {"pages": (5, 100)},
}

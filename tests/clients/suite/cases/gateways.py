"""Internet, egress-only and NAT gateways, and the addresses that these need."""

from ..case import SOMETHING, case
from ..stage import thing


@thing("igw-")
def loose_gateway(stage):
    """An internet gateway of no VPC."""
    return stage.ask("CreateInternetGateway", "InternetGateway.InternetGatewayId")


@thing("igw-")
def gateway(stage):
    made = stage.ask("CreateInternetGateway", "InternetGateway.InternetGatewayId")
    stage.call("AttachInternetGateway", {"InternetGatewayId": made, "VpcId": stage.thing("vpc")})
    return made


@thing("eigw-")
def egress_only(stage):
    return stage.ask("CreateEgressOnlyInternetGateway", "EgressOnlyInternetGateway.EgressOnlyInternetGatewayId", VpcId=stage.thing("vpc"))


@thing("eipalloc-")
def address(stage):
    return stage.ask("AllocateAddress", "AllocationId", Domain="vpc")


@thing("eipassoc-")
def address_association(stage):
    stage.thing("gateway")
    return stage.ask("AssociateAddress", "AssociationId", AllocationId=stage.thing("address"), NetworkInterfaceId=stage.thing("interface"))


@thing("nat-")
def nat_gateway(stage):
    made = stage.ask("CreateNatGateway", "NatGateway.NatGatewayId", SubnetId=stage.thing("subnet"), ConnectivityType="private")
    stage.until("available", "DescribeNatGateways", "NatGateways[0].State", NatGatewayIds=[made])
    return made


PUBLIC = {"SubnetId": "$subnet", "AllocationId": "$address"}
PRIVATE = {"SubnetId": "$subnet", "ConnectivityType": "private"}
BY_ID = {"NatGatewayIds": ["$nat_gateway"]}

GOOD = [
    case("DescribeInternetGateways", "by id", {"InternetGatewayIds": ["$gateway"]}, result={"InternetGateways[].Attachments[].VpcId": ["$vpc"], "InternetGateways[].Attachments[].State": ["available"]}),
    case("CreateInternetGateway", "of no VPC", {}, result={"InternetGateway.Attachments": [], "InternetGateway.OwnerId": "$account"}),
    case("AttachInternetGateway", "to a VPC", {"InternetGatewayId": "$loose_gateway", "VpcId": "$vpc"}, then=[("DescribeInternetGateways", {"InternetGatewayIds": ["$loose_gateway"]}, {"InternetGateways[].Attachments[].VpcId": ["$vpc"]})]),
    case("DetachInternetGateway", "from its VPC", {"InternetGatewayId": "$gateway", "VpcId": "$vpc"}, then=[("DescribeInternetGateways", {"InternetGatewayIds": ["$gateway"]}, {"InternetGateways[].Attachments[]": []})]),
    case("DeleteInternetGateway", "of no VPC", {"InternetGatewayId": "$loose_gateway"}, then=[("DescribeInternetGateways", {"InternetGatewayIds": ["$loose_gateway"]}, "InvalidInternetGatewayID.NotFound")]),
    case("DescribeEgressOnlyInternetGateways", "by id", {"EgressOnlyInternetGatewayIds": ["$egress_only"]}, result={"EgressOnlyInternetGateways[].Attachments[].VpcId": ["$vpc"]}),
    case("CreateEgressOnlyInternetGateway", "of a VPC", {"VpcId": "$vpc"}, result={"EgressOnlyInternetGateway.Attachments[].VpcId": ["$vpc"]}),
    case("DeleteEgressOnlyInternetGateway", "that no route needs", {"EgressOnlyInternetGatewayId": "$egress_only"}, result={"ReturnCode": True}),
    case("DescribeNatGateways", "by id", BY_ID, result={"NatGateways[].SubnetId": ["$subnet"], "NatGateways[].ConnectivityType": ["private"], "NatGateways[].State": ["available"]}),
    case("CreateNatGateway", "a private one", PRIVATE, result={"NatGateway.State": "pending", "NatGateway.VpcId": "$vpc"}),
    case("DeleteNatGateway", "that no route needs", {"NatGatewayId": "$nat_gateway"}, result={"NatGatewayId": "$nat_gateway"}),
    case("DescribeAddresses", "by id", {"AllocationIds": ["$address"]}, result={"Addresses[].AllocationId": ["$address"], "Addresses[].Domain": ["vpc"]}),
    case("DescribeAddressesAttribute", "the name of one", {"AllocationIds": ["$address"], "Attribute": "domain-name"}, result={"Addresses[].AllocationId": ["$address"], "Addresses[].PtrRecord": []}),
    case("AllocateAddress", "for a VPC", {"Domain": "vpc"}, result={"AllocationId": SOMETHING, "PublicIp": SOMETHING}),
    case("AssociateAddress", "with an interface", {"AllocationId": "$address", "NetworkInterfaceId": "$interface_with_gateway"}, result={"AssociationId": SOMETHING}, then=[("DescribeAddresses", {"AllocationIds": ["$address"]}, {"Addresses[].NetworkInterfaceId": ["$interface"]})]),
    case("DisassociateAddress", "of an interface", {"AssociationId": "$address_association"}, then=[("DescribeAddresses", {"AllocationIds": ["$address"]}, {"Addresses[].NetworkInterfaceId": []})]),
    case("ReleaseAddress", "that nothing has", {"AllocationId": "$address"}, then=[("DescribeAddresses", {"AllocationIds": ["$address"]}, "InvalidAllocationID.NotFound")]),
]


@thing("eni-")
def interface_with_gateway(stage):
    """`interface`, in a VPC that an address can be reached in."""
    stage.thing("gateway")
    return stage.thing("interface")


DEFAULT = {"DestinationCidrBlock": "0.0.0.0/0", "RouteTableId": "$table"}

CASES = [
    case("AttachInternetGateway", "one that is attached", {"InternetGatewayId": "$gateway", "VpcId": "$other"}, "Resource.AlreadyAssociated"),
    case("AttachInternetGateway", "a second one", {"InternetGatewayId": "$loose_gateway", "VpcId": "$with_gateway"}, "InvalidParameterValue"),
    case("DetachInternetGateway", "one that is not attached", {"InternetGatewayId": "$loose_gateway", "VpcId": "$vpc"}, "Gateway.NotAttached"),
    case("DetachInternetGateway", "with an address behind it", {"InternetGatewayId": "$gateway", "VpcId": "$vpc"}, "DependencyViolation", before=[("DescribeAddresses", {"Filters": [{"Name": "association-id", "Values": ["$address_association"]}]})]),
    case("DeleteInternetGateway", "that is attached", {"InternetGatewayId": "$gateway"}, "DependencyViolation"),
    case("DeleteVpc", "with an internet gateway", {"VpcId": "$with_gateway"}, "DependencyViolation"),
    case("CreateRoute", "over an internet gateway", DEFAULT | {"GatewayId": "$gateway"}, then=[("DescribeRouteTables", {"RouteTableIds": ["$table"]}, {"RouteTables[0].Routes[?DestinationCidrBlock=='0.0.0.0/0'].[GatewayId, State][]": ["$gateway", "active"]})]),
    case("CreateRoute", "over an internet gateway of no VPC", DEFAULT | {"GatewayId": "$loose_gateway"}, "InvalidParameterValue"),
    case("CreateRoute", "over a NAT gateway", DEFAULT | {"NatGatewayId": "$nat_gateway"}),
    case("CreateNatGateway", "a public one without an address", {"SubnetId": "$subnet"}, "MissingParameter"),
    case("CreateNatGateway", "a private one with an address", PRIVATE | {"AllocationId": "$address"}, "InvalidParameterCombination"),
    case("CreateNatGateway", "again with the same token", PRIVATE | {"ClientToken": "one"}, before=[("CreateNatGateway", PRIVATE | {"ClientToken": "one"}, {"first": "NatGateway.NatGatewayId"})], result={"NatGateway.NatGatewayId": "$first"}),
    case("DeleteSubnet", "with a NAT gateway", {"SubnetId": "$subnet"}, "DependencyViolation", before=[("DescribeNatGateways", BY_ID)]),
    case("DescribeNatGateways", "one that is deleted is listed for a while", BY_ID, before=[("DeleteNatGateway", {"NatGatewayId": "$nat_gateway"})], result={"NatGateways[].State": ["deleted"]}, wait=True),
    case("DescribeNatGateways", "an unknown filter", {"Filter": [{"Name": "bogus", "Values": ["x"]}]}, "InvalidParameterValue"),
    case("ReleaseAddress", "that an interface has", {"AllocationId": "$address"}, "InvalidIPAddress.InUse", before=[("DescribeAddresses", {"Filters": [{"Name": "association-id", "Values": ["$address_association"]}]})]),
    case("DescribeAddressesAttribute", "one that there is not", {"AllocationIds": ["$address"], "Attribute": "bogus"}, "InvalidParameterValue"),
    case("AllocateAddress", "for something else", {"Domain": "bogus"}, "InvalidParameterValue"),
    case("AssociateAddress", "again, without allowing it", {"AllocationId": "$address", "NetworkInterfaceId": "$second_interface", "AllowReassociation": False}, "Resource.AlreadyAssociated", before=[("DescribeAddresses", {"Filters": [{"Name": "association-id", "Values": ["$address_association"]}]})]),
    case("DescribeInternetGateways", "by VPC", {"Filters": [{"Name": "attachment.vpc-id", "Values": ["$with_gateway"]}]}, result={"InternetGateways[].InternetGatewayId": ["$gateway"]}),
]


@thing("vpc-")
def with_gateway(stage):
    stage.thing("gateway")
    return stage.thing("vpc")


ABOUT = {"DescribeAddressesAttribute": {"pages": (1, 1000)}}

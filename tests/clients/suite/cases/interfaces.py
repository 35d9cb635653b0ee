"""Network interfaces, network ACLs and reservations: what else lives in subnets."""

from ..case import SOMETHING, case
from ..stage import thing


@thing("eni-")
def interface(stage):
    return stage.ask("CreateNetworkInterface", "NetworkInterface.NetworkInterfaceId", SubnetId=stage.thing("subnet"))


@thing("eni-")
def second_interface(stage):
    return stage.ask("CreateNetworkInterface", "NetworkInterface.NetworkInterfaceId", SubnetId=stage.thing("subnet"))


@thing("eni-attach-")
def attachment(stage):
    return stage.ask("AttachNetworkInterface", "AttachmentId", NetworkInterfaceId=stage.thing("interface"), InstanceId=stage.thing("instance"), DeviceIndex=1)


@thing("acl-")
def acl(stage):
    return stage.ask("CreateNetworkAcl", "NetworkAcl.NetworkAclId", VpcId=stage.thing("vpc"))


@thing("acl-")
def acl_with_entry(stage):
    stage.call("CreateNetworkAclEntry", {**ENTRY, "NetworkAclId": stage.thing("acl")})
    return stage.thing("acl")


@thing("acl-")
def default_acl(stage):
    filters = [{"Name": "vpc-id", "Values": [stage.thing("vpc")]}, {"Name": "default", "Values": ["true"]}]
    return stage.ask("DescribeNetworkAcls", "NetworkAcls[0].NetworkAclId", Filters=filters)


@thing("aclassoc-")
def acl_association(stage):
    filters = [{"Name": "association.subnet-id", "Values": [stage.thing("subnet")]}]
    return stage.ask("DescribeNetworkAcls", "NetworkAcls[0].Associations[0].NetworkAclAssociationId", Filters=filters)


@thing("scr-")
def reservation(stage):
    return stage.ask("CreateSubnetCidrReservation", "SubnetCidrReservation.SubnetCidrReservationId", SubnetId=stage.thing("subnet"), Cidr="10.0.1.128/28", ReservationType="explicit")


ENTRY = {"RuleNumber": 10, "Protocol": "6", "RuleAction": "allow", "Egress": False, "CidrBlock": "10.1.0.0/16", "PortRange": {"From": 443, "To": 443}}
NUMBER = {"NetworkAclId": "$acl_with_entry", "RuleNumber": 10, "Egress": False}
RESERVED = {"SubnetId": "$subnet", "Cidr": "10.0.1.64/28", "ReservationType": "prefix"}
ATTACHED = {"NetworkInterfaceId": "$interface", "InstanceId": "$instance", "DeviceIndex": 1}
BY_ID = {"NetworkInterfaceIds": ["$interface"]}
NEW = {"SubnetId": "$subnet", "Groups": ["$group"], "Description": "x", "PrivateIpAddress": "10.0.1.20"}

GOOD = [
    case("DescribeNetworkInterfaces", "by id", BY_ID, result={"NetworkInterfaces[].SubnetId": ["$subnet"], "NetworkInterfaces[].Status": ["available"], "NetworkInterfaces[].InterfaceType": ["interface"]}),
    case(
        "CreateNetworkInterface",
        "with a group and an address",
        NEW,
        result={"NetworkInterface.PrivateIpAddress": "10.0.1.20", "NetworkInterface.Groups[].GroupId": ["$group"], "NetworkInterface.VpcId": "$vpc"},
        then=[("DescribeSubnets", {"SubnetIds": ["$subnet"]}, {"Subnets[].AvailableIpAddressCount": [250]})],
    ),
    case("DeleteNetworkInterface", "that is not attached", {"NetworkInterfaceId": "$interface"}, then=[("DescribeNetworkInterfaces", BY_ID, "InvalidNetworkInterfaceID.NotFound")]),
    case("DescribeNetworkInterfaceAttribute", "its groups", {"NetworkInterfaceId": "$interface", "Attribute": "groupSet"}, result={"Groups[].GroupName": ["default"]}),
    case("ModifyNetworkInterfaceAttribute", "its groups", {"NetworkInterfaceId": "$interface", "Groups": ["$group"]}, then=[("DescribeNetworkInterfaces", BY_ID, {"NetworkInterfaces[].Groups[].GroupId": ["$group"]})]),
    case("AttachNetworkInterface", "to an instance", ATTACHED, result={"AttachmentId": SOMETHING}, then=[("DescribeNetworkInterfaces", BY_ID, {"NetworkInterfaces[].Attachment.InstanceId": ["$instance"], "NetworkInterfaces[].Status": ["in-use"]})]),
    case("DetachNetworkInterface", "from its instance", {"AttachmentId": "$attachment"}),
    case("DescribeNetworkAcls", "by id", {"NetworkAclIds": ["$acl"]}, result={"NetworkAcls[].IsDefault": [False], "NetworkAcls[].VpcId": ["$vpc"], "NetworkAcls[0].Entries[].RuleAction": ["deny", "deny"]}),
    case("CreateNetworkAcl", "of a VPC", {"VpcId": "$vpc"}, result={"NetworkAcl.VpcId": "$vpc", "NetworkAcl.Associations": []}),
    case("DeleteNetworkAcl", "that no subnet uses", {"NetworkAclId": "$acl"}, then=[("DescribeNetworkAcls", {"Filters": [{"Name": "network-acl-id", "Values": ["$acl"]}]}, {"NetworkAcls": []})]),
    case("ReplaceNetworkAclAssociation", "of a subnet", {"AssociationId": "$acl_association", "NetworkAclId": "$acl"}, result={"NewAssociationId": SOMETHING}, then=[("DescribeNetworkAcls", {"Filters": [{"Name": "association.subnet-id", "Values": ["$subnet"]}]}, {"NetworkAcls[].NetworkAclId": ["$acl"]})]),
    case("CreateNetworkAclEntry", "for a port", {"NetworkAclId": "$acl", **ENTRY}, then=[("DescribeNetworkAcls", {"NetworkAclIds": ["$acl"]}, {"NetworkAcls[0].Entries[?RuleNumber==`10`].CidrBlock": ["10.1.0.0/16"]})]),
    case("ReplaceNetworkAclEntry", "one that is there", {**ENTRY, **NUMBER, "RuleAction": "deny"}, then=[("DescribeNetworkAcls", {"NetworkAclIds": ["$acl"]}, {"NetworkAcls[0].Entries[?RuleNumber==`10`].RuleAction": ["deny"]})]),
    case("DeleteNetworkAclEntry", "one that is there", NUMBER, then=[("DescribeNetworkAcls", {"NetworkAclIds": ["$acl"]}, {"NetworkAcls[0].Entries[?RuleNumber==`10`]": []})]),
    case("ModifySubnetAttribute", "public addresses at launch", {"SubnetId": "$subnet", "MapPublicIpOnLaunch": {"Value": True}}, then=[("DescribeSubnets", {"SubnetIds": ["$subnet"]}, {"Subnets[].MapPublicIpOnLaunch": [True]})]),
    case("CreateSubnetCidrReservation", "of a part", RESERVED, result={"SubnetCidrReservation.Cidr": "10.0.1.64/28", "SubnetCidrReservation.OwnerId": "$account"}),
    case("GetSubnetCidrReservations", "of a subnet", {"SubnetId": "$subnet_with_reservation"}, result={"SubnetIpv4CidrReservations[].Cidr": ["10.0.1.128/28"]}),
    case("DeleteSubnetCidrReservation", "one that is there", {"SubnetCidrReservationId": "$reservation"}, then=[("GetSubnetCidrReservations", {"SubnetId": "$subnet"}, {"SubnetIpv4CidrReservations": []})]),
]


@thing("subnet-")
def subnet_with_reservation(stage):
    stage.thing("reservation")
    return stage.thing("subnet")


NAMES = "Subnets[0].PrivateDnsNameOptionsOnLaunch"

CASES = [
    case("CreateNetworkInterface", "an address outside the subnet", NEW | {"PrivateIpAddress": "10.0.2.20"}, "InvalidParameterValue"),
    case("CreateNetworkInterface", "an address of AWS's own", NEW | {"PrivateIpAddress": "10.0.1.1"}, "InvalidParameterValue"),
    case("CreateNetworkInterface", "an address that is taken", NEW, "InvalidIPAddress.InUse", before=[("CreateNetworkInterface", NEW)]),
    case("CreateNetworkInterface", "with an unknown group", {"SubnetId": "$subnet", "Groups": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound"),
    case("CreateNetworkInterface", "with a group of another VPC", {"SubnetId": "$subnet", "Groups": ["$others_group"]}, "InvalidParameter"),
    case("DeleteNetworkInterface", "that is attached", {"NetworkInterfaceId": "$interface"}, "InvalidParameterValue", before=[("AttachNetworkInterface", ATTACHED)]),
    case("DeleteSubnet", "with an interface", {"SubnetId": "$subnet"}, "DependencyViolation", before=[("DescribeNetworkInterfaces", BY_ID)]),
    case("DeleteSecurityGroup", "that an interface has", {"GroupId": "$group"}, "DependencyViolation", before=[("CreateNetworkInterface", NEW)]),
    case("AttachNetworkInterface", "that is attached", ATTACHED | {"DeviceIndex": 2}, "InvalidNetworkInterface.InUse", before=[("AttachNetworkInterface", ATTACHED)]),
    case("AttachNetworkInterface", "at a place that is taken", ATTACHED | {"DeviceIndex": 0}, "InvalidParameterValue"),
    case("DetachNetworkInterface", "that an instance came with", {"AttachmentId": "$own"}, "OperationNotPermitted", before=[("DescribeInstances", {"InstanceIds": ["$instance"]}, {"own": "Reservations[0].Instances[0].NetworkInterfaces[0].Attachment.AttachmentId"})]),
    case("CreateRoute", "over an interface", {"RouteTableId": "$table", "DestinationCidrBlock": "10.9.0.0/16", "NetworkInterfaceId": "$interface"}, then=[("DescribeRouteTables", {"RouteTableIds": ["$table"]}, {"RouteTables[0].Routes[?DestinationCidrBlock=='10.9.0.0/16'].[NetworkInterfaceId, State][]": ["$interface", "blackhole"]})]),
    case("CreateRoute", "a destination that is taken, over an interface", {"RouteTableId": "$table_with_route", "DestinationCidrBlock": "10.1.0.0/16", "NetworkInterfaceId": "$interface"}, "RouteAlreadyExists"),
    case("DescribeNetworkInterfaces", "by group and subnet", {"Filters": [{"Name": "group-id", "Values": ["$group"]}, {"Name": "subnet-id", "Values": ["$subnet"]}]}, before=[("CreateNetworkInterface", NEW)], result={"NetworkInterfaces[].PrivateIpAddress": ["10.0.1.20"]}),
    case("ModifyNetworkInterfaceAttribute", "nothing", {"NetworkInterfaceId": "$interface"}, "MissingParameter"),
    case("DeleteNetworkAcl", "the default one", {"NetworkAclId": "$default_acl"}, "InvalidParameterValue"),
    case("DeleteNetworkAcl", "that a subnet uses", {"NetworkAclId": "$acl"}, "DependencyViolation", before=[("ReplaceNetworkAclAssociation", {"AssociationId": "$acl_association", "NetworkAclId": "$acl"})]),
    case("CreateNetworkAclEntry", "a number that is taken", {"NetworkAclId": "$acl_with_entry", **ENTRY}, "NetworkAclEntryAlreadyExists"),
    case("ReplaceNetworkAclEntry", "one that is not there", {"NetworkAclId": "$acl", **ENTRY}, "InvalidNetworkAclEntry.NotFound"),
    case("DeleteNetworkAclEntry", "one that is not there", {"NetworkAclId": "$acl", "RuleNumber": 10, "Egress": False}, "InvalidNetworkAclEntry.NotFound"),
    case("CreateNetworkAclEntry", "a number that is too large", {"NetworkAclId": "$acl", **ENTRY, "RuleNumber": 32767}, "InvalidParameterValue"),
    case("CreateSubnetCidrReservation", "outside the subnet", RESERVED | {"Cidr": "10.0.2.0/28"}, "InvalidParameterValue"),
    case("CreateSubnetCidrReservation", "an unknown kind", RESERVED | {"ReservationType": "bogus"}, "InvalidParameterValue"),
    case("ModifySubnetAttribute", "nothing", {"SubnetId": "$subnet"}, "MissingParameter"),
    case("ModifySubnetAttribute", "two at once", {"SubnetId": "$subnet", "MapPublicIpOnLaunch": {"Value": True}, "EnableDns64": {"Value": True}}, "InvalidParameterCombination"),
    case("ModifySubnetAttribute", "IPv6 addresses for those who find no other", {"SubnetId": "$subnet", "EnableDns64": {"Value": True}}, then=[("DescribeSubnets", {"SubnetIds": ["$subnet"]}, {"Subnets[].EnableDns64": [True]})]),
    case("ModifySubnetAttribute", "names by resource", {"SubnetId": "$subnet", "PrivateDnsHostnameTypeOnLaunch": "resource-name"}, then=[("DescribeSubnets", {"SubnetIds": ["$subnet"]}, {f"{NAMES}.HostnameType": "resource-name"})]),
    case("ModifySubnetAttribute", "names by nothing", {"SubnetId": "$subnet", "PrivateDnsHostnameTypeOnLaunch": "bogus"}, "InvalidParameterValue"),
    case("ModifySubnetAttribute", "A records of names by resource", {"SubnetId": "$subnet", "EnableResourceNameDnsARecordOnLaunch": {"Value": True}}, then=[("DescribeSubnets", {"SubnetIds": ["$subnet"]}, {f"{NAMES}.EnableResourceNameDnsARecord": True})]),
    case("ModifySubnetAttribute", "AAAA records of names by resource", {"SubnetId": "$subnet", "EnableResourceNameDnsAAAARecordOnLaunch": {"Value": True}}, then=[("DescribeSubnets", {"SubnetIds": ["$subnet"]}, {f"{NAMES}.EnableResourceNameDnsAAAARecord": True})]),
]

ABOUT = {}

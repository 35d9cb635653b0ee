"""Managed prefix lists."""

from ..case import SOMETHING, case
from ..stage import thing

NEW = {"PrefixListName": "offices", "MaxEntries": 3, "AddressFamily": "IPv4", "Entries": [{"Cidr": "198.51.100.0/24"}]}


@thing("pl-")
def prefix_list(stage):
    made = stage.ask("CreateManagedPrefixList", "PrefixList.PrefixListId", **NEW)
    stage.until("create-complete", "DescribeManagedPrefixLists", "PrefixLists[0].State", PrefixListIds=[made])
    return made


@thing("pl-")
def renewed_list(stage):
    """One in its second version."""
    made = stage.ask("CreateManagedPrefixList", "PrefixList.PrefixListId", **NEW)
    stage.until("create-complete", "DescribeManagedPrefixLists", "PrefixLists[0].State", PrefixListIds=[made])
    stage.call("ModifyManagedPrefixList", {"PrefixListId": made, "CurrentVersion": 1, "AddEntries": [{"Cidr": "203.0.113.0/24"}]})
    stage.until("modify-complete", "DescribeManagedPrefixLists", "PrefixLists[0].State", PrefixListIds=[made])
    return made


ADD = {"PrefixListId": "$prefix_list", "CurrentVersion": 1, "AddEntries": [{"Cidr": "203.0.113.0/24", "Description": "x"}]}
ENTRIES = ("GetManagedPrefixListEntries", {"PrefixListId": "$prefix_list"}, {"Entries[].Cidr": ["198.51.100.0/24"]})
FROM_LIST = [{"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "$prefix_list"}]}]

GOOD = [
    case("DescribeManagedPrefixLists", "by id", {"PrefixListIds": ["$prefix_list"]}, result={"PrefixLists[].PrefixListName": ["offices"], "PrefixLists[].Version": [1], "PrefixLists[].MaxEntries": [3]}),
    case("GetManagedPrefixListEntries", "of a list", {"PrefixListId": "$prefix_list"}, result={"Entries[].Cidr": ["198.51.100.0/24"]}),
    case("ModifyManagedPrefixList", "with an entry more", ADD, result={"PrefixList.State": "modify-in-progress", "PrefixList.Version": 1}),
    case("DeleteManagedPrefixList", "that nothing refers to", {"PrefixListId": "$prefix_list"}, result={"PrefixList.State": "delete-in-progress"}),
    case("CreateManagedPrefixList", "with an entry", NEW, result={"PrefixList.AddressFamily": "IPv4", "PrefixList.OwnerId": "$account"}),
]

CASES = [
    case("CreateManagedPrefixList", "more entries than it may have", NEW | {"MaxEntries": 1, "Entries": [{"Cidr": "198.51.100.0/24"}, {"Cidr": "203.0.113.0/24"}]}, "PrefixListMaxEntriesExceeded"),
    case("CreateManagedPrefixList", "an entry of the other family", NEW | {"Entries": [{"Cidr": "2600:1f00::/56"}]}, "InvalidParameterValue"),
    case("CreateManagedPrefixList", "an unknown family", NEW | {"AddressFamily": "IPv5"}, "InvalidParameterValue"),
    case("CreateManagedPrefixList", "a name of AWS's own", NEW | {"PrefixListName": "com.amazonaws.x"}, "InvalidParameterValue"),
    case("CreateManagedPrefixList", "again with the same token", NEW | {"ClientToken": "one"}, before=[("CreateManagedPrefixList", NEW | {"ClientToken": "one"}, {"first": "PrefixList.PrefixListId"})], result={"PrefixList.PrefixListId": "$first"}),
    case("ModifyManagedPrefixList", "of a version before", ADD | {"PrefixListId": "$renewed_list", "AddEntries": [{"Cidr": "192.0.2.0/24"}]}, "PrefixListVersionMismatch"),
    case("ModifyManagedPrefixList", "entries without a version", {"PrefixListId": "$prefix_list", "AddEntries": [{"Cidr": "203.0.113.0/24"}]}, "MissingParameter", then=[ENTRIES]),
    case("ModifyManagedPrefixList", "an entry that is there", ADD | {"AddEntries": [{"Cidr": "198.51.100.7/24"}]}, "InvalidPrefixListModification", then=[ENTRIES]),
    case("ModifyManagedPrefixList", "an entry that is not there is taken out", ADD | {"RemoveEntries": [{"Cidr": "192.0.2.0/24"}]}, "InvalidPrefixListModification", then=[ENTRIES]),
    case("ModifyManagedPrefixList", "an entry in and out at once", ADD | {"RemoveEntries": [{"Cidr": "203.0.113.0/24"}]}, "InvalidParameterValue", then=[ENTRIES]),
    case("ModifyManagedPrefixList", "more entries than it may have", ADD | {"AddEntries": [{"Cidr": f"10.{number}.0.0/16"} for number in range(3)]}, "PrefixListMaxEntriesExceeded", then=[ENTRIES]),
    case("ModifyManagedPrefixList", "entries and size at once", ADD | {"MaxEntries": 5}, "InvalidParameterCombination", then=[ENTRIES]),
    case("ModifyManagedPrefixList", "an entry of the other family", ADD | {"AddEntries": [{"Cidr": "2600:1f00::/56"}]}, "InvalidParameterValue", then=[ENTRIES]),
    case("ModifyManagedPrefixList", "smaller than its entries", {"PrefixListId": "$renewed_list", "MaxEntries": 1}, "InvalidParameterValue"),
    case("ModifyManagedPrefixList", "a name of AWS's own", {"PrefixListId": "$prefix_list", "PrefixListName": "com.amazonaws.x"}, "InvalidParameterValue"),
    case("ModifyManagedPrefixList", "while it is being changed", ADD | {"AddEntries": [{"Cidr": "192.0.2.0/24"}]}, "IncorrectState", before=[("ModifyManagedPrefixList", ADD)]),
    case("DescribeManagedPrefixLists", "a new name is no new version", {"PrefixListIds": ["$prefix_list"]}, before=[("ModifyManagedPrefixList", {"PrefixListId": "$prefix_list", "PrefixListName": "sites"})], wait=True, result={"PrefixLists[0].State": "modify-complete", "PrefixLists[0].PrefixListName": "sites", "PrefixLists[0].Version": 1}),
    case("DescribeManagedPrefixLists", "a larger one", {"PrefixListIds": ["$prefix_list"]}, before=[("ModifyManagedPrefixList", {"PrefixListId": "$prefix_list", "MaxEntries": 7})], wait=True, result={"PrefixLists[0].State": "modify-complete", "PrefixLists[0].MaxEntries": 7, "PrefixLists[0].Version": 1}),
    case(
        "DescribeManagedPrefixLists",
        "too large for a group that refers to it",
        {"PrefixListIds": ["$prefix_list"]},
        before=[("AuthorizeSecurityGroupIngress", {"GroupId": "$group", "IpPermissions": FROM_LIST}), ("ModifyManagedPrefixList", {"PrefixListId": "$prefix_list", "MaxEntries": 100})],
        wait=True,
        result={"PrefixLists[0].State": "modify-failed", "PrefixLists[0].StateMessage": SOMETHING, "PrefixLists[0].MaxEntries": 3},
    ),
    case("GetManagedPrefixListEntries", "of the new version", {"PrefixListId": "$renewed_list"}, result={"sort(Entries[].Cidr)": ["198.51.100.0/24", "203.0.113.0/24"]}),
    case("GetManagedPrefixListEntries", "of the version before", {"PrefixListId": "$renewed_list", "TargetVersion": 1}, result={"Entries[].Cidr": ["198.51.100.0/24"]}),
    case("GetManagedPrefixListEntries", "of a version to come", {"PrefixListId": "$renewed_list", "TargetVersion": 3}, "InvalidParameterValue"),
    case(
        "DeleteManagedPrefixList",
        "that a security group refers to",
        {"PrefixListId": "$prefix_list"},
        "DependencyViolation",
        before=[("AuthorizeSecurityGroupIngress", {"GroupId": "$group", "IpPermissions": FROM_LIST})],
        then=[ENTRIES],
    ),
    case(
        "DeleteManagedPrefixList",
        "that a route refers to",
        {"PrefixListId": "$prefix_list"},
        "DependencyViolation",
        before=[("CreateRoute", {"RouteTableId": "$table", "DestinationPrefixListId": "$prefix_list", "GatewayId": "$gateway"})],
        then=[ENTRIES],
    ),
    case("theirs:DeleteManagedPrefixList", "another account's", {"PrefixListId": "$prefix_list"}, "InvalidPrefixListID.NotFound", then=[ENTRIES]),
    case("DescribeManagedPrefixLists", "by name", {"Filters": [{"Name": "prefix-list-name", "Values": ["off*"]}]}, before=[("GetManagedPrefixListEntries", {"PrefixListId": "$prefix_list"})], result={"PrefixLists[].PrefixListId": ["$prefix_list"]}),
]

ABOUT = {
    "DescribeManagedPrefixLists": {"pages": (1, 100), "filter": "prefix-list-name"},
    "GetManagedPrefixListEntries": {"pages": (1, 100)},
}

"""Managed prefix lists."""

from ..case import case
from ..stage import thing

NEW = {"PrefixListName": "offices", "MaxEntries": 3, "AddressFamily": "IPv4", "Entries": [{"Cidr": "198.51.100.0/24"}]}


@thing("pl-")
def prefix_list(stage):
    made = stage.ask("CreateManagedPrefixList", "PrefixList.PrefixListId", **NEW)
    stage.until("create-complete", "DescribeManagedPrefixLists", "PrefixLists[0].State", PrefixListIds=[made])
    return made


GOOD = [
    case("DescribeManagedPrefixLists", "by id", {"PrefixListIds": ["$prefix_list"]}, result={"PrefixLists[].PrefixListName": ["offices"], "PrefixLists[].Version": [1], "PrefixLists[].MaxEntries": [3]}),
    case("GetManagedPrefixListEntries", "of a list", {"PrefixListId": "$prefix_list"}, result={"Entries[].Cidr": ["198.51.100.0/24"]}),
    case("CreateManagedPrefixList", "with an entry", NEW, result={"PrefixList.AddressFamily": "IPv4", "PrefixList.OwnerId": "$account"}),
]

CASES = [
    case("CreateManagedPrefixList", "more entries than it may have", NEW | {"MaxEntries": 1, "Entries": [{"Cidr": "198.51.100.0/24"}, {"Cidr": "203.0.113.0/24"}]}, "PrefixListMaxEntriesExceeded"),
    case("CreateManagedPrefixList", "an entry of the other family", NEW | {"Entries": [{"Cidr": "2600:1f00::/56"}]}, "InvalidParameterValue"),
    case("CreateManagedPrefixList", "an unknown family", NEW | {"AddressFamily": "IPv5"}, "InvalidParameterValue"),
    case("CreateManagedPrefixList", "a name of AWS's own", NEW | {"PrefixListName": "com.amazonaws.x"}, "InvalidParameterValue"),
    case("CreateManagedPrefixList", "again with the same token", NEW | {"ClientToken": "one"}, before=[("CreateManagedPrefixList", NEW | {"ClientToken": "one"}, {"first": "PrefixList.PrefixListId"})], result={"PrefixList.PrefixListId": "$first"}),
    case("DescribeManagedPrefixLists", "by name", {"Filters": [{"Name": "prefix-list-name", "Values": ["off*"]}]}, before=[("GetManagedPrefixListEntries", {"PrefixListId": "$prefix_list"})], result={"PrefixLists[].PrefixListId": ["$prefix_list"]}),
]

ABOUT = {
    "DescribeManagedPrefixLists": {"pages": (1, 100), "filter": "prefix-list-name"},
    "GetManagedPrefixListEntries": {"pages": (1, 100)},
}

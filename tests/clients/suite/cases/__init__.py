"""Every case, by area. Each module has `GOOD` (one well-formed call for every action), `CASES` (what is particular), and
`ABOUT` (where an action is not as others in what follows from the service model)."""

from . import (
    balancers,
    gateways,
    identities,
    instances,
    interfaces,
    key_pairs,
    peerings,
    places,
    prefix_lists,
    route_tables,
    scaling_groups,
    security_groups,
    subnets,
    tags,
    vpcs,
)

AREAS = [
    identities,
    places,
    vpcs,
    subnets,
    route_tables,
    peerings,
    security_groups,
    tags,
    gateways,
    prefix_lists,
    interfaces,
    key_pairs,
    instances,
    balancers,
    scaling_groups,
]

GOOD = {good.plain_action: good for area in AREAS for good in area.GOOD}
CASES = [case for area in AREAS for case in area.CASES]
ABOUT = {action: about for area in AREAS for action, about in area.ABOUT.items()}

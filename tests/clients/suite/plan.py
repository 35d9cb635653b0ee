"""Which cases there are, and which share a stage."""

import json
from dataclasses import dataclass

from .cases import ABOUT, CASES, GOOD
from .generated import from_model, is_read
from .servers import FAR_REGION, REGION
from .stage import FIRST_ACCOUNT, STRIDE, api_name


# A certificate of each first account.
CERTIFICATE = "arn:aws:acm:us-west-2:{}:certificate/01234567-89ab-cdef-0123-456789abcdef"


@dataclass(frozen=True)
class Group:
    """Cases that run one after the other on one stage."""

    number: int
    cases: tuple


def groups(actions: dict, model_of) -> list[Group]:
    """Every group for these actions. What is refused changes nothing, so all refusals of an action share a stage, and the
    call that succeeds comes last there: it would not, had one of them done anything. A write that succeeds has a stage of
    its own too, since moto does much that it should refuse."""
    rows = []
    for action, service in actions.items():
        good = GOOD.get(action)
        if good is None:
            continue
        model = model_of(service).operation_model(api_name(action))
        refused = tuple(from_model(good, service, model, ABOUT.get(action, {})))
        rows += [(*refused, good)] if is_read(action) else [refused, (good,)]
    rows += [(case,) for case in CASES if case.plain_action in actions]
    ids = [case.id for row in rows for case in row]
    twice = {one for one in ids if ids.count(one) > 1}
    if twice:
        raise SystemExit(f"two cases of one name: {', '.join(sorted(twice))}")
    return [Group(number, row) for number, row in enumerate(rows)]


def missing(actions: dict) -> list[str]:
    """Actions that the simulated AWS knows and no case calls; and cases for actions that it does not know."""
    known = set(actions)
    cased = set(GOOD)
    lacking = [f"{action}: the simulated AWS knows it, but suite/cases has no GOOD call for it" for action in known - cased]
    unknown = {case.plain_action for case in CASES} | cased
    lacking += [f"{action}: suite/cases calls it, but the simulated AWS does not know it" for action in unknown - known]
    return sorted(lacking)


def estate(stages: int) -> str:
    """The accounts of all stages, with nothing in them but roles to assume."""
    accounts = {}
    for number in range(stages):
        ours, theirs = (str(FIRST_ACCOUNT + number * STRIDE + offset) for offset in (0, 1))
        empty = {"regions": {REGION: {"certificates": [{"arn": CERTIFICATE.format(ours)}]}, FAR_REGION: {}}}
        accounts[ours] = empty | {"roles": {"open": {"trusts": [ours]}}}
        guarded = {"trusts": [ours], "externalID": "secret"}
        accounts[theirs] = empty | {"roles": {"guarded": guarded, "closed": {"trusts": [theirs]}}}
    # JSON is YAML, and far quicker to write.
    return json.dumps({"accounts": accounts})

"""`docs/reference/simulated-aws.md`: what is judged, by action and way in. Everything in it follows from the cases and from
what they came to, so that the page is stale as soon as one changes."""

from collections import Counter
from pathlib import Path

from . import golden, in_process
from .case import OK
from .clients import SERVICES
from .stage import api_name
from .unsimulated import section

REPOSITORY = Path(__file__).resolve().parents[3]
PAGE = REPOSITORY / "docs/reference/simulated-aws.md"

NAMES = {"sts": "STS", "ec2": "EC2", "elasticloadbalancing": "Classic Load Balancing", "autoscaling": "Auto Scaling"}

HEAD = """\
<!-- Generated from tests/clients by `make aws-table`. Do not edit. -->
# What the simulated AWS answers, and who says so

Each action is judged by AWS's own clients, which bring AWS's own models of its services with them. `make test` runs all
of this; `tests/clients` has the cases.

| column | means |
|---|---|
| in process | the methods of the edge (`peerway_aws::edge`) that end in this action. Each is compared with the same request over HTTP: same outcome, same ledger, same world afterwards. And how many of boto3's cases went through them too, to the same code and what follows from it: all that they can say. They have no words for filters, dry runs, malformed ids and unknown parameters; `tests/clients/suite/inexpressible.py` says which well-formed calls go over HTTP alone. Any action can be called through `World::call` |
| HTTP | requests sent without a client: the well-formed one, another API version, a parameter twice, no signature |
| boto3 | cases that succeed + cases that are refused, each with AWS's code |
| aws | the well-formed call by the `aws` command; **golden**: typed in the golden example as well, from the request for a connection until everything is gone again |
| moto | of boto3's cases, in how many this is stricter than moto, which accepts what AWS refuses, and in how many moto does otherwise than AWS in another way (`tests/clients/moto.txt` has each) |

"""


def render(actions: dict, done: list, known: dict, gaps: str) -> str:
    """The page."""
    edge = in_process.methods(actions)
    typed = golden.actions()
    parts = [HEAD]
    for service in sorted(set(actions.values()), key=list(SERVICES).index):
        parts.append(f"## {NAMES[service]}\n\n| action | in process | HTTP | boto3 | aws | moto |\n|---|---|---|---|---|---|\n")
        for action in sorted(name for name, of in actions.items() if of == service):
            parts.append(row(action, edge.get(action), action in typed, done, known))
        parts.append("\n")
    return "".join(parts) + section(NAMES) + gaps + summary(done, known)


def row(action: str, methods, is_typed: bool, done: list, known: dict) -> str:
    cases = [one for one in done if one.server == "sim" and one.action == action]
    ways = Counter(one.server for one in done if one.action == action)
    succeed = sum(one.expected == OK for one in cases)
    differ = sum(one.id in known for one in cases)
    lax = sum(known.get(one.id) == OK for one in cases)
    told = [f"stricter in {lax}"] if lax else []
    told += [f"otherwise in {differ - lax}"] if differ > lax else []
    moto = f"{', '.join(told)} of {len(cases)}" if told else "same"
    return (
        f"| {api_name(action)} | {through(methods, ways)} | {ways['http']} | {succeed} + {len(cases) - succeed}"
        f" | {ways['awscli']}{', **golden**' if is_typed else ''} | {moto} |\n"
    )


def through(methods, ways: Counter) -> str:
    """The methods of the edge, and how many cases went through them."""
    if not methods:
        return "–"
    said = ways[in_process.SAID]
    return f"{', '.join(f'`{method}`' for method in methods)} · {said} of {said + ways[in_process.UNSAID]} cases"


def summary(done: list, known: dict) -> str:
    cases = [one for one in done if one.server == "sim"]
    differ = sum(one.id in known for one in cases)
    said = sum(one.server == in_process.SAID for one in done)
    return (
        f"Altogether {len(cases)} cases of {len({one.action for one in cases})} actions by boto3, {said} of them in process too. "
        f"moto does as AWS in {len(cases) - differ} of them.\n"
    )


def stale(page: str) -> list[str]:
    if PAGE.exists() and PAGE.read_text() == page:
        return []
    return [f"{PAGE.relative_to(REPOSITORY)} is not fresh: `make aws-table`"]

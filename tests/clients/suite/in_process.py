"""The traits of `peerway-aws` as a way in. A stage is set up by boto3, as always; the call that is judged is what boto3 would
send, handed to the bridge, which makes it through the method of the trait, in the same world."""

import dataclasses
import json
import os
import socket
from pathlib import Path

from botocore.exceptions import ClientError

from .case import OK, Different, Done, run
from .cases import GOOD
from .inexpressible import INEXPRESSIBLE, in_full
from .stage import api_name, method_of

# How a case goes that went through a trait, and one that no trait can say.
SAID, UNSAID = "in process", "inexpressible"

# The actions behind the methods of the edge; a test of the in-process front keeps it true.
EDGE = Path(__file__).resolve().parents[3] / "crates/sim/tests/behaviour/two_fronts.txt"


class Inexpressible(Exception):
    """No trait has a way to say a call."""


class Bridge:
    """The other end is in the process that started the suite. Each worker has a connection of its own."""

    def __init__(self, address: str):
        host, _, port = address.rpartition(":")
        self.address = (host, int(port))
        self.lines, self.of = None, None

    def ask(self, **what):
        if self.of != os.getpid():
            self.lines = socket.create_connection(self.address, timeout=60).makefile("rw", encoding="utf-8")
            self.of = os.getpid()
        self.lines.write(json.dumps(what) + "\n")
        self.lines.flush()
        ((kind, answer),) = json.loads(self.lines.readline()).items()
        if kind == "trouble":
            raise RuntimeError(f"the bridge: {answer}")
        return answer

    def world(self, estate: Path, speed: float) -> str:
        """Makes the world, and says where it is served over HTTP."""
        return self.ask(world={"estate": str(estate), "speed": speed})

    def call(self, **call) -> str:
        """What a trait answered, in brief."""
        ((kind, said),) = self.ask(call=call).items()
        if kind == "inexpressible":
            raise Inexpressible(said)
        if kind == "different":
            raise Different(said)
        outcome, note = said["outcome"], said["note"]
        if outcome != OK:
            response = {"Error": {"Code": outcome, "Message": note}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(response, call["form"])
        return note


def methods(actions: dict) -> dict:
    """The methods of the edge, by action as cases name it."""
    names = {f"{service}.{api_name(action)}": action for action, service in actions.items()}
    found = {}
    for line in EDGE.read_text().splitlines():
        action, method = line.split()
        found.setdefault(names[action], []).append(method)
    return found


def judged(bridge: Bridge, stage, case) -> Done:
    """A case through a trait. A typed answer is no document to look into: of the answer itself only the code is judged."""

    def by(account, region, action, parameters, raw):
        service = stage.actions[action]
        parameters = in_full(action, parameters, account, region)
        form = stage.clients.form(stage.endpoint, service, region, account, method_of(action), parameters, raw)
        return bridge.call(service=service, account=account, region=region, form=form)

    stage.call_by(by)
    try:
        outcome = run(stage, dataclasses.replace(case, result={}, wait=False))
    except Inexpressible as why:
        return Done(UNSAID, case.id, case.plain_action, OK, OK, str(why))
    return Done(SAID, f"in process, {case.id}", case.plain_action, case.expected, outcome, stage.note)


def unsaid(edge: dict, done: list) -> list[str]:
    """Well-formed calls of the edge's actions that it cannot say and no list explains, and lines of the list that are no
    longer true; actions of the edge of which no case at all gets through."""
    listed = {action for actions in INEXPRESSIBLE.values() for action in actions}
    why = {one.id: one.note for one in done if one.server == UNSAID}
    through = {one.action for one in done if one.server == SAID and one.expected == OK}
    found = []
    for action in edge:
        good = GOOD[action].id
        if good in why and action not in listed:
            found.append(f"{good}: {why[good]}; if it must be so, inexpressible.py says why")
        if good not in why and action in listed:
            found.append(f"{good}: goes through the edge; take it off inexpressible.py")
        if action not in through:
            found.append(f"{action}: none of its cases succeeds through the edge")
    return sorted(found) + [f"{action}: in inexpressible.py, but the edge has no such action" for action in sorted(listed - set(edge))]

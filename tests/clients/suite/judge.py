"""Does all the work, several pieces at a time, and compares what came out."""

import multiprocessing
import re
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from . import awscli, golden, in_process, raw_http
from .case import Done, run
from .cases import GOOD
from .stage import Stage

# What moto does otherwise than AWS, by case.
KNOWN = Path(__file__).parent.parent / "moto.txt"
ARROW = " => "

# Further on than any stage: for one that is played a second time.
ELSEWHERE = 500_000

# More than there are cores: much of the time is waiting for states to pass.
WORKERS = 6


@dataclass(frozen=True)
class Target:
    """A server, and how long to wait there for what takes time."""

    name: str
    endpoint: str
    patience: float


@dataclass
class Court:
    """What the workers inherit: loaded clients, what there is to call, and the bridge to the traits."""

    clients: object
    aws: object
    actions: dict
    bridge: object = None
    # What moto does otherwise, as it was before anything is written.
    known: dict = field(default_factory=lambda: known_differences())

    def group(self, target: Target, group) -> list[Done]:
        """The cases of a stage, by boto3. moto stumbles over its own threads now and then, and answers with a page for
        people: what it does is judged where it does not."""
        done = self.played(target, group, group.number)
        stumbles = (one for one in done if "HTTP 5" in one.outcome and self.known.get(one.id) != one.outcome)
        if target.name == "moto" and any(stumbles):
            return self.played(target, group, group.number + ELSEWHERE)
        return done

    def played(self, target: Target, group, number: int) -> list[Done]:
        stage = Stage(self.clients, target.endpoint, number, self.actions, target.patience)
        done = []
        for case in group.cases:
            before = stage.calls
            outcome = run(stage, case)
            calls = stage.calls - before
            done.append(Done(target.name, case.id, case.plain_action, case.expected, outcome, stage.note, calls))
        return done

    def in_process(self, target: Target, group) -> list[Done]:
        """The same cases through the traits."""
        stage = Stage(self.clients, target.endpoint, group.number, self.actions, target.patience)
        return [in_process.judged(self.bridge, stage, case) for case in group.cases]

    def by_hand(self, endpoint: str, action: str, number: int) -> list[Done]:
        return raw_http.action(self.clients, endpoint, self.actions, action, number)

    def no_action(self, endpoint: str, service: str) -> list[Done]:
        return raw_http.no_action(endpoint, service)

    def command(self, endpoint: str, action: str, number: int) -> list[Done]:
        return awscli.action(self.aws, self.clients, endpoint, self.actions, action, number)

    def golden(self, endpoint: str, chapters) -> list[Done]:
        return golden.walk(self.aws, endpoint, chapters)


def ways_in(court: Court, sim, first_number: int) -> list:
    """Every action by the other ways in than boto3, each on a stage of its own."""
    cased = [action for action in court.actions if action in GOOD]
    work = [("by_hand", (sim, action, first_number + index)) for index, action in enumerate(cased)]
    first_number += len(cased)
    work += [("command", (sim, action, first_number + index)) for index, action in enumerate(cased)]
    return work + [("no_action", (sim, service)) for service in sorted(set(court.actions.values()))]


def perform(court: Court, targets: list[Target], work: list) -> list[Done]:
    """Does all pieces of work: (method of the court, arguments)."""
    global _court
    _court = court
    for target in targets:
        for service in set(court.actions.values()):
            court.clients.get(target.endpoint, service, "us-west-2")
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        return [done for row in pool.imap_unordered(_do, work) for done in row]


def _do(piece) -> list[Done]:
    method, arguments = piece
    try:
        return getattr(_court, method)(*arguments)
    except Exception:
        # As text: an exception that cannot travel between processes would be waited for in vain.
        raise RuntimeError(f"{method} of {arguments}:\n{traceback.format_exc()}") from None


def known_differences() -> dict:
    lines = KNOWN.read_text().splitlines()
    pairs = (line.split(ARROW) for line in lines if line and not line.startswith("#"))
    return {case: outcome for case, outcome in pairs}


def write_known_differences(done: list[Done]):
    head = "".join(line + "\n" for line in KNOWN.read_text().splitlines() if line.startswith("#"))
    wrong = sorted(f"{one.id}{ARROW}{one.outcome}\n" for one in done if one.outcome != one.expected)
    KNOWN.write_text(head + "".join(wrong))


def wrong(done: list[Done]) -> list[str]:
    """Whatever did not come out as it must."""
    differ = [one for one in done if one.outcome != one.expected]
    return sorted(f"{one.id}: {one.outcome} instead of {one.expected} ({short(one.note)})" for one in differ)


def wrong_on_moto(done: list[Done], known: dict) -> list[str]:
    """Differences that are not in the list, and those in the list that are none any more."""
    found = []
    for one in done:
        wanted = known.get(one.id, one.expected)
        if one.outcome == wanted:
            continue
        if one.outcome == one.expected:
            found.append(f"{one.id}: moto is right here now; take it off {KNOWN.name}")
        else:
            found.append(f"{one.id}: moto does {one.outcome}, {KNOWN.name} says {wanted} ({short(one.note)})")
    gone = set(known) - {one.id for one in done}
    found += [f"{case}: in {KNOWN.name}, but there is no such case" for case in gone]
    return sorted(found)


def short(note: str) -> str:
    return re.sub(r"\s+", " ", note)[:200]

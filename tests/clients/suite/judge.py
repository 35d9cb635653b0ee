"""Runs groups on a server, several at a time, and compares what came out."""

import multiprocessing
import re
import time
from dataclasses import dataclass
from pathlib import Path

from .case import run
from .stage import Stage

# What moto does otherwise than AWS, by case.
KNOWN = Path(__file__).parent.parent / "moto.txt"
ARROW = " => "

WORKERS = 3


@dataclass(frozen=True)
class Done:
    """What a case came to on a server."""

    server: str
    id: str
    action: str
    expected: str
    outcome: str
    note: str
    calls: int


@dataclass(frozen=True)
class Target:
    name: str
    endpoint: str
    patience: float


def _perform(work):
    target, group = work
    stage = Stage(_clients, target.endpoint, group.number, _actions, target.patience)
    done = []
    for case in group.cases:
        before = stage.calls
        outcome = run(stage, case)
        done.append(Done(target.name, case.id, case.plain_action, case.expected, outcome, stage.note, stage.calls - before))
    return done


def perform(targets: list[Target], groups: list, clients, actions: dict) -> list[Done]:
    """Runs every group on every target. The models that `clients` has loaded are inherited by the workers."""
    global _clients, _actions
    _clients, _actions = clients, actions
    for target in targets:
        for service in set(actions.values()):
            clients.get(target.endpoint, service, "us-west-2")
    work = [(target, group) for group in groups for target in targets]
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        return [done for row in pool.imap_unordered(_perform, work) for done in row]


def known_differences() -> dict:
    lines = KNOWN.read_text().splitlines()
    pairs = (line.split(ARROW) for line in lines if line and not line.startswith("#"))
    return {case: outcome for case, outcome in pairs}


def write_known_differences(done: list[Done]):
    head = "".join(line + "\n" for line in KNOWN.read_text().splitlines() if line.startswith("#"))
    wrong = sorted(f"{one.id}{ARROW}{one.outcome}\n" for one in done if one.outcome != one.expected)
    KNOWN.write_text(head + "".join(wrong))


def wrong_on_sim(done: list[Done]) -> list[str]:
    wrong = [one for one in done if one.outcome != one.expected]
    return [f"{one.id}: {one.outcome} instead of {one.expected} ({short(one.note)})" for one in wrong]


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


class Stopwatch:
    def __init__(self):
        self.begun = time.monotonic()

    def __str__(self):
        return f"{time.monotonic() - self.begun:.1f} s"

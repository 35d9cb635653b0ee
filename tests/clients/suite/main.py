"""The command: starts both servers, does everything, says what is wrong."""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

from . import judge, plan, servers, table
from .awscli import Aws, in_a_process_of_its_own
from .clients import Clients
from .golden import CHAPTERS

REPOSITORY = Path(__file__).resolve().parents[3]
GOLDEN = REPOSITORY / "deploy/examples/golden/estate.yaml"


def arguments():
    parser = argparse.ArgumentParser(description="AWS's own clients judge the simulated AWS.")
    parser.add_argument("--program", default=os.environ.get("PEERWAY"), help="the peerway binary [env: PEERWAY]")
    parser.add_argument("--only", metavar="TEXT", help="only boto3's cases whose name holds this; nothing else")
    parser.add_argument("--write", action="store_true", help="write moto.txt and the table instead of comparing them")
    parsed = parser.parse_args()
    if not parsed.program:
        parser.error("say which peerway: --program or PEERWAY")
    return parsed


def main() -> int:
    options = arguments()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="peerway-clients-") as folder:
        folder = Path(folder)
        clean = servers.clean_environment(folder)
        os.environ.clear()
        os.environ.update(clean)
        problems = run(options, folder)
    for problem in problems:
        print(problem)
    verdict = f"FAILED: {len(problems)} problems" if problems else "ok"
    print(f"{verdict}, in {time.monotonic() - begun:.1f} s")
    return 1 if problems else 0


def run(options, folder: Path) -> list[str]:
    program = str(Path(options.program).resolve())
    clients, aws = Clients(), Aws()
    with contextlib.ExitStack() as stack:
        by_hand = stack.enter_context(servers.simulated_aws(program, GOLDEN, folder, "golden"))
        actions = servers.known_actions(by_hand.endpoint)
        court = judge.Court(clients, aws, actions)
        groups = plan.groups(actions, clients.model)
        spare = 2 * len(actions)
        estate = folder / "estate.yaml"
        estate.write_text(plan.estate(len(groups) + spare))
        sim = stack.enter_context(servers.simulated_aws(program, estate, folder))
        moto = stack.enter_context(servers.moto(folder))
        targets = [judge.Target("sim", sim.endpoint, 10.0), judge.Target("moto", moto.endpoint, 0.0)]
        if options.only:
            groups = [group for group in groups if any(options.only in case.id for case in group.cases)]
        work = [("group", (target, group)) for group in groups for target in targets]
        if not options.only:
            work = [("golden", (by_hand.endpoint, CHAPTERS)), *judge.ways_in(court, sim.endpoint, len(groups)), *work]
        done = judge.perform(court, targets, work)
        if not options.only:
            done.append(in_a_process_of_its_own(sys.executable, by_hand.endpoint))
    return plan.missing(actions) + verdict(options, done, actions)


def verdict(options, done: list, actions: dict) -> list[str]:
    on_moto = [one for one in done if one.server == "moto"]
    rest = [one for one in done if one.server != "moto"]
    problems = judge.wrong(rest)
    if options.write and not options.only:
        judge.write_known_differences(on_moto)
    known = judge.known_differences()
    if options.only:
        known = {case: outcome for case, outcome in known.items() if case in {one.id for one in on_moto}}
    problems += judge.wrong_on_moto(on_moto, known)
    if not options.only:
        page = table.render(actions, done, known)
        if options.write:
            table.PAGE.write_text(page)
        problems += table.stale(page)
    cases = [one for one in rest if one.server == "sim"]
    print(f"{len(cases)} cases of {len({one.action for one in cases})} actions by boto3, {len(rest) - len(cases)} checks by other ways in")
    print(f"moto is as AWS in {len(on_moto) - len(known)} cases, and known not to be in {len(known)}")
    return problems

"""The command: starts both servers, does everything, says what is wrong."""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

from . import gaps, in_process, judge, plan, servers, table
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
    parser.add_argument("--in-process", metavar="ADDRESS", help="where the traits of peerway-aws can be called, as `xtask clients` says it")
    parsed = parser.parse_args()
    if not parsed.program:
        parser.error("say which peerway: --program or PEERWAY")
    if parsed.write and not parsed.in_process:
        parser.error("the page needs --in-process: `make aws-table`")
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
        bridge = in_process.Bridge(options.in_process) if options.in_process else None
        court = judge.Court(clients, aws, actions, bridge)
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
        if bridge:
            traits = judge.Target(in_process.SAID, bridge.world(estate, servers.SPEED), 10.0)
            targets.append(traits)
            edge = in_process.methods(actions)
            work += [("in_process", (traits, group)) for group in groups if group.cases[0].plain_action in edge]
        if not options.only:
            work = [("golden", (by_hand.endpoint, CHAPTERS)), *judge.ways_in(court, sim.endpoint, len(groups)), *work]
        done = judge.perform(court, targets, work)
        if not options.only:
            done.append(in_a_process_of_its_own(sys.executable, by_hand.endpoint))
        missing = gaps.section(clients, sim.endpoint, actions, table.NAMES)
    return plan.missing(actions) + verdict(options, done, actions, missing)


def verdict(options, done: list, actions: dict, missing: str) -> list[str]:
    on_moto = [one for one in done if one.server == "moto"]
    rest = [one for one in done if one.server != "moto"]
    problems = judge.wrong(rest)
    if options.in_process and not options.only:
        problems += in_process.unsaid(in_process.methods(actions), rest)
    if options.write and not options.only:
        judge.write_known_differences(on_moto)
    known = judge.known_differences()
    if options.only:
        known = {case: outcome for case, outcome in known.items() if case in {one.id for one in on_moto}}
    problems += judge.wrong_on_moto(on_moto, known)
    if options.in_process and not options.only:
        page = table.render(actions, done, known, missing)
        if options.write:
            table.PAGE.write_text(page)
        problems += table.stale(page)
    cases = [one for one in rest if one.server == "sim"]
    said, unsaid = (sum(one.server == how for one in rest) for how in (in_process.SAID, in_process.UNSAID))
    others = len(rest) - len(cases) - said - unsaid
    print(f"{len(cases)} cases of {len({one.action for one in cases})} actions by boto3, {others} checks by other ways in")
    if options.in_process:
        print(f"{said} of them went through the traits in process too; {unsaid} of the same actions cannot be said there")
    else:
        print("none went through the traits in process, and the page was not compared: that takes `make aws-table` or `make test`")
    print(f"moto is as AWS in {len(on_moto) - len(known)} cases, and known not to be in {len(known)}")
    return problems

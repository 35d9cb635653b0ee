"""The command: starts both servers, runs everything, says what is wrong."""

import argparse
import os
import tempfile
from pathlib import Path

from . import judge, plan, servers
from .clients import Clients


def arguments():
    parser = argparse.ArgumentParser(description="AWS's own clients judge the simulated AWS.")
    parser.add_argument("--program", default=os.environ.get("PEERWAY"), help="the peerway binary [env: PEERWAY]")
    parser.add_argument("--only", metavar="TEXT", help="only cases whose name holds this; no golden example, no table")
    parser.add_argument("--sim-only", action="store_true", help="without moto")
    parser.add_argument("--write", action="store_true", help="write moto.txt and the table instead of comparing them")
    parsed = parser.parse_args()
    if not parsed.program:
        parser.error("say which peerway: --program or PEERWAY")
    return parsed


def main() -> int:
    options = arguments()
    watch = judge.Stopwatch()
    with tempfile.TemporaryDirectory(prefix="peerway-clients-") as folder:
        folder = Path(folder)
        clean = servers.clean_environment(folder)
        os.environ.clear()
        os.environ.update(clean)
        problems = run(options, folder)
    for problem in problems:
        print(problem)
    print(f"{'FAILED: ' + str(len(problems)) + ' problems' if problems else 'ok'}, in {watch}")
    return 1 if problems else 0


def run(options, folder: Path) -> list[str]:
    clients = Clients()
    program = str(Path(options.program).resolve())
    empty = folder / "empty.yaml"
    empty.write_text("accounts: {}\n")
    with servers.simulated_aws(program, empty, folder, "actions") as sim:
        actions = servers.known_actions(sim)
    problems = plan.missing(actions)
    groups = plan.groups(actions, clients.model)
    if options.only:
        groups = [group for group in groups if any(options.only in case.id for case in group.cases)]
    estate = folder / "estate.yaml"
    estate.write_text(plan.estate(groups))
    with servers.simulated_aws(program, estate, folder) as sim:
        targets = [judge.Target("sim", sim.endpoint, 10.0)]
        if options.sim_only:
            done = judge.perform(targets, groups, clients, actions)
        else:
            with servers.moto(folder) as moto:
                targets.append(judge.Target("moto", moto.endpoint, 0.0))
                done = judge.perform(targets, groups, clients, actions)
    on_sim = [one for one in done if one.server == "sim"]
    on_moto = [one for one in done if one.server == "moto"]
    problems += judge.wrong_on_sim(on_sim)
    print(f"{len(on_sim)} cases of {len({one.action for one in on_sim})} actions, {sum(one.calls for one in done)} calls")
    if options.sim_only:
        return problems
    if options.write and not options.only:
        judge.write_known_differences(on_moto)
    known = judge.known_differences()
    if options.only:
        known = {case: outcome for case, outcome in known.items() if case in {one.id for one in on_moto}}
    problems += judge.wrong_on_moto(on_moto, known)
    print(f"moto is as AWS in {len(on_moto) - len(known)} of them, and known to be wrong in {len(known)}")
    return problems

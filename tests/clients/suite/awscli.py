"""`aws`, as people type it. The program is loaded once; each command is a process of its own, forked from there:
several in one process get into each other's way."""

import json
import os
import subprocess
import sys
import traceback

import botocore.exceptions

from . import generated
from .case import Done, run
from .cases import GOOD
from .clients import SERVICES
from .servers import REGION
from .stage import Stage, method_of


class Failed(Exception):
    """A command ended with something else than 0."""


class Aws:
    """The loaded program. What it needs of the models is read before the first fork."""

    def __init__(self):
        # When it is imported it says in the environment where its data is, so the environment must be clean before.
        import awscli.clidriver

        self.driver = awscli.clidriver.create_clidriver()
        for service in SERVICES.values():
            self.driver.session.get_service_model(service)
            self.driver.session.get_service_data(service)

    def run(self, endpoint: str, account: str, arguments: list) -> str:
        """What `aws` says on stdout."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            status = 255
            try:
                os.close(reading)
                os.dup2(writing, 1)
                os.dup2(writing, 2)
                environment = {
                    "AWS_ACCESS_KEY_ID": account,
                    "AWS_SECRET_ACCESS_KEY": "any",
                    "AWS_ENDPOINT_URL": endpoint,
                    "AWS_DEFAULT_REGION": REGION,
                }
                os.environ.update(environment)
                status = self.driver.main(arguments)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        if status != 0:
            raise Failed(said.strip())
        return said.strip()


def in_a_process_of_its_own(program: str, endpoint: str) -> Done:
    """The whole program once, as installed: that it is loaded once elsewhere must not hide what only a start shows."""
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "999999999999", "AWS_SECRET_ACCESS_KEY": "any"}
    environment["AWS_ENDPOINT_URL"] = endpoint
    command = [program, "-m", "awscli", "sts", "get-caller-identity", "--query", "Account", "--output", "text"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    outcome = done.stdout.strip() or done.stderr.strip()
    return Done("awscli", "aws: in a process of its own", "GetCallerIdentity", "999999999999", outcome)


def action(aws, clients, endpoint: str, actions: dict, name: str, number: int) -> list[Done]:
    """The well-formed call of an action, by `aws`."""
    good = GOOD[name]
    stage = Stage(clients, endpoint, number, actions, 10.0)
    service = actions[name]
    stage.call_by(lambda account, region, action, parameters, _: command(aws, endpoint, account, region, service, action, parameters))
    outcome = run(stage, good)
    return [Done("awscli", f"aws, {good.id}", name, good.expected, outcome, stage.note)]


def command(aws, endpoint, account, region, service, action, parameters):
    """One command, and its answer as boto3 would give it."""
    words = [SERVICES[service], method_of(action).replace("_", "-"), "--region", region, "--output", "json"]
    words += ["--no-paginate"] if generated.is_read(action) else []
    try:
        said = aws.run(endpoint, account, [*words, "--cli-input-json", json.dumps(parameters)])
    except Failed as error:
        text = str(error)
        code = text.partition("An error occurred (")[2].partition(")")[0] or text[:200]
        response = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise botocore.exceptions.ClientError(response, action) from error
    return json.loads(said) if said else {}

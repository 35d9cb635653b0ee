"""A case as data: one call, what comes before it, and what AWS answers. Running one gives an *outcome*: a short text that
says the same for the same behaviour, whatever ids and times were involved."""

import re
import time
from dataclasses import dataclass, field

import botocore.exceptions
import jmespath

# Any value but none. A text, because cases travel between processes.
SOMETHING = "<something>"
OK = "ok"


@dataclass(frozen=True)
class Case:
    """`call` and everything in it may name things of the stage: `$vpc`, or `${account}` within a text.

    An action may say who calls: `theirs:AcceptVpcPeeringConnection` is the other account, `far:` the other Region.
    """

    action: str
    name: str
    call: dict = field(default_factory=dict)
    # The code of AWS's refusal; none: it succeeds.
    error: str | None = None
    # JMESPath expressions on the answer, with their values.
    result: dict = field(default_factory=dict)
    # Parameters that go onto the wire as they are.
    raw: dict = field(default_factory=dict)
    # Calls that must succeed before: (action, parameters[, {name: JMESPath}]), where names become things of the stage.
    before: tuple = ()
    # Calls afterwards with what they must answer: (action, parameters, {JMESPath: value} or a code).
    then: tuple = ()
    # Ask again until `result` holds: for what takes time.
    wait: bool = False

    @property
    def who(self) -> str:
        return self.action.partition(":")[0] if ":" in self.action else "ours"

    @property
    def plain_action(self) -> str:
        return self.action.rpartition(":")[2]

    @property
    def id(self) -> str:
        return f"{self.plain_action}: {self.name}"

    @property
    def expected(self) -> str:
        return self.error or OK


def case(action, name, call=None, error=None, **more) -> Case:
    return Case(action, name, call or {}, error, **more)


@dataclass(frozen=True)
class Done:
    """What a case came to on a server, or by another way in."""

    server: str
    id: str
    action: str
    expected: str
    outcome: str
    note: str = ""
    calls: int = 0


class Different(Exception):
    """An answer is not what it should be."""


def resolve(stage, value):
    """The value with things of the stage in place of their names."""
    if isinstance(value, str):
        if value.startswith("$") and not value.startswith("${"):
            return stage.thing(value[1:])
        return re.sub(r"\$\{(\w+)\}", lambda found: str(stage.thing(found.group(1))), value)
    if isinstance(value, dict):
        return {key: resolve(stage, inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(stage, inner) for inner in value]
    return value


def check(stage, answer, result):
    """Raises what differs, by the expression alone: values hold ids that differ each time."""
    for expression, wanted in result.items():
        try:
            found = jmespath.search(expression, answer)
        except jmespath.exceptions.JMESPathTypeError:
            # A function of something that is not there.
            found = None
        if wanted == SOMETHING:
            holds = found not in (None, "", [], {})
        else:
            holds = found == resolve(stage, wanted)
        if not holds:
            stage.note = f"{expression} is {found!r}"
            raise Different(expression)


def code_of(error) -> str:
    """AWS's code; a server that has none said its status."""
    code = error.response["Error"].get("Code") or ""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    stage_trouble = status >= 500 and code in ("", str(status), "InternalError", "InternalFailure")
    return f"HTTP {status}" if stage_trouble else code


def run(stage, case: Case) -> str:
    """Runs a case on a stage."""
    stage.note = ""
    try:
        for number, (action, parameters, *names) in enumerate(case.before):
            answer = stage.call(action, resolve(stage, parameters))
            for name, expression in names[0].items() if names else ():
                stage.things[name] = jmespath.search(expression, answer)
        parameters = resolve(stage, case.call)
    except botocore.exceptions.ClientError as error:
        stage.note = str(error)
        return f"before: {code_of(error)}"
    except Different as error:
        return f"before: {error}"
    try:
        answer = stage.judged(case.action, parameters, resolve(stage, case.raw))
        deadline = time.monotonic() + stage.patience
        while case.wait:
            try:
                check(stage, answer, case.result)
                break
            except Different:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.01)
            answer = stage.judged(case.action, parameters)
        check(stage, answer, case.result)
    except botocore.exceptions.ClientError as error:
        outcome = code_of(error)
        stage.note = str(error)
    except botocore.exceptions.BotoCoreError as error:
        stage.note = str(error)
        return type(error).__name__
    except Different as error:
        return f"not: {error}"
    else:
        outcome = OK
    return afterwards(stage, case, outcome)


def afterwards(stage, case, outcome) -> str:
    for action, parameters, wanted in case.then:
        code = OK
        try:
            answer = stage.call(action, resolve(stage, parameters))
            if isinstance(wanted, dict):
                check(stage, answer, wanted)
        except botocore.exceptions.ClientError as error:
            code = code_of(error)
            stage.note = str(error)
        except Different as error:
            return f"{outcome}, then not: {error}"
        if code != (OK if isinstance(wanted, dict) else wanted):
            return f"{outcome}, then {code}"
    return outcome

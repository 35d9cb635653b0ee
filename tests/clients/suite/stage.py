"""A stage: an account of its own on a server, with another beside it, in which a case finds what it names. Things are
made by calls when they are first named, so that both servers come to them in the same way."""

import time

import botocore.exceptions
import jmespath
from botocore import xform_name

from .case import Different
from .servers import FAR_REGION, REGION

# How things are made: name → (id prefix, function).
MAKERS = {}

# Two accounts for each stage.
STRIDE = 10
FIRST_ACCOUNT = 100_000_000_000


def thing(prefix=None):
    """Registers how a thing is made; `prefix` is what its id begins with."""

    def register(make):
        MAKERS[make.__name__] = (prefix, make)
        return make

    return register


def prefix_of(name: str):
    return MAKERS[name][0]


class Stage:
    def __init__(self, clients, endpoint: str, number: int, actions: dict, patience: float):
        self.clients, self.endpoint, self.actions = clients, endpoint, actions
        self.account = str(FIRST_ACCOUNT + number * STRIDE)
        self.their_account = str(FIRST_ACCOUNT + number * STRIDE + 1)
        # How long a state that passes by itself is waited for.
        self.patience = patience
        self.things = {"account": self.account, "their_account": self.their_account, "region": REGION}
        self.things["far_region"] = FAR_REGION
        self.note = ""
        self.calls = 0
        self.by = None

    def where(self, action: str):
        """The account, the Region and the plain name of an action that says who calls."""
        who, _, action = action.rpartition(":")
        account = self.their_account if who == "theirs" else self.account
        return account, FAR_REGION if who == "far" else REGION, action

    def call_by(self, by):
        """Lets calls that are judged go another way than by boto3."""
        self.by = by

    def judged(self, action: str, parameters: dict, raw=None):
        """The call that a case is about."""
        return self.by(*self.where(action), parameters, raw) if self.by else self.call(action, parameters, raw)

    def call(self, action: str, parameters: dict, raw=None):
        account, region, action = self.where(action)
        self.calls += 1
        return self.clients.call(
            self.endpoint, self.actions[action], region, account, method_of(action), parameters, raw
        )

    def ask(self, action: str, expression: str, **parameters):
        return jmespath.search(expression, self.call(action, parameters))

    def until(self, wanted, action: str, expression: str, **parameters):
        """Asks until the answer is the wanted one."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                found = self.ask(action, expression, **parameters)
            except botocore.exceptions.ClientError:
                if time.monotonic() > deadline:
                    raise
                found = None
            if found == wanted:
                return
            if time.monotonic() > deadline:
                self.note = f"{expression} of {action} stays {found!r}"
                raise Different(expression)
            time.sleep(0.01)

    def thing(self, name: str):
        if name not in self.things:
            self.things[name] = MAKERS[name][1](self)
        return self.things[name]


def api_name(action: str) -> str:
    """AWS's name of an action."""
    return action.rpartition(".")[2]


def method_of(action: str) -> str:
    """boto3's name of an action."""
    return xform_name(api_name(action))

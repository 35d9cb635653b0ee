"""The Query protocol without a client: what boto3 would send, sent by hand as a GET, and spoilt in the ways that no client
spoils it."""

import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

from .case import resolve
from .cases import GOOD
from .servers import REGION
from .stage import Stage, method_of

# The checks for each action: the call itself, another API version, a parameter twice, nobody's signature.
CHECKS = 4


class Captured(Exception):
    """A request that was ready to be sent."""


def check(clients, endpoint: str, actions: dict, first_number: int) -> list[str]:
    """What is wrong with any action."""
    problems = []
    for number, (action, service) in enumerate(actions.items(), first_number):
        if action in GOOD:
            stage = Stage(clients, endpoint, number, actions, 10.0)
            problems += [f"{action} over plain HTTP: {problem}" for problem in one(stage, action, service)]
    for service in sorted(set(actions.values())):
        for query, code in (("Action=Bogus", "InvalidAction"), ("", "MissingAction")):
            found, _ = send(endpoint, query, FIRST, service)
            if found != code:
                problems.append(f"{service} over plain HTTP: {query or 'nothing'} answers {found}, not {code}")
    return problems


FIRST = "100000000000"


def one(stage, action: str, service: str):
    good = GOOD[action]
    for before, parameters, *names in good.before:
        stage.call(before, resolve(stage, parameters))
    body = captured(stage, action, resolve(stage, good.call))
    version = dict(urllib.parse.parse_qsl(body))["Version"]
    spoilt = {
        "another version": (body.replace(version, "1999-01-01"), "NoSuchVersion", stage.account),
        "the version twice": (f"{body}&DryRun=false&DryRun=false", "MalformedQueryString", stage.account),
        "no signature": (body, "MissingAuthenticationToken", None),
        "as it is": (body, None, stage.account),
    }
    assert len(spoilt) == CHECKS
    namespace = stage.clients.model(service).metadata.get("xmlNamespace", "").rstrip("/")
    for what, (query, wanted, account) in spoilt.items():
        code, text = send(stage.endpoint, query, account, service)
        if code != wanted:
            yield f"{what}: {code} instead of {wanted}"
        if code is None and wanted is None:
            root = ElementTree.fromstring(text)
            if root.tag.replace("/}", "}") != f"{{{namespace}}}{action}Response":
                yield f"the answer is a {root.tag}"


def captured(stage, action: str, parameters: dict) -> str:
    """The form that boto3 would send."""
    client = stage.clients.get(stage.endpoint, stage.actions[action], REGION)

    def capture(request, **_):
        raise Captured(request.body)

    client.meta.events.register_first("before-send", capture)
    try:
        getattr(client, method_of(action))(**parameters)
    except Captured as caught:
        body = caught.args[0]
        return body.decode() if isinstance(body, bytes) else body
    finally:
        client.meta.events.unregister("before-send", capture)
    raise AssertionError(f"{action} was sent")


def send(endpoint: str, query: str, account, service: str):
    """A code, or none when it succeeded, and the answer."""
    request = urllib.request.Request(f"{endpoint}/?{query}")
    if account:
        scope = f"{account}/20260101/{REGION}/{service}/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        request.add_header("Authorization", signature)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return None, answer.read()
    except urllib.error.HTTPError as error:
        text = error.read()
    root = ElementTree.fromstring(text)
    codes = [element.text for element in root.iter() if element.tag.rpartition("}")[2] == "Code"]
    return (codes or ["no code"])[0], text

"""The Query protocol without a client: what boto3 would send, sent by hand as a GET, and spoilt in the ways that no client
spoils it."""

import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

from botocore.exceptions import ClientError

from . import shapes
from .case import OK, Different, Done, resolve
from .cases import GOOD
from .servers import REGION
from .stage import FIRST_ACCOUNT, Stage, api_name, method_of
from .unsimulated import YOUNGER, unsimulated

# The checks for each action: the call itself, another API version, a parameter twice, nobody's signature.
CHECKS = 4


def action(clients, endpoint: str, actions: dict, name: str, number: int) -> list[Done]:
    """The call of an action, sent by hand and spoilt."""
    stage = Stage(clients, endpoint, number, actions, 10.0)
    done = []
    try:
        for what, wanted, found in one(stage, name):
            done.append(Done("http", f"plain HTTP, {name}: {what}", name, wanted, found))
    except (ClientError, Different) as error:
        done.append(Done("http", f"plain HTTP, {name}: what it needs", name, OK, "not made", str(error)))
    return done


def no_action(endpoint: str, service: str) -> list[Done]:
    """No action, one that nobody knows, and those of AWS that are not simulated."""
    tried = [("an unknown action", "Action=Bogus", "InvalidAction"), ("no action", "", "MissingAction")]
    tried += [(f"{name} is not simulated", f"Action={name}", "InvalidAction") for name in unsimulated(service)]
    if service in YOUNGER:
        query = f"Action=CreateTargetGroup&Version={YOUNGER[service]}&Name=x"
        tried.append(("CreateTargetGroup as elbv2 sends it", query, "NoSuchVersion"))
    return [
        Done("http", f"plain HTTP, {service}: {what}", service, wanted, send(endpoint, query, SOMEBODY, service)[0])
        for what, query, wanted in tried
    ]


SOMEBODY = str(FIRST_ACCOUNT)


def one(stage, action: str):
    """For each thing tried: what it is, what must be answered, what was."""
    good, service = GOOD[action], stage.actions[action]
    for before, parameters, *_ in good.before:
        stage.call(before, resolve(stage, parameters))
    parameters = resolve(stage, good.call)
    body = stage.clients.form(stage.endpoint, service, REGION, stage.account, method_of(action), parameters)
    version = dict(urllib.parse.parse_qsl(body))["Version"]
    spoilt = {
        "another version": (body.replace(version, "1999-01-01"), "NoSuchVersion", stage.account),
        "a parameter twice": (f"{body}&DryRun=false&DryRun=false", "MalformedQueryString", stage.account),
        "no signature": (body, "MissingAuthenticationToken", None),
        "as it is": (body, good.expected, stage.account),
    }
    assert len(spoilt) == CHECKS
    for what, (query, wanted, account) in spoilt.items():
        found, text = send(stage.endpoint, query, account, service)
        if found == OK:
            root = ElementTree.fromstring(text).tag.replace("/}", "}")
            model = stage.clients.model(service)
            namespace = model.metadata.get("xmlNamespace", "").rstrip("/")
            wrong = shapes.complaints(text, model.operation_model(api_name(action)).output_shape)
            if root != f"{{{namespace}}}{api_name(action)}Response":
                found = f"not: {root}"
            elif wrong:
                found = "not as AWS's model: " + "; ".join(wrong)
        yield what, wanted, found


def send(endpoint: str, query: str, account, service: str):
    """The outcome, and the answer."""
    request = urllib.request.Request(f"{endpoint}/?{query}")
    if account:
        scope = f"{account}/20260101/{REGION}/{service}/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        request.add_header("Authorization", signature)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return OK, answer.read()
    except urllib.error.HTTPError as error:
        text = error.read()
    root = ElementTree.fromstring(text)
    codes = [element.text for element in root.iter() if element.tag.rpartition("}")[2] == "Code"]
    return (codes or ["no code"])[0], text

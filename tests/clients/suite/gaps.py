"""What the simulated AWS does not take of the actions that it has: parameters that AWS's service models know, and filters
that their documentation names. Found by asking: each alone, for the error that says it is unknown. For the page, so that
nobody has to find out by trying; no gap is a failure, but one that comes or goes makes the page stale."""

import re
import urllib.parse

from botocore.serialize import create_serializer

from .raw_http import SOMEBODY, send
from .stage import api_name

# What the documentation says of a filter: `<li> <p> <code>vpc-id</code> - …`.
FILTER = re.compile(r"<li>\s*<p>\s*<code>([a-z][^<>&]*)</code>")

# Whoever asks must be somebody: nothing else is looked at before.
NOBODY = ("AuthFailure", "InvalidClientTokenId")

# Every list has it, with the user's key behind it: `tag:Name`.
TAG = "tag"

# How deep structures are looked into.
DEPTH = 4

SCALARS = {"boolean": True, "integer": 1, "long": 1, "double": 1.5, "float": 1.5, "blob": b"x", "timestamp": "2026-01-01T00:00:00Z"}


def section(clients, endpoint: str, actions: dict, names: dict) -> str:
    """What the page says of them."""
    rows = []
    for service in names:
        for action in sorted(name for name, of in actions.items() if of == service):
            model = clients.model(service).operation_model(api_name(action))
            parameters = unknown_parameters(endpoint, service, model)
            filters = unknown_filters(endpoint, service, model)
            if parameters or filters:
                rows.append(f"| {names[service]} | {model.name} | {listed(parameters)} | {listed(filters)} |\n")
    return (
        "## What is not taken by actions that are\n\nParameters of AWS's service models that are answered with `UnknownParameter`, and filters of "
        "AWS's reference that are answered with `InvalidParameterValue`, never with silence. `A.B`: the field `B` of `A`.\n\n"
        "| service | action | parameters | filters |\n|---|---|---|---|\n" + "".join(rows) + "\n"
    )


def listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"


def unknown_parameters(endpoint: str, service: str, model) -> list[str]:
    """The paths of the parameters that the action does not know; of one that it does not know at all, nothing below."""

    def unknown(path: tuple, shape, wrap) -> list[str]:
        inner, around = shape, wrap
        while inner.type_name == "list":
            inner, around = inner.member, (lambda value, outer=around: outer([value]))
        if inner.type_name != "structure" or len(path) == DEPTH:
            return [] if is_known(endpoint, service, model, wrap(example(shape))) else [".".join(path)]
        below = [
            unknown((*path, name), member, lambda value, name=name: around({name: value}))
            for name, member in inner.members.items()
        ]
        is_all = below and all(below)
        return [".".join(path)] if is_all else [name for names in below for name in names]

    members = model.input_shape.members if model.input_shape else {}
    return [
        path
        for name, shape in members.items()
        for path in unknown((name,), shape, lambda value, name=name: {name: value})
    ]


def example(shape):
    """Some value of a shape; of a structure its first field, which is there to be asked for by itself."""
    if shape.type_name == "list":
        return [example(shape.member)]
    if shape.type_name == "structure":
        return {name: example(member) for name, member in list(shape.members.items())[:1]}
    if shape.type_name == "map":
        return {"x": "x"}
    return SCALARS.get(shape.type_name, "x")


def is_known(endpoint: str, service: str, model, parameters: dict) -> bool:
    body = create_serializer(model.service_model.metadata["protocol"], False).serialize_to_request(parameters, model)["body"]
    code, text = send(endpoint, urllib.parse.urlencode(body), SOMEBODY, service)
    if code in NOBODY:
        raise AssertionError(f"{SOMEBODY} is nobody: {text}")
    return code != "UnknownParameter"


def unknown_filters(endpoint: str, service: str, model) -> list[str]:
    """The filters that the reference has, and the action has not."""
    members = model.input_shape.members if model.input_shape else {}
    if service != "ec2" or "Filters" not in members:
        return []
    about = members["Filters"].documentation
    names = [name for name in dict.fromkeys(FILTER.findall(about)) if name != TAG]
    version = model.service_model.api_version
    wire = members["Filters"].serialization.get("queryName") or members["Filters"].serialization.get("name", "Filter")
    unknown = []
    for name in names:
        query = f"Action={model.name}&Version={version}&{wire}.1.Name={name}&{wire}.1.Value.1=x"
        code, text = send(endpoint, query, SOMEBODY, service)
        if code == "InvalidParameterValue" and f"'{name}'".encode() in text:
            unknown.append(name)
    return unknown

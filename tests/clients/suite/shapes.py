"""Answers held against AWS's service models. boto3 drops what it does not know, and takes what is missing as absent: a name
spelt otherwise than AWS spells it would only be missed by whoever looks for it."""

import datetime
import re
import xml.etree.ElementTree as ElementTree

# What every answer says beside what its model describes; EC2 answers a call without any output with `<return>true</return>`.
ENVELOPE = {"requestId", "ResponseMetadata", "return"}

# What AWS's own pages show and its models do not know.
SAID_BY_AWS = {
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html, in the example
    "CreateNetworkInterfaceResponse.networkInterface.status: 'pending' is no string",
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGatewayAttachment.html
    "DescribeInternetGatewaysResponse.internetGatewaySet[].attachmentSet[].state: 'available' is no string",
}


def local(element) -> str:
    return element.tag.rpartition("}")[2]


def complaints(text: bytes, shape) -> list[str]:
    """What in the answer is not as its model says."""
    root = ElementTree.fromstring(text)
    wrapper = shape and shape.serialization.get("resultWrapper")
    if wrapper:
        results = [child for child in root if local(child) == wrapper]
        if len(results) != 1:
            return [f"{len(results)} times {wrapper}"]
        root = results[0]
    return [said for said in structure(root, shape, local(root)) if said not in SAID_BY_AWS]


def structure(element, shape, path: str):
    members = {member.serialization.get("name", name): member for name, member in shape.members.items()} if shape else {}
    seen = set()
    for child in element:
        name = local(child)
        if name in ENVELOPE:
            continue
        member = members.get(name)
        if member is None:
            yield f"{path}: AWS has no {name}"
            continue
        if name in seen and not member.serialization.get("flattened"):
            yield f"{path}: {name} twice"
        seen.add(name)
        yield from value(child, member, f"{path}.{name}")


def value(element, shape, path: str):
    kind = shape.type_name
    if kind == "structure":
        yield from structure(element, shape, path)
    elif kind == "list" and not shape.serialization.get("flattened"):
        item = shape.member.serialization.get("name", "member")
        for child in element:
            if local(child) != item:
                yield f"{path}: an item is called {local(child)}, not {item}"
            yield from value(child, shape.member, f"{path}[]")
    elif len(element):
        yield f"{path}: a {kind} with elements in it"
    elif not is_one(kind, element.text or "", shape):
        yield f"{path}: {element.text!r} is no {kind}"


def is_one(kind: str, text: str, shape) -> bool:
    if kind in ("integer", "long"):
        return re.fullmatch(r"-?\d+", text) is not None
    if kind in ("float", "double"):
        return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
    if kind == "boolean":
        return text in ("true", "false")
    if kind == "timestamp":
        try:
            return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).tzinfo is not None
        except ValueError:
            return False
    return kind != "string" or not shape.enum or text in shape.enum

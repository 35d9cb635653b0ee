"""STS: who calls, and roles."""

from ..case import SOMETHING, case

ROLE = {"RoleArn": "arn:aws:iam::${account}:role/open", "RoleSessionName": "somebody"}

GOOD = [
    case("GetCallerIdentity", "the root of the account", result={"Account": "$account", "Arn": "arn:aws:iam::${account}:root"}),
    case(
        "AssumeRole",
        "a role that trusts the caller",
        ROLE,
        result={
            "AssumedRoleUser.Arn": "arn:aws:sts::${account}:assumed-role/open/somebody",
            "Credentials.SessionToken": SOMETHING,
            "Credentials.Expiration": SOMETHING,
        },
    ),
]

GUARDED = {"RoleArn": "arn:aws:iam::${their_account}:role/guarded", "RoleSessionName": "somebody"}

CASES = [
    case("AssumeRole", "a role of another account with the right external id", GUARDED | {"ExternalId": "secret"}),
    case("AssumeRole", "a role without its external id", GUARDED, "AccessDenied"),
    case("AssumeRole", "a role with a wrong external id", GUARDED | {"ExternalId": "guessed"}, "AccessDenied"),
    case("AssumeRole", "a role that does not trust the caller", ROLE | {"RoleArn": "arn:aws:iam::${their_account}:role/closed"}, "AccessDenied"),
    case("AssumeRole", "a role that is not there", ROLE | {"RoleArn": "arn:aws:iam::${account}:role/nobody"}, "AccessDenied"),
    case("AssumeRole", "an ARN that is none", ROLE | {"RoleArn": "role/open"}, "ValidationError"),
    case("AssumeRole", "a session name of one character", ROLE | {"RoleSessionName": "x"}, "ValidationError"),
    case("AssumeRole", "a session that is too short", ROLE | {"DurationSeconds": 899}, "ValidationError"),
    case("AssumeRole", "a session that is too long", ROLE | {"DurationSeconds": 43201}, "ValidationError"),
]

ABOUT = {}

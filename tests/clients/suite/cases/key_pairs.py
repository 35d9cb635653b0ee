"""Key pairs."""

from ..case import SOMETHING, case
from ..stage import thing

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOm/G40fZtQdMwqdWSvhFLytrGBwx9nyyI81TiUOnGll"
NEW = {"KeyName": "new", "PublicKeyMaterial": KEY}
BY_NAME = {"KeyNames": ["query"]}


@thing("key-")
def key_pair(stage):
    return stage.ask("ImportKeyPair", "KeyPairId", KeyName="query", PublicKeyMaterial=KEY)


GOOD = [
    case("CreateKeyPair", "an rsa key", {"KeyName": "new"}, result={"KeyName": "new", "KeyPairId": SOMETHING, "KeyFingerprint": SOMETHING, "KeyMaterial": SOMETHING}, then=[("DescribeKeyPairs", {"KeyNames": ["new"]}, {"KeyPairs[].KeyType": ["rsa"]})]),
    case("DescribeKeyPairs", "by id", {"KeyPairIds": ["$key_pair"]}, result={"KeyPairs[].KeyName": ["query"], "KeyPairs[].KeyType": ["ed25519"]}),
    case("ImportKeyPair", "an ed25519 key", NEW, result={"KeyName": "new", "KeyPairId": SOMETHING}),
    case("DeleteKeyPair", "by id", {"KeyPairId": "$key_pair"}, then=[("DescribeKeyPairs", BY_NAME, "InvalidKeyPair.NotFound")]),
]

CASES = [
    case("CreateKeyPair", "an ed25519 key", {"KeyName": "new", "KeyType": "ed25519"}, then=[("DescribeKeyPairs", {"KeyNames": ["new"]}, {"KeyPairs[].KeyType": ["ed25519"]})]),
    case("CreateKeyPair", "a name that is taken", {"KeyName": "new"}, "InvalidKeyPair.Duplicate", before=[("CreateKeyPair", {"KeyName": "new"})]),
    case("CreateKeyPair", "a kind that is none", {"KeyName": "new", "KeyType": "dsa"}, "InvalidParameterValue"),
    case("ImportKeyPair", "a name that is taken", NEW, "InvalidKeyPair.Duplicate", before=[("ImportKeyPair", NEW)]),
    case("ImportKeyPair", "what is no key", NEW | {"PublicKeyMaterial": "x"}, "InvalidKey.Format"),
    case("DeleteKeyPair", "one that is not there", {"KeyName": "nobody"}),
    case("DescribeKeyPairs", "with the public key", {"KeyNames": ["query"], "IncludePublicKey": True}, before=[("ImportKeyPair", NEW | {"KeyName": "query"})], result={"KeyPairs[].PublicKey": [KEY]}),
    case("DescribeKeyPairs", "one that is not there", {"KeyNames": ["nobody"]}, "InvalidKeyPair.NotFound"),
]

ABOUT = {"DeleteKeyPair": {"unknown:KeyPairId": None}}

"""boto3, as anybody uses it, with three additions: who calls can change from call to call, nothing is checked before it
is sent (so that AWS's refusals are seen, not botocore's), and a call can carry parameters that no service model knows."""

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError


class Captured(Exception):
    """A request that was ready to be sent."""


# boto3's names of the services, by the names that signatures carry.
SERVICES = {
    "sts": "sts",
    "ec2": "ec2",
    "elasticloadbalancing": "elb",
    "autoscaling": "autoscaling",
}


class Caller(Credentials):
    """Credentials that are the root of whichever account a case is in: its number is the key."""

    def __init__(self):
        super().__init__("000000000000", "any")
        self.account = "000000000000"

    def get_frozen_credentials(self):
        return ReadOnlyCredentials(self.account, "any", None)


class Clients:
    """The clients of one process. Not for several threads: the caller is a field."""

    def __init__(self):
        self.caller = Caller()
        self.session = botocore.session.get_session()
        self.session._credentials = self.caller
        self.made = {}
        self.raw = {}
        self.sent = None
        self.is_held_back = False
        self.status = None

    def get(self, endpoint: str, service: str, region: str):
        key = (endpoint, service, region)
        if key not in self.made:
            self.made[key] = self._make(*key)
        return self.made[key]

    def _make(self, endpoint: str, service: str, region: str):
        config = Config(
            parameter_validation=False,
            retries={"total_max_attempts": 1},
            inject_host_prefix=False,
            connect_timeout=10,
            read_timeout=30,
            proxies={},
            s3={},
        )
        client = boto3.Session(botocore_session=self.session).client(
            SERVICES[service], endpoint_url=endpoint, region_name=region, config=config
        )
        client.meta.events.register_first("before-call", self._before_call)
        client.meta.events.register("before-send", self._before_send)
        client.meta.events.register("before-parse", self._before_parse)
        return client

    def _before_call(self, params, **_):
        params["body"].update(self.raw)
        # moto tells accounts apart by this; the simulated AWS, like AWS, by the key.
        params["headers"]["x-moto-account-id"] = self.caller.account

    def _before_send(self, request, **_):
        self.sent = request
        if self.is_held_back:
            raise Captured

    def _before_parse(self, response_dict, **_):
        self.status = response_dict["status_code"]

    def call(self, endpoint, service, region, account, method, parameters, raw=None):
        """One call as the root of `account`; `raw` goes onto the wire as it is, beside or over the parameters."""
        client = self.get(endpoint, service, region)
        self.caller.account = account
        self.raw = raw or {}
        try:
            return getattr(client, method)(**parameters)
        except ResponseParserError as error:
            # A page for people where an answer for programs should be.
            answer = {"Error": {"Message": str(error)}, "ResponseMetadata": {"HTTPStatusCode": self.status}}
            raise ClientError(answer, method) from error

    def form(self, *call) -> str:
        """The form that boto3 would send for a call."""
        self.is_held_back = True
        try:
            self.call(*call)
        except Captured:
            body = self.sent.body
            return body.decode() if isinstance(body, bytes) else body
        finally:
            self.is_held_back = False
        raise AssertionError(f"{call} was sent")

    def model(self, service: str):
        """AWS's model of a service."""
        return self.session.get_service_model(SERVICES[service])

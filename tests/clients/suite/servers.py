"""Starts what is asked: the simulated AWS and moto, each once, on a free port, cut off from the caller's AWS settings."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

REGION = "us-west-2"
FAR_REGION = "eu-central-1"

# How much faster than real time the simulated AWS lives: a state that passes in seconds passes in milliseconds, one that
# passes in hours still stands when a case looks.
SPEED = 200
READY_WITHIN = 60

# Names of actions repeat between services: those of these two are told apart, as in `elb.DescribeTags`.
PREFIXES = {"elasticloadbalancing": "elb.", "autoscaling": "autoscaling."}


def clean_environment(folder: Path) -> dict:
    """An environment in which nothing of the caller's reaches an AWS client: no settings, no files, no proxies."""
    kept = ("PATH", "TMPDIR", "LANG", "LC_ALL", "VIRTUAL_ENV", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    nowhere = str(folder / "nowhere")
    return environment | {
        "HOME": nowhere,
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_PAGER": "",
        "AWS_MAX_ATTEMPTS": "1",
        "NO_PROXY": "*",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def get(endpoint: str, path: str) -> bytes:
    """A page of a server's own."""
    with urllib.request.urlopen(endpoint + path, timeout=30) as answer:
        return answer.read()


class Server:
    """A running server and its address; it ends with the `with` block that holds it."""

    def __init__(self, name: str, command: list, folder: Path, environment: dict):
        self.name = name
        self.log = folder / f"{name}.log"
        self.endpoint = None
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=folder
            )

    def wait_for(self, what: str, check):
        """Waits until `check` answers something; fails with the log when the server ends before."""
        deadline = time.monotonic() + READY_WITHIN
        while True:
            answer = check()
            if answer:
                return answer
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended before {what}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise SystemExit(f"{self.name}: no {what} within {READY_WITHIN} s:\n{self.tail()}")
            time.sleep(0.02)

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def is_up(self, path: str) -> bool:
        try:
            get(self.endpoint, path)
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def simulated_aws(program: str, estate: Path, folder: Path, name: str = "sim", speed: int = SPEED):
    """The simulated AWS as anybody starts it: `peerway sim`."""
    command = [program, "sim", "--estate", str(estate), "--listen", "127.0.0.1:0", "--speed", str(speed)]
    server = Server(name, command, folder, clean_environment(folder))
    try:
        address = re.compile(r"http://127\.0\.0\.1:\d+")
        found = server.wait_for("address", lambda: address.search(server.log.read_text(errors="replace")))
        server.endpoint = found.group()
        server.wait_for("answer", lambda: server.is_up("/_peerway/health"))
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def moto(folder: Path):
    """moto's server. Without its thousands of images, which make each new account slow."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = clean_environment(folder) | {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = Server("moto", command, folder, environment)
    server.endpoint = f"http://127.0.0.1:{port}"
    try:
        server.wait_for("answer", lambda: server.is_up("/moto-api/data.json"))
        yield server
    finally:
        server.stop()


def known_actions(endpoint: str) -> dict:
    """The service of every action that the simulated AWS says it knows, by the name that cases have for it."""
    known = json.loads(get(endpoint, "/_peerway/actions"))
    return {PREFIXES.get(one["service"], "") + one["action"]: one["service"] for one in known}

"""Asks a client for the same keys, changes them behind its back, and counts what it asked for."""

import os
import re
import shlex
import subprocess
import sys
import time

from common import Failed, check
from grader.server import Server
from grader.wire import Status

ROOT = os.path.abspath(__file__).rsplit("/tests/", 1)[0]
FRESH_WITHIN_S = 1.0


class Program:
    """The student's client, which is asked line by line."""

    def __init__(self, program, port):
        words = shlex.split(program) + [str(port)]
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True
        )

    def get(self, key):
        self.process.stdin.write(f"get {key}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"the program ended at 'get {key}'")
        return line.rstrip("\n")

    def quit(self):
        self.process.kill()
        self.process.wait()


def calls(admin):
    """How many GETs the server has executed."""
    stats = admin.ask("INFO", "commandstats")
    admin.steps.clear()
    text = stats.decode() if isinstance(stats, bytes) else str(stats)
    found = re.search(r"cmdstat_get:calls=(\d+)", text)
    return int(found[1]) if found else 0


def soon(program, key, expected):
    """Whether the program returns this value in time."""
    deadline = time.monotonic() + FRESH_WITHIN_S
    while time.monotonic() < deadline:
        if program.get(key) == expected:
            return True
        time.sleep(0.01)
    return False


def server_command():
    """respool if it has been built, or else Debian's server."""
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    for build in ("release", "debug"):
        path = os.path.join(target, build, "respool")
        if os.path.exists(path):
            return f"'{path}' --port {{port}} --dir {{dir}}"
    return "redis-server --port {port} --dir {dir} --save ''"


def test(program):
    with Server(server_command(), 5.0) as server:
        server.start()
        client = Program(program, server.port)
        try:
            examine(server, client)
        finally:
            client.quit()


def examine(server, client):
    with server.client() as admin:
        for number in range(10):
            admin.expect(Status("OK"), "SET", f"key:{number}", f"value {number}")
        admin.steps.clear()
        for number in range(10):
            value = client.get(f"key:{number}")
            check(value == f"value {number}", f"get key:{number} prints its value", value)
        before = calls(admin)
        for _ in range(20):
            for number in range(10):
                client.get(f"key:{number}")
        asked = calls(admin) - before
        check(asked == 0, "keys that were read are in the cache", f"{asked} more GETs of 200")
        check(client.get("missing") == "(nil)", "a missing key is printed as (nil)")
        admin.ask("SET", "key:3", "new")
        check(soon(client, "key:3", "new"), "a new value is seen within a second", "the old one")
        admin.ask("DEL", "key:4")
        check(soon(client, "key:4", "(nil)"), "a removed key is seen as missing")
        admin.ask("SET", "missing", "found")
        check(soon(client, "missing", "found"), "a missing key that appears is seen")
        for round_ in range(30):
            admin.ask("SET", "key:5", f"round {round_}")
            value = client.get("key:6")
            check(value == "value 6", "a pushed message is not taken for a reply", value)
        check(soon(client, "key:5", "round 29"), "the last of many changes is seen")
        before = calls(admin)
        client.get("key:7")
        check(calls(admin) == before, "other keys are still in the cache")
        admin.ask("FLUSHALL")
        check(soon(client, "key:7", "(nil)"), "FLUSHALL empties the cache")

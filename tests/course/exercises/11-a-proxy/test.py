"""Three servers behind a proxy: where keys are, what a fourth one moves, and one that is dead."""

import contextlib
import os

from common import check
from grader.server import Server
from grader.wire import Failure, Status, encode

HERE = os.path.dirname(os.path.abspath(__file__))
KEYS = 300


def server_command():
    """respool if it has been built, or else Debian's server."""
    root = HERE.rsplit("/tests/", 1)[0]
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))
    for build in ("release", "debug"):
        path = os.path.join(target, build, "respool")
        if os.path.exists(path):
            return f"'{path}' --port {{port}} --dir {{dir}}"
    return "redis-server --port {port} --dir {dir} --save ''"


def keys_of(server):
    """The keys of one server."""
    with server.client() as client:
        return set(client.ask("KEYS", "*"))


def test(program):
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Server(server_command(), 5.0)) for _ in range(4)]
        for server in servers:
            server.start()
        ports = [str(server.port) for server in servers]
        first = f"{program} --port {{port}} --servers {','.join(ports[:3])}"
        proxy = stack.enter_context(Server(first, 5.0))
        proxy.start()
        spread(proxy, servers[:3])
        second = f"{program} --port {{port}} --servers {','.join(ports)}"
        larger = stack.enter_context(Server(second, 5.0))
        larger.start()
        grow(larger, servers)
        servers[0].kill()
        fail(proxy, servers[1:3])


def spread(proxy, servers):
    with proxy.client() as client:
        client.expect(Status("PONG"), "PING")
        client.send_bytes(b"".join(encode(["SET", f"k{n}", f"v{n}"]) for n in range(KEYS)))
        for _ in range(KEYS):
            client.expect(Status("OK"))
        client.steps.clear()
        counts = [len(keys_of(server)) for server in servers]
        check(sum(counts) == KEYS, f"each of {KEYS} keys is on one server", counts)
        check(min(counts) > KEYS / 6, "every server has a fair part of them", counts)
        wanted = [f"v{n}".encode() for n in range(20)] + [None, b"v1", b"v1"]
        client.expect(wanted, "MGET", *[f"k{n}" for n in range(20)], "missing", "k1", "k1")
        client.expect(1, "INCR", "n")
        client.expect(2, "INCR", "n")
        client.expect(3, "EXISTS", "k0", "k1", "missing", "k2")
        client.expect(Status("OK"), "SET", "bytes", b"a\r\n$3\r\n\0")
        client.expect([b"a\r\n$3\r\n\0", None], "MGET", "bytes", "missing")
        client.expect(3, "DEL", "bytes", "n", "k299", "missing")
        client.expect(Failure("ERR"), "SELECT", "1")
        client.expect(Failure("ERR"), "MULTI")
        client.expect(Status("PONG"), "PING")


def grow(larger, servers):
    before = {key: number for number, server in enumerate(servers[:3]) for key in keys_of(server)}
    with larger.client() as client:
        for key in before:
            client.expect(Status("OK"), "SET", key, "again")
            client.steps.clear()
    # Keys that moved exist twice now: on the server of before, and on another one.
    after = [keys_of(server) for server in servers]
    moved = {
        key
        for key, number in before.items()
        if any(key in after[other] for other in range(4) if other != number)
    }
    strangers = [key for key in moved if key not in after[3]]
    check(not strangers, "keys move to the new server only", strangers[:3])
    share = len(moved) / len(before)
    check(0.1 < share < 0.45, "about a quarter of the keys moves to the fourth server", f"{share:.0%}")


def fail(proxy, servers):
    alive = set().union(*(keys_of(server) for server in servers))
    with proxy.client() as client:
        errors = 0
        for number in range(60):
            key = f"k{number}".encode()
            reply = client.ask("GET", key)
            client.steps.clear()
            if isinstance(reply, Failure):
                errors += 1
                check(key not in alive, f"{key} is on a server that lives, and can be read", reply)
        check(errors > 5, "keys of a dead server get an error, and the connection lives", errors)

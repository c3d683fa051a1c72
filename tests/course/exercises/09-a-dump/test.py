"""Snapshots that a server has written, whole and damaged, and what a reader makes of them."""

import os

from common import check, run_program
from grader.server import Server
from grader.wire import Status

HERE = os.path.dirname(os.path.abspath(__file__))


def server_command():
    """respool if it has been built, or else Debian's server."""
    root = HERE.rsplit("/tests/", 1)[0]
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))
    for build in ("release", "debug"):
        path = os.path.join(target, build, "respool")
        if os.path.exists(path):
            return f"'{path}' --port {{port}} --dir {{dir}}"
    return "redis-server --port {port} --dir {dir} --save ''"


def snapshot(server, compression):
    """The bytes of a snapshot of some strings, and the lines that a reader has to print."""
    lines = set()
    with server.client() as client:
        client.ask("FLUSHALL")
        client.ask("CONFIG", "SET", "rdbcompression", compression)
        values = {
            "short": "hello",
            "number": "42",
            "negative": "-12345",
            "large-number": "2000000000",
            "no-number": "007",
            "empty": "",
            "medium": "x1y2" * 40,
            "long": "abcdefghij" * 3_000,
            "mixed": "".join(f"{n}," for n in range(2_000)),
        }
        for number in range(300):
            values[f"key:{number}"] = f"value {number * 7919}"
        for key, value in values.items():
            client.expect(Status("OK"), "SET", key, value)
            client.steps.clear()
            lines.add(f"0 {key} {value}")
        client.ask("SET", "with-deadline", "later", "EX", "1000")
        lines.add("0 with-deadline later")
        client.ask("SELECT", "5")
        client.ask("SET", "other", "database five")
        lines.add("5 other database five")
        client.expect(Status("OK"), "SAVE")
    with open(os.path.join(server.folder.name, "dump.rdb"), "rb") as file:
        return file.read(), lines


def read(program, folder, data):
    path = os.path.join(folder, "copy.rdb")
    with open(path, "wb") as file:
        file.write(data)
    return run_program(program, [path])


def test(program):
    with Server(server_command(), 5.0) as server:
        server.start()
        for compression in ("no", "yes"):
            data, expected = snapshot(server, compression)
            done = read(program, server.folder.name, data)
            found = {line.rstrip("\n") for line in done.stdout.decode("latin-1").splitlines()}
            what = f"rdbcompression {compression}"
            check(done.returncode == 0, f"{what}: exit code 0", done.stderr.decode())
            missing, more = sorted(expected - found), sorted(found - expected)
            check(not missing, f"{what}: every string is printed", f"missing: {missing[:3]}")
            check(not more, f"{what}: nothing else is printed", f"{more[:3]}")
        for what, damaged in (
            ("a byte was changed", data[:200] + bytes([data[200] ^ 1]) + data[201:]),
            ("the end is missing", data[: len(data) // 2]),
            ("another kind of file", b"PK\3\4" + data[4:]),
        ):
            done = read(program, server.folder.name, damaged)
            check(done.returncode != 0, f"{what}: exit code not 0", done.stdout.decode()[:200])
            said = done.stderr.decode()
            check("Traceback" not in said and said, f"{what}: one line says so", said)

"""Traces of locks, with and without a dead-lock in them that did not happen."""

import os
import tempfile

from common import check, run_program

# Each trace: what it is about, what happened, and the circles that have to be found.
TRACES = [
    ("one order", "1 +a +b -b -a; 2 +a +b -b -a", []),
    ("two orders, one after the other", "1 +a +b -b -a; 2 +b +a -a -b", ["a b"]),
    ("two orders, but by one thread", "1 +a +b -b -a; 1 +b +a -a -b", []),
    ("a circle of three", "1 +a +b -b -a; 2 +b +c -c -b; 3 +c +a -a -c", ["a b c"]),
    ("three locks in order", "1 +a +b +c -c -b -a; 2 +b +c -c -b; 3 +a +c -a -c", []),
    ("released before the next is taken", "1 +a -a +b -b; 2 +b -b +a -a", []),
    ("released out of order", "1 +a +b -a -b; 2 +b -b +a -a", []),
    ("a gate around both", "1 +g +a +b -b -a -g; 2 +g +b +a -a -b -g", []),
    ("a gate around one", "1 +g +a +b -b -a -g; 2 +b +a -a -b", ["a b"]),
    ("two circles", "1 +a +b -b -a; 2 +b +a -a -b; 3 +x +y -y -x; 4 +y +x -x -y", ["a b", "x y"]),
    (
        "the keyspace and the log",
        "worker +keyspace +log -log -keyspace; rewriter +log -log +keyspace -keyspace; "
        "housekeeper +log +keyspace -keyspace -log",
        ["keyspace log"],
    ),
    ("nothing", "1 +a -a", []),
]


def events(text):
    """The lines of a trace."""
    lines = []
    for part in text.split(";"):
        thread, *steps = part.split()
        for step in steps:
            lines.append(f"{thread} {'lock' if step[0] == '+' else 'unlock'} {step[1:]}")
    return "\n".join(lines) + "\n"


def test(program):
    for what, text, circles in TRACES:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trace")
            with open(path, "w", encoding="utf-8") as file:
                file.write(events(text))
            done = run_program(program, [path])
        said = done.stdout.decode() + done.stderr.decode()
        expected = [f"circle {circle}" for circle in circles] or ["no circle"]
        found = sorted(line.strip() for line in done.stdout.decode().splitlines())
        check(found == expected, f"{what} ({text}): {expected}", said)

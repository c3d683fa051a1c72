"""Cuts logs at every byte, damages them, and looks at what a repair makes of them."""

import os
import tempfile

from common import check, run_program
from grader.wire import encode


def repair(program, data):
    """The exit code, the file afterwards, what was cut (or None), and what was printed."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log")
        with open(path, "wb") as file:
            file.write(data)
        done = run_program(program, [path])
        with open(path, "rb") as file:
            after = file.read()
        cut = None
        if os.path.exists(path + ".cut"):
            with open(path + ".cut", "rb") as file:
                cut = file.read()
        return done.returncode, after, cut, done.stdout.decode() + done.stderr.decode()


def test(program):
    set_a, set_b = encode(["SET", "a", "one\r\ntwo"]), encode(["SET", "b", "*1\r\n"])
    multi, exec_ = encode(["MULTI"]), encode(["EXEC"])
    transaction = multi + set_a + set_b + exec_
    code, after, cut, said = repair(program, set_a + set_b)
    check(code == 0 and after == set_a + set_b and cut is None, "a whole log stays as it is", said)
    # At a few cuts only: each one starts a program.
    for at in (1, 3, 4, 7, len(set_b) - 1):
        code, after, cut, said = repair(program, set_a + set_b[:at])
        check(
            code == 0 and after == set_a,
            f"a second request of which {at} bytes are there is cut off",
            said,
        )
        check(cut == set_b[:at], "what was cut is kept next to the log, in FILE.cut", repr(cut))
    for end in (len(multi), len(multi + set_a), len(multi + set_a) + 5, len(transaction) - 1):
        code, after, cut, said = repair(program, set_a + transaction[:end])
        check(
            code == 0 and after == set_a,
            f"a transaction of which {end} of {len(transaction)} bytes are there is cut as a whole",
            f"{after!r} {said}",
        )
    code, after, cut, said = repair(program, set_a + transaction)
    check(code == 0 and after == set_a + transaction, "a whole transaction stays", said)
    damaged = set_a + set_b.replace(b"$3", b"$9", 1) + set_a + transaction
    code, after, cut, said = repair(program, damaged)
    check(
        code != 0 and after == damaged and cut is None,
        "damage in front of whole requests is refused, and nothing is changed",
        f"exit code {code}, {said}",
    )
    for garbage in (b"\0" * 64, b"*x\r\n", b"*1\r\n$999999999999999999999\r\n", b"*-1\r\n", b"\r\n"):
        code, after, cut, said = repair(program, set_a + garbage)
        check(
            code == 0 and after == set_a and cut == garbage,
            f"garbage at the end ({garbage[:20]!r}) is cut off, without an exception",
            said,
        )

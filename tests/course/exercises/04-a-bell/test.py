"""Sends jobs, and counts how often the program wakes up while there is none."""

import glob
import re
import select
import shlex
import subprocess
import time

from common import Failed, check

IDLE_WAKE_UPS_MAX = 25
REACTION_S_MAX = 0.25


def wake_ups(pid):
    """How often the threads of a process have gone to sleep by their own will, on Linux."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/status"):
        with open(path, encoding="ascii", errors="replace") as file:
            total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.M)[1])
    return total


def line(process, seconds):
    """The next line that the program prints in time, or None."""
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    return process.stdout.readline().strip() if ready else None


def test(program):
    process = subprocess.Popen(
        shlex.split(program), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        examine(process)
    finally:
        process.kill()
        process.wait()


def examine(process):
    def send(job):
        try:
            process.stdin.write(f"{job}\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise Failed("the program has ended") from None

    send("first")
    said = line(process, 5)
    check(said == "done first", "a job is done: 'done first'", said)
    said = line(process, 5)
    check(said == "idle", "after 0.3 s without a job it prints 'idle'", said)
    before, began = wake_ups(process.pid), time.monotonic()
    said = line(process, 1.5)
    check(said is None, "it prints 'idle' once, and then nothing", said)
    slept = wake_ups(process.pid) - before
    check(
        slept <= IDLE_WAKE_UPS_MAX,
        f"without a job it wakes up at most {IDLE_WAKE_UPS_MAX} times in "
        f"{time.monotonic() - began:.1f} s",
        f"{slept} times",
    )
    for number in range(20):
        began = time.monotonic()
        send(f"job {number}")
        said = line(process, 5)
        took = time.monotonic() - began
        check(said == f"done job {number}", f"job {number} is done", said)
        check(took < REACTION_S_MAX, "a job is done at once", f"after {took:.3f} s")
    said = line(process, 5)
    check(said == "idle", "and it is idle again", said)
    send("last")
    process.stdin.close()
    said = line(process, 5)
    check(said == "done last", "the last job is done, although the input has ended", said)
    check(process.wait(5) == 0, "at the end of the input it ends, with exit code 0")

"""What the tests of exercises share."""

import shlex
import subprocess


class Failed(Exception):
    """The exercise is not solved yet."""


def check(holds, what, seen=""):
    """Fails with a sentence about what has to hold, and what was seen instead."""
    if not holds:
        raise Failed(f"{what}\n    seen: {str(seen).strip()[:1500]}")


def run_program(program, arguments, seconds=30, **options):
    """Runs the student's program to its end."""
    words = shlex.split(program) + [str(argument) for argument in arguments]
    try:
        return subprocess.run(words, capture_output=True, timeout=seconds, check=False, **options)
    except subprocess.TimeoutExpired:
        raise Failed(f"{words} does not end within {seconds} s") from None
    except OSError as error:
        raise Failed(f"{words} cannot be started: {error}") from error

#!/usr/bin/env python3
"""Tests the solution of an exercise: python3 exercise.py 3

    python3 exercise.py 2 --program "python3 mine.py"   exercises that are programs of your own
    python3 exercise.py --check                         proves that every exercise can be solved

An exercise is a folder: README.md is its page, test.py fails until it is solved. Exercises on this
code have a solution.patch; the others have a start.py, which fails, and a solution.py.
"""

import argparse
import glob
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(HERE, "exercises")]

from common import Failed  # noqa: E402
from grader.report import explain  # noqa: E402
from grader.wire import Wrong  # noqa: E402


def folders():
    """The folder of each exercise, by its number."""
    found = sorted(glob.glob(os.path.join(HERE, "exercises", "[0-9][0-9]-*")))
    return {int(os.path.basename(path)[:2]): path for path in found}


def is_on_this_code(folder):
    """Whether the exercise changes respool itself."""
    return os.path.exists(os.path.join(folder, "solution.patch"))


def build(root):
    """Builds respool and returns the program."""
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    command = ["cargo", "build", "--locked", "--quiet", "--bin", "respool"]
    environment = {**os.environ, "CARGO_TARGET_DIR": target}
    done = subprocess.run(command, cwd=root, env=environment, check=False)
    if done.returncode != 0:
        raise Failed("it does not compile")
    return os.path.join(target, "debug", "respool")


def run(folder, program):
    """Runs the test of an exercise; the text of its failure, or None."""
    spec = importlib.util.spec_from_file_location("test", os.path.join(folder, "test.py"))
    test = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(test)
    try:
        test.test(program)
    except Failed as failed:
        return str(failed)
    except Wrong as wrong:
        return explain(wrong)
    return None


def python(folder, name):
    """The command of a program in the folder."""
    return f"'{sys.executable}' '{os.path.join(folder, name)}'"


def one(number, program):
    """Tests the student's work."""
    folder = folders()[number]
    if program is None:
        program = build(ROOT) if is_on_this_code(folder) else python(folder, "start.py")
    failure = run(folder, program)
    name = os.path.basename(folder)
    if failure is None:
        print(f"exercise {name}: solved")
        return 0
    print(f"exercise {name}: not yet\n  {failure}\n  the page: {folder}/README.md")
    return 1


def check(numbers):
    """Proves for each exercise that its test fails before the solution and passes after it."""
    is_well = True
    for number, folder in folders().items():
        if numbers and number not in numbers:
            continue
        if is_on_this_code(folder):
            before, after = check_patch(folder)
        else:
            before = run(folder, python(folder, "start.py"))
            after = run(folder, python(folder, "solution.py"))
        verdict = "ok" if before is not None and after is None else "WRONG"
        is_well &= verdict == "ok"
        print(f"{verdict:5} {os.path.basename(folder)}", flush=True)
        if before is None:
            print("  the test passes without a solution")
        if after is not None:
            print(f"  the test fails with the solution: {after}")
    return 0 if is_well else 1


def check_patch(folder):
    """The failures before and after the patch, in a scratch copy of the repository."""
    with tempfile.TemporaryDirectory(prefix="exercise-") as scratch:
        for name in ("Cargo.toml", "Cargo.lock"):
            shutil.copy(os.path.join(ROOT, name), scratch)
        for name in ("src", "tests"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(os.path.join(ROOT, name), os.path.join(scratch, name), ignore=ignored)
        before = run(folder, build(ROOT))
        patch = os.path.join(folder, "solution.patch")
        done = subprocess.run(["git", "apply", patch], cwd=scratch, check=False)
        if done.returncode != 0:
            return before, "the patch does not apply to the present code"
        return before, run(folder, build(scratch))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("number", type=int, nargs="*", help="the exercise")
    parser.add_argument("--program", help="the command of your program")
    parser.add_argument("--check", action="store_true", help="prove that they can be solved")
    options = parser.parse_args()
    unknown = [number for number in options.number if number not in folders()]
    if unknown or not options.check and len(options.number) != 1:
        parser.error(f"one of the exercises {sorted(folders())}, please")
    if options.check:
        return check(options.number)
    return one(options.number[0], options.program or None)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The grader is graded: a right server passes, and every wrong one is caught by its stage.

    python3 check.py                      the wrong servers, and the model they are made from
    python3 check.py --server "COMMAND"   a server that is known to be right has to pass every stage
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "wrong"))

from faults import FAULTS  # noqa: E402
from grader.stages import STAGES  # noqa: E402

# A wrong server often does not answer at all; there is no use in waiting for it for long.
PATIENCE_S = 0.8
AT_ONCE = 6


def failures(command, number, patience):
    """The first test that fails in a stage, as a text in a list."""
    results = STAGES[number].run(number, command, patience, only_first_failure=True)
    return [f"stage {number}: {r.name}: {r.wrong}" for r in results if r.wrong is not None]


def check_right(command):
    """What a right server fails, which is a fault of the grader."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda number: failures(command, number, 10.0), STAGES)
    return [failure for of_stage in found for failure in of_stage]


def check_wrong():
    """The wrong servers that their stage lets pass."""

    def caught(item):
        name, kind = item
        command = f"{sys.executable} {HERE}/wrong/faults.py {name} --port {{port}}"
        found = failures(command, kind.STAGE, PATIENCE_S)
        return None if found else f"stage {kind.STAGE} lets {name} pass: {kind.__doc__}"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [missed for missed in pool.map(caught, FAULTS.items()) if missed]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", help="command of a server that has to pass, with {port}")
    options = parser.parse_args()
    if options.server:
        found = check_right(options.server)
    else:
        stages = {kind.STAGE for kind in FAULTS.values()}
        found = [f"stage {number} has no wrong server" for number in STAGES if number not in stages]
        found += check_wrong()
        found += check_right(f"{sys.executable} {HERE}/wrong/model.py --port {{port}}")
    print("\n".join(found) if found else "all is well")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

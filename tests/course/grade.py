#!/usr/bin/env python3
"""Grades a server: python3 grade.py --server "python3 server.py --port {port}" --stage 7

`{port}` in the command is replaced by the port to listen on, on 127.0.0.1. From stage 10 on flags in
Redis's notation follow the command: --appendonly yes --appendfsync always --dir FOLDER.
The exit code is 0 if every test has passed. Python 3.8 and its standard library are enough.
"""

import argparse
import sys

from grader import report
from grader.stages import STAGES
from grader.wire import NotStarted


def parse_stages(text):
    """`7`, `1-7`, `3,5`, `all`."""
    if text == "all":
        return list(STAGES)
    found = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    unknown = [number for number in found if number not in STAGES]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no stage {unknown[0]}; they are 1-{len(STAGES)}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="command that starts it, with {port}")
    parser.add_argument("--stage", type=parse_stages, default=list(STAGES), help="7, 1-7 or all")
    parser.add_argument("--junit", help="file to write the results to, as JUnit XML")
    parser.add_argument("--patience", type=float, default=2.0, help="seconds to wait for a reply")
    options = parser.parse_args()
    results = []
    for number in options.stage:
        stage = STAGES[number]
        print(f"stage {number}: {stage.title}   ({stage.page})", flush=True)
        results += stage.run(number, options.server, options.patience, report.print_result)
        if isinstance(results[0].wrong, NotStarted):
            print("The server does not start: nothing else is tried.")
            break
    if options.junit:
        with open(options.junit, "w", encoding="utf-8") as file:
            file.write(report.junit(results))
    failed = sum(result.wrong is not None for result in results)
    print(f"\n{len(results) - failed} of {len(results)} tests passed, {failed} failed")
    print(report.grade_line(results, options.stage))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

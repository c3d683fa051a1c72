"""What is printed: a line per test, an explanation per failure, a score, JUnit XML.

The last line is for programs that grade: `GRADE stage=7 passed=4 total=4 score=100`.
"""

import textwrap
from xml.sax.saxutils import escape, quoteattr


class Result:
    """How one test went."""

    def __init__(self, stage, name, seconds, wrong=None):
        self.stage, self.name, self.seconds, self.wrong = stage, name, seconds, wrong


def explain(wrong):
    """Why a test failed: what was sent, what was expected, what was received."""
    lines = [f"    {step}" for step in wrong.steps]
    lines += _labelled("expected", wrong.expected) + _labelled("received", wrong.received)
    if wrong.hint:
        lines += _labelled("hint", wrong.hint)
    return "\n".join(lines)


def _labelled(label, text):
    lines = []
    for part in str(text).splitlines() or [""]:
        lines += textwrap.wrap(part, 100, break_long_words=False) or [""]
    return [f"    {label if at == 0 else '':<9} {line}" for at, line in enumerate(lines)]


def print_result(result):
    """The line of one test, with an explanation if it failed."""
    mark = "ok    " if result.wrong is None else "FAILED"
    print(f"  {mark} {result.name} ({result.seconds:.2f} s)", flush=True)
    if result.wrong is not None:
        print(explain(result.wrong), flush=True)


def score(results, stage_count):
    """Per cent of the points: every stage counts the same, and in it every test. A stage without
    results, because the server did not start any more, has none."""
    stages = {}
    for result in results:
        stages.setdefault(result.stage, []).append(result.wrong is None)
    points = sum(sum(oks) / len(oks) for oks in stages.values())
    return round(100 * points / max(stage_count, 1))


def grade_line(results, stages):
    """The line for programs."""
    passed = sum(result.wrong is None for result in results)
    return (
        f"GRADE stage={','.join(str(stage) for stage in stages)} passed={passed} "
        f"total={len(results)} score={score(results, len(stages))}"
    )


def junit(results):
    """The results as JUnit XML, a test suite per stage."""
    suites = {}
    for result in results:
        suites.setdefault(result.stage, []).append(result)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for stage, of_stage in suites.items():
        failures = sum(result.wrong is not None for result in of_stage)
        seconds = sum(result.seconds for result in of_stage)
        lines.append(
            f'  <testsuite name="stage {stage:02}" tests="{len(of_stage)}" '
            f'failures="{failures}" time="{seconds:.3f}">'
        )
        for result in of_stage:
            head = (
                f'    <testcase classname="stage{stage:02}" name={quoteattr(result.name)} '
                f'time="{result.seconds:.3f}"'
            )
            if result.wrong is None:
                lines.append(head + "/>")
            else:
                short = quoteattr(_printable(str(result.wrong)))
                text = escape(_printable(explain(result.wrong)))
                lines += [f"{head}>", f"      <failure message={short}>{text}</failure>"]
                lines.append("    </testcase>")
        lines.append("  </testsuite>")
    return "\n".join(lines + ["</testsuites>"]) + "\n"


def _printable(text):
    """Without control characters, which XML cannot hold."""
    return "".join(c if c in "\n\t" or ord(c) >= 32 else f"\\x{ord(c):02x}" for c in text)

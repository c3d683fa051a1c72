"""Repairs a log: python3 solution.py FILE."""

import sys


def request_at(data, at):
    """The words of the request at an offset, and the offset behind it; None if it is not whole."""
    words = []
    count, at = number_at(data, at, b"*")
    for _ in range(count or 0):
        length, at = number_at(data, at, b"$")
        if length is None or data[at + length : at + length + 2] != b"\r\n":
            return None
        words.append(data[at : at + length])
        at += length + 2
    return (words, at) if words else None


def number_at(data, at, kind):
    """The number in a line of a kind, and the offset behind the line."""
    end = data.find(b"\r\n", at, at + 24)
    digits = data[at + 1 : end]
    if end < 0 or data[at : at + 1] != kind or not digits.isdigit():
        return None, at
    return int(digits), end + 2


def whole_units(data, at=0):
    """The offset behind the last unit: a request, or a transaction with its EXEC."""
    unit, is_open = at, False
    while True:
        found = request_at(data, at)
        if found is None:
            return unit
        words, at = found
        name = words[0].upper()
        is_open = name == b"MULTI" or (is_open and name != b"EXEC")
        if not is_open:
            unit = at


def main():
    path = sys.argv[1]
    with open(path, "rb") as file:
        data = file.read()
    whole = whole_units(data)
    rest = data[whole:]
    # The torn end of an append is followed by nothing. If whole requests follow, this is damage:
    # what is missing between here and there, nobody knows. An open transaction is whole requests,
    # too, so the search begins behind them.
    at = whole
    while (found := request_at(data, at)) is not None:
        at = found[1]
    for start in range(at + 1, len(data)):
        if data[start : start + 1] == b"*" and request_at(data, start):
            print(f"damage at {at}: whole requests follow at {start}", file=sys.stderr)
            sys.exit(1)
    if rest:
        with open(path + ".cut", "wb") as file:
            file.write(rest)
        with open(path, "r+b") as file:
            file.truncate(whole)
    print(f"whole {whole}")


main()

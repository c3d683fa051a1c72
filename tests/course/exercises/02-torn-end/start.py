"""Repairs a log: python3 start.py FILE. Cuts what is not whole off its end.

This is where you begin: it knows requests, but neither transactions nor damage in the middle.
"""

import sys


def request_at(data, at):
    """The words of the request at an offset, and the offset behind it; None if it is not whole."""
    end = data.find(b"\r\n", at)
    if end < 0 or data[at : at + 1] != b"*":
        return None
    words, count, at = [], int(data[at + 1 : end]), end + 2
    for _ in range(count):
        end = data.find(b"\r\n", at)
        if end < 0 or data[at : at + 1] != b"$":
            return None
        length, at = int(data[at + 1 : end]), end + 2
        if len(data) < at + length + 2:
            return None
        words.append(data[at : at + length])
        at += length + 2
    return words, at


def main():
    path = sys.argv[1]
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while True:
        found = request_at(data, at)
        if found is None:
            break
        at = found[1]
    with open(path, "r+b") as file:
        file.truncate(at)
    print(f"whole {at}")


main()

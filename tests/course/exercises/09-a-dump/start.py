"""Reads a snapshot: python3 start.py FILE. Prints `DB KEY VALUE` for each string, in any order.

This is where you begin: it knows the head of the file.
"""

import sys

with open(sys.argv[1], "rb") as file:
    data = file.read()
if data[:5] != b"REDIS":
    sys.exit("not a snapshot")
print(f"version {int(data[5:9])}, {len(data)} bytes")

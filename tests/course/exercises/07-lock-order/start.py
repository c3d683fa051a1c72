"""Finds dead-locks that have not happened yet: python3 start.py FILE.

The file has a line for each event: `THREAD lock NAME` or `THREAD unlock NAME`. This is where you begin:
it only finds threads that never released what they took.
"""

import sys

held = {}
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        thread, event, name = line.split()
        locks = held.setdefault(thread, [])
        locks.append(name) if event == "lock" else locks.remove(name)
print("circle" if any(held.values()) else "no circle")

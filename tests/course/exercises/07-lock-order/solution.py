"""Finds dead-locks that have not happened yet: python3 solution.py FILE.

While a thread holds A it takes B: an arrow from A to B. If the arrows have a circle, a schedule exists
in which threads wait for each other for ever, even if this run was lucky. Arrows of a single thread
cannot meet, and neither can those under a common lock (a *gate*) that both sides hold.
"""

import itertools
import sys


def arrows(lines):
    """(A, B) -> the threads that took B while they held A, each with everything else they held."""
    held, found = {}, {}
    for line in lines:
        thread, event, name = line.split()
        locks = held.setdefault(thread, [])
        if event == "unlock":
            locks.remove(name)
            continue
        for other in locks:
            found.setdefault((other, name), set()).add((thread, frozenset(locks) - {other}))
        locks.append(name)
    return found


def circles(found):
    """All simple circles of locks, each from its smallest name on."""
    after = {}
    for first, second in found:
        after.setdefault(first, set()).add(second)

    def walk(path):
        for following in sorted(after.get(path[-1], ())):
            if following == path[0]:
                yield path
            elif following > path[0] and following not in path:
                yield from walk(path + [following])

    for start in sorted(after):
        yield from walk([start])


def is_possible(circle, found):
    """Whether different threads can hold the locks of this circle at the same time."""
    pairs = list(zip(circle, circle[1:] + circle[:1]))
    for chosen in itertools.product(*(found[pair] for pair in pairs)):
        threads = [thread for thread, _ in chosen]
        if len(set(threads)) < len(threads):
            continue
        gates = [gate for _, gate in chosen]
        if not any(first & second for first, second in itertools.combinations(gates, 2)):
            return True
    return False


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        found = arrows(file)
    possible = [circle for circle in circles(found) if is_possible(circle, found)]
    for circle in possible:
        print("circle " + " ".join(circle))
    if not possible:
        print("no circle")


main()

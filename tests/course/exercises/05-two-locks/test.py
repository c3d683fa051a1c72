"""Reads while others write; takes keys in both orders; holds one lock and works with the other."""

import importlib.util
import shlex
import threading
import time

from common import check

SECONDS_MAX = 10


def load(program):
    """The module in the last word of the command."""
    spec = importlib.util.spec_from_file_location("store", shlex.split(program)[-1])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def together(jobs):
    """Runs jobs in threads; whether all of them end in time."""
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + SECONDS_MAX
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)


def test(program):
    store, torn = load(program).Store(), []
    a, b = "a", "b"
    check(store.shard_of(a) != store.shard_of(b), "a and b are in different shards")
    store.mset([(a, "0"), (b, "0")])

    def write(order, name):
        for number in range(400):
            store.mset([(key, f"{name}{number}") for key in order])

    def read():
        for _ in range(2_000):
            seen = store.mget([a, b])
            if seen[0] != seen[1]:
                torn.append(seen)
            seen = store.mget([b, a])
            if seen[0] != seen[1]:
                torn.append(seen)

    jobs = [lambda: write([a, b], "x"), lambda: write([b, a], "y"), read]
    check(together(jobs), "MSET a b, MSET b a and MGET by three threads come to an end", "they hang")
    check(not torn, "MGET never sees one key new and the other old", torn[:3])
    check(together([lambda: store.mset([(a, "1"), (a, "2")])]), "MSET a 1 a 2 ends", "it hangs")
    check(store.get(a) == "2", "the last value of a key counts", store.get(a))

    # Two locks, and not one under two names.
    done = threading.Event()

    def use_other():
        store.mset([(b, "free")])
        store.get(b)
        done.set()

    with store.locks[store.shard_of(a)]:
        threading.Thread(target=use_other, daemon=True).start()
        check(done.wait(2), "b can be used while the lock of a is held", "it waits")

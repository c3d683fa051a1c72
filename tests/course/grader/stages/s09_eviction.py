"""A cache has a limit, and forgets what was not used for the longest time."""

import time

from ..stage import Stage
from ..wire import Status, encode

STAGE = Stage("LRU at a limit", "src/guide/stages/09-eviction.md")
LIMIT_BYTES = 8 << 20
VALUE = b"v" * 1024
OLD, HOT, EVERY = 4_000, 40, 50
# New keys are set until so many keys have gone; without a limit that is never the case.
GONE_MIN, NEW_MAX = 1_500, 12_000
# Of values of 1 KiB the limit holds fewer than this, and a fair server holds at least that.
KEYS_MAX, KEYS_MIN = LIMIT_BYTES // 1024, 2_500
# Redis notes the last use in seconds.
CLOCK_S = 1.1


def fill(client, prefix, first, count):
    """Sets keys, some hundreds at a time."""
    for start in range(first, first + count, 250):
        numbers = range(start, min(start + 250, first + count))
        client.send_bytes(b"".join(encode(["SET", f"{prefix}{n}", VALUE]) for n in numbers))
        for _ in numbers:
            client.expect(Status("OK"), hint="A cache makes room; it does not refuse writes.")
        client.steps.clear()


@STAGE.test("the limit is set, and is kept", fresh=True)
def limit(server):
    with server.client() as client:
        client.expect(Status("OK"), "CONFIG", "SET", "maxmemory", str(LIMIT_BYTES))
        client.expect(Status("OK"), "CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        fill(client, "old", 0, OLD)
        time.sleep(CLOCK_S)
        for number in range(HOT):
            client.expect(VALUE, "GET", f"old{number * EVERY}")
        new, count = 0, OLD
        while OLD + new - count < GONE_MIN and new < NEW_MAX:
            fill(client, "new", new, 500)
            new += 500
            count = client.ask("DBSIZE")
        client.steps.clear()
        client.note(f"client set       {OLD} keys of 1 KiB, read {HOT} of them after {CLOCK_S} s,")
        client.note(f"                 and set {new} more, under a limit of 8 MiB")
        if not KEYS_MIN <= count <= KEYS_MAX:
            raise client.wrong(f"between {KEYS_MIN} and {KEYS_MAX} keys", f":{count}")


@STAGE.test("what was used lately stays, and what was not goes")
def least_recent(server):
    with server.client() as client:
        kept = [client.ask("EXISTS", f"old{number * EVERY}") for number in range(HOT)]
        client.steps.clear()
        client.note(f"client           set old0 … old{OLD - 1}, read every fiftieth, set new0 …")
        if sum(kept) < HOT * 0.9:
            raise client.wrong(
                f"nearly all of the {HOT} keys that were read",
                f"{sum(kept)} of them",
                hint="Reading a key makes it young. Is the order that of insertion (FIFO)?",
            )
        rest = [f"old{number}" for number in range(OLD) if number % EVERY]
        client.send_bytes(encode(["EXISTS"] + rest))
        gone = len(rest) - client.expect_reply()
        if gone < GONE_MIN * 0.7:
            raise client.wrong(
                f"at least {int(GONE_MIN * 0.7)} of the {len(rest)} keys that were never read "
                "to be gone",
                f"{gone} of them are",
                hint="Are new keys evicted before old ones?",
            )


@STAGE.test("maxmemory 0 means no limit")
def no_limit(server):
    with server.client() as client:
        client.ask("CONFIG", "SET", "maxmemory", "0")
        before = client.ask("DBSIZE")
        fill(client, "more", 0, 1_000)
        client.note("client set       maxmemory to 0, and 1000 more keys")
        client.expect(before + 1_000, "DBSIZE")
        client.expect(VALUE, "GET", "more0")

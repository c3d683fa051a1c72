"""Django's cache on a server: the calls that a web application makes.

Usage: cache.py HOST PORT. Every check is an assertion; the last line says how many there were.
"""

import sys
import time

from django.conf import settings

HOST, PORT = sys.argv[1], sys.argv[2]
settings.configure(
    CACHES={
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://{HOST}:{PORT}/1",
            "KEY_PREFIX": "site",
        },
    }
)

from django.core.cache import cache  # noqa: E402

CHECKS = 0


def same(found, expected, what):
    """One check."""
    global CHECKS
    CHECKS += 1
    assert found == expected, f"{what}: {found!r} instead of {expected!r}"


def main():
    cache.clear()
    same(cache.add("a", {"deep": [1, "two", None]}), True, "add")
    same(cache.add("a", 2), False, "add to what is there")
    same(cache.get("a"), {"deep": [1, "two", None]}, "get")
    same(cache.get("nothing", "default"), "default", "get with a default")
    same(cache.get_or_set("b", lambda: 5, 100), 5, "get_or_set")
    same(cache.get_or_set("b", 6), 5, "get_or_set of what is there")
    same(cache.set_many({f"m{at}": at for at in range(300)}, timeout=60), [], "set_many")
    keys = [f"m{at}" for at in range(301)]
    same(cache.get_many(keys), {f"m{at}": at for at in range(300)}, "get_many")
    cache.set("n", 1)
    same(cache.incr("n"), 2, "incr")
    same(cache.incr("n", 40), 42, "incr by more")
    same(cache.decr("n", 2), 40, "decr")
    try:
        cache.incr("no-such-counter")
        raise AssertionError("incr of nothing is an error")
    except ValueError:
        pass
    same(cache.touch("n", 100), True, "touch")
    same(cache.touch("nothing"), False, "touch of nothing")
    cache.set("v", "first", version=1)
    cache.set("v", "second", version=2)
    same(cache.get("v", version=2), "second", "a version")
    same(cache.incr_version("v"), 2, "incr_version")
    same(cache.get("v"), None, "the old version")
    cache.set("short", 1, timeout=1)
    same(cache.has_key("short"), True, "before its end")
    end = time.monotonic() + 10
    while cache.has_key("short") and time.monotonic() < end:
        time.sleep(0.05)
    same(cache.has_key("short"), False, "after its end")
    cache.set("gone", 1, timeout=0)
    same(cache.get("gone"), None, "no time at all")
    cache.set("kept", 1, timeout=100)
    same(cache.touch("kept", timeout=None), True, "for ever")
    cache.delete_many(["m0", "m1", "nothing"])
    same(sorted(cache.get_many(["m0", "m1", "m2"])), ["m2"], "delete_many")
    same(cache.delete("a"), True, "delete")
    same(cache.delete("a"), False, "delete of nothing")
    cache.set("binary", b"\x00\xff\r\n" * 100_000)
    same(len(cache.get("binary")), 400_000, "a large value")
    cache.clear()
    same(cache.get("kept"), None, "clear")
    cache.close()
    print(f"{CHECKS} checks")


main()

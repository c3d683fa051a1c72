"""redis-py against a server: what an application does with it, in both versions of the protocol.

Usage: library.py HOST PORT. Every check is an assertion; the last line says how many there were.
"""

import sys
import threading

import redis

CHECKS = 0


def same(found, expected, what):
    """One check."""
    global CHECKS
    CHECKS += 1
    assert found == expected, f"{what}: {found!r} instead of {expected!r}"


def text(found):
    """What some calls return as bytes in one version of the protocol and as text in the other."""
    return found.decode() if isinstance(found, bytes) else found


def strings(client):
    same(client.set("k", "v", ex=100), True, "SET EX")
    same(client.get("k"), b"v", "GET")
    same(client.ttl("k"), 100, "TTL")
    same(client.set("k", "w", nx=True), None, "SET NX")
    same(client.set("k", "w", xx=True, get=True), b"v", "SET XX GET")
    same(client.getex("k", persist=True), b"w", "GETEX PERSIST")
    same(client.ttl("k"), -1, "TTL without a deadline")
    same(client.mset({"a": 1, "b": b"\x00\xff\r\n"}), True, "MSET")
    same(client.mget(["a", "b", "nothing"]), [b"1", b"\x00\xff\r\n", None], "MGET")
    same(client.incr("a", 41), 42, "INCRBY")
    same(client.incrbyfloat("a", 0.5), 42.5, "INCRBYFLOAT")
    same(client.append("k", "x" * 100_000), 100_001, "APPEND")
    same(len(client.getrange("k", 0, -1)), 100_001, "GETRANGE")
    same(client.getdel("k"), b"w" + b"x" * 100_000, "GETDEL")
    same(client.exists("k", "a", "a"), 2, "EXISTS")


def hashes(client):
    same(client.hset("h", mapping={"f": "1", "g": "2"}), 2, "HSET")
    same(client.hgetall("h"), {b"f": b"1", b"g": b"2"}, "HGETALL")
    same(client.hincrby("h", "f", 9), 10, "HINCRBY")
    same(client.hmget("h", ["f", "x"]), [b"10", None], "HMGET")
    same(dict(client.hscan_iter("h")), {b"f": b"10", b"g": b"2"}, "HSCAN")
    same(client.hdel("h", "f", "g"), 2, "HDEL")
    same(client.exists("h"), 0, "an empty hash is none")


def pipelines(client):
    pipe = client.pipeline()
    for at in range(1_000):
        pipe.set(f"p:{at}", at)
    same(pipe.execute(), [True] * 1_000, "a transaction of a thousand")
    same(len(list(client.scan_iter("p:*", count=100))), 1_000, "SCAN")
    pipe = client.pipeline(transaction=False)
    pipe.get("p:7").incr("p:7").hset("p:7", "f", "v")
    found = pipe.execute(raise_on_error=False)
    same(found[:2], [b"7", 8], "a pipeline")
    same(type(found[2]), redis.ResponseError, "an error in the middle of a pipeline")
    same(client.unlink(*[f"p:{at}" for at in range(1_000)]), 1_000, "UNLINK")


def optimistic_locking(client):
    client.set("n", 0)

    def add(pipe):
        value = int(pipe.get("n"))
        pipe.multi()
        pipe.set("n", value + 1)

    def work():
        for _ in range(50):
            client.transaction(add, "n")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(client.get("n"), b"200", "no update is lost")


def operations(client):
    same(client.ping(), True, "PING")
    info = client.info("everything")
    same(info["redis_mode"], "standalone", "INFO")
    assert info["cmdstat_get"]["calls"] > 0 and info["cmdstat_get"]["failed_calls"] == 0
    assert info["latency_percentiles_usec_get"]["p50"] >= 0
    assert info["errorstat_WRONGTYPE"]["count"] > 0
    same(client.config_set("slowlog-log-slower-than", 0), True, "CONFIG SET")
    same(client.config_get("slowlog*")["slowlog-log-slower-than"], "0", "CONFIG GET")
    client.set("slow", "\x01")
    entry = client.slowlog_get(1)[0]
    same(entry["command"], b"SET slow \x01", "SLOWLOG GET")
    same(client.slowlog_reset(), True, "SLOWLOG RESET")
    client.config_set("slowlog-log-slower-than", 10_000)
    same(client.client_setname("me"), True, "CLIENT SETNAME")
    assert any(entry["name"] == "me" for entry in client.client_list())
    same(client.client_pause(1, all=False), True, "CLIENT PAUSE")
    same(client.client_unpause(), b"OK", "CLIENT UNPAUSE")
    same(client.latency_latest(), [], "LATENCY LATEST")
    same(text(client.acl_whoami()), "default", "ACL WHOAMI")
    same(client.acl_getuser("default")["enabled"], True, "ACL GETUSER")
    assert "hash" in [text(name) for name in client.acl_cat()]
    same(client.module_list(), [], "MODULE LIST")
    same(client.role()[0], b"master", "ROLE")
    same(client.wait(0, 100), 0, "WAIT")
    assert client.time()[0] > 1_700_000_000
    same(client.config_resetstat(), True, "CONFIG RESETSTAT")


def monitoring(client):
    with client.monitor() as monitor:
        client.set("seen", "a b")
        commands = (monitor.next_command() for _ in range(100))
        found = next(found for found in commands if "seen" in found["command"])
        same(found["command"], "SET seen a b", "MONITOR")


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    for protocol in (2, 3):
        client = redis.Redis(host=host, port=port, db=1, protocol=protocol, socket_timeout=20)
        client.flushdb()
        for part in (strings, hashes, pipelines, optimistic_locking, operations, monitoring):
            part(client)
        client.close()
    print(f"{CHECKS} checks")


main()

"""redis-py's client for clusters against a server that emulates a cluster of one.

Usage: cluster.py HOST PORT. Every check is an assertion; the last line says how many there were.
"""

import sys

import redis

CHECKS = 0


def same(found, expected, what):
    """One check."""
    global CHECKS
    CHECKS += 1
    assert found == expected, f"{what}: {found!r} instead of {expected!r}"


def main(host, port):
    for protocol in (2, 3):
        client = redis.RedisCluster(host=host, port=port, protocol=protocol)
        client.flushall()
        nodes = client.get_nodes()
        same(len(nodes), 1, "servers")
        same(nodes[0].port, port, "the port of the server")
        same(client.set("k", "v"), True, "SET")
        same(client.get("k"), b"v", "GET")
        names = [f"key:{number}" for number in range(50)]
        same(client.mset_nonatomic({name: name for name in names}) is not None, True, "MSET")
        same(client.mget_nonatomic(names), [name.encode() for name in names], "MGET by slots")
        same(client.keyslot("foo"), 12182, "the slot that the client computes")
        same(client.cluster_keyslot("foo"), 12182, "the slot that the server computes")
        same(client.cluster_countkeysinslot(client.keyslot("k")), 1, "keys in a slot")
        same(client.cluster_info()["cluster_state"], "ok", "the state of the cluster")
        same(client.dbsize(), 51, "DBSIZE over all servers")
        pipeline = client.pipeline()
        for name in names[:10]:
            pipeline.get(name)
        same(pipeline.execute(), [name.encode() for name in names[:10]], "a pipeline")
        same(client.eval("return redis.call('GET', KEYS[1])", 1, "k"), b"v", "a script")
        same(sorted(client.scan_iter(match="key:1*"))[:2], [b"key:1", b"key:10"], "SCAN")
        same(client.incr("{k}:counter"), 1, "a key with a hash tag")
        same(client.delete("k", "key:1", "key:2"), 3, "DEL over several slots")
        client.close()
    print(f"{CHECKS} checks")


main(sys.argv[1], int(sys.argv[2]))

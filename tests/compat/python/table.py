"""The command table against Redis's own: arity, flags, key positions, categories, key use.

Usage: table.py HOST PORT REDIS_PORT. Every command that both know is compared; the last line says
how many comparisons there were.
"""

import sys

import redis

# What is meant to differ: command, what about it, and why.
MEANT = {
    ("command|getkeys", "arity"): "as in Redis 7.2, where it is less strict",
    ("command|getkeysandflags", "arity"): "as in Redis 7.2, where it is less strict",
    ("acl|load", "flags"): "not in a transaction, which holds the keyspace",
    ("acl|save", "flags"): "not in a transaction, which holds the keyspace",
    ("client|reply", "flags"): "not in a transaction, whose replies are announced",
    ("config|set", "flags"): "not in a transaction, which holds the keyspace",
    ("config|rewrite", "flags"): "not in a transaction, which holds the keyspace",
    ("sort", "keys"): "no specification for keys that cannot be found",
    ("sort_ro", "keys"): "no specification for keys that cannot be found",
    ("zrank", "arity"): "WITHSCORE, as in Redis 7.2",
    ("zrevrank", "arity"): "WITHSCORE, as in Redis 7.2",
    ("wait", "flags"): "blocking, as in Redis 7.2",
    ("wait", "categories"): "follows from the flags",
    ("migrate", "flags"): "not in a transaction, which holds the keyspace",
    ("cluster|countkeysinslot", "flags"): "not in a transaction, which holds the keyspace",
    ("cluster|getkeysinslot", "flags"): "not in a transaction, which holds the keyspace",
    ("debug", "flags"): "not in a transaction, which holds the keyspace",
}


def ask(port, *words):
    """The plain reply, which no callback of the library has changed."""
    connection = redis.Connection(host=sys.argv[1], port=port, protocol=2)
    connection.send_command(*words)
    reply = connection.read_response()
    connection.disconnect()
    return reply


def pairs(flat):
    """A map from the flat array that it is in RESP2."""
    return dict(zip(flat[::2], flat[1::2]))


def key_use(specification):
    """One key specification in a form that can be compared."""
    fields = pairs(specification)
    places = [pairs(fields[name]) for name in (b"begin_search", b"find_keys")]
    return sorted(fields[b"flags"]), [(place[b"type"], pairs(place[b"spec"])) for place in places]


def facts(description):
    """What is compared of a command."""
    return {
        "arity": description[1],
        # Nothing is ever loaded beside the requests of clients.
        "flags": sorted(set(description[2]) - {b"no_async_loading"}),
        "positions": description[3:6],
        "categories": sorted(description[6]),
        "keys": [key_use(specification) for specification in description[8]],
    }


def main():
    own_port, redis_port = int(sys.argv[2]), int(sys.argv[3])
    checks, differences = 0, []
    names = [name.decode() for name in ask(own_port, "COMMAND", "LIST")]
    own = ask(own_port, "COMMAND", "INFO", *names)
    theirs = ask(redis_port, "COMMAND", "INFO", *names)
    for name, found, expected in zip(names, own, theirs):
        if expected is None:
            continue
        found, expected = facts(found), facts(expected)
        for what in expected:
            checks += 1
            if found[what] != expected[what] and (name, what) not in MEANT:
                differences.append(f"{name}, {what}: {found[what]} instead of {expected[what]}")
    assert not differences, "\n".join(differences)
    print(f"{checks} checks")


main()

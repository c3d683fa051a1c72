"""A store with two locks, so that two clients can work at the same time.

This is where you begin: each key is locked by itself, so MSET and MGET are not one step. The test
imports this file; keep the names and what they mean.
"""

import threading
import time


class Store:
    """Strings by key, in two shards with a lock each."""

    def __init__(self):
        self.shards = ({}, {})
        self.locks = (threading.Lock(), threading.Lock())

    def shard_of(self, key):
        """The number of the shard of a key."""
        return sum(key.encode()) % 2

    def get(self, key):
        """The value of a key, or None."""
        shard = self.shard_of(key)
        with self.locks[shard]:
            return self.shards[shard].get(key)

    def mset(self, pairs):
        """Sets several keys, as one step: nobody sees some of them new and others old."""
        for key, value in pairs:
            shard = self.shard_of(key)
            with self.locks[shard]:
                self.shards[shard][key] = value
                time.sleep(0)

    def mget(self, keys):
        """The values of several keys, all of one moment."""
        return [self.get(key) for key in keys]

"""A store with two locks: those that are needed are taken in the order of their numbers."""

import contextlib
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

    @contextlib.contextmanager
    def locked(self, keys):
        """Takes the lock of each shard that the keys need, once, the lower number first."""
        with contextlib.ExitStack() as held:
            for shard in sorted({self.shard_of(key) for key in keys}):
                held.enter_context(self.locks[shard])
            yield

    def get(self, key):
        """The value of a key, or None."""
        with self.locked([key]):
            return self.shards[self.shard_of(key)].get(key)

    def mset(self, pairs):
        """Sets several keys, as one step."""
        with self.locked(key for key, _ in pairs):
            for key, value in pairs:
                self.shards[self.shard_of(key)][key] = value
                time.sleep(0)

    def mget(self, keys):
        """The values of several keys, all of one moment."""
        with self.locked(keys):
            return [self.shards[self.shard_of(key)].get(key) for key in keys]

"""A client with a cache that the server keeps fresh: python3 solution.py PORT."""

import queue
import socket
import sys
import threading

MISSING = "(nil)"


class Cached:
    """A connection with RESP3, on which the server pushes the names of keys that have changed."""

    def __init__(self, port):
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.input = self.connection.makefile("rb")
        self.replies, self.lock = queue.Queue(), threading.Lock()
        self.values, self.pending = {}, {}
        threading.Thread(target=self.read, daemon=True).start()
        self.ask("HELLO", "3")
        self.ask("CLIENT", "TRACKING", "ON")

    def read(self):
        """Pushes go to the cache, everything else is a reply."""
        while True:
            line = self.input.readline()
            if not line:
                return self.replies.put(None)
            if line[:1] == b">":
                self.pushed([self.value(self.input.readline()) for _ in range(int(line[1:]))])
            else:
                self.replies.put(self.value(line))

    def value(self, line):
        kind, text = line[:1], line[1:-2].decode()
        if kind == b"$":
            return self.input.read(int(text) + 2)[:-2].decode() if int(text) >= 0 else None
        if kind == b"_":
            return None
        if kind in b"*~":
            return [self.value(self.input.readline()) for _ in range(int(text))]
        if kind == b"%":
            return [self.value(self.input.readline()) for _ in range(2 * int(text))]
        return text

    def pushed(self, message):
        if message[0] != "invalidate":
            return
        with self.lock:
            for key in message[1] if message[1] is not None else list(self.values):
                self.values.pop(key, None)
                # A reply that is on its way may be older than this message.
                if key in self.pending:
                    self.pending[key] = False

    def ask(self, *words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            parts.append(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()))
        self.connection.sendall(b"".join(parts))
        return self.replies.get()

    def get(self, key):
        with self.lock:
            if key in self.values:
                return self.values[key]
            self.pending[key] = True
        value = self.ask("GET", key)
        value = MISSING if value is None else value
        with self.lock:
            if self.pending.pop(key):
                self.values[key] = value
        return value


def main():
    cached = Cached(int(sys.argv[1]))
    for line in sys.stdin:
        words = line.split()
        if words[:1] == ["quit"]:
            return
        print(cached.get(words[1]), flush=True)


main()

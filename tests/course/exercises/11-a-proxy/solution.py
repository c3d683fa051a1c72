"""A proxy that spreads keys by consistent hashing: python3 solution.py --port N --servers P,P,P"""

import bisect
import hashlib
import socket
import sys
import threading

POINTS = 160
REPLY_ERROR = b"-ERR this proxy does not know the command\r\n"
DOWN = b"-ERR the server of this key cannot be reached\r\n"


class Ring:
    """Each server has many points on a circle of hash values; a key belongs to the next point."""

    def __init__(self, servers):
        points = [(self.hash(f"{s}-{n}".encode()), s) for s in servers for n in range(POINTS)]
        self.points = sorted(points)
        self.hashes = [point for point, _ in self.points]

    @staticmethod
    def hash(data):
        return int.from_bytes(hashlib.md5(data).digest()[:8], "big")

    def server_of(self, key):
        at = bisect.bisect(self.hashes, self.hash(key)) % len(self.points)
        return self.points[at][1]


class Stream:
    """A connection, and the bytes that have arrived."""

    def __init__(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection, self.input = connection, connection.makefile("rb")

    def line(self):
        line = self.input.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError
        return line

    def request(self):
        line = self.line()
        return [self.bulk(self.line()) for _ in range(int(line[1:]))]

    def bulk(self, line):
        data = self.input.read(int(line[1:]) + 2)
        if len(data) != int(line[1:]) + 2:
            raise ConnectionError
        return data[:-2]

    def reply(self):
        """A whole reply, as bytes."""
        line = self.line()
        if line[:1] == b"$" and int(line[1:]) >= 0:
            return line + self.bulk(line) + b"\r\n"
        if line[:1] == b"*":
            return line + b"".join(self.reply() for _ in range(max(0, int(line[1:]))))
        return line


def encode(words):
    parts = [b"*%d\r\n" % len(words)]
    parts += [b"$%d\r\n%s\r\n" % (len(word), word) for word in words]
    return b"".join(parts)


class Session:
    """One client, with a connection to each server that it needs."""

    def __init__(self, client, ring):
        self.client, self.ring, self.servers = Stream(client), ring, {}

    def run(self):
        try:
            while True:
                words = self.client.request()
                self.client.connection.sendall(self.answer(words))
        except (OSError, ValueError):
            pass
        finally:
            for stream in [self.client, *self.servers.values()]:
                stream.connection.close()

    def ask(self, server, words):
        try:
            if server not in self.servers:
                connection = socket.create_connection(("127.0.0.1", server), 2)
                self.servers[server] = Stream(connection)
            self.servers[server].connection.sendall(encode(words))
            return self.servers[server].reply()
        except OSError:
            if server in self.servers:
                self.servers.pop(server).connection.close()
            return DOWN

    def answer(self, words):
        name = words[0].upper()
        if name == b"PING":
            return b"+PONG\r\n"
        if name in (b"GET", b"SET", b"INCR", b"EXPIRE", b"TTL") and len(words) > 1:
            return self.ask(self.ring.server_of(words[1]), words)
        if name == b"MGET" and len(words) > 1:
            return self.mget(words[1:])
        if name in (b"DEL", b"EXISTS") and len(words) > 1:
            return self.total(name, words[1:])
        return REPLY_ERROR

    def by_server(self, keys):
        """The numbers of the keys of each server."""
        numbers = {}
        for number, key in enumerate(keys):
            numbers.setdefault(self.ring.server_of(key), []).append(number)
        return numbers

    def mget(self, keys):
        values = [b""] * len(keys)
        for server, numbers in self.by_server(keys).items():
            reply = self.ask(server, [b"MGET"] + [keys[number] for number in numbers])
            if reply[:1] == b"-":
                return reply
            rest = reply[reply.index(b"\n") + 1 :]
            for number in numbers:
                end = rest.index(b"\n") + 1
                end += max(int(rest[1:end]) + 2, 0) if int(rest[1:end]) >= 0 else 0
                values[number], rest = rest[:end], rest[end:]
        return b"*%d\r\n" % len(keys) + b"".join(values)

    def total(self, name, keys):
        total = 0
        for server, numbers in self.by_server(keys).items():
            reply = self.ask(server, [name] + [keys[number] for number in numbers])
            if reply[:1] != b":":
                return reply
            total += int(reply[1:])
        return b":%d\r\n" % total


def main():
    port = int(sys.argv[sys.argv.index("--port") + 1])
    ring = Ring([int(text) for text in sys.argv[sys.argv.index("--servers") + 1].split(",")])
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    while True:
        client, _ = listener.accept()
        threading.Thread(target=Session(client, ring).run, daemon=True).start()


main()

"""An event loop: one thread, and the state of each client in an object. python3 solution.py --port N"""

import collections
import selectors
import signal
import socket
import sys
import time

LINE_MAX, COUNT_MAX, BULK_MAX, OUTBOX_PAUSE = 1 << 16, 1 << 20, 512 << 20, 64 << 20
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Broken(Exception):
    """Bytes that are not the protocol."""


class Refused(Exception):
    """A request that gets an error."""


def number(text):
    """An integer of 64 bits, in its one form."""
    digits = text.decode("ascii", "replace")
    if digits.lstrip("-").isdigit() and str(int(digits)) == digits and -(2**63) <= int(digits) < 2**63:
        return int(digits)
    raise Refused("value is not an integer or out of range")


def length(text, most):
    """A number of the protocol."""
    if not text.lstrip(b"-").isdigit() or int(text) > most:
        raise Broken("invalid length")
    return int(text)


def encode(value):
    """A reply."""
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, bytes):
        return b"$%d\r\n%s\r\n" % (len(value), value)
    return value.encode() + b"\r\n"


class Client:
    """What a thread would have on its stack."""

    def __init__(self, connection):
        self.socket, self.inbox = connection, bytearray()
        self.outbox, self.outbox_bytes = collections.deque(), 0
        self.is_ending, self.lingers_until = False, None

    def request(self):
        """Takes a whole request off the inbox, or returns None."""
        words, at = [], 0
        line, at = self.line(at)
        if line is None:
            return None
        if not line.startswith(b"*"):
            del self.inbox[:at]
            return line.split()
        for _ in range(max(0, length(line[1:], COUNT_MAX))):
            line, at = self.line(at)
            if line is None:
                return None
            if not line.startswith(b"$"):
                raise Broken("expected '$'")
            size = length(line[1:], BULK_MAX)
            if size < 0:
                raise Broken("invalid bulk length")
            if len(self.inbox) < at + size + 2:
                return None
            words.append(bytes(self.inbox[at : at + size]))
            at += size + 2
        del self.inbox[:at]
        return words

    def line(self, at):
        end = self.inbox.find(b"\r\n", at, at + LINE_MAX)
        if end < 0 and len(self.inbox) - at > LINE_MAX:
            raise Broken("too big line")
        return (None, at) if end < 0 else (bytes(self.inbox[at:end]), end + 2)

    def put(self, data):
        self.outbox.append(memoryview(data))
        self.outbox_bytes += len(data)

    def send(self):
        """Sends as much as the client takes."""
        while self.outbox:
            try:
                sent = self.socket.send(self.outbox[0])
            except BlockingIOError:
                return
            self.outbox_bytes -= sent
            self.outbox[0] = self.outbox[0][sent:]
            if not self.outbox[0]:
                self.outbox.popleft()


class Loop:
    """All clients, and the one thread."""

    def __init__(self, port):
        self.values, self.deadlines = {}, {}
        self.selector, self.lingering, self.is_over = selectors.DefaultSelector(), set(), False
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(511)
        self.listener.setblocking(False)
        self.selector.register(self.listener, READ, None)

    def run(self):
        while not self.is_over:
            for key, events in self.selector.select(0.1):
                if key.data is None:
                    self.accept()
                    continue
                try:
                    self.serve(key.data, events)
                except OSError:
                    self.close(key.data)
            for client in [c for c in self.lingering if c.lingers_until < time.monotonic()]:
                self.close(client)

    def accept(self):
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(connection, READ, Client(connection))

    def close(self, client):
        self.lingering.discard(client)
        self.selector.unregister(client.socket)
        client.socket.close()

    def serve(self, client, events):
        if events & READ:
            data = client.socket.recv(1 << 18)
            if client.lingers_until:
                if not data:
                    self.close(client)
                return
            client.inbox += data
            client.is_ending |= not data
        self.execute(client)
        client.send()
        if client.is_ending and not client.outbox:
            # The end of the stream is sent, and what is in flight is read before the close.
            client.socket.shutdown(socket.SHUT_WR)
            client.lingers_until = time.monotonic() + 0.2
            self.lingering.add(client)
            return self.selector.modify(client.socket, READ, client)
        wanted = WRITE if client.outbox else 0
        if not client.is_ending and client.outbox_bytes < OUTBOX_PAUSE:
            wanted |= READ
        self.selector.modify(client.socket, wanted or WRITE, client)

    def execute(self, client):
        try:
            while client.outbox_bytes < OUTBOX_PAUSE:
                words = client.request()
                if words is None:
                    return
                if words:
                    client.put(encode(self.answer(words)))
        except Broken as error:
            client.put(encode(f"-ERR Protocol error: {error}"))
            client.inbox.clear()
            client.is_ending = True

    def answer(self, words):
        handler = getattr(self, "do_" + words[0].decode("latin-1").lower(), None)
        try:
            if handler is None:
                raise Refused("unknown command")
            return handler(*words[1:])
        except Refused as error:
            return f"-ERR {error}"
        except TypeError:
            return "-ERR wrong number of arguments"

    # Commands.

    def find(self, key):
        if self.deadlines.get(key, float("inf")) <= time.time():
            self.remove(key)
        return self.values.get(key)

    def remove(self, key):
        self.deadlines.pop(key, None)
        return self.values.pop(key, None) is not None

    def do_ping(self, message=None):
        return "+PONG" if message is None else message

    def do_echo(self, message):
        return message

    def do_get(self, key):
        return self.find(key)

    def do_exists(self, *keys):
        return sum(self.find(key) is not None for key in keys)

    def do_del(self, *keys):
        return sum(self.find(key) is not None and self.remove(key) for key in keys)

    def do_set(self, key, value, *options):
        options, deadline, condition = [option.upper() for option in options], None, None
        while options:
            option = options.pop(0)
            if option in (b"NX", b"XX") and condition is None:
                condition = option
            elif option in (b"EX", b"PX") and options and deadline is None:
                amount = number(options.pop(0))
                if amount <= 0:
                    raise Refused("invalid expire time in 'set' command")
                deadline = time.time() + amount / (1 if option == b"EX" else 1000)
            else:
                raise Refused("syntax error")
        if condition and (self.find(key) is None) != (condition == b"NX"):
            return None
        self.remove(key)
        self.values[key] = value
        if deadline:
            self.deadlines[key] = deadline
        return "+OK"

    def do_pttl(self, key):
        if self.find(key) is None:
            return -2
        return int((self.deadlines[key] - time.time()) * 1e3) if key in self.deadlines else -1

    def do_ttl(self, key):
        left = self.do_pttl(key)
        return left if left < 0 else (left + 500) // 1000

    def do_incrby(self, key, by):
        total = number(self.find(key) or b"0") + number(by)
        if not -(2**63) <= total < 2**63:
            raise Refused("increment or decrement would overflow")
        self.values[key] = b"%d" % total
        return total

    def do_incr(self, key):
        return self.do_incrby(key, b"1")

    def do_decr(self, key):
        return self.do_incrby(key, b"-1")


def main():
    loop = Loop(int(sys.argv[sys.argv.index("--port") + 1]))

    def stop(*_):
        loop.is_over = True

    signal.signal(signal.SIGTERM, stop)
    loop.run()


main()

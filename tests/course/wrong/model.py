"""A small server that passes all stages: what the wrong servers next to it are made from.

Two threads serve a client: one reads and executes, the other sends, so that a client which does not
read its replies blocks nobody. One lock guards all data. Each step that a student may get wrong is a
method of its own, and `faults.py` overrides one at a time.

If you are a student: this file is a solution. Reading it takes ten minutes and spoils six weeks.
"""

import os
import queue
import signal
import socket
import sys
import threading
import time
from collections import OrderedDict, deque

LINE_BYTES_MAX = 64 * 1024
ARGUMENTS_MAX = 1 << 20
ARGUMENT_BYTES_MAX = 512 << 20
INT_MIN, INT_MAX = -(1 << 63), (1 << 63) - 1


class ProtocolError(Exception):
    """Bytes after which the next request cannot be found."""


class Refusal(Exception):
    """A request that is answered with an error."""


def encode(value):
    """A reply: None, int, bytes, list, or a str that begins with + or -."""
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, bytes):
        return b"$%d\r\n%s\r\n" % (len(value), value)
    if isinstance(value, str):
        return value.encode() + b"\r\n"
    return b"*%d\r\n" % len(value) + b"".join(map(encode, value))


def integer(data):
    """A 64-bit integer in its one canonical form."""
    text = data.decode("ascii", "replace")
    if text.lstrip("-").isdigit() and str(int(text)) == text and INT_MIN <= int(text) <= INT_MAX:
        return int(text)
    raise Refusal("-ERR value is not an integer or out of range")


class Client:
    """One connection: its buffer, and the queue of what is to be sent."""

    def __init__(self, server, connection):
        self.server, self.socket = server, connection
        self.buffer, self.channels = bytearray(), set()
        self.outbox = queue.SimpleQueue()
        self.waits = None

    def send(self, data):
        """Queues bytes for the thread that sends."""
        self.outbox.put(data)

    def write(self):
        """The thread that sends."""
        while True:
            data = self.outbox.get()
            if data is None:
                return
            try:
                self.socket.sendall(data)
            except OSError:
                return

    def read(self):
        """The thread that reads: until the client leaves, or breaks the protocol."""
        writer = threading.Thread(target=self.write, daemon=True)
        writer.start()
        try:
            while True:
                data = self.socket.recv(1 << 16)
                if not data:
                    break
                self.buffer += data
                self.server.execute_buffered(self)
        except ProtocolError as error:
            self.send(encode(f"-ERR Protocol error: {error}"))
        except OSError:
            pass
        finally:
            self.server.forget(self)
            self.outbox.put(None)
            writer.join(5)
            try:
                # Sends the end of the stream even if unread bytes wait, which would mean a reset.
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            self.socket.close()


class Model:
    """The server. Times are seconds of the wall clock."""

    def __init__(self, port, folder="", logs=False):
        self.port, self.lock = port, threading.RLock()
        self.values, self.deadlines = OrderedDict(), {}
        self.channels, self.waiting = {}, {}
        self.clients, self.limit, self.used = set(), 0, 0
        self.log, self.is_replaying = None, False
        if logs:
            self.open_log(os.path.join(folder, "log"))

    # The life of the server.

    def listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)
        return listener

    def serve(self):
        self.listener = self.listen()
        signal.signal(signal.SIGTERM, lambda *_: self.stop())
        threading.Thread(target=self.accept_all, daemon=True).start()
        while True:
            signal.pause()

    def accept_all(self):
        while True:
            connection, _ = self.listener.accept()
            self.accept(connection)

    def accept(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Client(self, connection)
        self.clients.add(client)
        threading.Thread(target=client.read, daemon=True).start()

    def stop(self):
        if self.lock.acquire(timeout=1) and self.log:
            self.log.close()
        os._exit(0)

    def forget(self, client):
        with self.lock:
            self.clients.discard(client)
            for channel in client.channels:
                self.channels[channel].remove(client)
            self.stop_waiting(client)

    # From bytes to requests.

    def execute_buffered(self, client):
        while True:
            request = self.parse(client.buffer)
            if request is None:
                return
            if request:
                self.answer(client, request)

    def parse(self, buffer):
        """Takes a whole request off the buffer, or returns None."""
        line, at = self.line(buffer, 0)
        if line is None:
            return None
        if not line.startswith(b"*"):
            del buffer[:at]
            return line.split()
        words = []
        for _ in range(max(0, self.length(line[1:], ARGUMENTS_MAX, "invalid multibulk length"))):
            line, at = self.line(buffer, at)
            if line is None:
                return None
            if not line.startswith(b"$"):
                raise ProtocolError(f"expected '$', got '{chr(line[0]) if line else ''}'")
            size = self.length(line[1:], ARGUMENT_BYTES_MAX, "invalid bulk length")
            if size < 0:
                raise ProtocolError("invalid bulk length")
            if not self.has_room(buffer, at, size):
                return None
            words.append(bytes(buffer[at : at + size]))
            at += size + 2
        del buffer[:at]
        return words

    def has_room(self, buffer, at, size):
        return len(buffer) >= at + size + 2

    def line(self, buffer, at):
        end = buffer.find(b"\r\n", at)
        if (end if end >= 0 else len(buffer)) - at > LINE_BYTES_MAX:
            raise ProtocolError("too big inline request")
        return (None, at) if end < 0 else (bytes(buffer[at:end]), end + 2)

    def length(self, text, most, what):
        try:
            value = int(text)
        except ValueError:
            raise ProtocolError(what) from None
        if value > most:
            raise ProtocolError(what)
        return value

    # From requests to replies.

    def answer(self, client, words):
        name = words[0].decode("latin-1").lower()
        handler = getattr(self, "do_" + name, None)
        with self.lock:
            try:
                if handler is None:
                    raise Refusal(f"-ERR unknown command '{words[0][:50].decode('latin-1')}'")
                if client.channels and name not in ("subscribe", "unsubscribe", "ping"):
                    raise Refusal("-ERR only (UN)SUBSCRIBE and PING are allowed in this context")
                reply = handler(client, *words[1:])
            except Refusal as error:
                reply = str(error)
            except TypeError:
                reply = f"-ERR wrong number of arguments for '{name}' command"
            self.evict()
            if reply is not ...:
                client.send(encode(reply))

    def do_ping(self, client, message=None):
        if client.channels:
            return [b"pong", message or b""]
        return "+PONG" if message is None else message

    def do_echo(self, _, message):
        return message

    def do_config(self, _, *words):
        if [word.lower() for word in words[:2]] == [b"set", b"maxmemory"]:
            self.limit = integer(words[2])
        return "+OK"

    def do_dbsize(self, _):
        return len(self.values)

    # Keys.

    def find(self, key):
        """The value of a key that has not expired; makes it young."""
        if key in self.deadlines and self.deadlines[key] <= time.time():
            self.remove(key)
        if key in self.values:
            self.touch(key)
        return self.values.get(key)

    def touch(self, key):
        self.values.move_to_end(key)

    def remove(self, key):
        value = self.values.pop(key, None)
        self.deadlines.pop(key, None)
        if isinstance(value, bytes):
            self.used -= len(key) + len(value)
        return value is not None

    def store(self, key, value):
        deadline = self.deadlines.get(key)
        self.remove(key)
        if deadline:
            self.deadlines[key] = deadline
        self.values[key] = value
        self.used += len(key) + len(value)

    def evict(self):
        while self.limit and self.used > self.limit:
            self.remove(next(iter(self.values)))

    def do_get(self, _, key):
        return self.find(key)

    def do_exists(self, _, *keys):
        return sum(self.find(key) is not None for key in keys)

    def do_del(self, _, *keys):
        removed = sum(self.find(key) is not None and self.remove(key) for key in keys)
        self.write_log(b"DEL", *keys)
        return removed

    def do_set(self, _, key, value, *options):
        deadline, condition, options = None, None, [option.upper() for option in options]
        while options:
            option = options.pop(0)
            if option in (b"NX", b"XX") and condition in (None, option):
                condition = option
            elif option in (b"PX", b"EX", b"PXAT") and options and deadline is None:
                number = integer(options.pop(0))
                if number <= 0:
                    raise Refusal("-ERR invalid expire time in 'set' command")
                deadline = self.deadline(option, number)
            else:
                raise Refusal("-ERR syntax error")
        if not self.holds(condition, key):
            return None
        self.store(key, value)
        self.set_deadline(key, deadline)
        at = [] if deadline is None else self.logged_deadline(deadline)
        self.write_log(b"SET", key, value, *at)
        return "+OK"

    def deadline(self, option, number):
        if option == b"PXAT":
            return number / 1000
        return time.time() + number / (1000 if option == b"PX" else 1)

    def logged_deadline(self, deadline):
        return [b"PXAT", b"%d" % (deadline * 1000)]

    def set_deadline(self, key, deadline):
        self.deadlines.pop(key, None)
        if deadline is not None:
            self.deadlines[key] = deadline

    def holds(self, condition, key):
        return condition is None or (self.find(key) is None) == (condition == b"NX")

    def do_pttl(self, _, key):
        if self.find(key) is None:
            return -2
        return max(0, int((self.deadlines[key] - time.time()) * 1000)) if key in self.deadlines else -1

    def do_ttl(self, client, key):
        left = self.do_pttl(client, key)
        return left if left < 0 else (left + 500) // 1000

    def do_incrby(self, _, key, by):
        number = self.read_number(key) + integer(by)
        if not INT_MIN <= number <= INT_MAX:
            raise Refusal("-ERR increment or decrement would overflow")
        self.store(key, b"%d" % number)
        self.write_log(b"INCRBY", key, by)
        return number

    def read_number(self, key):
        return integer(self.find(key) or b"0")

    def do_incr(self, client, key):
        return self.do_incrby(client, key, b"1")

    def do_decr(self, client, key):
        return self.do_incrby(client, key, b"-1")

    # Lists, and requests that wait for one.

    def push(self, key, elements, is_left):
        items = self.values.setdefault(key, deque())
        for element in elements:
            items.appendleft(element) if is_left else items.append(element)
        count = len(items)
        self.serve_waiting(key)
        return count

    def do_rpush(self, _, key, *elements):
        return self.push(key, elements, False)

    def do_lpush(self, _, key, *elements):
        return self.push(key, elements, True)

    def do_llen(self, _, key):
        return len(self.values.get(key, ()))

    def do_lrange(self, _, key, start, end):
        items = list(self.values.get(key, ()))
        return items[integer(start) :] if end == b"-1" else items[integer(start) : integer(end) + 1]

    def pop(self, key, is_left=True):
        items = self.values.get(key)
        if not items:
            return None
        element = items.popleft() if is_left else items.pop()
        if not items:
            del self.values[key]
        return element

    def do_lpop(self, _, key):
        return self.pop(key)

    def do_rpop(self, _, key):
        return self.pop(key, False)

    def do_blpop(self, client, *words):
        keys, seconds = words[:-1], float(words[-1])
        for key in keys:
            if self.values.get(key):
                return [key, self.pop(key)]
        client.waits = keys
        for key in keys:
            self.waiting.setdefault(key, []).append(client)
        if seconds > 0:
            timer = threading.Timer(seconds, self.time_out, [client, keys])
            timer.daemon = True
            timer.start()
        return ...

    def serve_waiting(self, key):
        while self.waiting.get(key) and self.values.get(key):
            client = self.next_waiting(key)
            self.stop_waiting(client)
            client.send(encode([key, self.pop(key)]))

    def next_waiting(self, key):
        return self.waiting[key][0]

    def time_out(self, client, keys):
        with self.lock:
            if client.waits is keys:
                self.stop_waiting(client)
                client.send(encode(None))

    def stop_waiting(self, client):
        for key in client.waits or ():
            self.waiting[key].remove(client)
        client.waits = None

    # Messages.

    def do_subscribe(self, client, *channels):
        for channel in channels:
            client.channels.add(channel)
            self.channels.setdefault(channel, []).append(client)
            client.send(encode([b"subscribe", channel, len(client.channels)]))
        return ...

    def do_unsubscribe(self, client, *channels):
        for channel in channels:
            client.channels.discard(channel)
            self.channels[channel].remove(client)
            client.send(encode([b"unsubscribe", channel, len(client.channels)]))
        return ...

    def do_publish(self, _, channel, message):
        subscribers = self.channels.get(channel, [])
        for subscriber in subscribers:
            self.deliver(subscriber, encode([b"message", channel, message]))
        return len(subscribers)

    def deliver(self, subscriber, data):
        subscriber.send(data)

    # The log.

    def open_log(self, path):
        data = bytearray()
        if os.path.exists(path):
            with open(path, "rb") as file:
                data += file.read()
        whole = len(data)
        self.is_replaying = True
        replayer = Client(self, None)
        while True:
            rest = len(data)
            request = self.parse(data)
            if request is None:
                whole -= rest
                break
            self.answer(replayer, request)
        self.is_replaying = False
        self.cut(path, whole)
        self.log = open(path, "ab", buffering=0)

    def cut(self, path, whole):
        """Removes half a record from the end of the log."""
        if os.path.exists(path):
            os.truncate(path, whole)

    def write_log(self, *words):
        if self.log and not self.is_replaying:
            self.log.write(encode(list(words)))


def main(kind=Model):
    words = sys.argv
    folder = words[words.index("--dir") + 1] if "--dir" in words else ""
    kind(int(words[words.index("--port") + 1]), folder, "--appendonly" in words).serve()


if __name__ == "__main__":
    main()

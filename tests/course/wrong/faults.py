"""Servers that are wrong on purpose, each in one way. The stage named by `STAGE` has to catch it.

    python3 faults.py OneAtATime --port 7000
"""

import os
import queue
import signal
import socket
import sys
import threading
import time
from collections import OrderedDict

import model
from model import Client, Model, ProtocolError, encode


class ClosesAfterOneReply(Model):
    """A connection is taken for a request: it is closed after the first reply."""

    STAGE = 1

    def execute_buffered(self, client):
        super().execute_buffered(client)
        raise OSError


class UpperCaseOnly(Model):
    """`ping` is another command than `PING`."""

    STAGE = 1

    def answer(self, client, words):
        words[0] = words[0] if words[0].isupper() else b"?" + words[0]
        super().answer(client, words)


class OneAtATime(Model):
    """The accept loop serves a client to its end before it accepts the next."""

    STAGE = 2

    def accept(self, connection):
        Client(self, connection).read()


class HangsAtFifty(Model):
    """Fifty workers, and a queue in front of them: client 51 is accepted, and never served."""

    STAGE = 2

    def accept(self, connection):
        if len(self.clients) < 50:
            super().accept(connection)
        else:
            self.queued = getattr(self, "queued", []) + [connection]


class ReadIsRequest(Model):
    """What one `recv` returns is taken for exactly one request."""

    STAGE = 3

    def execute_buffered(self, client):
        request = self.parse(client.buffer)
        client.buffer.clear()
        if request:
            self.answer(client, request)


class BeginsAgain(Model):
    """A request that is cut within an argument is thrown away."""

    STAGE = 3

    def has_room(self, buffer, at, size):
        if not super().has_room(buffer, at, size):
            buffer.clear()
            return False
        return True


class DropsTheRest(Model):
    """One request per read; what came behind it is forgotten."""

    STAGE = 4

    def execute_buffered(self, client):
        request = self.parse(client.buffer)
        if request is not None:
            client.buffer.clear()
            self.answer(client, request)


class WaitsForAPause(Model):
    """Replies are sent when the buffer is empty, so half a request keeps them back."""

    STAGE = 4

    def answer(self, client, words):
        send, kept = client.outbox, queue.SimpleQueue()
        client.outbox = kept
        super().answer(client, words)
        client.outbox = send
        client.kept = getattr(client, "kept", b"")
        while not kept.empty():
            client.kept += kept.get()
        if not client.buffer:
            client.send(client.kept)
            client.kept = b""


class SplitsLines(Model):
    """A request is taken apart at its line breaks; the lengths are ignored."""

    STAGE = 5

    def parse(self, buffer):
        lines = bytes(buffer).split(b"\r\n")
        if not lines[0].startswith(b"*") or len(lines) <= 2 * int(lines[0][1:]) + 1:
            return None
        count = 2 * int(lines[0][1:]) + 1
        del buffer[: len(b"\r\n".join(lines[:count])) + 2]
        return lines[2:count:2]


class Text(Model):
    """Bytes are taken for text in UTF-8."""

    STAGE = 5

    def do_echo(self, _, message):
        return message.decode("utf-8", "replace").encode()


class KeepsDeadline(Model):
    """SET leaves the deadline of the old value in place."""

    STAGE = 6

    def set_deadline(self, key, deadline):
        if deadline is not None:
            self.deadlines[key] = deadline


class NeverExpires(Model):
    """Deadlines are kept, and nobody looks at them."""

    STAGE = 6

    def find(self, key):
        return self.values.get(key)


class IgnoresNx(Model):
    """SET … NX sets."""

    STAGE = 6

    def holds(self, condition, key):
        return True


class RaceInIncr(Model):
    """The lock is released between reading the old number and writing the new one."""

    STAGE = 7

    def read_number(self, key):
        number = super().read_number(key)
        self.lock.release()
        time.sleep(0.0002)
        self.lock.acquire()
        return number


class RaceInSetnx(Model):
    """Looking whether the key exists and setting it are two steps."""

    STAGE = 7

    def holds(self, condition, key):
        holds = super().holds(condition, key)
        self.lock.release()
        time.sleep(0.001)
        self.lock.acquire()
        return holds


class BelievesLengths(Model):
    """Memory is allocated for an announced length (here for 8 MB of it at most)."""

    STAGE = 8

    def has_room(self, buffer, at, size):
        if size > 1 << 20:
            self.reserved = getattr(self, "reserved", []) + [b"x" * (8 << 20)]
        return super().has_room(buffer, at, size)


class DiesOfGarbage(Model):
    """What is no number raises an exception, which ends the process."""

    STAGE = 8

    def length(self, text, most, what):
        try:
            return super().length(text, most, what)
        except ProtocolError:
            os._exit(1)


class CollectsForEver(Model):
    """A line may be of any length."""

    STAGE = 8

    def line(self, buffer, at):
        end = buffer.find(b"\r\n", at)
        return (None, at) if end < 0 else (bytes(buffer[at:end]), end + 2)


class Fifo(Model):
    """The oldest key goes, not the one that was not used for the longest time."""

    STAGE = 9

    def touch(self, key):
        pass


class EvictsTheNewest(Model):
    """The order of use is kept, and read from the wrong end."""

    STAGE = 9

    def evict(self):
        while self.limit and self.used > self.limit:
            self.remove(next(reversed(self.values)))


class NoLimit(Model):
    """CONFIG SET maxmemory is answered with OK."""

    STAGE = 9

    def evict(self):
        pass


class LogsDurations(Model):
    """The log says that the key lives so many milliseconds: after a restart, once more."""

    STAGE = 10

    def logged_deadline(self, deadline):
        return [b"PX", b"%d" % max(1, (deadline - time.time()) * 1000)]


class LogsWhatItReplays(Model):
    """While the log is replayed, every change is logged a second time."""

    STAGE = 10

    def open_log(self, path):
        super().open_log(path)
        with open(path, "rb") as file:
            self.log.write(file.read())


class LogsBeforeItKnows(Model):
    """A request is logged when it comes, and not when it has changed something."""

    STAGE = 10

    def answer(self, client, words):
        if words[0] == b"SET":
            self.write_log(*words[:3])
        super().answer(client, words)


class RepliesBeforeItLogs(Model):
    """The log is written when 200 records have come together, replies are sent before."""

    STAGE = 11

    def write_log(self, *words):
        if self.is_replaying or not self.log:
            return
        self.records = getattr(self, "records", []) + [encode(list(words))]
        if len(self.records) >= 200:
            self.log.write(b"".join(self.records))
            self.records = []


class AppendsToTornEnd(Model):
    """Half a record is skipped at the start, but stays in the file."""

    STAGE = 11

    def cut(self, path, whole):
        pass


class RefusesTornEnd(Model):
    """Half a record at the end of the log ends the start."""

    STAGE = 11

    def cut(self, path, whole):
        if os.path.exists(path) and os.path.getsize(path) != whole:
            sys.exit("the log is damaged")


class SendsWithLock(Model):
    """The lock is held while a reply is sent."""

    STAGE = 12

    def answer(self, client, words):
        kept = client.outbox
        client.outbox = queue.SimpleQueue()
        with self.lock:
            super().answer(client, words)
            while not client.outbox.empty():
                client.socket.sendall(client.outbox.get())
        client.outbox = kept


class OnlySendsOrReads(Model):
    """One thread for both directions: while it sends, it does not read."""

    STAGE = 12

    def answer(self, client, words):
        kept = client.outbox
        client.outbox = queue.SimpleQueue()
        super().answer(client, words)
        while not client.outbox.empty():
            client.socket.sendall(client.outbox.get())
        client.outbox = kept


class CutsOffSlowReaders(Model):
    """Replies beyond a megabyte are dropped."""

    STAGE = 12

    def accept(self, connection):
        super().accept(connection)
        for client in list(self.clients):
            client.send = lambda data, c=client: (
                c.outbox.put(data) if c.outbox.qsize() < 20 else None
            )


class PublisherSends(Model):
    """The publisher's thread sends to every subscriber, and waits for the slow ones."""

    STAGE = 13

    def deliver(self, subscriber, data):
        subscriber.socket.sendall(data)


class CountsTheDead(Model):
    """A subscriber that has left stays in the list."""

    STAGE = 13

    def forget(self, client):
        with self.lock:
            self.clients.discard(client)


class OnlyTheLast(Model):
    """A channel has one subscriber: the one that came last."""

    STAGE = 13

    def do_publish(self, client, channel, message):
        subscribers = self.channels.get(channel, [])
        for subscriber in subscribers[-1:]:
            self.deliver(subscriber, encode([b"message", channel, message]))
        return len(subscribers)


class PopsForTheDead(Model):
    """A waiting client that leaves goes on waiting, and gets the next element."""

    STAGE = 14

    def forget(self, client):
        with self.lock:
            self.clients.discard(client)


class LastComeFirstServed(Model):
    """Of several waiting clients the last one is served."""

    STAGE = 14

    def next_waiting(self, key):
        return self.waiting[key][-1]


class WaitsWithLock(Model):
    """BLPOP waits with the lock held, so nobody can push."""

    STAGE = 14

    def do_blpop(self, client, *words):
        if not any(self.values.get(key) for key in words[:-1]):
            time.sleep(min(1.0, float(words[-1])))
        return super().do_blpop(client, *words)


class NoReuse(Model):
    """SO_REUSEADDR is not set: the port is taken as long as connections are in TIME_WAIT."""

    STAGE = 15

    def listen(self):
        listener = socket.socket()
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)
        return listener


class DiesOfSigterm(Model):
    """No handler for SIGTERM: the process ends, but not in good order."""

    STAGE = 15

    def accept_all(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, [])
        super().accept_all()

    def stop(self):
        os._exit(143)


class WaitsForItsClients(Model):
    """After SIGTERM it waits until the last client has left."""

    STAGE = 15

    def stop(self):
        threading.Thread(target=self.stop_when_alone, daemon=True).start()

    def stop_when_alone(self):
        while self.clients:
            time.sleep(0.05)
        super().stop()


FAULTS = {
    name: kind
    for name, kind in list(globals().items())
    if isinstance(kind, type) and issubclass(kind, Model) and kind is not Model
}

if __name__ == "__main__":
    model.main(FAULTS[sys.argv.pop(1)])

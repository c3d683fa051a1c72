"""A server that stands still for a second, and a load generator that must not hide it."""

import re
import socket
import threading
import time

from common import check, run_program

RATE, SECONDS, STALL_S = 200, 3, 1.0


class Stalling:
    """Answers each PING, except that it stands still once, a second after its first client came."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.port, self.stalled = self.listener.getsockname()[1], False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        began, pending = time.monotonic(), b""
        while True:
            pending += connection.recv(1 << 16)
            if not self.stalled and time.monotonic() - began > 1:
                self.stalled = True
                time.sleep(STALL_S)
            count = pending.count(b"PING\r\n")
            if not pending:
                return
            pending = pending.rpartition(b"PING\r\n")[2]
            connection.sendall(b"+PONG\r\n" * count)


def test(program):
    server = Stalling()
    done = run_program(program, [server.port, RATE, SECONDS])
    server.listener.close()
    said = done.stdout.decode() + done.stderr.decode()
    found = dict(re.findall(r"(\w+)=([\d.]+)", said))
    check({"count", "p50", "p99", "max"} <= set(found), "it prints count, p50, p99 and max", said)
    value = {name: float(text) for name, text in found.items()}
    asked = RATE * SECONDS
    check(
        asked * 0.97 <= value["count"] <= asked * 1.03,
        f"{RATE} requests a second for {SECONDS} s are {asked}, whatever the server does",
        said,
    )
    check(value["max"] > STALL_S * 900, "the longest time is that of the stall", said)
    check(
        value["p99"] > STALL_S * 700,
        "a third of all requests fell into a second in which the server stood still: p99 is high",
        said,
    )
    check(value["p50"] < STALL_S * 500, "most requests were answered at once: p50 is low", said)

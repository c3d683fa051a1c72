"""Limits: what comes from the network may be anything."""

from ..stage import Stage
from ..wire import Wrong, encode

STAGE = Stage("limits and hostile input", "src/guide/stages/08-hostile.md")
MEGABYTE = 1 << 20
GROWTH_BYTES_MAX = 96 * MEGABYTE

# What breaks the protocol: the server cannot know where the next request begins, so it says so and
# closes this connection, and only this one.
BROKEN = {
    "a negative count of arguments that is no null": b"*-5\r\n$4\r\nPING\r\n",
    "a count that is no number": b"*abc\r\n",
    "a count beyond all limits": b"*99999999999\r\n",
    "a count beyond 64 bits": b"*99999999999999999999999999\r\n",
    "a length that is no number": b"*1\r\n$x\r\nPING\r\n",
    "a negative length": b"*1\r\n$-7\r\nPING\r\n",
    "a length beyond all limits": b"*2\r\n$4\r\nECHO\r\n$99999999999\r\n",
    "something else where a length must be": b"*1\r\n+PING\r\n",
}


def broken(what, data):
    """Adds a test with bytes that break the protocol."""

    @STAGE.test(f"{what}: an error or the end, and others are served")
    def run(server):
        with server.client() as client:
            client.ask("PING")
            client.send_bytes(data)
            if data.startswith(b"*-5"):
                # Redis takes any negative count for an empty request.
                client.expect_reply()
            else:
                client.expect_closed(hint="Say what is wrong (-ERR Protocol error: …) and close.")
        server.check_alive(f"{what} ({data[:40]!r})")


for _what, _data in BROKEN.items():
    broken(_what, _data)


@STAGE.test("memory is not allocated for an announced length")
def announced(server):
    before = server.resident_bytes()
    clients = [server.client(f"client {number + 1}") for number in range(20)]
    try:
        for client in clients:
            client.send_bytes(b"*2\r\n$4\r\nECHO\r\n$500000000\r\nonly a few bytes")
        for client in clients[:10]:
            client.send_bytes(b"")
        with server.client("another client") as other:
            other.ask("PING")
        for client in clients:
            client.note("(nothing more is sent)")
        after = server.resident_bytes()
    finally:
        for client in clients:
            client.close()
    if before is not None and after - before > GROWTH_BYTES_MAX:
        raise clients[0].wrong(
            f"at most {GROWTH_BYTES_MAX // MEGABYTE} MiB more memory for 20 such clients",
            f"{(after - before) // MEGABYTE} MiB more",
            hint="Grow the buffer with what has arrived. A length is only a promise.",
        )
    server.check_alive("announced lengths")


@STAGE.test("a line that never ends is not collected for ever")
def endless(server):
    with server.client() as client:
        client.note("client sent      16 MiB without a line break, unless it is stopped before")
        try:
            client.socket.settimeout(server.patience)
            for _ in range(256):
                client.socket.sendall(b"x" * (MEGABYTE // 16))
        except (TimeoutError, OSError):
            pass
        client.expect_closed(hint="A line of the protocol is short; 64 KiB is more than enough.")
    server.check_alive("a line without an end")


@STAGE.test("nested and random bytes")
def random_bytes(server):
    state = 18
    for _ in range(40):
        data = bytearray()
        for _ in range(60):
            state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            data += [b"*", b"$", b"\r\n", b"1", b"-", b"9", b"PING", b"\0", b"+", b"x"][
                (state >> 33) % 10
            ]
        with server.client() as client:
            client.send_bytes(bytes(data))
    with server.client() as client:
        client.send_bytes(b"*1\r\n" * 20_000)
    server.check_alive("random bytes")


@STAGE.test("a client that is thrown out costs nobody else a thing")
def others(server):
    with server.client("A") as good, server.client("B") as bad:
        good.ask("SET", "k", "v")
        bad.send_bytes(encode(["PING"]) + b"*x\r\n")
        bad.expect_reply()
        bad.expect_closed()
        good.expect(b"v", "GET", "k")

"""Clients that do not read their replies, and a dead-lock by mutual sending."""

import time

from ..stage import Stage
from ..wire import Status, Wrong, encode

STAGE = Stage("a slow reader", "src/guide/stages/12-slow-reader.md")
VALUE = b"0123456789abcdef" * 4096
REQUESTS = 400
SERVED_WITHIN_S = 3.0


@STAGE.test("others are served while a client does not read", fresh=True)
def others(server):
    with server.client("slow client") as slow, server.client("other client") as other:
        slow.expect(Status("OK"), "SET", "large", VALUE)
        slow.send_bytes(encode(["GET", "large"]) * REQUESTS)
        slow.note(f"(it asks for {REQUESTS} × 64 KiB and reads nothing)")
        time.sleep(0.1)
        for _ in range(20):
            began = time.monotonic()
            other.expect(
                Status("PONG"),
                "PING",
                hint="Is the server waiting in a send to the slow client, perhaps with a lock?",
            )
            other.expect(Status("OK"), "SET", "k", "v")
            took = time.monotonic() - began
            if took > SERVED_WITHIN_S:
                raise other.wrong(f"replies within {SERVED_WITHIN_S} s", f"after {took:.1f} s")
        slow.steps.clear()
        slow.note(f"slow client      now reads its {REQUESTS} replies")
        for _ in range(REQUESTS):
            slow.expect(VALUE, hint="All replies come, whole and in order, when it reads again.")
            slow.steps.clear()


@STAGE.test("a client may send everything before it reads anything")
def mutual(server):
    count, text = 3_000, b"x" * 4096
    with server.client() as client:
        client.note(f"client sends     {count} × ECHO of 4 KiB, and reads only afterwards")
        try:
            client.socket.settimeout(max(server.patience, 5))
            client.socket.sendall(encode(["ECHO", text]) * count)
        except (TimeoutError, OSError) as error:
            raise client.wrong(
                "that all requests can be sent",
                f"sending stopped: {error}",
                hint="Both sides wait in send, and nobody reads: a dead-lock. While its own "
                "sending does not go on, a server has to keep reading, and remember the replies.",
            ) from None
        for _ in range(count):
            client.expect(text)
            client.steps.clear()


@STAGE.test("a client that leaves without reading harms nobody")
def leaves(server):
    for _ in range(5):
        with server.client() as client:
            client.expect(Status("OK"), "SET", "large", VALUE)
            client.send_bytes(encode(["GET", "large"]) * 30)
    server.check_alive("clients that left while replies were on their way")

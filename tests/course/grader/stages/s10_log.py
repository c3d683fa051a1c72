"""Changes are logged, and the log is replayed at the start."""

import time

from ..stage import Stage
from ..wire import Status, encode

STAGE = Stage("log and replay", "src/guide/stages/10-log.md", with_log=True)


def restart(server):
    """Stops the server with SIGTERM, and starts it again with the same flags."""
    server.stop()
    server.start(*STAGE.flags(server))


@STAGE.test("what was set is there after a restart", fresh=True)
def survives(server):
    with server.client() as client:
        client.expect(Status("OK"), "SET", "name", "Ada")
        client.expect(Status("OK"), "SET", "name", "Grace")
        client.expect(Status("OK"), "SET", "bytes", b"a\r\nb\0\xff")
        client.expect(Status("OK"), "SET", "gone", "x")
        client.expect(1, "DEL", "gone")
    restart(server)
    with server.client() as client:
        client.note("(the server was stopped with SIGTERM and started again)")
        client.expect(b"Grace", "GET", "name")
        client.expect(b"a\r\nb\0\xff", "GET", "bytes")
        client.expect(None, "GET", "gone")


@STAGE.test("counters go on where they were")
def counters(server):
    with server.client() as client:
        client.send_bytes(encode(["INCR", "n"]) * 50)
        for number in range(50):
            client.expect(number + 1)
        # Failed and reading requests must not be repeated either.
        client.expect(Status("OK"), "SET", "text", "abc")
        client.ask("INCR", "text")
        client.ask("SET", "text", "new", "NX")
    restart(server)
    with server.client() as client:
        client.note("(the server was stopped with SIGTERM and started again)")
        client.expect(51, "INCR", "n")
        client.expect(b"abc", "GET", "text")
    restart(server)
    with server.client() as client:
        client.note("(stopped and started again, for the second time)")
        client.expect(52, "INCR", "n", hint="Replaying a log must not write it a second time.")


@STAGE.test("deadlines are moments, not durations")
def deadlines(server):
    with server.client() as client:
        client.expect(Status("OK"), "SET", "soon", "x", "PX", "400")
        client.expect(Status("OK"), "SET", "later", "y", "EX", "100")
    began = time.monotonic()
    server.stop()
    time.sleep(max(0.0, 0.45 - (time.monotonic() - began)))
    server.start(*STAGE.flags(server))
    with server.client() as client:
        client.note("(400 ms later, after a restart)")
        client.expect(
            None,
            "GET",
            "soon",
            hint="It has expired while the server was down. A log that says PX 400 begins again.",
        )
        client.expect(b"y", "GET", "later")
        left = client.ask("TTL", "later")
        if not 90 <= left <= 100:
            raise client.wrong("a rest of 90 to 100 seconds", f":{left}")

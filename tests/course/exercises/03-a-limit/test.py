"""proto-max-bulk-len, from the command line and by CONFIG SET."""

from common import check
from grader.server import Server
from grader.wire import Failure, Status, encode

MEGABYTE = 1 << 20


def test(program):
    with Server(f"'{program}' --port {{port}} --dir {{dir}}", 5.0) as server:
        server.start("--proto-max-bulk-len", "2mb")
        with server.client() as client:
            client.expect(Status("OK"), "SET", "k", b"x" * (2 * MEGABYTE))
        with server.client() as client:
            client.send_bytes(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % (2 * MEGABYTE + 1))
            client.note("(a length of 2 MiB and one byte, with a limit of 2 MiB)")
            client.expect(Failure("ERR Protocol error: invalid bulk length"))
            client.expect_closed()
        with server.client() as client:
            # The length comes in pieces, and behind a request that is in order.
            client.send_bytes(encode(["PING"]) + b"*2\r\n$4\r\nECHO\r\n$9")
            client.expect(Status("PONG"))
            client.send_bytes(b"999999\r\n")
            client.expect(Failure("ERR Protocol error: invalid bulk length"))
        with server.client() as client:
            client.expect(Status("OK"), "CONFIG", "SET", "proto-max-bulk-len", "4mb")
            client.expect(b"y" * (3 * MEGABYTE), "ECHO", b"y" * (3 * MEGABYTE))
            client.expect(Status("OK"), "CONFIG", "SET", "proto-max-bulk-len", "1mb")
            client.steps.clear()
            client.send_bytes(b"*2\r\n$4\r\nECHO\r\n$%d\r\n" % (3 * MEGABYTE))
            client.expect(Failure("ERR Protocol error: invalid bulk length"))
        check("without effect" not in server.said(), "the start no longer says that it is ignored")

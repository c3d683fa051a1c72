"""SIGTERM: stop in good order, and be back at once."""

import time

from ..stage import Stage
from ..wire import Status, Wrong, encode

STAGE = Stage("graceful stop", "src/guide/stages/15-graceful-stop.md", with_log=True)
STOP_SECONDS_MAX = 3


@STAGE.test("SIGTERM ends the server, with exit code 0", fresh=True)
def exit_code(server):
    with server.client() as client:
        client.expect(Status("OK"), "SET", "k", "v")
    code = server.stop(STOP_SECONDS_MAX)
    if code != 0:
        raise Wrong("exit code 0 after SIGTERM", f"{code}; its output: {server_output(server)}")
    server.start(*STAGE.flags(server))


def server_output(server):
    """What the stopped server has printed."""
    return server.said()


@STAGE.test("idle clients do not keep it from ending, and see the end of the stream")
def idle_clients(server):
    clients = [server.client(f"idle client {number + 1}") for number in range(20)]
    try:
        for client in clients:
            client.ask("PING")
        # One of them is in the middle of a request.
        clients[0].send_bytes(b"*2\r\n$4\r\nECHO\r\n$9\r\nhal")
        server.stop(STOP_SECONDS_MAX)
        for client in clients:
            client.expect_closed()
    finally:
        for client in clients:
            client.close()
    server.start(*STAGE.flags(server))


@STAGE.test("the port can be used again at once")
def port(server):
    for _ in range(3):
        # The server closes first, so its side of the connection is left in TIME_WAIT.
        with server.client() as client:
            client.ask("PING")
            server.stop(STOP_SECONDS_MAX)
            client.expect_closed()
        try:
            server.start(*STAGE.flags(server))
        except Wrong as wrong:
            wrong.hint = "Address already in use? Set SO_REUSEADDR on the socket before bind."
            raise


@STAGE.test("requests that were answered before the stop are in the log")
def answered(server):
    with server.client() as client:
        client.send_bytes(encode(["INCR", "n"]) * 200)
        for number in range(200):
            client.expect(number + 1)
    server.stop(STOP_SECONDS_MAX)
    server.start(*STAGE.flags(server))
    with server.client() as client:
        client.note("client sent      200 × INCR n, and got all replies; then SIGTERM and a start")
        client.expect(b"200", "GET", "n")


@STAGE.test("a second SIGTERM, or one while clients write, is no crash")
def under_load(server):
    with server.client() as client:
        client.send_bytes(encode(["INCR", "m"]) * 2_000)
        time.sleep(0.02)
        code = server.stop(STOP_SECONDS_MAX)
        if code != 0:
            raise client.wrong("exit code 0", code)
    server.start(*STAGE.flags(server))
    server.check_alive("a stop while a client wrote")

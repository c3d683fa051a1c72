"""maxclients-per-address: clients of one address, of another one, and after one has left."""

import socket
import time

from common import check
from grader.server import Server
from grader.wire import Status, encode


def connect(server, source):
    """A connection from an address of this machine."""
    return socket.create_connection(("127.0.0.1", server.port), 5, (source, 0))


def answer(connection):
    """What a client reads when it has sent a PING."""
    connection.settimeout(5)
    try:
        connection.sendall(encode(["PING"]))
        return connection.recv(200)
    except OSError as error:
        return repr(error).encode()


def test(program):
    with Server(f"'{program}' --port {{port}} --dir {{dir}}", 5.0) as server:
        server.start("--maxclients-per-address", "3")
        # The connection that looked whether the server listens may not have been closed yet.
        deadline = time.monotonic() + 2
        first = [connect(server, "127.0.0.1")]
        while answer(first[0]) != b"+PONG\r\n" and time.monotonic() < deadline:
            first = [connect(server, "127.0.0.1")]
        first += [connect(server, "127.0.0.1") for _ in range(2)]
        for connection in first:
            check(answer(connection) == b"+PONG\r\n", "three clients of one address are served")
        refused = connect(server, "127.0.0.1")
        said = answer(refused)
        check(
            said.startswith(b"-ERR max number of clients per address reached"),
            "the fourth one is refused: -ERR max number of clients per address reached",
            said,
        )
        check(refused.recv(100) == b"", "and its connection is closed")
        other = connect(server, "127.0.0.2")
        check(answer(other) == b"+PONG\r\n", "a client of another address (127.0.0.2) is served")
        first.pop().close()
        deadline, said = time.monotonic() + 2, b""
        while said != b"+PONG\r\n" and time.monotonic() < deadline:
            with connect(server, "127.0.0.1") as again:
                said = answer(again)
        check(said == b"+PONG\r\n", "when one has left, there is room again", said)
        other.sendall(encode(["CONFIG", "SET", "maxclients-per-address", "0"]))
        check(other.recv(100) == b"+OK\r\n", "CONFIG SET changes it; 0 is no limit")
        many = [connect(server, "127.0.0.1") for _ in range(10)]
        for connection in many:
            check(answer(connection) == b"+PONG\r\n", "without a limit all are served")

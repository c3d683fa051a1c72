"""Serve many clients at the same time."""

from ..stage import Stage
from ..wire import Status

STAGE = Stage("many clients at the same time", "src/guide/stages/02-many-clients.md")
CLIENTS = 60

STAGE.session("a client that says nothing does not keep others waiting", """
    A> PING
    +PONG
    B> PING
    +PONG
    A> PING
    +PONG
""")

STAGE.session("a client in the middle of a request does not keep others waiting", """
    A>> "*2\\r\\n$4\\r\\nECHO\\r\\n$5\\r\\nhe"
    B> PING
    +PONG
    A>> "llo\\r\\n"
    A< $5 hello
""")


@STAGE.test(f"{CLIENTS} clients are connected and served in any order")
def many(server):
    clients = [server.client(f"client {number + 1}") for number in range(CLIENTS)]
    try:
        for client in clients + clients[::-1]:
            client.expect(Status("PONG"), "PING")
    finally:
        for client in clients:
            client.close()


@STAGE.test("each client gets its own replies")
def own(server):
    clients = [server.client(f"client {number + 1}") for number in range(10)]
    try:
        for number, client in enumerate(clients):
            client.send("ECHO", f"for client {number + 1}")
        for number, client in reversed(list(enumerate(clients))):
            client.expect(f"for client {number + 1}".encode())
    finally:
        for client in clients:
            client.close()


@STAGE.test("three hundred clients come and go, one after the other")
def come_and_go(server):
    for _ in range(300):
        with server.client() as client:
            client.send("PING")
    server.check_alive("300 clients that did not wait for their replies")

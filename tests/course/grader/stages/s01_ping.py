"""Bind a port, accept a client, answer PING."""

from ..stage import Stage

STAGE = Stage("bind, and answer PING", "src/guide/stages/01-ping.md")

STAGE.session("PING is answered with PONG", """
    > PING
    +PONG
""")

STAGE.session("the connection stays open for more requests", """
    > PING
    +PONG
    > PING
    +PONG
    > PING
    +PONG
""")

STAGE.session("the name of a command is not case-sensitive", """
    > ping
    +PONG
    > PiNg
    +PONG
""")

STAGE.session("ECHO and PING return their argument", """
    > ECHO hello
    $5 hello
    > PING hello
    $5 hello
    > ECHO "two words"
    $9 two words
""")

STAGE.session("an unknown command gets an error, and the connection lives", """
    > NOSUCHCOMMAND a b
    -ERR
    > PING
    +PONG
""")


@STAGE.test("the next client is served after one has left")
def next_client(server):
    for number in range(3):
        with server.client(f"client {number + 1}") as client:
            client.ask("PING")
    # A client that leaves in the middle of a request.
    with server.client() as client:
        client.send_bytes(b"*1\r\n$4\r\nPI")
    server.check_alive("a client left in the middle of a request")

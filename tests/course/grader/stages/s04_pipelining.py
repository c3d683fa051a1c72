"""Many requests in one packet, and their replies in order."""

from ..stage import Stage
from ..wire import encode

STAGE = Stage("pipelining", "src/guide/stages/04-pipelining.md")

STAGE.session("two requests in one packet get two replies", """
    >> "*1\\r\\n$4\\r\\nPING\\r\\n*2\\r\\n$4\\r\\nECHO\\r\\n$3\\r\\ntwo\\r\\n"
    +PONG
    $3 two
""")

STAGE.session("an error in the middle does not stop the others", """
    >> "*1\\r\\n$4\\r\\nPING\\r\\n*1\\r\\n$4\\r\\nNOPE\\r\\n*2\\r\\n$4\\r\\nECHO\\r\\n$1\\r\\nx\\r\\n"
    +PONG
    -ERR
    $1 x
""")


@STAGE.test("a thousand requests at once are answered in order")
def thousand(server):
    with server.client() as client:
        requests = [["ECHO", f"number {number}"] for number in range(1000)]
        client.send_bytes(b"".join(map(encode, requests)))
        for _, text in requests:
            client.expect(text.encode(), hint="Replies come in the order of the requests.")


@STAGE.test("whole requests are answered before the rest of the last one arrives")
def before_the_rest(server):
    with server.client() as client:
        client.send_bytes(encode(["ECHO", "a"]) + encode(["ECHO", "b"]) + b"*2\r\n$4\r\nEC")
        hint = "A server that waits for its buffer to be full, or empty, keeps these replies back."
        client.expect(b"a", hint=hint)
        client.expect(b"b", hint=hint)
        client.send_bytes(b"HO\r\n$1\r\nc\r\n")
        client.expect(b"c")


@STAGE.test("requests before the end of the stream are answered")
def half_close(server):
    import socket

    with server.client() as client:
        client.send_bytes(encode(["ECHO", "last"]) * 3)
        client.socket.shutdown(socket.SHUT_WR)
        client.note("client (closes its sending side: a half-close)")
        for _ in range(3):
            client.expect(b"last")
        client.expect_closed(hint="The client has closed its side; now the server closes its own.")

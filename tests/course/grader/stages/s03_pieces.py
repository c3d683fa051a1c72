"""TCP is a stream of bytes: a request arrives in pieces, or with the next one."""

import time

from ..stage import Stage
from ..wire import encode

STAGE = Stage("bytes arrive in pieces", "src/guide/stages/03-pieces.md")
PAUSE_S = 0.004

STAGE.session("a request that is cut in the middle of an argument", """
    >> "*2\\r\\n$4\\r\\nECHO\\r\\n$11\\r\\nhello"
    wait 30
    (nothing)
    >> " world\\r\\n"
    $11 hello world
""")

STAGE.session("a request that is cut in the middle of a length", """
    >> "*2\\r\\n$4\\r\\nECHO\\r\\n$1"
    wait 30
    >> "1\\r\\nhello world\\r\\n"
    $11 hello world
""")

STAGE.session("a request that is cut between carriage return and line feed", """
    >> "*1\\r"
    wait 30
    >> "\\n$4\\r\\nPING\\r"
    wait 30
    (nothing)
    >> "\\n"
    +PONG
""")


@STAGE.test("every byte in a packet of its own")
def bytewise(server):
    with server.client() as client:
        for byte in encode(["ECHO", "a\r\nb"]):
            client.send_bytes(bytes([byte]))
            time.sleep(PAUSE_S)
        client.expect(b"a\r\nb")


@STAGE.test("cut in two at every place")
def everywhere(server):
    request = encode(["ECHO", "0123456789"])
    with server.client() as client:
        for cut in range(1, len(request)):
            client.send_bytes(request[:cut])
            time.sleep(PAUSE_S)
            client.send_bytes(request[cut:])
            client.expect(b"0123456789", hint=f"The request was cut after {cut} bytes.")


@STAGE.test("the second half of a request comes with the beginning of the next")
def straddle(server):
    first, second = encode(["ECHO", "one"]), encode(["ECHO", "two"])
    with server.client() as client:
        client.send_bytes(first[:9])
        time.sleep(PAUSE_S)
        client.send_bytes(first[9:] + second[:9])
        client.expect(b"one")
        client.send_bytes(second[9:])
        client.expect(b"two")

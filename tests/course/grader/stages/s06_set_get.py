"""Keys, values, and deadlines."""

import time

from ..stage import Stage
from ..wire import Status, Wrong

STAGE = Stage("SET, GET, and PX", "src/guide/stages/06-set-get.md")

STAGE.session("what was set can be read by every client", """
    A> SET name Ada
    +OK
    B> GET name
    $3 Ada
    B> SET name Grace
    +OK
    A> GET name
    $5 Grace
    A> GET missing
    $-1
""")

STAGE.session("keys and values are bytes, and keys are case-sensitive", """
    > SET "k\\r\\n\\0" "v\\r\\n\\0"
    +OK
    > GET "k\\r\\n\\0"
    $4 v\\r\\n\\0
    > SET Key upper
    +OK
    > GET key
    $-1
    > SET "" empty
    +OK
    > GET ""
    $5 empty
""")

STAGE.session("DEL and EXISTS count", """
    > SET a 1
    +OK
    > SET b 2
    +OK
    > EXISTS a b c a
    :3
    > DEL a b c
    :2
    > EXISTS a b
    :0
""")

STAGE.session("a condition that does not hold changes nothing", """
    > DEL k
    :0
    > SET k one XX
    $-1
    > SET k one NX
    +OK
    > SET k two NX
    $-1
    > GET k
    $3 one
    > SET k two xx
    +OK
    > GET k
    $3 two
""")

STAGE.session("wrong numbers of arguments and unknown options get errors, and change nothing", """
    > SET k
    -ERR
    > GET
    -ERR
    > SET k v NOPE
    -ERR
    > SET k v PX
    -ERR
    > SET k v PX zero
    -ERR
    > SET k v PX 0
    -ERR
    > SET k v NX XX
    -ERR
    > GET k
    $3 two
""")


@STAGE.test("a key is gone after its deadline")
def expires(server):
    with server.client() as client:
        client.expect(Status("OK"), "SET", "soon", "gone", "PX", "400")
        client.expect(b"gone", "GET", "soon")
        left = client.ask("PTTL", "soon")
        if not isinstance(left, int) or not 0 <= left <= 400:
            raise client.wrong("an integer between 0 and 400", repr(left))
        client.expect(Status("OK"), "SET", "long", "stays", "EX", "100")
        time.sleep(0.42)
        client.note("(420 ms pass)")
        client.expect(None, "GET", "soon")
        client.expect(0, "EXISTS", "soon")
        client.expect(0, "DEL", "soon")
        client.expect(b"stays", "GET", "long")
        client.expect(-2, "TTL", "soon", hint="-2 means that there is no such key.")
        left = client.ask("TTL", "long")
        if left not in (97, 98, 99, 100):
            raise client.wrong("a rest of about 100 seconds", f":{left}")


@STAGE.test("SET removes an old deadline")
def removes_deadline(server):
    with server.client() as client:
        client.expect(Status("OK"), "SET", "k", "v", "PX", "60")
        client.expect(Status("OK"), "SET", "k", "w")
        client.expect(-1, "TTL", "k", hint="-1 means that the key has no deadline.")
        time.sleep(0.09)
        client.note("(90 ms pass)")
        client.expect(b"w", "GET", "k", hint="The new value has no deadline.")


@STAGE.test("an expired key counts as missing for NX")
def expired_is_missing(server):
    with server.client() as client:
        client.expect(Status("OK"), "SET", "lock", "mine", "PX", "400")
        client.expect(None, "SET", "lock", "theirs", "NX")
        time.sleep(0.42)
        client.note("(420 ms pass)")
        client.expect(Status("OK"), "SET", "lock", "theirs", "NX", "PX", "10000")
        client.expect(b"theirs", "GET", "lock")

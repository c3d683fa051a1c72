"""Arguments are bytes, of any content and length."""

from ..stage import Stage

STAGE = Stage("binary safe", "src/guide/stages/05-binary-safe.md")

STAGE.session("a line break is a byte like any other", """
    > ECHO "one\\r\\ntwo\\r\\n"
    $10 one\\r\\ntwo\\r\\n
    > ECHO "\\r\\n$3\\r\\nfoo\\r\\n"
    $11 \\r\\n$3\\r\\nfoo\\r\\n
    > PING
    +PONG
""")

STAGE.session("the empty string is a value, and not nothing", """
    > ECHO ""
    $0
    > PING
    +PONG
""")

STAGE.session("a zero byte ends nothing", """
    > ECHO "a\\0b"
    $3 a\\0b
""")

STAGE.session("bytes that are no text in any encoding", """
    > ECHO "\\xff\\xfe\\x80\\xc3"
    $4 \\xff\\xfe\\x80\\xc3
    > ECHO "gr\\xc3\\xbc\\xc3\\x9fe"
    $7 gr\\xc3\\xbc\\xc3\\x9fe
""")


@STAGE.test("every byte there is")
def every_byte(server):
    with server.client() as client:
        data = bytes(range(256)) * 3
        client.expect(data, "ECHO", data)


@STAGE.test("a megabyte that looks like the protocol")
def large(server):
    with server.client() as client:
        data = b"*1\r\n$4\r\nPING\r\n" * 75_000
        client.expect(data, "ECHO", data)
        client.ask("PING")

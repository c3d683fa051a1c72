"""INCRCAP, as a session."""

from grader import session
from grader.server import Server

SESSION = """
    > INCRCAP seats 2 3
    :2
    > INCRCAP seats 2 3
    $-1
    > GET seats
    $1 2
    > INCRCAP seats 1 3
    :3
    > INCRCAP seats -3 0
    :0
    > INCRCAP seats 0 -1
    $-1
    > INCRCAP seats x 3
    -ERR
    > INCRCAP seats 1 x
    -ERR
    > INCRCAP seats 1
    -ERR wrong number of arguments
    > SET text abc
    +OK
    > INCRCAP text 1 3
    -ERR
    > SET large 9223372036854775807
    +OK
    > INCRCAP large 1 9223372036854775807
    -ERR
    > RPUSH list x
    :1
    > INCRCAP list 1 3
    -WRONGTYPE
    > SET kept 1 EX 100
    +OK
    > INCRCAP kept 1 3
    :2
    > TTL kept
    :100
    > INCRCAP missing 5 3
    $-1
    > EXISTS missing
    :0
"""


def test(program):
    with Server(f"'{program}' --port {{port}} --dir {{dir}}", 5.0) as server:
        flags = ("--appendonly", "yes", "--appendfsync", "always")
        server.start(*flags)
        session.run(server, SESSION)
        server.stop()
        server.start(*flags)
        # What was refused is not in the log, and what was done is.
        session.run(server, "> MGET seats kept missing\n*3 $1 0 $1 2 $-1")

"""Requests that wait: BLPOP."""

import time

from ..stage import Stage

STAGE = Stage("blocking pop", "src/guide/stages/14-blocking-pop.md")

STAGE.session("a list has two ends", """
    > RPUSH l a b
    :2
    > LPUSH l c
    :3
    > LRANGE l 0 -1
    *3 $1 c $1 a $1 b
    > LPOP l
    $1 c
    > RPOP l
    $1 b
    > LLEN l
    :1
    > LPOP l
    $1 a
    > LPOP l
    $-1
    > EXISTS l
    :0
""")

STAGE.session("BLPOP returns at once if there is something", """
    > RPUSH q job
    :1
    > BLPOP q 5
    *2 $1 q $3 job
""")

STAGE.session("BLPOP waits for a push, and others are served meanwhile", """
    A> BLPOP q 5
    (nothing)
    B> PING
    +PONG
    B> RPUSH q job
    :1
    A< *2 $1 q $3 job
    B> LLEN q
    :0
""")

STAGE.session("several keys: the first that has something", """
    A> BLPOP empty full 5
    (nothing)
    B> RPUSH full x
    :1
    A< *2 $4 full $1 x
""")

STAGE.session("first come, first served, and one element for each", """
    A> BLPOP q 5
    (nothing)
    B> BLPOP q 5
    (nothing)
    C> RPUSH q one two three
    :3
    A< *2 $1 q $3 one
    B< *2 $1 q $3 two
    C> LPOP q
    $5 three
""")


@STAGE.test("the wait ends after the time-out, with null")
def timeout(server):
    with server.client() as client:
        began = time.monotonic()
        client.expect(None, "BLPOP", "never", "0.2")
        took = time.monotonic() - began
        if not 0.15 <= took <= 3:
            raise client.wrong("a reply after 0.2 s", f"after {took:.2f} s")
        client.ask("PING")


@STAGE.test("nothing is popped for a client that has left")
def dead(server):
    with server.client("A") as client:
        client.send("BLPOP", "q2", "5")
        client.expect_nothing(60)
    time.sleep(0.05)
    with server.client("B") as client:
        client.note("(A sent BLPOP q2 5, waited, and closed its connection)")
        client.expect(1, "RPUSH", "q2", "job")
        time.sleep(0.03)
        client.expect(
            b"job",
            "LPOP",
            "q2",
            hint="The element went to a client that was gone. Notice the end of its stream.",
        )

"""Messages that a client did not ask for: publish and subscribe."""

import time

from ..stage import Stage
from ..wire import encode

STAGE = Stage("publish and subscribe", "src/guide/stages/13-pubsub.md")

STAGE.session("a message reaches the subscribers of its channel", """
    A> SUBSCRIBE news
    *3 $9 subscribe $4 news :1
    B> SUBSCRIBE news sport
    *3 $9 subscribe $4 news :1
    *3 $9 subscribe $5 sport :2
    C> PUBLISH news hello
    :2
    A< *3 $7 message $4 news $5 hello
    B< *3 $7 message $4 news $5 hello
    C> PUBLISH sport goal
    :1
    B< *3 $7 message $5 sport $4 goal
    A< (nothing)
    C> PUBLISH weather rain
    :0
""")

STAGE.session("unsubscribing ends it", """
    A> SUBSCRIBE one two
    *3 $9 subscribe $3 one :1
    *3 $9 subscribe $3 two :2
    A> UNSUBSCRIBE one
    *3 $11 unsubscribe $3 one :1
    B> PUBLISH one x
    :0
    B> PUBLISH two y
    :1
    A< *3 $7 message $3 two $1 y
    A> UNSUBSCRIBE two
    *3 $11 unsubscribe $3 two :0
    A> GET missing
    $-1
""")

STAGE.session("a subscriber listens, and does nothing else", """
    A> SUBSCRIBE news
    *3 $9 subscribe $4 news :1
    A> GET k
    -ERR
    A> PING
    *2 $4 pong $0
""")


@STAGE.test("every subscriber gets all messages, in the order in which they were published")
def order(server):
    subscribers = [server.client(f"subscriber {number + 1}") for number in range(8)]
    try:
        for subscriber in subscribers:
            subscriber.expect([b"subscribe", b"c", 1], "SUBSCRIBE", "c")
        with server.client("publisher") as publisher:
            publisher.send_bytes(b"".join(encode(["PUBLISH", "c", f"m{n}"]) for n in range(200)))
            for _ in range(200):
                publisher.expect(len(subscribers))
        for subscriber in subscribers:
            for number in range(200):
                subscriber.expect([b"message", b"c", f"m{number}".encode()])
    finally:
        for subscriber in subscribers:
            subscriber.close()


@STAGE.test("a subscriber that has left is not counted, and harms nobody")
def left(server):
    for _ in range(3):
        with server.client("subscriber") as subscriber:
            subscriber.expect([b"subscribe", b"gone", 1], "SUBSCRIBE", "gone")
    with server.client("publisher") as publisher:
        for _ in range(100):
            if publisher.ask("PUBLISH", "gone", "x") == 0:
                return
            time.sleep(0.01)
        raise publisher.wrong(":0 soon after the last subscriber has left", "another number")


@STAGE.test("a subscriber that does not read does not stop the publisher")
def slow(server):
    with server.client("slow subscriber") as slow, server.client("publisher") as publisher:
        slow.expect([b"subscribe", b"c", 1], "SUBSCRIBE", "c")
        message = b"x" * 65_536
        publisher.note("publisher        100 × PUBLISH of 64 KiB; the subscriber reads nothing")
        for _ in range(100):
            publisher.send_bytes(encode(["PUBLISH", "c", message]))
            publisher.expect_reply()
            publisher.steps.clear()

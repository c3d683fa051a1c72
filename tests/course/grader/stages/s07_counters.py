"""Reading, changing and writing in one step: INCR by many clients."""

import threading

from ..stage import Stage
from ..wire import Status, Wrong, encode

STAGE = Stage("concurrent INCR", "src/guide/stages/07-counters.md")
CLIENTS, CALLS = 16, 100

STAGE.session("a counter begins at nothing, and is a string", """
    > DEL n
    :0
    > INCR n
    :1
    > INCR n
    :2
    > GET n
    $1 2
    > INCRBY n 40
    :42
    > DECR n
    :41
    > SET n -5
    +OK
    > INCR n
    :-4
""")

STAGE.session("what is not a 64-bit integer is refused, and stays", """
    > SET n apple
    +OK
    > INCR n
    -ERR
    > GET n
    $5 apple
    > SET n " 1"
    +OK
    > INCR n
    -ERR
    > SET n 1.0
    +OK
    > INCR n
    -ERR
    > SET n 9223372036854775807
    +OK
    > INCR n
    -ERR
    > GET n
    $19 9223372036854775807
    > DECR n
    :9223372036854775806
""")


def in_threads(server, job):
    """Runs `job(client, number)` in a thread for each client; the first failure counts."""
    failures = []

    def one(number):
        try:
            with server.client(f"client {number + 1}") as client:
                job(client, number)
        except Wrong as wrong:
            failures.append(wrong)
        except Exception as error:  # A thread's exception would only be printed.
            failures.append(Wrong("an answer", f"{type(error).__name__}: {error}"))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@STAGE.test(f"{CLIENTS} clients count to {CLIENTS * CALLS}, and no number comes twice")
def exact(server):
    seen = []

    def count(client, _):
        client.send_bytes(encode(["INCR", "hits"]) * CALLS)
        mine = [client.expect_reply() for _ in range(CALLS)]
        if mine != sorted(mine):
            raise client.wrong("rising numbers", str(mine[:10]))
        seen.extend(mine)

    in_threads(server, count)
    hint = "Between reading the old number and writing the new one another client came."
    with server.client() as client:
        client.expect(str(CLIENTS * CALLS).encode(), "GET", "hits", hint=hint)
    if sorted(seen) != list(range(1, CLIENTS * CALLS + 1)):
        twice = next((n for n in seen if seen.count(n) > 1), None)
        raise Wrong("each number once", f"the reply {twice} more than once", hint=hint)


@STAGE.test("of many SET … NX one is successful")
def one_winner(server):
    for attempt in range(20):
        winners = []

        def take(client, number):
            if client.ask("SET", f"lock {attempt}", str(number), "NX") == Status("OK"):
                winners.append(number)

        in_threads(server, take) if attempt % 5 == 0 else quick(server, attempt, winners)
        if len(winners) != 1:
            raise Wrong(
                f"one winner of {CLIENTS} at the same time",
                f"{len(winners)} clients got +OK",
                hint="Looking whether the key exists and setting it have to be one step.",
            )


def quick(server, attempt, winners):
    """The same without threads: all requests are sent before the first reply is read."""
    clients = [server.client(f"client {number + 1}") for number in range(CLIENTS)]
    try:
        for number, client in enumerate(clients):
            client.send("SET", f"lock {attempt}", str(number), "NX")
        for number, client in enumerate(clients):
            if client.expect_reply() == Status("OK"):
                winners.append(number)
    finally:
        for client in clients:
            client.close()

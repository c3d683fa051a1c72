"""Libraries that send scripts: locks, rate limiters, queues of jobs.

Usage: jobs.py HOST PORT. Every check is an assertion; the last line says how many there were.
"""

import operator
import sys
import time

import limits
import redis
from celery import Celery, group
from celery.contrib.testing.worker import start_worker
from limits import storage, strategies
from redis.exceptions import LockNotOwnedError
from redlock import Redlock
from rq import Queue, SimpleWorker

HOST, PORT = sys.argv[1], int(sys.argv[2])

CHECKS = 0


def same(found, expected, what):
    """One check."""
    global CHECKS
    CHECKS += 1
    assert found == expected, f"{what}: {found!r} instead of {expected!r}"


def connect(db):
    """A client of a database that is empty."""
    client = redis.Redis(HOST, PORT, db=db)
    client.flushdb()
    return client


def locks():
    client = connect(3)
    lock, other = client.lock("lock", timeout=10), client.lock("lock", timeout=10)
    same(lock.acquire(blocking=False), True, "acquire")
    same(other.acquire(blocking=False), False, "acquire what is taken")
    same((lock.extend(5), lock.reacquire(), lock.owned()), (True, True, True), "extend")
    lock.release()
    same(other.acquire(blocking_timeout=1), True, "acquire after the release")
    client.delete("lock")
    try:
        other.release()
        raise AssertionError("a lock that is lost cannot be released")
    except LockNotOwnedError:
        pass
    servers = [{"host": HOST, "port": PORT, "db": 3}]
    first, second = Redlock(servers), Redlock(servers, retry_count=1)
    held = first.lock("red", 5000)
    same((bool(held), second.lock("red", 5000)), (True, False), "redlock")
    first.unlock(held)
    same(bool(second.lock("red", 5000)), True, "redlock after the release")


def scripts():
    client = connect(3)
    script = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    same(script(keys=["n"], args=[5]), 5, "a script")
    client.script_flush()
    same(script(keys=["n"], args=[5]), 10, "a script after SCRIPT FLUSH")
    pipe = client.pipeline()
    for _ in range(2):
        script(keys=["n"], args=[1], client=pipe)
    same(pipe.execute(), [11, 12], "a script in a pipeline")
    code = """#!lua name=mylib
    redis.register_function('add', function(keys, args)
        return redis.call('INCRBY', keys[1], args[1])
    end)"""
    client.function_load(code, replace=True)
    same(client.fcall("add", 1, "n", 3), 15, "a function")
    payload = client.function_dump()
    client.function_flush()
    client.function_restore(payload)
    same(client.fcall("add", 1, "n", 1), 16, "a function that was restored")
    same(len(client.function_list()), 1, "its library")
    client.function_delete("mylib")


def rate_limiters():
    store = storage.storage_from_string(f"redis://{HOST}:{PORT}/4")
    store.reset()
    for strategy in (
        strategies.FixedWindowRateLimiter,
        strategies.MovingWindowRateLimiter,
        strategies.SlidingWindowCounterRateLimiter,
    ):
        limiter, item, name = strategy(store), limits.parse("3/minute"), strategy.__name__
        same([limiter.hit(item, name) for _ in range(4)], [True, True, True, False], name)
        same(limiter.test(item, name), False, f"{name}: test")
        same(limiter.get_window_stats(item, name).remaining, 0, f"{name}: remaining")
        limiter.clear(item, name)
        same(limiter.hit(item, name), True, f"{name}: after clear")


def rq_jobs():
    client = connect(6)
    queue = Queue("jobs", connection=client)
    jobs = [queue.enqueue(operator.add, at, 1) for at in range(5)]
    same(len(queue), 5, "rq: queued")
    SimpleWorker([queue], connection=client).work(burst=True, logging_level="CRITICAL")
    same(len(queue), 0, "rq: done")
    # They are kept in streams.
    same([job.return_value(refresh=True) for job in jobs], [1, 2, 3, 4, 5], "rq: results")


def value_of(result):
    """Waits by looking. Celery itself subscribes to a result on one connection and looks for it on
    another one without waiting for the first: a server with a thread for each may execute these two
    in either order, and the message is missed then."""
    end = time.monotonic() + 30
    while not result.ready() and time.monotonic() < end:
        time.sleep(0.02)
    return result.get(timeout=1)


def celery_jobs():
    uri = f"redis://{HOST}:{PORT}"
    app = Celery("jobs", broker=f"{uri}/7", backend=f"{uri}/8")

    @app.task
    def add(x, y):
        return x + y

    options = {"perform_ping_check": False, "pool": "solo", "loglevel": "CRITICAL"}
    with start_worker(app, shutdown_timeout=30, **options):
        results = [add.delay(at, 1) for at in range(5)]
        same([value_of(result) for result in results], [1, 2, 3, 4, 5], "celery")
        results = group(add.s(at, at) for at in range(3))().results
        same([value_of(result) for result in results], [0, 2, 4], "celery: a group")


def main():
    locks()
    scripts()
    rate_limiters()
    rq_jobs()
    celery_jobs()
    print(f"{CHECKS} checks")


main()

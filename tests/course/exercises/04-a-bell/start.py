"""Waits for jobs: python3 start.py. Each line of the input is a job; after 0.3 s without one, `idle`.

This is where you begin: it looks every millisecond whether something has come.
"""

import os
import queue
import sys
import threading
import time

IDLE_S = 0.3
jobs = queue.Queue()


def read():
    """The thread that gets the jobs."""
    for line in sys.stdin:
        jobs.put(line.strip())
    jobs.put(None)


def main():
    threading.Thread(target=read, daemon=True).start()
    since, is_idle = time.monotonic(), False
    while True:
        if not jobs.empty():
            job = jobs.get()
            if job is None:
                os._exit(0)
            print(f"done {job}", flush=True)
            since, is_idle = time.monotonic(), False
        elif not is_idle and time.monotonic() - since > IDLE_S:
            print("idle", flush=True)
            is_idle = True
        time.sleep(0.001)


main()

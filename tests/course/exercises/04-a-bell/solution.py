"""Waits for jobs without looking: python3 solution.py."""

import os
import queue
import sys
import threading

IDLE_S = 0.3
jobs = queue.Queue()


def read():
    """The thread that gets the jobs. `put` rings the bell, a condition variable in the queue."""
    for line in sys.stdin:
        jobs.put(line.strip())
    jobs.put(None)


def main():
    threading.Thread(target=read, daemon=True).start()
    wait = IDLE_S
    while True:
        try:
            job = jobs.get(timeout=wait) if wait else jobs.get()
        except queue.Empty:
            print("idle", flush=True)
            # Nothing will happen any more without a job.
            wait = None
            continue
        if job is None:
            os._exit(0)
        print(f"done {job}", flush=True)
        wait = IDLE_S


main()

"""A load generator: python3 start.py PORT RATE SECONDS. Prints count=… p50=… p99=… max=… (ms).

This is where you begin: it looks right, and it lies.
"""

import socket
import sys
import time

PING = b"*1\r\n$4\r\nPING\r\n"


def main():
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    times = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            begin = time.perf_counter()
            connection.sendall(PING)
            connection.recv(100)
            times.append((time.perf_counter() - begin) * 1e3)
            time.sleep(max(0, 1 / rate - (time.perf_counter() - begin)))
    times.sort()
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    print(f"count={len(times)} p50={p50:.2f} p99={p99:.2f} max={times[-1]:.2f}")


main()

"""A load generator: python3 solution.py PORT RATE SECONDS.

Requests are sent when their time has come, whether or not earlier ones have been answered, and a
reply's time counts from the moment at which its request was *due*.
"""

import socket
import sys
import threading
import time

PING, PONG = b"*1\r\n$4\r\nPING\r\n", len(b"+PONG\r\n")


def main():
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    count, times = int(rate * seconds), []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        start = time.perf_counter() + 0.01

        def read():
            received = 0
            while len(times) < count:
                data = connection.recv(1 << 16)
                now = time.perf_counter()
                received += len(data)
                while len(times) < received // PONG:
                    times.append((now - start - len(times) / rate) * 1e3)
                if not data:
                    return

        reader = threading.Thread(target=read)
        reader.start()
        for number in range(count):
            time.sleep(max(0, start + number / rate - time.perf_counter()))
            connection.sendall(PING)
        reader.join()
    times.sort()
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    print(f"count={len(times)} p50={p50:.2f} p99={p99:.2f} max={times[-1]:.2f}")


main()

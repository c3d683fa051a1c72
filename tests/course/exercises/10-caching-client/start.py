"""A client: python3 start.py PORT. Reads lines `get KEY` and `quit`, and prints a value for each.

This is where you begin: it asks the server every time.
"""

import socket
import sys


def main():
    connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    replies = connection.makefile("rb")
    for line in sys.stdin:
        words = line.split()
        if words[:1] == ["quit"]:
            return
        key = words[1].encode()
        connection.sendall(b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(key), key))
        length = int(replies.readline()[1:])
        value = replies.read(length + 2)[:-2].decode() if length >= 0 else "(nil)"
        print(value, flush=True)


main()

"""A proxy: python3 start.py --port N --servers PORT,PORT,PORT

This is where you begin: it serves many clients, and sends everything to the first server.
"""

import socket
import sys
import threading


def copy(source, target):
    """Copies bytes until the stream ends."""
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def main():
    port = int(sys.argv[sys.argv.index("--port") + 1])
    servers = [int(text) for text in sys.argv[sys.argv.index("--servers") + 1].split(",")]
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    while True:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", servers[0]))
        threading.Thread(target=copy, args=(client, server), daemon=True).start()
        threading.Thread(target=copy, args=(server, client), daemon=True).start()


main()

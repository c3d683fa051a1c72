"""kill -9: what was acknowledged is there, and a torn end is no disaster."""

import os
import threading

from ..stage import Stage
from ..wire import Closed, Silence, Status, Wrong, encode

STAGE = Stage("kill -9", "src/guide/stages/11-kill.md", with_log=True)


def log_files(server):
    """The files in the server's folder, with their sizes."""
    found = {}
    for folder, _, names in os.walk(server.folder.name):
        for name in names:
            path = os.path.join(folder, name)
            if name != "output.txt" and os.path.isfile(path):
                found[path] = os.path.getsize(path)
    return found


@STAGE.test("nothing acknowledged is lost when the process is killed", fresh=True)
def acknowledged(server):
    counts = [0] * 4

    def write(number):
        try:
            with server.client(f"writer {number + 1}") as client:
                while True:
                    client.send("SET", f"writer{number}", str(counts[number] + 1))
                    client.read()
                    counts[number] += 1
        except (Wrong, Closed, Silence, OSError):
            pass

    threads = [threading.Thread(target=write, args=(number,)) for number in range(len(counts))]
    for thread in threads:
        thread.start()
    with server.client() as client:
        client.send_bytes(encode(["INCR", "n"]) * 300)
        for number in range(300):
            client.expect(number + 1)
    server.kill()
    for thread in threads:
        thread.join()
    server.start(*STAGE.flags(server))
    with server.client() as client:
        client.note("client sent      300 × INCR n, and got all replies")
        client.note("(the process was killed with SIGKILL and started again)")
        client.expect(b"300", "GET", "n", hint="Write to the log before the reply is sent.")
        for number, count in enumerate(counts):
            value = int(client.ask("GET", f"writer{number}") or 0)
            # One more may have been logged without an answer.
            if not count <= value <= count + 1:
                raise client.wrong(f"{count} or {count + 1}, the last one acknowledged", value)


@STAGE.test("a torn end costs the last write only", fresh=True)
def torn(server):
    before = log_files(server)
    with server.client() as client:
        for number in range(20):
            client.expect(Status("OK"), "SET", f"k{number}", f"value {number}")
    server.kill()
    grown = [path for path, size in log_files(server).items() if size > before.get(path, 0)]
    if not grown:
        raise Wrong("a file in --dir that has grown by 20 writes", "none")
    path = max(grown, key=lambda path: os.stat(path).st_mtime_ns)
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) - 3)
    server.start(*STAGE.flags(server))
    with server.client() as client:
        client.note("client sent      SET k0 … k19, and the process was killed")
        client.note(f"(the last 3 bytes of {os.path.basename(path)} were cut off: a torn write)")
        client.expect(b"value 18", "GET", "k18")
        client.expect(b"value 0", "GET", "k0")
        client.expect(None, "GET", "k19", hint="Half a record is no record.")
        client.expect(Status("OK"), "SET", "after", "the cut")
    server.kill()
    server.start(*STAGE.flags(server))
    with server.client() as client:
        client.note("(a write was acknowledged after that; the process was killed once more)")
        hint = "Cut the torn end off before you append: what follows it could not be read."
        client.expect(b"the cut", "GET", "after", hint=hint)
        client.expect(b"value 18", "GET", "k18")

"""The server that is graded: a process with a port and a folder of its own.

It is started without a shell, in a process group of its own, so that everything it started ends
with it.
"""

import os
import random
import shlex
import signal
import socket
import subprocess
import tempfile
import time

from .wire import Client, NotStarted, Wrong

START_SECONDS_MAX = 10
STOP_SECONDS_MAX = 5
OUTPUT_BYTES_SHOWN = 1500


def free_port():
    """A port that nothing listens on, below those that the system gives to clients: one of these
    could be taken until the server has started."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as listener:
            try:
                listener.bind(("0.0.0.0", port))
                return port
            except OSError:
                continue


class Server:
    """One server; `start` may be called again after `stop` or `kill`, on the same port and folder."""

    def __init__(self, command, patience=2.0):
        self.command, self.patience = command, patience
        self.folder = tempfile.TemporaryDirectory(prefix="grade-")
        self.port = free_port()
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.folder.cleanup()

    def start(self, *flags):
        """Starts the server with some flags in addition, and waits until it accepts clients."""
        command = self.command.replace("{port}", str(self.port)).replace("{dir}", self.folder.name)
        words = shlex.split(command) + list(flags)
        # Its output goes to a file: a pipe that nobody reads would stop it when it is full.
        self.output = open(os.path.join(self.folder.name, "output.txt"), "ab")
        try:
            self.process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=self.output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise NotStarted("that the server can be started", f"{words}: {error}") from error
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise NotStarted(
                    f"a server that listens on port {self.port}",
                    f"it ended with code {self.process.returncode}; its output: {self.said()}",
                )
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                    if not flags or self._has_loaded(probe):
                        return
            except OSError:
                pass
            time.sleep(0.01)
        raise NotStarted(
            f"a server that listens on 127.0.0.1:{self.port}",
            f"no connection within {START_SECONDS_MAX} s; its output: {self.said()}",
            hint="The words {port} in SERVER are replaced by the port to listen on.",
        )

    @staticmethod
    def _has_loaded(probe):
        """Whether the server has read its log: until then it may answer -LOADING."""
        probe.settimeout(1)
        probe.sendall(b"*1\r\n$4\r\nPING\r\n")
        try:
            return not probe.recv(100).startswith(b"-LOADING")
        except OSError:
            # A server that does not answer is a matter of the stage's tests.
            return True

    def said(self):
        """The end of what the server has printed."""
        try:
            with open(self.output.name, "rb") as file:
                text = file.read()[-OUTPUT_BYTES_SHOWN:].decode("utf-8", "replace").strip()
        except OSError:
            text = ""
        return text or "(nothing)"

    def all_output(self):
        """Everything that the server has printed."""
        with open(self.output.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def client(self, name="client"):
        """A new connection."""
        return Client(self.port, self.patience, name)

    def check_alive(self, after):
        """Fails if the process has ended."""
        if self.process.poll() is not None:
            raise Wrong(
                f"a server that still runs after {after}",
                f"it ended with code {self.process.returncode}; its output: {self.said()}",
            )
        with self.client("another client") as client:
            client.ask("PING")

    def resident_bytes(self):
        """Memory of the process, or None where the system does not tell."""
        try:
            with open(f"/proc/{self.process.pid}/statm", "rb") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            return None

    def kill(self):
        """Ends the process at once, as kill -9 does."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self.process.kill()
        self.process.wait()
        self.output.close()
        self.process = None

    def stop(self, seconds=STOP_SECONDS_MAX):
        """Sends SIGTERM and returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Wrong(
                f"that the server ends within {seconds} s after SIGTERM", "it still runs"
            ) from None
        self.kill()
        return code

"""The protocol as the grader speaks it: requests out, replies in, and a transcript of both.

A reply is read into a plain Python value: `Status` and `Failure` for the two kinds of lines, `int`,
`bytes`, `None` for null, and `list`. Nothing here waits for ever: each read has a deadline.
"""

import socket
import time

SHOWN_BYTES_MAX = 120
STEPS_SHOWN_MAX = 10


class Status(str):
    """A line that began with a plus sign."""


class Failure(str):
    """A line that began with a minus sign: an error."""


class Wrong(Exception):
    """What the server did is not what the stage expects."""

    def __init__(self, expected, received, steps=(), hint=""):
        super().__init__(f"expected {expected}, received {received}")
        self.expected, self.received, self.hint = expected, received, hint
        self.steps = list(steps)


class NotStarted(Wrong):
    """The server cannot be started at all, so there is no use in trying again."""


class Silence(Exception):
    """Nothing, or not enough, came in time."""


class Closed(Exception):
    """The server has closed the connection."""


def show(data):
    """Bytes as a text that can be read, with the middle left out if they are many."""
    if len(data) > SHOWN_BYTES_MAX:
        half = SHOWN_BYTES_MAX // 2
        return f"{show(data[:half])} … {show(data[-half:])} ({len(data)} bytes)"
    return '"' + "".join(_shown_byte(byte) for byte in data) + '"'


def _shown_byte(byte):
    special = {13: "\\r", 10: "\\n", 34: '\\"', 92: "\\\\"}
    if byte in special:
        return special[byte]
    return chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}"


def show_reply(value):
    """A reply in the notation of the sessions."""
    if isinstance(value, Status):
        return f"+{value}"
    if isinstance(value, Failure):
        return f"-{value}"
    if value is None:
        return "$-1"
    if isinstance(value, int):
        return f":{value}"
    if isinstance(value, bytes):
        return f"${len(value)} {show(value)[1:-1]}" if len(value) <= 60 else f"${show(value)}"
    if len(value) > 8:
        return f"*{len(value)} {show_reply(value[0])} …"
    return " ".join([f"*{len(value)}"] + [show_reply(element) for element in value])


def encode(words):
    """A request: an array of bulk strings."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


class Client:
    """One connection, which remembers what was said."""

    def __init__(self, port, patience, name="client"):
        self.name, self.patience, self.steps = name, patience, []
        self.buffer = bytearray()
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        except OSError as error:
            raise Wrong("a connection", f"{error}", hint="Is the server still running?") from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Closes the connection."""
        self.socket.close()

    def note(self, what):
        """Remembers a step, for the explanation of a failure."""
        self.steps.append(what)
        del self.steps[:-STEPS_SHOWN_MAX]

    def send_bytes(self, data):
        """Sends bytes as they are."""
        self.note(f"{self.name} sent      {show(data)}")
        self.socket.settimeout(self.patience)
        try:
            self.socket.sendall(data)
        except (TimeoutError, socket.timeout):
            raise self.wrong(
                "that all bytes can be sent",
                "the connection took no more bytes: the server does not read",
            ) from None
        except OSError as error:
            # What the server said before it closed is more useful than this error.
            self.note(f"{self.name} (then the connection broke: {error})")

    def send(self, *words):
        """Sends a request."""
        self.send_bytes(encode(words))

    def read(self, patience=None):
        """Reads one reply."""
        self.deadline = time.monotonic() + (patience or self.patience)
        value = self._value()
        self.note(f"{self.name} received  {show_reply(value)}")
        return value

    def ask(self, *words):
        """Sends a request and reads its reply."""
        self.send(*words)
        return self.expect_reply()

    def expect_reply(self, patience=None):
        """Reads one reply; silence and a closed connection are failures."""
        try:
            return self.read(patience)
        except Silence:
            raise self.wrong("a reply", self._silence()) from None
        except Closed:
            raise self.wrong("a reply", "the end of the connection") from None

    def expect(self, expected, *words, hint=""):
        """Sends a request, if there are words, and checks the reply."""
        if words:
            self.send(*words)
        try:
            received = self.read()
        except Silence:
            raise self.wrong(show_reply(expected), self._silence(), hint) from None
        except Closed:
            raise self.wrong(show_reply(expected), "the end of the connection", hint) from None
        if not same(expected, received):
            raise self.wrong(show_reply(expected), show_reply(received), hint)
        return received

    def expect_nothing(self, milliseconds):
        """Fails if something comes within that time."""
        try:
            received = self.read(milliseconds / 1000)
        except Silence:
            return
        except Closed:
            raise self.wrong("nothing yet", "the end of the connection") from None
        raise self.wrong("nothing yet", show_reply(received))

    def expect_closed(self, hint=""):
        """Fails unless the server closes the connection; an error before that is fine."""
        try:
            for _ in range(8):
                received = self.read()
                if not isinstance(received, Failure):
                    raise self.wrong("the end of the connection", show_reply(received), hint)
        except Closed:
            return
        except Silence:
            pass
        raise self.wrong("the end of the connection", self._silence(), hint)

    def wrong(self, expected, received, hint=""):
        """A failure, with what was said before it."""
        return Wrong(expected, received, self.steps, hint)

    def _silence(self):
        rest = f", only {show(bytes(self.buffer))}" if self.buffer else ""
        return f"no whole reply within {self.patience:g} s{rest} (the connection is open)"

    def _fill(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Silence
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(1 << 16)
        except (TimeoutError, socket.timeout):
            raise Silence from None
        except OSError:
            raise Closed from None
        if not data:
            raise Closed
        self.buffer += data

    def _line(self):
        at = self.buffer.find(b"\r\n")
        while at < 0:
            self._fill()
            at = self.buffer.find(b"\r\n")
        line = bytes(self.buffer[:at])
        self._used = at + 2
        return line

    def _value(self):
        line = self._line()
        kind, text = line[:1], line[1:].decode("utf-8", "replace")
        if kind == b"$" and text.lstrip("-").isdigit():
            return self._bulk(int(text))
        del self.buffer[: self._used]
        if kind == b"+":
            return Status(text)
        if kind == b"-":
            return Failure(text)
        if kind == b":" and text.lstrip("-").isdigit():
            return int(text)
        if kind == b"*" and text.lstrip("-").isdigit():
            return None if int(text) < 0 else [self._value() for _ in range(int(text))]
        raise self.wrong(
            "a reply of the protocol: a line that begins with + - : $ or *", show(line)
        )

    def _bulk(self, length):
        start = self._used
        if length < 0:
            del self.buffer[:start]
            return None
        while len(self.buffer) < start + length + 2:
            self._fill()
        data = bytes(self.buffer[start : start + length])
        if self.buffer[start + length : start + length + 2] != b"\r\n":
            raise self.wrong(
                "\\r\\n after the bytes of a bulk string",
                show(bytes(self.buffer[start + length : start + length + 2])),
            )
        del self.buffer[: start + length + 2]
        return data


def same(expected, received):
    """Whether a reply is the expected one. Of an error only the beginning is compared: what comes
    after the code is for people, and every server may say it in its own words."""
    if isinstance(expected, Failure):
        return isinstance(received, Failure) and received.startswith(expected)
    if isinstance(expected, list):
        return (
            isinstance(received, list)
            and len(expected) == len(received)
            and all(same(*pair) for pair in zip(expected, received))
        )
    return type(expected) is type(received) and expected == received

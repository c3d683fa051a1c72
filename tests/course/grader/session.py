"""Sessions: tests that read like a conversation.

    > SET k "a b"          the client sends a request
    +OK                    and must get this reply
    B> GET k               another client, named B
    $3 a b
    >> "*1\\r\\n$4\\r\\nPI"  bytes as they are, in quotes
    wait 20                a pause, in milliseconds
    B< :1                  a reply that B gets without a request of its own
    B< (nothing)           nothing comes within 60 ms
    (closed)               the server closes the connection

Replies: `+text`, `-CODE` (the beginning of an error is enough), `:number`, `$length bytes`, `$-1`,
and `*count` with that many replies behind it, in the same line or in the next ones.
"""

import re
import time

from .wire import Failure, Status

NOTHING_MS = 60
ESCAPES = {"r": b"\r", "n": b"\n", "0": b"\0", '"': b'"', "\\": b"\\", "t": b"\t"}
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


def unescape(text):
    """The bytes of a text in quotes."""
    out, at = b"", 0
    while at < len(text):
        if text[at] != "\\":
            out += text[at].encode()
            at += 1
        elif text[at + 1] == "x":
            out += bytes([int(text[at + 2 : at + 4], 16)])
            at += 4
        else:
            out += ESCAPES[text[at + 1]]
            at += 2
    return out


def words(text):
    """The words of a request; those in quotes may contain spaces and escapes."""
    found = []
    for match in WORD.finditer(text):
        quoted, plain = match.groups()
        found.append(plain.encode() if plain is not None else unescape(quoted))
    return found


def parse_reply(lines):
    """The reply that the first of `lines` begins with; takes the lines it needs."""
    text = lines.pop(0).strip()
    kind, rest = text[:1], text[1:]
    if kind == "+":
        return Status(rest)
    if kind == "-":
        return Failure(rest)
    if kind == ":":
        return int(rest)
    if kind == "$":
        if rest == "-1":
            return None
        length, _, data = rest.partition(" ")
        data = unescape(data)
        assert len(data) == int(length), f"{text}: the length is {len(data)}"
        return data
    assert kind == "*", text
    count, _, inline = rest.partition(" ")
    if inline:
        # Elements without spaces of their own: `*2 $1 a :3`.
        parts = re.findall(r"\$-1|\$0|\$\d+ \S+|[+:]\S+|\*\d+", inline)
        lines[:0] = parts
    return [parse_reply(lines) for _ in range(int(count))] if int(count) >= 0 else None


def run(server, text):
    """Runs a session against a server."""
    clients = {}
    try:
        _run(server, [line.strip() for line in text.strip().splitlines()], clients)
    finally:
        for client in clients.values():
            client.close()


def _run(server, lines, clients):
    def client(name):
        if name not in clients:
            clients[name] = server.client(name or "client")
        return clients[name]

    current = ""
    while lines:
        line = lines[0]
        match = re.match(r"^([A-Z]?)(>>|>|<) ?(.*)$", line)
        if not line or line.startswith("#"):
            lines.pop(0)
        elif line.startswith("wait "):
            lines.pop(0)
            time.sleep(int(line.split()[1]) / 1000)
        elif match and match[2] == ">":
            lines.pop(0)
            current = match[1]
            client(current).send(*words(match[3]))
        elif match and match[2] == ">>":
            lines.pop(0)
            current = match[1]
            client(current).send_bytes(b"".join(words(match[3])))
        else:
            if match:
                current, lines[0] = match[1], match[3]
            _check(client(current), lines)


def _check(client, lines):
    if lines[0] == "(nothing)":
        lines.pop(0)
        client.expect_nothing(NOTHING_MS)
    elif lines[0] == "(closed)":
        lines.pop(0)
        client.expect_closed()
    else:
        client.expect(parse_reply(lines))

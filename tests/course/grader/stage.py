"""A stage: a title and tests, each of which gets a running server.

A test is a session (a text, see `session`) or a function of the server. Tests of one stage share a
server, which is started again after a failure, so that one fault is not counted twice.
"""

import time

from . import session
from .report import Result
from .server import Server
from .wire import Closed, NotStarted, Silence, Wrong

# What the server is started with in addition, from the stage on that needs a log.
LOG_FLAGS = ("--appendonly", "yes", "--appendfsync", "always", "--dir", "{dir}")


class Stage:
    """A title, the page about it, and the tests in order."""

    def __init__(self, title, page, with_log=False):
        self.title, self.page, self.with_log = title, page, with_log
        self.tests = []

    def session(self, name, text):
        """Adds a session."""
        self.tests.append((name, lambda server: session.run(server, text), False))

    def test(self, name, fresh=False):
        """Adds a function, which may want a server and a folder that no test has used."""

        def add(function):
            self.tests.append((name, function, fresh))
            return function

        return add

    def flags(self, server):
        """The flags of this stage's server."""
        if not self.with_log:
            return ()
        return tuple(flag.replace("{dir}", server.folder.name) for flag in LOG_FLAGS)

    def run(self, number, command, patience, announce=lambda _: None, only_first_failure=False):
        """Runs all tests, passes each result to `announce`, and returns them."""
        results, server = [], None
        try:
            for name, function, fresh in self.tests:
                if server is None or fresh:
                    if server is not None:
                        server.__exit__()
                    server = None
                began, wrong = time.monotonic(), None
                try:
                    if not results or not isinstance(results[0].wrong, NotStarted):
                        if server is None:
                            server = Server(command, patience)
                            server.start(*self.flags(server))
                        function(server)
                    else:
                        wrong = Wrong("a server that starts", "none, see the first test")
                except Wrong as error:
                    wrong = error
                except (Silence, Closed, OSError) as error:
                    wrong = Wrong("an answer", f"{type(error).__name__}: {error}")
                if wrong is not None and server is not None:
                    server.__exit__()
                    server = None
                results.append(Result(number, name, time.monotonic() - began, wrong))
                announce(results[-1])
                if wrong is not None and only_first_failure:
                    break
        finally:
            if server is not None:
                server.__exit__()
        return results

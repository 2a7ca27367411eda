"""A way to a PostgreSQL server on which the answer to a COMMIT is lost."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from attrs import define, field
from sqlalchemy import URL, make_url

COMMIT = b"COMMIT"


@define(eq=False)
class Wire:
    """Between the drivers and a server.

    Attributes:
        url: How the server is reached by it.
        lose: How many COMMITs get no answer from now on.
        kept: Whether the server hears of such a COMMIT, and so keeps what it is about.
        lost: How many had no answer.
    """

    url: URL
    _server: str
    lose: int = 0
    kept: bool = False
    lost: int = field(default=0, init=False)

    def serve(self, listening: socket.socket) -> None:
        with suppress(OSError):  # it is closed
            while True:
                client, _ = listening.accept()
                Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        deaf = Event()
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(self._server)
            back = Thread(target=_copy, args=(server, client, deaf), daemon=True)
            back.start()
            while data := client.recv(65536):
                if self.lose and COMMIT in data:
                    deaf.set()
                    self.lose -= 1
                    self.lost += 1
                    if self.kept:
                        server.sendall(data)
                    break
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)  # it answers what it has heard, and ends
            back.join(30)


def _copy(server: socket.socket, client: socket.socket, deaf: Event) -> None:
    with suppress(OSError):
        while data := server.recv(65536):
            if not deaf.is_set():
                client.sendall(data)
        client.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(server: str) -> Iterator[Wire]:
    """A wire to the server of a URL.

    Args:
        server: The URL of a database on a server that listens on a Unix socket.
    """
    url = make_url(server)
    port = str(url.query["port"])
    with tempfile.TemporaryDirectory(prefix="wire-", dir="/tmp") as folder:  # a path to a socket is short
        name = f".s.PGSQL.{port}"
        wired = Wire(url.update_query_dict({"host": folder}), str(Path(str(url.query["host"])) / name))
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(Path(folder) / name))
            listening.listen()
            Thread(target=wired.serve, args=(listening,), daemon=True).start()
            yield wired
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)

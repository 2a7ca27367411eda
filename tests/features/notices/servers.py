"""SMTP servers of the tests: real ones, on this machine."""

from __future__ import annotations

import email
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""Of an authority that only these tests trust, with its key."""

PASSWORD = "a password of the tests"


class Inbox:
    """What a server has taken, and what it answers.

    Args:
        answers: For a command such as `DATA`, what is answered instead of yes.
    """

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.envelopes: list[Envelope] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.was_encrypted: list[bool] = []

    @property
    def messages(self) -> list[EmailMessage]:
        contents = [cast(bytes, envelope.content) for envelope in self.envelopes]
        return [email.message_from_bytes(each, policy=POLICY) for each in contents]

    async def handle_RCPT(  # noqa: N802 - the name of the command
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" not in self.answers:
            envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "DATA" not in self.answers:
            self.envelopes.append(envelope)
            assert server.transport is not None
            self.was_encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return self.answers.get("DATA", "250 OK")

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return self.answers.get("QUIT", "221 Bye")

    def authenticator(self, server: SMTP, session: Session, envelope: Envelope, kind: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == PASSWORD.encode(), handled=False)


def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


@contextmanager
def serving(inbox: Inbox, *, security: str = "none", **options: Any) -> Iterator[int]:
    """The port of a server that puts into the inbox what it is sent."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    if security == "starttls":
        options |= {"tls_context": tls(), "require_starttls": True}
    elif security == "tls":
        options |= {"ssl_context": tls()}
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()

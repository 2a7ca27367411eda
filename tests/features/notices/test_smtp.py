"""Messages reach a real SMTP server; whatever the server does, none is lost."""

from __future__ import annotations

import email
import random
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.policy import SMTP as POLICY
from typing import Any, cast

import pytest
from attrs import evolve

from tenantry import Delivery, Dispatched, Invalid, NoticeKind, Rendered, Tenantry
from tenantry.jinja import Templates
from tenantry.smtp import SMTPMailer
from tenantry.testing import FrozenClock
from tests.features.notices.postbox import outbox
from tests.features.notices.servers import PASSWORD, Inbox, serving, trusting
from tests.features.people import BOB, Company
from tests.scale import rounds

TEMPLATES = Templates(link="https://app.test/join/{token}")
DELIVERY = Delivery(
    key="ntc_01k9z3x8qfe0atp2m4v6s1c9hd",
    kind=NoticeKind.REMOVED,
    tenant_id="ten_1",
    email="bob@gov.test",
    name="Bob",
    data={"tenant": "Acme", "reason": None},
)


def mailer(port: int = 25, **settings: Any) -> SMTPMailer:
    known: dict[str, Any] = {"sender": "Acme <no-reply@acme.test>", "templates": TEMPLATES, "security": "none"}
    known["timeout"] = 20
    return SMTPMailer("127.0.0.1", port, **(known | settings))


def test_a_message_reaches_one_recipient_with_all_its_parts() -> None:
    """EM-06"""
    inbox = Inbox()
    with serving(inbox) as port:
        mailer(port).send(DELIVERY)

    [envelope], [message] = inbox.envelopes, inbox.messages
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@acme.test", ["bob@gov.test"])
    assert {name: message[name] for name in ("From", "To", "Subject", "Message-ID", "Auto-Submitted")} == {
        "From": "Acme <no-reply@acme.test>",
        "To": "bob@gov.test",
        "Subject": "Your access has ended",
        "Message-ID": "<ntc_01k9z3x8qfe0atp2m4v6s1c9hd@acme.test>",
        "Auto-Submitted": "auto-generated",
    }
    assert abs((datetime.now(UTC) - message["Date"].datetime).days) <= 1
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    expected = TEMPLATES.render(DELIVERY)
    assert [part.get_content().replace("\r\n", "\n").strip() for part in message.iter_parts()] == [
        expected.text.strip(),
        (expected.html or "").strip(),
    ]


def test_an_invitation_is_accepted_by_the_link_in_the_mail(tenancy: Tenantry, acme: Company) -> None:
    """L5, EM-06, IT-07"""
    acme.context().invitations.send("bob@acme.test", role="admin", message="Welcome!")
    inbox = Inbox()
    with serving(inbox) as port:
        assert tenancy.jobs.dispatch_notices(mailer(port)) == Dispatched(sent=1, waiting=1)

    [message] = inbox.messages
    text, page = (part.get_content() for part in message.iter_parts())
    [token] = set(re.findall(r"https://app\.test/join/([\w.-]+)", text + page))
    assert tenancy.person(BOB).accept(token).membership.roles == ("admin",)
    assert token not in str(message.items())


FAILING = {
    "it takes no message": ({"DATA": "451 Later"}, "SMTPDataError"),
    "it knows no such recipient": ({"RCPT": "550 Nobody"}, "SMTPRecipientsRefused"),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_server_that_fails_gets_the_same_again(
    tenancy: Tenantry, acme: Company, clock: FrozenClock, case: str
) -> None:
    """CR-07, CR-08"""
    answers, failure = FAILING[case]
    acme.invite(BOB)
    inbox = Inbox(**answers)
    with serving(inbox) as port:
        assert tenancy.jobs.dispatch_notices(mailer(port)).failed == 1
        assert outbox(acme)[0].failure == failure
        assert inbox.messages == []
        inbox.answers.clear()
        clock.advance(minutes=2)
        assert tenancy.jobs.dispatch_notices(mailer(port)).sent == 1

    [message] = inbox.messages
    assert message["Message-ID"] == f"<{outbox(acme)[0].id}@acme.test>"


def test_a_server_that_is_not_there_fails_the_try(tenancy: Tenantry, acme: Company) -> None:
    acme.invite(BOB)
    with serving(Inbox()) as port:
        pass

    assert tenancy.jobs.dispatch_notices(mailer(port)).failed == 1
    assert outbox(acme)[0].failure == "ConnectionRefusedError"


@contextmanager
def answering(*lines: bytes) -> Iterator[int]:
    """The port of a server that says these lines, whatever it hears, and then nothing, until the block ends."""
    over = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            for line in lines:
                connection.sendall(line)
                connection.recv(65_536)
            if not lines:
                over.wait()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            thread.join()


def test_a_server_that_says_nothing_fails_the_try() -> None:
    """CR-08"""
    with answering() as port, pytest.raises(OSError, match="timed out"):
        mailer(port, timeout=0.05).send(DELIVERY)


def test_a_server_that_hangs_up_fails_the_try() -> None:
    with answering(b"220 Hello\r\n", b"250 OK\r\n") as port, pytest.raises(OSError, match=r"closed|reset|pipe"):
        mailer(port).send(DELIVERY)


def test_what_was_taken_is_sent_however_the_server_takes_leave() -> None:
    inbox = Inbox(QUIT="421 Overloaded")
    with serving(inbox) as port:
        mailer(port).send(DELIVERY)

    assert len(inbox.messages) == 1


def test_what_was_taken_is_sent_though_the_server_hangs_up_then() -> None:
    taking = (b"220 Hello\r\n", *[b"250 OK\r\n"] * 3, b"354 Go on\r\n", b"250 OK\r\n")
    with answering(*taking) as port:
        mailer(port).send(DELIVERY)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_connection_is_encrypted_before_the_password_is_sent(security: str) -> None:
    inbox = Inbox()
    starttls = security == "starttls"  # of the other way this server does not know that it is safe
    options = {"auth_required": starttls, "auth_require_tls": starttls}
    with serving(inbox, security=security, authenticator=inbox.authenticator, **options) as port:
        login = {"username": "acme", "password": PASSWORD}
        mailer(port, security=security, context=trusting(), **login).send(DELIVERY)

    assert inbox.logins == [(b"acme", PASSWORD.encode())]
    assert inbox.was_encrypted == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_cannot_prove_its_name_is_sent_nothing(security: str) -> None:
    inbox = Inbox()
    with serving(inbox, security=security) as port, pytest.raises(OSError, match="certificate verify failed"):
        mailer(port, security=security).send(DELIVERY)

    assert inbox.messages == []


def test_a_server_without_encryption_is_sent_nothing_where_that_is_asked() -> None:
    inbox = Inbox()
    with serving(inbox) as port, pytest.raises(OSError, match="STARTTLS"):
        mailer(port, security="starttls").send(DELIVERY)

    assert inbox.messages == []


def test_a_wrong_password_fails_the_try_and_is_not_shown() -> None:
    inbox = Inbox()
    with serving(inbox, security="starttls", authenticator=inbox.authenticator, auth_required=True) as port:
        wrong = mailer(port, security="starttls", context=trusting(), username="acme", password="not this one")
        with pytest.raises(OSError, match="Authentication") as caught:
            wrong.send(DELIVERY)

    assert "not this one" not in repr(wrong) + str(caught.value)
    assert inbox.messages == []


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("bøb@gov.test", "bøb@gov.test"),
        ("用户@例子.test", "用户@xn--fsqu00a.test"),
        ("bob@faß.test", "bob@xn--fa-hia.test"),
        ("Bob.O'Neil+x@GOV.test", "Bob.O'Neil+x@gov.test"),
        ("a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".test", "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".test"),
    ],
)
def test_an_address_is_sent_as_servers_understand_it(address: str, sent_to: str) -> None:
    """EM-06, EM-08, EM-12: a domain in ASCII, and a local part as it is."""
    inbox = Inbox()
    with serving(inbox, enable_SMTPUTF8=True) as port:
        mailer(port).send(evolve(DELIVERY, email=address))

    [envelope] = inbox.envelopes
    assert envelope.rcpt_tos == [sent_to]
    assert f"\r\nTo: {sent_to}\r\n".encode() in cast(bytes, envelope.content)


def test_a_server_that_knows_no_such_address_fails_the_try() -> None:
    inbox = Inbox()
    with serving(inbox, enable_SMTPUTF8=False) as port:
        with pytest.raises(OSError, match="SMTPUTF8"):
            mailer(port).send(evolve(DELIVERY, email="bøb@gov.test"))
        mailer(port).send(evolve(DELIVERY, email="bob@faß.test", name="Bøb"))

    assert "Hello Bøb," in inbox.messages[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "address", ["bob@gov.test\r\nBcc: eve@evil.test", "bob@gov.test, eve@evil.test", "Bob <bob@gov.test>", "", "bob"]
)
def test_what_is_no_address_is_sent_nothing(address: str) -> None:
    """EM-10"""
    with pytest.raises(Invalid):
        mailer().message(evolve(DELIVERY, email=address))


def test_no_name_adds_a_header() -> None:
    """IN-05, EM-10: the subject has no text of people, and there is one recipient."""
    letters = "ab \r\n\t:;,<>@\"'\\=?_{}%\0\x1b\x85\u2028\u2029\u202e\u200d\ud800é中😀"
    tails = ["", "\r\nBcc: eve@evil.test", "\n\nSubject: x", "=?utf-8?q?=0aBcc:eve@evil.test?="]
    chance = random.Random(1)

    def invitation(names: list[str]) -> Delivery:
        first, second, third, *others = names
        data = {"tenant": first, "inviter": second, "role": third, "message": first, "workspaces": others}
        told = data | {"expires_at": "2026-11-27T18:20:05+00:00"}
        return evolve(DELIVERY, kind=NoticeKind.INVITATION, name=first, data=told, token="T")

    def head(names: list[str]) -> list[tuple[str, str]]:
        sent = mailer().message(invitation(names)).as_bytes().partition(b"\r\n\r\n")[0]
        parsed = email.message_from_bytes(sent, policy=POLICY)
        return [(name, str(value)) for name, value in parsed.items() if name not in ("Date", "Content-Type")]

    plain = head(["Acme"] * 4)
    for _ in range(rounds(1_000_000) // 100):
        names = ["".join(chance.choices(letters, k=chance.randrange(1, 30))) + chance.choice(tails) for _ in range(100)]
        assert head(names) == plain


class Plain:
    def render(self, delivery: Delivery) -> Rendered:
        return Rendered("Hellø", "Text only.")


def test_a_host_may_render_by_itself() -> None:
    message = mailer(templates=Plain()).message(DELIVERY)

    assert message.get_content_type() == "text/plain"
    assert (message["Subject"], message.get_content().strip()) == ("Hellø", "Text only.")


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@evil.test", "a\nb"])
def test_a_subject_of_several_lines_fails_the_try(subject: str) -> None:
    """IN-05"""

    class Careless:
        def render(self, delivery: Delivery) -> Rendered:
            return Rendered(subject, "x")

    with pytest.raises(ValueError, match=r"linefeed|newline"):
        mailer(templates=Careless()).message(DELIVERY)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sender": "nobody"}, "sender"),
        ({"sender": "A <a@acme.test>, B <b@acme.test>"}, "sender"),
        ({"sender": "A\r\nBcc: <a@acme.test>"}, "sender"),
        ({"sender": None}, "sender"),
        ({"templates": Templates}, "templates"),
        ({"templates": None}, "templates"),
        ({"port": 0}, "port"),
        ({"port": "25"}, "port"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": True}, "timeout"),
        ({"timeout": None}, "timeout"),
        ({"security": "ssl"}, "security"),
        ({"security": None}, "security"),
        ({"security": ["tls"]}, "security"),
        ({"security": "tls", "username": "acme"}, "password"),
        ({"security": "tls", "password": PASSWORD}, "password"),
        ({"username": "acme", "password": PASSWORD}, "security"),
        ({"security": "tls", "username": 7, "password": PASSWORD}, "username"),
        ({"security": "tls", "context": "tls"}, "context"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(wrong: dict[str, Any], field: str) -> None:
    """IN-08"""
    with pytest.raises(Invalid) as caught:
        mailer(**({"port": 25} | wrong))
    assert caught.value.field == field
    assert PASSWORD not in str(caught.value)


def test_a_host_that_is_no_name_is_refused() -> None:
    with pytest.raises(Invalid, match="host"):
        SMTPMailer("", 25, sender="a@acme.test", templates=TEMPLATES)


def test_the_password_is_not_shown() -> None:
    shown = repr(mailer(security="tls", username="acme", password=PASSWORD))

    assert "acme" in shown
    assert PASSWORD not in shown

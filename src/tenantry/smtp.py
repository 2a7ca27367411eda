"""A mailer on the standard library: one message, one recipient, one connection to an SMTP server."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import closing, suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Any, Protocol

from attrs import field

from .kernel import emails, text
from .kernel.errors import Invalid
from .kernel.values import frozen
from .notices import Delivery, Rendered

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = ["Renderer", "SMTPMailer"]

_SENDER = re.compile(r'"?(?P<name>[^"<>@]*?)"? *<(?P<address>[^<>]*)>|[^<>]*')
_SECURITY = ("starttls", "tls", "none")


class Renderer(Protocol):
    """What makes a message of a delivery: `tenantry.jinja.Templates`, or an object of the host's."""

    def render(self, delivery: Delivery, /) -> Rendered:
        """The message of a delivery."""
        ...


def _text(instance: object, attribute: Attribute[str], value: object) -> None:
    text.exact(value, attribute.name)


def _text_or_none(instance: object, attribute: Attribute[Any], value: object) -> None:
    if value is not None:
        text.exact(value, attribute.name, longest=1_000)


def _port(instance: object, attribute: Attribute[int], value: object) -> None:
    text.integer(value, "port", low=1, high=65_535)


def _renderer(instance: object, attribute: Attribute[Any], value: object) -> None:
    if isinstance(value, type) or not callable(getattr(value, "render", None)):
        raise Invalid(
            "templates must be an object with a method render.",
            field="templates",
            rule="wrong_type",
            expected="renderer",
        )


def _seconds(instance: object, attribute: Attribute[float], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 600:
        raise Invalid(
            "timeout must be a number of seconds, up to 600.", field="timeout", rule="out_of_range", low=0, high=600
        )


def _sender(value: object) -> Address:
    """The sender's address, with a name before it or without: `Acme <no-reply@acme.test>`."""
    parts = _SENDER.fullmatch(text.exact(value, "sender"))
    try:
        if parts is not None:
            return _address(parts["address"] or parts[0], name=parts["name"] or "")
    except Invalid:
        pass
    raise Invalid(
        "The sender must be an address, or one with a name: Acme <no-reply@acme.test>.",
        field="sender",
        rule="not_an_address",
    )


def _address(value: str, *, name: str = "") -> Address:
    """An address for a header and for the envelope; its domain in ASCII, which every server takes."""
    parsed = emails.Email.parse(value)
    return Address(name, parsed.address.rpartition("@")[0], emails.domain(parsed.key))


@frozen
class SMTPMailer:
    """Delivers through an SMTP server.

    A message goes to exactly one recipient, has its `Message-ID` from the key of the delivery, and nothing that comes
    from people in its headers but the address.

    Args:
        host: The name of the server.
        port: Mostly 587 for `starttls`, and 465 for `tls`.
        sender: Who it is from: an address, or one with a name, as in `Acme <no-reply@acme.test>`.
        templates: What renders the messages: a `tenantry.jinja.Templates`, or an object with such a `render`.
        username: For a server that wants one.
        password: Likewise. It is sent over an encrypted connection only.
        security: `starttls`, `tls` or `none`. The server's certificate is verified.
        timeout: After how many seconds without an answer a try has failed.
        context: The TLS settings, for a server whose certificate is signed by an authority of your own.

    Raises:
        Invalid: An argument cannot be accepted, or a password would be sent without encryption.
    """

    host: str = field(validator=_text)
    port: int = field(validator=_port)
    sender: Address = field(kw_only=True, converter=_sender)
    templates: Renderer = field(kw_only=True, validator=_renderer)
    username: str | None = field(default=None, kw_only=True, validator=_text_or_none)
    password: str | None = field(default=None, kw_only=True, validator=_text_or_none, repr=False)
    security: str = field(default="starttls", kw_only=True)
    timeout: float = field(default=30.0, kw_only=True, validator=_seconds)
    context: ssl.SSLContext | None = field(default=None, kw_only=True, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.security not in _SECURITY:
            raise Invalid(
                f"security must be one of: {', '.join(_SECURITY)}.",
                field="security",
                rule="not_a_choice",
                choices=list(_SECURITY),
            )
        if (self.username is None) != (self.password is None):
            raise Invalid("username and password come together.", field="password", rule="incomplete")
        if self.security == "none" and self.password is not None:
            raise Invalid("A password is never sent without encryption.", field="security", rule="unencrypted")
        if self.context is not None and not isinstance(self.context, ssl.SSLContext):
            raise Invalid(
                "context must be an ssl.SSLContext.", field="context", rule="wrong_type", expected="SSLContext"
            )

    def send(self, delivery: Delivery) -> None:
        """Deliver one message; an error of the server or the network is raised."""
        message = self.message(delivery)
        recipient = message["To"].addresses[0].addr_spec
        with closing(self._connected()) as server:
            if self.username is not None and self.password is not None:
                server.login(self.username, self.password)
            server.send_message(message, self.sender.addr_spec, [recipient])
            with suppress(OSError):  # the server has the message, whatever becomes of the farewell
                server.quit()

    def message(self, delivery: Delivery) -> EmailMessage:
        """The message of a delivery, for a host that sends it in another way.

        Raises:
            Invalid: The address is none to which mail can go.
        """
        rendered = self.templates.render(delivery)
        message = EmailMessage(policy=SMTP)
        message["From"] = self.sender
        message["To"] = _address(delivery.email)  # without the name, which somebody may have chosen with care
        message["Subject"] = rendered.subject
        message["Date"] = datetime.now(UTC)
        message["Message-ID"] = f"<{delivery.key}@{self.sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(rendered.text, cte="quoted-printable")
        if rendered.html is not None:
            message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
        return message

    def _connected(self) -> smtplib.SMTP:
        # Named after the sender: to find the name of this machine could take long.
        options: dict[str, Any] = {"local_hostname": self.sender.domain, "timeout": self.timeout}
        if self.security == "none":
            return smtplib.SMTP(self.host, self.port, **options)
        context = self.context or ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, context=context, **options)
        server = smtplib.SMTP(self.host, self.port, **options)
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        return server

"""Messages as people read them, rendered with Jinja from templates that a host can replace."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..kernel import text
from ..kernel.errors import Invalid
from ..notices import Delivery, NoticeKind, Rendered
from ..notices.model import OFFERS

try:
    from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined, TemplateError, select_autoescape
    from jinja2.sandbox import ImmutableSandboxedEnvironment
except ModuleNotFoundError as missing:
    if missing.name != "jinja2":
        raise
    raise ImportError("tenantry.jinja needs Jinja2: install tenantry[jinja].") from missing

__all__ = ["Templates"]

_SUBJECT = "Subject: "
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_PARAGRAPHS = frozenset({"message", "reason"})
"""What may have several lines; everything else that comes from people is one."""

_LINKABLE = re.compile(r"[.:/@\u3002\uff0e\uff61](?=\S)")
_APART = "\u200c"  # it shows nothing, and no mail program makes a link of what it stands in


class Templates:
    """Renders messages: the subject, plain text and HTML.

    For each kind of notice there are two templates: `invitation.txt`, whose first line is the subject, and
    `invitation.html`, which fills `layout.html`. They are sandboxed, and what they name must be there.

    What comes from people cannot break out of its place: in HTML it is escaped, everywhere it is on one line (a message
    and a reason keep their lines), and mail programs make no link of it. The subjects have nothing of it.

    Args:
        link: Where an invitation is accepted: an `https` address with `{token}` in it; or a function that makes one
            of a token; or for each kind of notice such an address, which for others than `invitation` and `reminder`
            is shown as it is. A reminder leads where the invitation does unless it has an own one.
        directory: Templates of the host, each instead of the one of the same name.

    Raises:
        Invalid: A link is no such address, there is no such directory, or a template cannot be read.
    """

    def __init__(
        self,
        *,
        link: str | Callable[[str], str] | Mapping[str, str],
        directory: str | os.PathLike[str] | None = None,
    ) -> None:
        self._links = _links(link)
        loaders: list[Any] = [PackageLoader("tenantry.jinja")]
        if directory is not None:
            loaders.insert(0, FileSystemLoader(_directory(directory)))
        self._environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader(loaders),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["moment"] = _moment
        for kind in NoticeKind:
            for form in ("txt", "html"):
                self._template(kind, form)

    def __repr__(self) -> str:
        return "<Templates>"

    def render(self, delivery: Delivery) -> Rendered:
        """The message of a delivery.

        Raises:
            Invalid: The text does not begin with a subject, or the link is no `https` address.
        """
        context = {
            **{key: _harmless(value, key) for key, value in delivery.data.items()},
            "kind": delivery.kind.value,
            "name": _harmless(delivery.name, "name"),
            "email": _harmless(delivery.email, "email"),
            "link": self._link(delivery),
        }
        if "expires_at" in delivery.data:
            context["expires_at"] = datetime.fromisoformat(delivery.data["expires_at"])
        first, _, rest = self._template(delivery.kind, "txt").render(context).partition("\n")
        if not first.startswith(_SUBJECT):
            raise Invalid(
                f"{delivery.kind.value}.txt must begin with {_SUBJECT!r}.", field="directory", rule="no_subject"
            )
        html = self._template(delivery.kind, "html").render(context)
        return Rendered(first.removeprefix(_SUBJECT).strip(), rest.strip() + "\n", html)

    def _link(self, delivery: Delivery) -> str | None:
        link = self._links.get(delivery.kind)
        if callable(link):
            return _check(link(delivery.token or ""), tokens=0)
        return link and link.replace("{token}", delivery.token or "")

    def _template(self, kind: NoticeKind, form: str) -> Any:
        name = f"{kind.value}.{form}"
        try:
            return self._environment.get_template(name)
        except TemplateError as error:
            raise Invalid(
                f"The template {name} cannot be read: {error}.", field="directory", rule="unreadable"
            ) from error


def _directory(value: object) -> Path:
    if isinstance(value, str | os.PathLike) and Path(value).is_dir():
        return Path(value)
    raise Invalid("directory must be a directory with templates.", field="directory", rule="not_a_directory")


_Link = str | Callable[..., object]


def _links(link: object) -> Mapping[NoticeKind, _Link]:
    """Where each kind of notice leads."""
    links: dict[NoticeKind, _Link] = {}
    given: Mapping[Any, Any] = link if isinstance(link, Mapping) else {NoticeKind.INVITATION.value: link}
    for name, each in given.items():
        kind = text.choice(name, NoticeKind, "link")
        links[kind] = each if callable(each) and kind in OFFERS else _check(each, tokens=int(kind in OFFERS))
    if NoticeKind.INVITATION not in links:
        raise Invalid("The link of an invitation is missing.", field="link", rule="missing")
    return {NoticeKind.REMINDER: links[NoticeKind.INVITATION], **links}


def _check(link: object, *, tokens: int) -> str:
    """The link, if it is an address that is safe to send, with so many places for a token."""
    if type(link) is str and link.isprintable() and " " not in link and "\\" not in link:
        try:
            parts = urlsplit(link)
            is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
            known = bool(parts.hostname) and not re.search(r"[@{}]", parts.netloc)
        except ValueError:  # a port or an IPv6 address that is none
            is_safe = known = False
        rest = link.replace("{token}", "", tokens)
        if is_safe and known and link.count("{token}") == tokens and not re.search(r"[{}]", rest):
            return link
    place = "an https address with {token} in it, once" if tokens else "an https address"
    raise Invalid(f"A link must be {place}.", field="link", rule="not_a_link")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _harmless(value: Any, key: str) -> Any:
    """A value as templates get it: whatever text is in it stays where it is put, and no mail program links it."""
    if isinstance(value, str):
        lines = value.splitlines() if key in _PARAGRAPHS else [value]
        return "\n".join(map(_line, lines))
    if isinstance(value, Mapping):
        return {name: _harmless(each, key) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_harmless(each, key) for each in value]
    return value


def _line(value: str) -> str:
    visible = "".join(each if each.isprintable() else " " for each in value)
    return _LINKABLE.sub(rf"\g<0>{_APART}", " ".join(visible.split()))

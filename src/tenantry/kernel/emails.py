"""E-mail addresses: the one place where it is decided whether two of them are the same mailbox.

`canonical` makes the key by which addresses are compared, stored and looked up:

* the local part in lower case after Unicode normalisation (NFC, RFC 6532, section 3.1): mailboxes that differ only in
  case are one in practice; plus tags and dots make different mailboxes, since only some providers fold them;
* the domain as its lower-case A-label (UTS 46 and IDNA 2008), so that `müller.example` and `xn--mller-kva.example`
  are one, and `faß.de` and `fass.de` are two.

What cannot be read in exactly one way is refused: quoted local parts, comments, display names, IP literals, lists.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from attrs import field

from .errors import Invalid
from .values import frozen

__all__ = ["Email", "canonical", "canonical_domain", "domain", "domain_allowed", "hint", "key_or_none", "mailbox"]

_LONGEST = 254  # octets; RFC 5321, section 4.5.3.1.3, as corrected by erratum 1690 to RFC 3696
_LONGEST_LOCAL = 64  # octets; RFC 5321, section 4.5.3.1.1
_MASK = "•••"

# Controls, blanks and the specials of RFC 5322, section 3.2.3, but "." and "@": they need quotes, or make a list, a
# comment, a display name, an IP literal.
_NEVER = r'[\x00-\x20\x7f-\xa0\u2028\u2029"(),:;<>\[\\\]]'


@frozen
class Email:
    """An address as it was given, for people and for sending, and its key. Two are equal when their keys are.

    Made by `Email.parse`; the plain constructor is for what was parsed before and stored.
    """

    address: str = field(eq=False)
    key: str

    @classmethod
    def parse(cls, value: object) -> Email:
        """Read an address that somebody typed.

        Args:
            value: The address; blanks around it are dropped, its spelling is kept otherwise.

        Raises:
            Invalid: It is not exactly one plain address.
        """
        return cls(_strip(value), canonical(value))

    def __str__(self) -> str:
        return self.address


def canonical(address: object) -> str:
    """Return the key of an address: equal for equal mailboxes, and the key of itself.

    Args:
        address: The address; blanks around it are dropped.

    Raises:
        Invalid: It is not exactly one plain address, or has no stable key.
    """
    text = _strip(address)
    key = _key(text)
    # Unicode has strings that change again when they are normalised and lowered a second time.
    if key != text and _key(key) != key:
        raise _refusal("has no stable form")
    return key


def key_or_none(address: object) -> str | None:
    """Return the key of an address, or None when it has none; for a principal's address, which is never refused.

    Args:
        address: Anything.
    """
    try:
        return canonical(address)
    except Invalid:
        return None


def canonical_domain(value: object) -> str:
    """Return the form in which a domain stands in a key: its lower-case A-label.

    Args:
        value: A domain such as `example.com`, without `@`.

    Raises:
        Invalid: No address can have this domain.
    """
    if type(value) is not str:
        raise Invalid("A domain must be text.", field="domain", rule="wrong_type", expected="text")
    return domain(canonical("x@" + value))


def domain(key: str) -> str:
    """Return the domain of a key.

    Args:
        key: What `canonical` returned.
    """
    return key.rpartition("@")[2]


def domain_allowed(key: str, domains: Iterable[str]) -> bool:
    """Tell whether an address belongs to one of these domains: exactly, never to a subdomain or a look-alike.

    Args:
        key: What `canonical` returned.
        domains: The allowed domains, in any spelling.

    Raises:
        Invalid: One of the allowed domains is no domain.
    """
    allowed = {canonical_domain(each) for each in domains}
    return key_or_none(key) == key and domain(key) in allowed


def mailbox(key: str) -> str:
    """Fold a key further: without dots and what follows a plus, which many providers ignore. For counting abuse only.

    Args:
        key: What `canonical` returned.
    """
    local, _, host = key.rpartition("@")
    return f"{local.partition('+')[0].replace('.', '') or local}@{host}"


def hint(address: str) -> str:
    """Mask an address, for whoever holds a link but has not shown who they are: `b•••@g•••.test`.

    It reminds those who know the address, and tells nobody else what it is or how long.

    Args:
        address: An address or a key.
    """
    local, _, host = (key_or_none(address) or "").rpartition("@")
    if not local:
        return _MASK
    return f"{local[0]}{_MASK}@{host[0]}{_MASK}.{host.rpartition('.')[2]}"


def _strip(value: object) -> str:
    if type(value) is not str:
        raise _refusal("must be text", rule="wrong_type", expected="text")
    return value.strip(" \t")


def _key(text: str) -> str:
    # A character is at least one octet: what is too long is refused before anything is searched.
    if not text:
        raise _refusal("must not be empty or blank", rule="blank")
    if len(text) > _LONGEST:
        raise _refusal(f"must not have more than {_LONGEST} characters", rule="too_long", max=_LONGEST)
    if re.search(_NEVER, text) or text.count("@") != 1:
        raise _refusal("must be exactly one plain address, like ada@example.com")
    local = text.partition("@")[0]
    # Compatibility characters that stand for ASCII ones (the Kelvin sign, fullwidth letters) pass for another mailbox
    # in people's eyes, and in the hands of any software that normalises harder than we do.
    if any(not each.isascii() and unicodedata.normalize("NFKC", each).lower().isascii() for each in local):
        raise _refusal("has a character before the @ that stands for another one")
    # An encoded word (RFC 2047) would be decoded by mail software, into any address.
    if "=?" in local:
        raise _refusal("must not have an encoded word before the @")
    host = _ascii_host(text)
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).lower())
    key = f"{lowered}@{host}"
    # As given and as a key; the whole address as given was measured with the host.
    if max(len(local.encode()), len(lowered.encode())) > _LONGEST_LOCAL or len(key.encode()) > _LONGEST:
        raise _refusal(f"must have at most {_LONGEST_LOCAL} octets before the @ and {_LONGEST} altogether")
    return key


def _ascii_host(text: str) -> str:
    from email_validator import validate_email  # on first use: `import tenantry` stays quick

    try:
        # Every option that matters is said: the defaults are globals, which the host may have changed for its own use.
        # The "test environment" is only how `.test` (RFC 6761) is let in; nothing is looked up either way.
        parsed = validate_email(
            text,
            allow_smtputf8=True,
            allow_empty_local=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            globally_deliverable=True,
            check_deliverability=False,
            test_environment=True,
        )
    except ValueError:  # its own errors, and what idna and the codecs raise below it
        raise _refusal("is not a valid address") from None
    host = parsed.ascii_domain
    if "." not in host:  # the test environment also lets the bare "test" in
        raise _refusal("must have a full domain after the @")
    return host


def _refusal(what: str, *, rule: str = "not_an_address", **data: object) -> Invalid:
    return Invalid(f"The e-mail address {what}.", field="email", rule=rule, **data)

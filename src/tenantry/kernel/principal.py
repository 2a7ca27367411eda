"""Who acts: a user of the host, a service of the host, or the host itself (`SYSTEM`)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from attrs import field

from . import text
from .emails import key_or_none
from .errors import Invalid
from .values import frozen

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = [
    "SYSTEM",
    "Origin",
    "Principal",
    "called",
    "email_key_of",
    "principal_of",
    "recorded_as",
    "require_origin",
    "require_principal",
    "require_system",
    "verified_email_key",
]

_RESERVED = ("system", "service")


def _check_user_id(instance: Principal, attribute: Attribute[str], value: object) -> None:
    user_id = text.exact(value, "user_id")
    if not isinstance(instance, _Service | _System) and user_id.partition(":")[0] in _RESERVED:
        raise Invalid(
            f"user_id {user_id!r} is reserved: use SYSTEM, or Principal.service(name), for what is not a person.",
            field="user_id",
            rule="reserved",
        )


def _check_on_behalf_of(instance: Principal, attribute: Attribute[Any], value: object) -> None:
    if value is not None and text.exact(value, "on_behalf_of") == instance.user_id:
        raise Invalid(
            f"{value!r} does not act on behalf of itself: where somebody else acts as this user, name them in"
            " impersonated_by.",
            field="on_behalf_of",
            rule="oneself",
        )


def _check_impersonated_by(instance: Principal, attribute: Attribute[Any], value: object) -> None:
    if value is None:
        return
    who = text.exact(value, "impersonated_by")
    if isinstance(instance, _Service | _System):
        raise _not_impersonated("Only a user can be impersonated, not SYSTEM or a service.", rule="not_a_person")
    if who.partition(":")[0] in _RESERVED:
        raise _not_impersonated(
            f"impersonated_by {who!r} is reserved: only a person impersonates somebody.", rule="reserved"
        )
    if who == instance.user_id:
        raise _not_impersonated(
            f"{who!r} cannot impersonate itself: give the id of whoever acts as this user.", rule="oneself"
        )
    if instance.on_behalf_of is not None:
        raise _not_impersonated(
            "on_behalf_of and impersonated_by cannot be combined: who is impersonated is who it is done for.",
            rule="exclusive",
        )


def _not_impersonated(message: str, *, rule: str) -> Invalid:
    return Invalid(message, field="impersonated_by", rule=rule)


def _check_bool(instance: Principal, attribute: Attribute[bool], value: object) -> None:
    if not isinstance(value, bool):
        raise Invalid(
            f"{attribute.name} must be True or False, literally.",
            field=attribute.name,
            rule="wrong_type",
            expected="boolean",
        )


@frozen
class Principal:
    """Whoever acts, as the host has authenticated them.

    Args:
        user_id: The host's own id of the user: 1-255 characters. `system` and `service`, alone or before a colon,
            are reserved.
        email: The address the host knows, in any spelling. One without a canonical form is not refused here; it
            matches no invitation and is not stored.
        email_verified: Whether the host has proof that the address is theirs. Only a literal `True` counts.
        name: A display name. One that could not be shown safely (control or direction marks) is not stored.
        active: False for an account that the host has switched off; it is denied everything everywhere.
        on_behalf_of: The `user_id` of the person this principal acts for; recorded in the audit trail, grants nothing.
        impersonated_by: The id of the person who acts as this user, such as a support engineer. They have the user's
            rights, but for those that require the user in person, and the audit trail names both.

    Raises:
        Invalid: An argument is of the wrong type, too long, or reserved, or somebody acts for themselves.
    """

    user_id: str = field(validator=_check_user_id)
    email: str | None = field(default=None, kw_only=True)
    email_verified: bool = field(default=False, kw_only=True, validator=_check_bool)
    name: str | None = field(default=None, kw_only=True)
    active: bool = field(default=True, kw_only=True, validator=_check_bool)
    on_behalf_of: str | None = field(default=None, kw_only=True, validator=_check_on_behalf_of)
    impersonated_by: str | None = field(default=None, kw_only=True, validator=_check_impersonated_by)

    @staticmethod
    def service(name: str) -> Principal:
        """A program of the host, such as an importer. It has the rights it is given as a member, no others.

        Args:
            name: What it is called: 1-200 characters. Its `user_id` is `service:<name>`.

        Raises:
            Invalid: The name cannot be accepted.
        """
        return _Service(f"service:{text.exact(name, 'service name', longest=200)}")

    @property
    def is_system(self) -> bool:
        """Whether this is the host itself. No user and no service ever is."""
        return False

    @property
    def is_person(self) -> bool:
        """Whether this is a user, rather than the host itself or one of its services."""
        return True

    @property
    def display_name(self) -> str | None:
        """The name as it may be stored and shown, or None."""
        try:
            return text.name(self.name)
        except Invalid:
            return None

    @cached_property
    def _email_key(self) -> str | None:
        return key_or_none(self.email)


def email_key_of(principal: Principal) -> str | None:
    """The canonical form of the principal's address, or None where it has none."""
    return principal._email_key


def called(principal: Principal) -> str | None:
    """What the principal is called as far as it may be stored and shown: their name, or else their address."""
    return principal.display_name or (principal.email if email_key_of(principal) else None)


def verified_email_key(principal: Principal) -> str | None:
    """The canonical form of the principal's address if the host has proof of it."""
    return principal._email_key if principal.email_verified is True else None


def recorded_as(principal: Principal) -> tuple[str, str | None]:
    """Who acts, and for whom, as the audit trail has it: whoever impersonates a user acts for that user."""
    if principal.impersonated_by is not None:
        return principal.impersonated_by, principal.user_id
    return principal.user_id, principal.on_behalf_of


class _Service(Principal):
    __slots__ = ()

    @property
    def is_person(self) -> bool:
        return False


class _System(Principal):
    __slots__ = ()

    def __repr__(self) -> str:
        return "SYSTEM" if self.user_id == "system" else f"SYSTEM.job({self.user_id.partition(':')[2]!r})"

    @property
    def is_system(self) -> bool:
        return True

    @property
    def is_person(self) -> bool:
        return False

    def job(self, name: str) -> Principal:
        """The host at one named piece of background work; allowed everything, and audited under that name."""
        return _System(f"system:{text.exact(name, 'job name', longest=200)}")


SYSTEM: Final = _System("system")
"""The host itself: allowed everything, and audited as such."""


def principal_of(user_id: str) -> Principal:
    """The principal that an id in a record stands for, as far as the id tells."""
    kind, _, _ = user_id.partition(":")
    return {"system": _System, "service": _Service}.get(kind, Principal)(user_id)


def require_principal(by: object, field: str = "by") -> Principal:
    """`by`, if it is a principal; nothing that is missing or empty ever passes for one."""
    if not isinstance(by, Principal):
        raise Invalid(
            f"{field} must be a Principal (or SYSTEM, on purpose), not {type(by).__name__}.",
            field=field,
            rule="wrong_type",
            expected="Principal",
        )
    return by


def require_system(by: object, act: str) -> Principal:
    """`by`, if it is SYSTEM or a job of its; nobody acts over all tenants in the host's place.

    Args:
        by: Who acts.
        act: What they do, for the message: "forgets a user".

    Raises:
        Invalid: It is somebody else.
    """
    principal = require_principal(by)
    if not principal.is_system:
        raise Invalid(f"Only SYSTEM {act}.", field="by", rule="only_system")
    return principal


def require_origin(origin: object) -> Origin | None:
    """`origin`, if it is one or None."""
    if origin is not None and not isinstance(origin, Origin):
        raise Invalid(
            f"origin must be an Origin, not {type(origin).__name__}.",
            field="origin",
            rule="wrong_type",
            expected="Origin",
        )
    return origin


def _check_origin(instance: Origin, attribute: Attribute[Any], value: object) -> None:
    if value is not None:
        text.exact(value, f"origin {attribute.name}", longest=512)


@frozen(kw_only=True)
class Origin:
    """Where a request came from, for the audit trail; each a text of at most 512 characters, or None.

    Args:
        address: The network address.
        user_agent: What the browser says it is.
        request_id: The host's own id of the request.

    Raises:
        Invalid: One is no such text.
    """

    address: str | None = field(default=None, validator=_check_origin)
    user_agent: str | None = field(default=None, validator=_check_origin)
    request_id: str | None = field(default=None, validator=_check_origin)

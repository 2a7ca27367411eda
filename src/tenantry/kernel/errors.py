"""Every error that a public call may raise: seven families, and under them one class for each rule.

An error has a `code` (its class name in snake case), the `rule` that was broken, the `field` that broke it, and in
`data` what it speaks of. These are stable, and a host words them for its users: `tenantry.messages`. `str(error)` is a
sentence for developers. Catch a family to decide on an HTTP status; catch a leaf to react to one rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from ..access.model import Decision
    from .principal import Origin, Principal

__all__ = [
    "AlreadyInvited",
    "AlreadyMember",
    "Busy",
    "Conflict",
    "Denied",
    "Invalid",
    "InvalidCursor",
    "InvalidRows",
    "InvalidToken",
    "InvitationAccepted",
    "InvitationDeclined",
    "InvitationExpired",
    "InvitationReplaced",
    "InvitationRevoked",
    "InviterLostAuthority",
    "LastOwner",
    "LimitReached",
    "NameTaken",
    "NotFound",
    "NotTheInvitee",
    "OutcomeUnknown",
    "PlanChanged",
    "RoleInUse",
    "SlugTaken",
    "Stale",
    "TenantMismatch",
    "TenantryError",
    "TrailBroken",
    "Unavailable",
    "UnknownPermission",
]


class TenantryError(Exception):
    """The root of everything that tenantry raises.

    Args:
        message: One full sentence for the developer, without secrets.
        field: The parameter or option that was refused, where there is one; readable as `error.field`.
        rule: Which rule was broken; the code where that says it already. Readable as `error.rule`.
        data: What the sentence speaks of, as plain values; readable as `error.data`.
    """

    __module__ = "tenantry.errors"  # where hosts import it from, and so what a traceback says
    code: ClassVar[str] = "tenantry_error"

    def __init__(self, message: str, *, field: str | None = None, rule: str | None = None, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.rule = rule or self.code
        self.data = data

    @property
    def denial(self) -> Denied | InviterLostAuthority | None:
        """What the audit trail is to know of, for `record_denial`; None where nobody was refused anything."""
        return None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.code = "".join(f"_{each.lower()}" if each.isupper() else each for each in cls.__name__).removeprefix("_")
        if cls.__module__ == __name__:
            cls.__module__ = TenantryError.__module__

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.__dict__)


def _rebuild(cls: type[TenantryError], message: str, state: dict[str, Any]) -> TenantryError:
    error = cls.__new__(cls)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class NotFound(TenantryError):
    """There is no such thing here, or none that this principal may know of."""


class Invalid(TenantryError, ValueError):
    """The input cannot be accepted as it is; nothing was done."""


class _OnRecord:
    """What the audit trail says of a refusal."""

    tenant_id: str | None = None
    """Where it was."""
    principal: Principal | None = None
    """Who was refused."""
    origin: Origin | None = None
    """Where the request came from."""
    is_recorded = False
    """Whether the audit trail knows of it already."""


class Denied(_OnRecord, TenantryError):
    """A member asked for something that they may not do.

    `decision` says why, and its code is the rule; `principal` says who and `tenant_id` where. The last two are None for
    who is not known there.
    """

    def __init__(
        self,
        message: str,
        *,
        decision: Decision,
        tenant_id: str | None = None,
        principal: Principal | None = None,
        rule: str | None = None,
        **data: Any,
    ) -> None:
        super().__init__(message, rule=rule or decision.code, **data)
        self.decision = decision
        self.tenant_id = tenant_id
        self.principal = principal

    @property
    def denial(self) -> Denied:
        """The error itself."""
        return self


class Conflict(TenantryError):
    """The request is well formed and allowed, but a rule of the present state forbids it. `rule` names the rule."""


class Stale(Conflict):
    """Somebody else changed the tenant at the same time; run the whole transaction again."""


class Unavailable(TenantryError):
    """The database failed; nothing was done. The driver's error is kept as `__cause__`."""


class Busy(Unavailable):
    """Somebody else kept a lock for longer than this waits; nothing was done, and nothing is repeated."""


class OutcomeUnknown(TenantryError):
    """The database has not said whether it kept what was done. Find out before you do it again; nobody repeats it."""


# --- Invalid: what was sent cannot be read


class UnknownPermission(Invalid):
    """The scheme has no permission of this name."""


class InvalidCursor(Invalid):
    """This page cursor was not issued for this tenant, list and filters."""

    def __init__(self, message: str, *, field: str = "after", **data: Any) -> None:
        super().__init__(message, field=field, **data)


class InvalidRows(Invalid):
    """Some rows of several cannot be accepted, so none was; `errors` has the error of each, by its number from 1.

    The same as plain values, for an API, is `faults` in `data`: `row`, `code`, `rule`, `field`, `message` and `data`.
    """

    def __init__(
        self, message: str, *, errors: Mapping[int, TenantryError] = MappingProxyType({}), **data: Any
    ) -> None:
        super().__init__(message, **data)
        self.errors = dict(errors)
        if errors:
            self.data["faults"] = [
                {"row": row, "code": each.code, "rule": each.rule, "field": each.field}
                | {"message": str(each), "data": each.data}
                for row, each in errors.items()
            ]

    @property
    def denied(self) -> Denied | None:
        """The error of the first row that the principal may not add."""
        return next((each for each in self.errors.values() if isinstance(each, Denied)), None)

    @property
    def denial(self) -> Denied | InviterLostAuthority | None:
        """The same, for the audit trail."""
        return self.denied


class InvalidToken(Invalid):
    """This is not an invitation token of ours: forged, cut off, foreign or unknown. One sentence for every cause."""

    def __init__(
        self, message: str = "This is not a valid invitation token.", *, field: str = "token", **data: Any
    ) -> None:
        super().__init__(message, field=field, **data)


class TenantMismatch(Invalid):
    """A transaction is bound to one tenant, and another was asked of it."""


# --- Denied: who is asking is the wrong person


class NotTheInvitee(Denied):
    """The invitation is for another address (rule `other_address`), or this is not verified (`email_unverified`)."""


# --- Conflict: a rule of the present state


class SlugTaken(Conflict):
    """Another tenant has, or once had, this slug; or another workspace of this tenant has it."""


class NameTaken(Conflict):
    """Another role has this name, or one that looks the same."""


class RoleInUse(Conflict):
    """Something still refers to the role; `data` counts it by kind."""


class AlreadyMember(Conflict):
    """This person is a member already."""


class AlreadyInvited(Conflict):
    """This address has a pending invitation already."""


class LastOwner(Conflict):
    """A tenant never goes without an active owner."""


class PlanChanged(Conflict):
    """What was planned is not what would happen by now; `data` has both digests, and `plan` the present plan."""

    plan: Any
    """What would happen now: a plan of the same kind as the one that was given."""


class LimitReached(Conflict):
    """One more would exceed a limit."""


class TrailBroken(Conflict):
    """The audit trail does not verify; `data` has the number of the first event with which something is wrong."""


class InvitationExpired(Conflict):
    """The invitation is past its time."""


class InvitationAccepted(Conflict):
    """The invitation was accepted; it serves once."""


class InvitationDeclined(Conflict):
    """The invitation was declined."""


class InvitationRevoked(Conflict):
    """The invitation was withdrawn."""


class InviterLostAuthority(_OnRecord, Conflict):
    """Whoever stands behind the invitation may not offer this any more; somebody who may has to send it again.

    `data` has the `invitation`, and in `missing` the permissions that nobody behind it holds. `backers` has the
    `user_id`s of whoever stands behind it; it is for the host, and not for the invited person.
    """

    def __init__(self, message: str, *, backers: Sequence[str] = (), **data: Any) -> None:
        super().__init__(message, **data)
        self.backers = tuple(backers)

    @property
    def denial(self) -> InviterLostAuthority:
        """The error itself."""
        return self


class InvitationReplaced(Conflict):
    """The invitation was sent again; only the newest link works."""

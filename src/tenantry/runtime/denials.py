"""What the audit trail is told of a refusal: the first one at once, and of repeats how many there were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..audit.denials import Denial, due_after
from ..invitations.model import INVITATIONS
from ..kernel import ids
from ..kernel.errors import Denied, InviterLostAuthority
from ..kernel.principal import Principal, recorded_as
from ..kernel.values import frozen
from ..storage.ports import Gate, Passes
from ..tenants.model import TENANTS, TenantStatus
from .unit_of_work import UnitOfWork

__all__ = ["Refusal", "note"]

_ACCESS_DENIED = "access.denied"
_INVITATION_REFUSED = "invitation.refused"
_MAX_CODE = 64


@frozen
class Refusal:
    """What an event says of a refusal.

    Args:
        action: The action of the event.
        target: Whom or what it is about.
        code: Why.
        workspace_id: Where it was, or None.
        details: What else is known.
        gate: Who is let in to record it, where that is not a member.
    """

    action: str
    target: str
    code: str
    workspace_id: str | None = None
    details: Mapping[str, Any] = {}
    gate: Gate | None = None

    @classmethod
    def of(cls, error: Denied | InviterLostAuthority, by: Principal) -> Refusal:
        """What the trail says of an error that this principal got."""
        details = dict(error.data)
        if isinstance(error, InviterLostAuthority):
            target = details.pop("invitation")
            gate = Passes(INVITATIONS, {"id": target})
            details["backers"] = list(error.backers)
            return cls(_INVITATION_REFUSED, target, error.code, details=details, gate=gate)
        workspace_id = details.pop("workspace", None)
        return cls(_ACCESS_DENIED, by.user_id, error.decision.code, workspace_id, details)


def note(uow: UnitOfWork, refusal: Refusal, gate: Gate) -> None:
    """Note a refusal in a command that was begun `Unlocked`: a repeat is counted, and waits for no other command.

    Args:
        uow: The unit of work of whoever was refused.
        refusal: What the event says.
        gate: Who is let in where it is an event, which takes the lock.

    Raises:
        NotFound: Nobody who is let in.
    """
    principal, on_behalf_of = recorded_as(uow.by)
    denial = Denial(
        tenant_id=uow.tx.tenant_id,
        id=ids.new("dnl"),
        principal=principal,
        on_behalf_of=on_behalf_of or "",
        action=refusal.action,
        target=refusal.target,
        code=refusal.code[:_MAX_CODE],
        due_at=due_after(refusal.code, uow.now),
    )
    is_locked = False
    while True:  # somebody else may be faster, who has then counted or told; so there is always one who gets on
        known = uow.denials.find_like(denial)
        if known is not None and known.covers(uow.now):
            if known.due_at is None:
                uow.tx.discard()
                return
            if uow.denials.count(known):
                return
        else:
            if not is_locked:
                uow.tx.enter(gate)
                is_locked = True
            if uow.denials.tell(denial, known):
                _record(uow, refusal, repeated=known.count if known else 0)
                return


def _record(uow: UnitOfWork, refusal: Refusal, *, repeated: int) -> None:
    if uow.tenant.status is TenantStatus.PURGED:  # what is left of it is to be read only
        raise TENANTS.missing()
    if refusal.action == _INVITATION_REFUSED:
        uow.invitations.records.get(refusal.target)  # so that the event says what it is called
    after = {"code": refusal.code, **refusal.details, **({"repeated": repeated} if repeated else {})}
    uow.record(refusal.action, refusal.target, workspace_id=refusal.workspace_id, after=after)
    uow.finish()

"""What becomes of a tenant: suspended, resumed, deleted, restored. These verbs work in one that is not in use, too."""

from __future__ import annotations

from collections.abc import Sequence

from ...access.compiled import Access
from ...access.guard import require_ceiling
from ...kernel import text
from ...kernel.errors import Invalid
from ...notices.model import NoticeKind
from ...runtime.service import Service, command, query
from ...runtime.unit_of_work import UnitOfWork
from ..model import Owner, Tenant, delete, restore, resume, suspend

__all__ = ["Life"]


class Life(Service):
    """The life of the tenant."""

    name = "tenant"
    __slots__ = ()

    @query
    def owners(self, uow: UnitOfWork) -> Sequence[Owner]:
        """The active owners, for any active member, so that one knows whom to ask; also where it is not in use.

        Raises:
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: Their account or membership is switched off.
        """
        uow.require_recovery()
        return [Owner(member.user_id, member.name, member.email) for member in uow.owners()]

    @command
    def suspend(self, uow: UnitOfWork, reason: str) -> Tenant:
        """Close the tenant to everybody until it is resumed, and tell its owners. Nothing in it is lost.

        Args:
            reason: Why, for its members to read: plain text of 1-500 characters.

        Raises:
            Conflict: It is not active (rule `tenant_status`).
            Invalid: The reason cannot be accepted.
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not suspend it.
        """
        uow.require("tenant-api:tenant:suspend")
        said = text.paragraph(reason, "reason", longest=500)
        for owner in uow.owners() if uow.settings.notices else ():
            uow.tell_member(NoticeKind.SUSPENSION, owner, reason=said)
        return _become(uow, "tenant.suspended", suspend(uow.tenant, uow.by, said))

    @command
    def resume(self, uow: UnitOfWork) -> Tenant:
        """Open a suspended tenant again, with exactly the members and grants that it had.

        Raises:
            Conflict: It is not suspended (rule `tenant_status`).
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not resume it, holds less than an owner, or the host has suspended it.
        """
        access = uow.require_recovery("tenant-api:tenant:suspend")
        resumed = resume(uow.tenant)
        _require_not_held(uow, access)
        _require_giving_back(uow, access)
        return _become(uow, "tenant.resumed", resumed)

    @command
    def delete(self, uow: UnitOfWork, *, confirm: str | None = None) -> Tenant:
        """Close the tenant for good: for a time it can be restored, then it is purged.

        Args:
            confirm: The name of the tenant, typed by the person who deletes it. Case and blanks around it do not
                matter. SYSTEM need not give it.

        Raises:
            Invalid: `confirm` is not the name of the tenant.
            Conflict: It is deleted already (rule `tenant_status`).
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not delete it, or the host has suspended it.
        """
        access = uow.require_recovery("tenant-api:tenant:delete")
        deleted = delete(uow.tenant, uow.now + uow.settings.options.deletion_grace)
        _require_not_held(uow, access)
        if not (confirm is None and uow.by.is_system):
            _require_confirmed(uow, confirm)
        return _become(uow, "tenant.deleted", deleted)

    @command
    def restore(self, uow: UnitOfWork) -> Tenant:
        """Bring a deleted tenant back as it was: one that was suspended is suspended still.

        Raises:
            Conflict: It is not deleted (rule `tenant_status`), or the time for it is over (rule `deletion_grace`).
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not restore it, holds less than an owner, or the host has suspended it.
        """
        access = uow.require_recovery("tenant-api:tenant:delete")
        restored = restore(uow.tenant, uow.now)
        _require_not_held(uow, access)
        _require_giving_back(uow, access)
        return _become(uow, "tenant.restored", restored)


def _become(uow: UnitOfWork, action: str, after: Tenant) -> Tenant:
    before, uow.tenant = uow.tenant, after
    uow.record(action, after.id, before=_audit_values(before), after=_audit_values(after))
    return after


def _require_not_held(uow: UnitOfWork, access: Access) -> None:
    """Is it the principal who may say what becomes of the tenant? Not where the host has suspended it.

    Raises:
        Denied: The system has suspended it, also where it was deleted since, and the principal is not the system.
    """
    if uow.tenant.is_suspended_by_system and not uow.by.is_system:
        reason = "This tenant was suspended by the system, and only the system resumes, deletes or restores it."
        uow.refuse(access, "suspended_by_system", reason)


def _require_giving_back(uow: UnitOfWork, access: Access) -> None:
    """Does the principal hold all that members get back? A tenant always has an owner, and nobody holds more.

    Raises:
        Denied: They do not, or not for good.
    """
    scheme = uow.settings.scheme
    require_ceiling(scheme, access, {None: [scheme.owner_role]})


def _require_confirmed(uow: UnitOfWork, confirm: object) -> None:
    """Was the name of the tenant typed?"""
    if confirm is None or not text.is_typed(confirm, "confirm", [uow.tenant.name]):
        raise Invalid("To confirm this, type the name of the tenant.", field="confirm", rule="not_confirmed")


def _audit_values(tenant: Tenant) -> dict[str, object]:
    until = tenant.purge_at and tenant.purge_at.isoformat()
    return {"status": tenant.status.value, "reason": tenant.reason, "purge_at": until}

"""What a use case works on: one tenant, one principal, one transaction, and every repository bound to them."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from attrs import evolve

from ..access.compiled import Access
from ..access.guard import as_in_use, refuse, require_in_person, require_live
from ..access.model import Decision, Facts, Standing
from ..access.repository import AccessRepository, RoleRepository
from ..access.scheme import Scheme
from ..audit.actions import action as action_of
from ..audit.keys import AuditKeys
from ..audit.model import AuditEvent, chain, digest_of, seal_values
from ..audit.repository import AuditRepository, DenialRepository
from ..invitations.model import Invitation
from ..invitations.repository import InvitationRepository
from ..kernel import ids, text
from ..kernel.canonical import canonical
from ..kernel.clock import Clock, utc
from ..kernel.errors import LastOwner
from ..kernel.options import Options
from ..kernel.principal import Origin, Principal, called, recorded_as
from ..kernel.tokens import KeyRing
from ..kernel.values import frozen
from ..members.model import Membership, MembershipStatus
from ..members.repository import MembershipRepository
from ..notices.model import NOTICES, Notice, NoticeKind
from ..notices.repository import NoticeRepository
from ..plans.limits import Limits
from ..plans.model import NO_PLAN, PlanSource
from ..plans.repository import UsageRepository
from ..storage.collection import Collection
from ..storage.ports import OneOf, Transaction
from ..tenants.model import TENANTS, Tenant, Totals, extend_trail, trail_of, written_in_of
from ..tenants.repository import SlugRepository
from ..workspaces.model import WORKSPACES
from ..workspaces.repository import WorkspaceRepository
from .announcements import ANNOUNCED, announce
from .participants import Participants
from .registry import dependents
from .writes import NothingRecorded, watch

__all__ = ["Settings", "UnitOfWork"]

E = TypeVar("E")


@frozen(kw_only=True)
class Settings:
    """What a `Tenantry` was made with, beside its store."""

    scheme: Scheme
    keys: KeyRing
    audit_keys: AuditKeys
    clock: Clock
    options: Options
    participants: tuple[Any, ...] = ()
    notices: bool = False
    plan: PlanSource = NO_PLAN

    def now(self) -> datetime:
        """The present, from the injected clock."""
        return utc(self.clock(), "the clock's answer")


_NOWHERE = Origin()


class UnitOfWork:
    """One tenant and one principal for the length of one transaction.

    Attributes:
        tx: The transaction, for what no repository covers.
        settings: The scheme, keys and options.
        by: Who acts.
        verb: What runs, by the name that it has at the front door, such as `members.add`.
        now: The instant at which everything in it happens.
    """

    def __init__(
        self, tx: Transaction, settings: Settings, by: Principal, origin: Origin | None, verb: str = ""
    ) -> None:
        self.tx, self._writes = watch(tx, kept=ANNOUNCED if settings.participants else ())
        self.settings = settings
        self.by = by
        self.verb = verb
        self.now = settings.now()
        self._origin = origin or _NOWHERE
        self._events: list[AuditEvent] = []
        self._notices: list[Notice] = []

    @cached_property
    def grants(self) -> AccessRepository:
        """The grants of the tenant."""
        return AccessRepository(self.tx, self.now)

    @cached_property
    def roles(self) -> RoleRepository:
        """The custom roles of the tenant."""
        return RoleRepository(self.tx)

    def scheme(self, *roles: object) -> Scheme:
        """The scheme, with those of the tenant's custom roles that are named; a statement only where one is."""
        return self.settings.scheme.joined(self.roles.named(roles))

    @cached_property
    def slugs(self) -> SlugRepository:
        """The slugs of the tenant."""
        return SlugRepository(self.tx)

    @cached_property
    def members(self) -> MembershipRepository:
        """The members of the tenant."""
        return MembershipRepository(self.tx, self.now)

    @cached_property
    def workspaces(self) -> WorkspaceRepository:
        """The workspaces of the tenant."""
        return WorkspaceRepository(self.tx, self.now)

    @cached_property
    def invitations(self) -> InvitationRepository:
        """The invitations of the tenant."""
        return InvitationRepository(self.tx)

    @cached_property
    def audit(self) -> AuditRepository:
        """The audit trail of the tenant."""
        return AuditRepository(self.tx)

    @cached_property
    def denials(self) -> DenialRepository:
        """What was denied in the tenant, and how often."""
        return DenialRepository(self.tx)

    @cached_property
    def notices(self) -> NoticeRepository:
        """The outbox of the tenant."""
        return NoticeRepository(self.tx)

    @cached_property
    def participants(self) -> Participants:
        """The host's participants, in this transaction."""
        return Participants(self.settings.participants, self.tx.session, self.tx.nested)

    @cached_property
    def limits(self) -> Limits:
        """What the tenant's plan allows, beside what is used; each figure is counted when it is asked for."""
        return self._limits(UsageRepository(self.tx, self.now))

    def count(self) -> Totals:
        """The tenant with all its figures, in one statement, which `tenant` and `limits` then go by.

        For what shows them and changes nothing.
        """
        totals = self.tx.totals(self.now)
        self.tenant = totals.tenant
        self.limits = self._limits(totals)
        return totals

    def _limits(self, used: UsageRepository | Totals) -> Limits:
        return Limits(self.settings.plan, self.settings.scheme, self.tx, self.tenant, used)

    @cached_property
    def tenant(self) -> Tenant:
        """The tenant's row; a command assigns the changed one, and it is written once, at the end."""
        return self.tx.tenant()

    def access(self, *workspaces: str) -> Access:
        """What the principal may do, in the tenant, where they have roles, and in these workspaces; one statement."""
        return self.access_of(self.by, workspaces)

    def access_of(self, principal: Principal, workspaces: Values[str] = ()) -> Access:
        """What another principal may do; one statement."""
        standing = self.tx.standing(principal.user_id, workspaces)
        return Access(self.settings.scheme, Facts(self.tx.tenant_id, principal, standing, self.now))

    def require(self, permission: str, *, workspace: str | None = None) -> Access:
        """The principal's access, if it allows this.

        Raises:
            Denied: It does not.
            NotFound: The principal is no member of the tenant, or the workspace is not in use in it.
        """
        access = self.access() if workspace is None else self.access(text.exact(workspace, "workspace"))
        access.require(permission, workspace=workspace)
        return access

    def require_recovery(self, permission: str | None = None) -> Access:
        """The principal's access as it is while the tenant is in use, for what gets a tenant back into use.

        Args:
            permission: What it must allow; None asks only that nothing else stands in the way.

        Raises:
            Denied: It does not, or their account or membership is switched off.
            NotFound: The principal is no member of the tenant.
        """
        access = as_in_use(self.access())
        if permission is None:
            require_live(access)
        else:
            access.require(permission)
        return access

    def refuse(self, access: Access, code: str, reason: str, **data: object) -> NoReturn:
        """Refuse for a reason that is not a permission: a code for the host, and a sentence for people."""
        refuse(access, Decision(False, code, (reason,)), **data)

    def require_newcomer(self, member: Membership | None = None) -> None:
        """Go on only if nothing stands in the way of somebody who may not be a member yet, and who acts in person.

        Raises:
            Denied: Their account, the tenant, or the membership that they have is switched off, or somebody
                impersonates them.
        """
        status = MembershipStatus.ACTIVE if member is None else member.status
        standing = Standing(tenant_status=self.tenant.status, membership_status=status)
        access = Access(self.settings.scheme, Facts(self.tenant.id, self.by, standing, self.now))
        require_live(access)
        require_in_person(access)

    def owners(self) -> Sequence[Membership]:
        """The active members who own the tenant, in the order of joining; without their roles."""
        return self.members.owners(self.settings.scheme.owner_role)

    def require_owner(self) -> None:
        """Every path that could take the last owner away ends here, after it has written.

        Raises:
            LastOwner: The tenant would be left without an active owner.
        """
        if not self.grants.owners(self.settings.scheme.owner_role):
            raise LastOwner("A tenant always has an active owner; make somebody else one first.")

    def remove(
        self,
        collection: Collection[E],
        *entities: E,
        loaded: Mapping[Collection[Any], Sequence[Any]] = MappingProxyType({}),
    ) -> None:
        """Remove entities and everything that goes with them, by what the collections declare.

        Args:
            collection: Where they are.
            entities: Which ones.
            loaded: What goes with them, for the collections of which the caller has read all of it already.
        """
        for other, name in dependents(collection) if entities else ():
            keys = OneOf(collection.key_of(entity) for entity in entities)
            records = self.tx.records(other)
            self.remove(other, *(loaded[other] if other in loaded else records.list(**{name: keys})))
        self.tx.records(collection).remove(*entities)

    def record(
        self,
        action: str,
        target: str,
        *,
        workspace_id: str | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> bool:
        """Note in the audit trail what was done to one subject: of its values those that differ, or nothing.

        Returns:
            Whether there was something to note. If not, nothing has changed, and there is nothing to write.
        """
        old, new = dict(before or {}), dict(after or {})
        same = {name for name in old.keys() & new.keys() if canonical(old[name]) == canonical(new[name])}
        if old and same == old.keys() == new.keys():
            return False
        principal, on_behalf_of = recorded_as(self.by)
        event = AuditEvent(
            tenant_id=self.tx.tenant_id,
            id=ids.new("evt"),
            sequence=trail_of(self.tenant)[0] + len(self._events) + 1,
            action=action,
            principal=principal,
            on_behalf_of=on_behalf_of,
            target=target,
            workspace_id=workspace_id,
            before={name: value for name, value in old.items() if name not in same},
            after={name: value for name, value in new.items() if name not in same},
            occurred_at=self.now,
            address=self._origin.address,
            user_agent=self._origin.user_agent,
            request_id=self._origin.request_id,
            key_id=self.settings.audit_keys.newest,
            written_in=written_in_of(self.tx.tenant()),  # the row as it is locked, whatever was made of it
        )
        self._events.append(event)
        return True

    def end_of_trail(self) -> tuple[int, str]:
        """Where the audit trail ends now, read again: the number and the digest of its newest event."""
        return trail_of(self.tx.records(TENANTS).get(self.tx.tenant_id))

    def tell(
        self,
        kind: NoticeKind,
        email: str | None,
        *,
        name: str | None = None,
        user_id: str | None = None,
        invitation: Invitation | None = None,
        due_at: datetime | None = None,
        **data: Any,
    ) -> None:
        """Owe somebody a message, if notices are on and there is an address. It goes out after the commit.

        Args:
            kind: What it is about.
            email: Where it goes.
            name: What the person is called.
            user_id: Who it is, where that is known.
            invitation: What it is about, with the sending that it belongs to.
            due_at: Not before; at once unless given.
            data: What it tells, as plain values.
        """
        if not self.settings.notices or email is None:
            return
        self._notices.append(
            Notice(
                tenant_id=self.tx.tenant_id,
                id=ids.new("ntc"),
                kind=kind,
                email=email,
                name=name,
                user_id=user_id,
                data={"tenant": self.tenant.name, **data},
                invitation_id=invitation.id if invitation else None,
                sends=invitation.sends if invitation else None,
                due_at=due_at or self.now,
                created_at=self.now,
            )
        )

    def tell_member(self, kind: NoticeKind, member: Membership, **data: Any) -> None:
        """Owe a member a message, unless it is they who act, or nobody has proven that the address is theirs."""
        if member.user_id != self.by.user_id and member.email_verified:
            self.tell(kind, member.email, name=member.name, user_id=member.user_id, **data)

    def finish(self) -> None:
        """Tell participants, and write the audit events and the tenant's row; without events there is nothing to do.

        Raises:
            NothingRecorded: It has changed something, and recorded nothing.
        """
        if not self._events:
            self._require_unchanged()
            self.tx.discard()
            return
        if self.settings.participants:
            announce(self, self._writes, self._events)
        events = self._sealed()
        self.audit.append(*events)
        most = self.settings.options.max_notices_an_hour
        self.notices.add(*self._notices, most=most, since=self.now - timedelta(hours=1))
        self.tx.save_tenant(extend_trail(self.tenant, len(events), digest_of(events[-1])))

    def _sealed(self) -> Sequence[AuditEvent]:
        """The events as they are stored: with the names of what they are about, sealed, and in a chain.

        Names are those at the end of the command. So a user who is forgotten is not named by what forgets them.
        """
        names: dict[tuple[str, str], str | None] = {("principal", self.by.user_id): called(self.by)}
        names |= {**self._writes.names(), **TENANTS.names_of([self.tenant])}
        sealed: list[AuditEvent] = []
        for event in self._events:
            named = evolve(
                event,
                target_name=names.get((action_of(event.action).target, event.target)),
                workspace_name=names.get((WORKSPACES.noun, event.workspace_id or "")),
            )
            before = digest_of(sealed[-1]) if sealed else trail_of(self.tenant)[1]
            sealed.append(chain(seal_values(named), self.settings.audit_keys, before))
        return sealed

    def _require_unchanged(self) -> None:
        written = set(self._writes.written)
        if self.tenant != self.tx.tenant():
            written.add(TENANTS.name)
        if self._notices:
            written.add(NOTICES.name)
        if written:
            raise NothingRecorded(
                f"The command `{self.verb}` has written to {', '.join(sorted(written))} and recorded nothing, so all of"
                " it would be lost. Call uow.record for each subject that it changes, and write only where that returns"
                " True."
            )

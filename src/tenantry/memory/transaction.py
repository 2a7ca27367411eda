"""One tenant for the length of one transaction, and reading over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Collection as Values
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve

from ..access.custom import ROLES, lineages
from ..access.model import Standing
from ..audit.model import AuditEvent
from ..invitations.model import INVITATIONS, InvitationStatus
from ..members.model import GRANTS, MEMBERSHIPS, MembershipStatus, differs, member_epoch
from ..members.sign_ins import SIGN_INS, SignIn
from ..runtime.sights import View
from ..storage.collection import Collection
from ..storage.ports import After, Creating, FeedPosition, Gate, Open, Passes, Scope, Unlocked
from ..tenants.model import TENANTS, Tenant, TenantStatus, Totals, epoch_of, version_of, written_in_of
from ..workspaces.model import WORKSPACES, WorkspaceStatus
from . import feed
from .records import Reader, Records
from .select import select, table_of
from .state import State, Table

if TYPE_CHECKING:
    from .store import Guest

E = TypeVar("E")


class Transaction:
    """One tenant's tables, copied as they are written to."""

    session = None

    def __init__(
        self, state: State, tenant_id: str, switch: Callable[[], object], number: Callable[[], int] = int
    ) -> None:
        self.tenant_id = tenant_id
        self.statements = 0
        self.discarded = False
        self.claims = state.claims
        self.of_users = state.of_users
        self.tables: dict[str, Table[Any]] = dict(state.tenants.get(tenant_id, {}))
        self._private: set[str] = set()
        self._is_unlocked = False
        self._switch = switch
        self._number = number

    def step(self) -> None:
        self.statements += 1
        self._switch()

    def readable(self, collection: Collection[E]) -> Table[E]:
        return table_of(self.tables, collection)

    def writable(self, collection: Collection[E]) -> Table[E]:
        if collection.name not in self._private:
            self.tables[collection.name] = self.readable(collection).copy()
            self._private.add(collection.name)
        return self.tables[collection.name]

    def enter(self, gate: Gate) -> None:
        self._is_unlocked = isinstance(gate, Unlocked)
        if isinstance(gate, Unlocked):
            return
        number = self._number()
        self.step()
        if isinstance(gate, Creating):
            TENANTS.require_tenant(self.tenant_id, [gate.tenant])
            if self.readable(TENANTS).rows:
                raise TENANTS.taken()
            self.writable(TENANTS).put(evolve(gate.tenant, written_in=number))
            return
        tenant = self.tenant()
        if not self._lets_in(gate):
            raise TENANTS.missing()
        written_in = max(number, written_in_of(tenant))
        self.writable(TENANTS).put(evolve(tenant, version=version_of(tenant) + 1, written_in=written_in))

    def _lets_in(self, gate: Passes | Open) -> bool:
        match gate:
            case Passes(collection, where):
                return any(True for _ in select(self.tables, collection, where))
            case Open():
                return True

    def tenant(self) -> Tenant:
        row = self.readable(TENANTS).rows.get(self.tenant_id)
        if row is None:
            raise TENANTS.missing()
        return row

    def save_tenant(self, tenant: Tenant) -> None:
        self.step()
        TENANTS.require_tenant(self.tenant_id, [tenant])
        there = self.tenant()
        self.writable(TENANTS).put(evolve(tenant, version=version_of(there), written_in=written_in_of(there)))

    def records(self, collection: Collection[E]) -> Records[E]:
        collection.require_of_tenants()
        if self._is_unlocked:
            collection.require_job()
        return Records(self, collection)

    def standing(self, user_id: str, workspaces: Values[str]) -> Standing:
        self.step()
        tenant = self.readable(TENANTS).rows.get(self.tenant_id)
        if tenant is None:
            return Standing()
        asked = set(workspaces)
        rows = self.readable(WORKSPACES).rows
        names = {id: rows[id].name for id in asked if id in rows}
        member = next(select(self.tables, MEMBERSHIPS, {"user_id": user_id}), None)
        grants = tuple(select(self.tables, GRANTS, {"membership_id": member.id})) if member else ()
        asked.update(grant.workspace_id for grant in grants if grant.workspace_id)
        custom = self.readable(ROLES).rows
        return Standing(
            tenant_status=tenant.status,
            membership_id=member.id if member else None,
            membership_status=member.status if member else None,
            grants=grants,
            workspaces={id: rows[id].status for id in asked if id in rows},
            roles=lineages(custom[grant.role] for grant in grants if grant.role in custom),
            epoch=max(epoch_of(tenant), member_epoch(member)) if member else 0,
            workspace_names=names,
        )

    def totals(self, at: datetime) -> Totals:
        self.step()

        def count(collection: Collection[Any], **where: object) -> int:
            return sum(1 for _ in select(self.tables, collection, where))

        waiting = {"status": InvitationStatus.PENDING, "expires_at": After(at)}
        return Totals(
            self.tenant(),
            workspaces=count(WORKSPACES, status=WorkspaceStatus.ACTIVE),
            members=count(MEMBERSHIPS, status=MembershipStatus.ACTIVE),
            invitations=count(INVITATIONS, **waiting),
            newcomers=count(INVITATIONS, **waiting, is_for_member=False),
        )

    @contextmanager
    def nested(self) -> Iterator[None]:
        tables = dict(self.tables)
        self._private.clear()
        try:
            yield
        except BaseException:
            self.tables = tables
            self._private.clear()
            raise

    def discard(self) -> None:
        self.discarded = True


class Across:
    """Reading over all tenants what a scope shows, and keeping the sign-in of a person."""

    def __init__(self, guest: Guest, scope: Scope) -> None:
        self.scope = scope
        self._view = View(scope)
        self._guest = guest

    def records(self, collection: Collection[E]) -> Reader[E]:
        self._view.require(collection)
        return Reader(self._parts(), collection, self._view)

    def events(self, after: FeedPosition | None, limit: int) -> Sequence[tuple[FeedPosition, AuditEvent]]:
        self._view.require_everything()
        return feed.read(self._guest.state, after, limit)

    def keep_sign_in(self, at: datetime, known: Mapping[str, str | bool]) -> Sequence[str]:
        user_id = self._view.require_person()
        self._guest.signed_in(user_id, SignIn(user_id, at))
        active = {"user_id": user_id, "status": MembershipStatus.ACTIVE}
        return [
            tenant.id
            for part in self._parts()
            for tenant in select(part.tables, TENANTS, {"status": TenantStatus.ACTIVE})
            for member in select(part.tables, MEMBERSHIPS, active)
            if differs(member, known)
        ]

    def drop_sign_in(self) -> None:
        user_id = self._view.require_person()
        if user_id in table_of(self._guest.state.of_users, SIGN_INS).rows:
            self._guest.signed_in(user_id, None)

    def _parts(self) -> Sequence[Transaction]:
        state = self._guest.state
        of_users = Transaction(state, "", lambda: None)
        of_users.tables.update(state.of_users)
        return [of_users, *(Transaction(state, tenant_id, lambda: None) for tenant_id in sorted(state.tenants))]

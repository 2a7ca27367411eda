"""The front door: `Tenantry`, and what it hands out for a person and for a tenant. No logic lives here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Collection as Values
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeVar, overload

from . import ids, text
from .access.compiled import Access
from .access.model import Decision
from .access.scheme import Scheme
from .audit.service import Audit
from .clock import Clock, system_clock
from .errors import Denied, Invalid, NotFound
from .invitations.model import Accepted, InvitationPreview
from .invitations.service import Invitations, accept, decline, inspect, received
from .members.model import MyTenant
from .members.service import Members, my_tenants
from .pages import Page
from .ports import AsyncStore, Store, is_async
from .principal import SYSTEM, Origin, Principal, require_principal
from .rules import Rules
from .service import Desk, repeat
from .tenants.model import Tenant
from .tenants.repository import tenant_of
from .tenants.service import Tenants, create
from .tokens import KeyRing
from .transaction import OneTenant
from .unit_of_work import Settings
from .workspaces.service import Workspaces

if TYPE_CHECKING:
    from .aio import AsyncTenantry

__all__ = ["PersonContext", "TenantContext", "Tenantry"]

T = TypeVar("T")


class Tenantry:
    """Everything around who is in which customer account, and what may they do.

    Args:
        store: Where tenants are kept: a `MemoryStore`, or one of the doors of `tenantry.sqlalchemy`.
        scheme: The permissions and built-in roles, such as `schemes.AGENCY`.
        secret_keys: What signs invitation tokens and page cursors: texts or bytes of at least 32 bytes, newest first.
            The first signs, all verify.
        clock: Tells the time, as an aware `datetime`.
        rules: The options.

    Raises:
        Invalid: A key is too short, given twice or missing, or an argument is of the wrong type.
    """

    def __init__(
        self,
        *,
        store: Store,
        scheme: Scheme,
        secret_keys: Sequence[str | bytes],
        clock: Clock = system_clock,
        rules: Rules | None = None,
    ) -> None:
        if not isinstance(scheme, Scheme):
            raise Invalid("scheme must be a Scheme, such as schemes.AGENCY.", field="scheme")
        if is_async(store):
            raise Invalid("This store is for hosts that await: use AsyncTenantry, or using(store).", field="store")
        if not callable(clock):
            raise Invalid("clock must be a function that returns the present as an aware datetime.", field="clock")
        if rules is not None and not isinstance(rules, Rules):
            raise Invalid("rules must be a Rules.", field="rules")
        self._store = store
        self._settings = Settings(scheme=scheme, keys=KeyRing(secret_keys), clock=clock, rules=rules or Rules())

    @overload
    def using(self, store: Store) -> Tenantry: ...
    @overload
    def using(self, store: AsyncStore) -> AsyncTenantry: ...
    def using(self, store: Store | AsyncStore) -> Tenantry | AsyncTenantry:
        """The same settings on another store: cheap enough for each request.

        Args:
            store: A store; one for hosts that await gives an `AsyncTenantry`.
        """
        if is_async(store):
            from .aio import AsyncTenantry  # which is built on this module

            return AsyncTenantry.of(self.using(store.store), store)
        other = object.__new__(type(self))
        other._store = store
        other._settings = self._settings
        return other

    def person(self, principal: Principal, *, origin: Origin | None = None) -> PersonContext:
        """What somebody may do for themselves, in no tenant yet or over all of theirs.

        Raises:
            Invalid: It is no principal, or SYSTEM, which is nobody.
        """
        if require_principal(principal).is_system:
            raise Invalid("SYSTEM is no person; use tenant(id, by=SYSTEM) or create_tenant.", field="principal")
        return PersonContext(self._store, self._settings, principal, origin)

    def tenant(self, tenant_id: str, *, by: Principal, origin: Origin | None = None) -> TenantContext:
        """What this principal may do in this tenant. Asks nothing yet; make one for each request.

        Args:
            tenant_id: `ten_…`.
            by: Who acts.
            origin: Where the request came from, for the audit trail.

        Raises:
            Invalid: An argument is of the wrong type.
        """
        return TenantContext(
            self._store, self._settings, text.exact(tenant_id, "tenant_id"), require_principal(by), origin
        )

    def create_tenant(
        self,
        name: str,
        *,
        owner: Principal,
        slug: str | None = None,
        by: Principal = SYSTEM,
        origin: Origin | None = None,
    ) -> Tenant:
        """Bring a tenant into being for somebody else, with its owner and default workspace: all of it or nothing.

        Args:
            name: 1-100 characters on one line.
            owner: Who shall own it.
            slug: 1-63 lower-case letters, digits and hyphens; made from the name unless given.
            by: Who does it, for the audit trail.
            origin: Where the request came from, likewise.

        Raises:
            SlugTaken: A tenant has the slug, or once had it.
            Invalid: An argument cannot be accepted.
        """
        desk = Desk(self._store, self._settings, ids.new("ten"), require_principal(by), origin)
        return create(desk, name, slug=slug, owner=require_principal(owner))

    def resolve(self, slug: str) -> str:
        """The id of the tenant that has this slug, or once had it.

        Raises:
            NotFound: No tenant ever had it.
            Invalid: It is no slug.
        """
        with self._store.across() as across:
            return tenant_of(across, text.slug(slug))

    def inspect_invitation(self, token: str) -> InvitationPreview:
        """What an invitation offers, for anybody with the link. Changes nothing; accepting is a separate act.

        Raises:
            InvalidToken: It is no token of ours.
            InvitationExpired: It is past its time.
            InvitationReplaced: It was sent again; only the newest link works.
            InvitationAccepted: It is closed; likewise InvitationDeclined, InvitationRevoked.
        """
        opened = self._settings.keys.read_invitation(token)
        return inspect(Desk(self._store, self._settings, opened.tenant_id, SYSTEM), opened)

    @contextmanager
    def transaction(self) -> Iterator[Tenantry]:
        """Several steps in one transaction: what goes through the `Tenantry` that is given is kept whole or not at all.

        It is bound to the first tenant that it creates or touches, and it is never repeated.

        Raises:
            TenantMismatch: A second tenant is touched.
            Stale: Somebody else was faster; run the transaction again, or use `retry`.
        """
        with self._store.begin() as store:
            yield self.using(OneTenant.within(self._store, store))

    def retry(self, work: Callable[[Tenantry], T]) -> T:
        """What `work` returns, run in a transaction like that of `transaction()`, and run again when told `Stale`.

        Args:
            work: Called with a `Tenantry` bound to the transaction; possibly several times.

        Raises:
            Stale: It was told so every time, or this is a guest in the host's transaction, where nothing is repeated.
        """

        def attempt() -> T:
            with self.transaction() as tx:
                return work(tx)

        return repeat(self._store, attempt)

    def record_denial(self, error: Denied) -> None:
        """Note in the audit trail that somebody was denied something; for a guest's error handler. Once an error.

        Where tenantry owns its transactions it has done so already. A person who is no member leaves no trace.
        """
        if not isinstance(error, Denied):
            raise Invalid("record_denial takes a Denied.", field="error")
        if "principal" in error.data:
            try:
                tenant_id, principal = error.data["tenant_id"], error.data["principal"]
                Desk(self._store, self._settings, tenant_id, principal, error.origin).record_denial(error)
            except NotFound:
                return


class PersonContext:
    """What somebody may do for themselves. Get one from `Tenantry.person`."""

    def __init__(self, store: Store, settings: Settings, by: Principal, origin: Origin | None) -> None:
        self._store = store
        self._settings = settings
        self._by = by
        self._origin = origin

    def create_tenant(self, name: str, *, slug: str | None = None) -> Tenant:
        """Bring a tenant into being, owned by this person, with a default workspace: all of it or nothing.

        Args:
            name: 1-100 characters on one line.
            slug: 1-63 lower-case letters, digits and hyphens; made from the name unless given.

        Raises:
            SlugTaken: A tenant has the slug, or once had it.
            Invalid: A text cannot be accepted.
            Denied: The account is switched off.
        """
        return create(self._desk(ids.new("ten")), name, slug=slug, owner=self._by)

    def tenants(
        self, *, limit: int = 50, after: str | None = None, offset: int | None = None, total: bool = False
    ) -> Page[MyTenant]:
        """The tenants that the person is a member of, each with the membership.

        Args:
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            total: Whether to count the whole list.

        Raises:
            Invalid: An argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        with self._store.across() as across:
            return my_tenants(
                across, self._settings, self._by, limit=limit, after=after, offset=offset, order=None, total=total
            )

    def invitations(
        self, *, limit: int = 50, after: str | None = None, offset: int | None = None, total: bool = False
    ) -> Page[InvitationPreview]:
        """The invitations that wait for the person's verified address. Accepting one takes the link.

        Args:
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            total: Whether to count the whole list.

        Raises:
            Invalid: An argument is out of bounds.
            InvalidCursor: The cursor belongs to another list.
        """
        with self._store.across() as across:
            return received(
                across, self._settings, self._by, limit=limit, after=after, offset=offset, order=None, total=total
            )

    def accept(self, token: str) -> Accepted:
        """Join the tenant that the invitation offers. Once; the same person accepting again gets the same answer.

        Raises:
            InvalidToken: It is no token of ours.
            NotTheInvitee: It was made to another address, or this person's is not verified.
            InvitationExpired: It is past its time.
            InvitationReplaced: It was sent again; only the newest link works.
            InvitationAccepted: It is closed; likewise InvitationDeclined, InvitationRevoked.
            InviterLostAuthority: Who sent it may not offer this any more.
            Denied: The account, the tenant, or the membership that they have is switched off.
        """
        opened = self._settings.keys.read_invitation(token)
        return accept(self._desk(opened.tenant_id), opened)

    def decline(self, token: str, reason: str | None = None) -> None:
        """Turn an invitation down; it takes the same proof as accepting it.

        Args:
            token: From the link.
            reason: Plain text of at most 500 characters for who sent it.

        Raises:
            InvalidToken: It is no token of ours.
            NotTheInvitee: It was made to another address, or this person's is not verified.
            InvitationExpired: It is past its time.
            InvitationReplaced: It was sent again; only the newest link works.
            InvitationAccepted: It is closed; likewise InvitationDeclined, InvitationRevoked.
            Denied: The account or the tenant is switched off.
        """
        opened = self._settings.keys.read_invitation(token)
        decline(self._desk(opened.tenant_id), opened, reason)

    def _desk(self, tenant_id: str) -> Desk:
        return Desk(self._store, self._settings, tenant_id, self._by, self._origin)


class TenantContext(Desk):
    """What one principal may do in one tenant. Get one from `Tenantry.tenant`, for one request."""

    __slots__ = ()

    @property
    def workspaces(self) -> Workspaces:
        """The workspaces of the tenant."""
        return Workspaces(self)

    @property
    def members(self) -> Members:
        """The members of the tenant."""
        return Members(self)

    @property
    def invitations(self) -> Invitations:
        """The invitations of the tenant."""
        return Invitations(self)

    @property
    def audit(self) -> Audit:
        """The audit trail of the tenant."""
        return Audit(self)

    def get(self) -> Tenant:
        """The tenant.

        Raises:
            NotFound: There is none, or the principal is no member of it.
            Denied: The principal's roles do not show it.
        """
        return Tenants(self).get()

    def update(self, *, name: str | None = None, slug: str | None = None) -> Tenant:
        """Change the tenant's name or slug. Old slugs stay reserved for it, and still resolve to it.

        Args:
            name: 1-100 characters on one line; as it was unless given.
            slug: 1-63 lower-case letters, digits and hyphens; as it was unless given.

        Raises:
            SlugTaken: Another tenant has it, or once had it.
            Invalid: A text cannot be accepted.
            NotFound: There is no such tenant, or the principal is no member of it.
            Denied: The principal may not change it.
        """
        return Tenants(self).update(name=name, slug=slug)

    def access(self, *, workspaces: Values[str] = ()) -> Access:
        """What the principal may do, as a value that answers any number of questions: one statement, then none.

        Args:
            workspaces: Ids of workspaces that will be asked about, beside those in which they have a role.

        Raises:
            Invalid: An id is no text, or there are more than 1,000.
        """
        return self._load(workspaces)

    def can(self, permission: str, *, workspace: str | None = None) -> bool:
        """Whether the principal may do that here.

        The first question costs a statement, and so does one about a workspace that was not asked before; the answers
        are kept until a command goes through this context.

        Args:
            permission: The name of a permission of the scheme.
            workspace: For a workspace permission, the id of the workspace.

        Raises:
            UnknownPermission: The scheme has no such permission.
            Invalid: A workspace is missing, too many, or no text.
        """
        try:
            if type(permission) is str:  # a subclass may compare as it likes
                return self._answers[workspace][permission]
        except (KeyError, TypeError):
            pass
        return self._about(workspace).can(permission, workspace=workspace)

    def check(self, permission: str, *, workspace: str | None = None) -> Decision:
        """The same answer as `can`, with its reasons.

        Raises:
            UnknownPermission: The scheme has no such permission.
            Invalid: A workspace is missing, too many, or no text.
        """
        return self._about(workspace).check(permission, workspace=workspace)

    def require(self, permission: str, *, workspace: str | None = None) -> None:
        """Go on only if the principal may do that here.

        Raises:
            Denied: They may not; the error carries the decision.
            NotFound: They are no member, or the workspace is not in use in this tenant.
            UnknownPermission: The scheme has no such permission.
            Invalid: A workspace is missing, too many, or no text.
        """
        with self._noting_denials():
            self._about(workspace).require(permission, workspace=workspace)

    def workspaces_where(self, permission: str) -> frozenset[str] | Literal["all"]:
        """The workspaces in which the principal may do that: their ids, or `"all"`.

        Raises:
            UnknownPermission: The scheme has no such permission.
            Invalid: It is not a permission of workspaces.
        """
        return self._about(None).workspaces_where(permission)

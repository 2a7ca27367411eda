"""The front door. No logic lives here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Collection as Values
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .access.model import Finding
from .access.scheme import Scheme
from .access.service.checkup import findings
from .audit.keys import AuditKeys
from .contexts import PersonContext, TenantContext
from .invitations.preview import InvitationPreview
from .invitations.service.redemption import Inspection
from .jobs import JobsContext
from .kernel import text
from .kernel.clock import Clock, system_clock
from .kernel.errors import Invalid, NotFound, TenantryError
from .kernel.options import Options
from .kernel.principal import SYSTEM, Origin, Principal, require_principal
from .kernel.tokens import KeyRing
from .members.model import Forgotten, MyTenant
from .members.service.forgetting import forget
from .members.service.members import memberships_of
from .plans.model import Plan, require_plan
from .runtime.here import require_outside
from .runtime.pages import Page
from .runtime.participants import require_participants
from .runtime.runner import Runner, across, repeat
from .runtime.transaction import OneTenant, Owed, record
from .runtime.unit_of_work import Settings
from .storage.ports import AsyncStore, Creating, Operator, Store, is_async
from .tenants.model import Tenant
from .tenants.service.finding import list_tenants, locate_anywhere
from .tenants.service.tenants import BackOffice, Birth, resolve

if TYPE_CHECKING:
    from .aio import AsyncTenantry

__all__ = ["Tenantry"]

T = TypeVar("T")


class Tenantry:
    """Everything around who is in which customer account, and what may they do. Make one when the application starts.

    Args:
        store: Where tenants are kept: a `MemoryStore`, or one of the doors of `tenantry.sqlalchemy`.
        scheme: The permissions and built-in roles, such as `schemes.AGENCY`.
        secret_keys: What signs invitation tokens and page cursors: texts or bytes of at least 32 bytes, newest first.
            The first signs, all verify.
        clock: A function that tells the time, as an aware `datetime`.
        options: The options; see `Options`.
        participants: Host code that owns resources; see `Participant`.
        notices: Whether messages to people are put into the outbox, for `jobs.dispatch_notices`.
        audit_keys: What signs the audit trail, newest first; the `secret_keys` unless given.
        plan: How much each tenant may have: a `Plan` for all; or a function that returns the plan of a tenant, given
            the `Tenant` and the host's session or connection (None in memory), called inside the transaction; or None,
            which sets no limits.

    Raises:
        Invalid: A key is too short, given twice or missing, or an argument is of the wrong type.

    Example:
        >>> from tenantry import Principal, Tenantry, schemes
        >>> from tenantry.memory import MemoryStore
        >>> secret = "at least 32 bytes, from your configuration"
        >>> tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[secret])
        >>> ada = Principal("user_ada", email="ada@acme.test", email_verified=True, name="Ada")
        >>> acme = tenancy.person(ada).create_tenant("Acme")
        >>> tenancy.tenant(acme.id, by=ada).can("tenant-api:member:invite")
        True
    """

    def __init__(
        self,
        *,
        store: Store,
        scheme: Scheme,
        secret_keys: Sequence[str | bytes],
        clock: Clock = system_clock,
        options: Options | None = None,
        participants: Iterable[Any] = (),
        notices: bool = False,
        audit_keys: Sequence[str | bytes] | None = None,
        plan: Plan | Callable[[Tenant, Any], Plan] | None = None,
    ) -> None:
        if not isinstance(scheme, Scheme):
            raise Invalid(
                "scheme must be a Scheme, such as schemes.AGENCY.", field="scheme", rule="wrong_type", expected="Scheme"
            )
        if is_async(store):
            raise Invalid(
                "This store is for hosts that await: use AsyncTenantry, or using(store).", field="store", rule="awaited"
            )
        _require_store(store)
        if not callable(clock):
            raise Invalid(
                "clock must be a function that returns the present as an aware datetime.",
                field="clock",
                rule="wrong_type",
                expected="function",
            )
        if options is not None and not isinstance(options, Options):
            raise Invalid("options must be an Options.", field="options", rule="wrong_type", expected="Options")
        self._store = store
        self._settings = Settings(
            scheme=scheme,
            keys=KeyRing(secret_keys),
            audit_keys=AuditKeys(secret_keys if audit_keys is None else audit_keys),
            clock=clock,
            options=options or Options(),
            participants=require_participants(participants),
            notices=text.boolean(notices, "notices"),
            plan=require_plan(plan, scheme),
        )

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
        _require_store(store)
        other = object.__new__(type(self))
        other._store = store
        other._settings = self._settings
        return other

    def person(self, principal: Principal, *, origin: Origin | None = None) -> PersonContext:
        """What somebody may do for themselves, in no tenant yet or over all of theirs.

        Raises:
            Invalid: It is no principal, or SYSTEM, which is nobody.
        """
        if require_principal(principal, "principal").is_system:
            raise Invalid(
                "SYSTEM is no person; use tenant(id, by=SYSTEM) or create_tenant.",
                field="principal",
                rule="not_a_person",
            )
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
        tenant_id = text.exact(tenant_id, "tenant_id")
        return TenantContext(Runner(self._store, self._settings, tenant_id, require_principal(by), origin))

    @property
    def jobs(self) -> JobsContext:
        """What runs without a person, over all tenants: call it from any scheduler."""
        return JobsContext(self._store, self._settings)

    def create_tenant(
        self,
        name: str,
        *,
        owner: Principal,
        slug: str | None = None,
        by: Principal = SYSTEM,
        created_at: datetime | None = None,
        origin: Origin | None = None,
    ) -> Tenant:
        """Bring a tenant into being for somebody else, with its owner and default workspace: all of it or nothing.

        Args:
            name: 1-100 characters on one line.
            owner: Who shall own it. They need not have signed in yet.
            slug: 1-63 lower-case letters, digits and hyphens; made from the name unless given.
            by: Who does it, for the audit trail.
            created_at: Since when the host has had this customer, with a time zone; for SYSTEM only. Now unless given.
            origin: Where the request came from, likewise.

        Raises:
            SlugTaken: A tenant has the slug, or once had it.
            Invalid: An argument cannot be accepted.
            Denied: The account of whoever does it is switched off, or somebody impersonates them.
        """
        owner = require_principal(owner, "owner")
        birth = Birth.of(self._settings, name, slug=slug, by=require_principal(by), created_at=created_at)
        gate = Creating(birth.tenant)
        runner = Runner(self._store, self._settings, birth.tenant.id, by, origin, gate=gate)
        return BackOffice(runner).create_tenant(birth, owner)

    def forget(self, user_id: str, *, emails: Values[str] = (), by: Principal = SYSTEM) -> Forgotten:
        """Let a user leave every tenant, and erase what is known of them there, one tenant in one transaction.

        What they own goes to an owner of the tenant, as when a member is removed. Where they are the last active owner,
        everything stays as it is. If it ends halfway, run it again: it goes on where it was.

        Args:
            user_id: The host's id of the user.
            emails: The addresses that the host knows as theirs, at most 1,000. What was sent to one of these is erased
                in every tenant; without them, to those that they have accepted an invitation with.
            by: SYSTEM, or a job of its.

        Raises:
            Invalid: It is no user, or somebody else than SYSTEM asks.
            TenantMismatch: It is called within `transaction()`, and there are several tenants.
        """
        return forget(self._store, self._settings, user_id, addresses=emails, by=by)

    def resolve(self, slug: str) -> str:
        """The id of the tenant that has this slug, or once had it.

        Raises:
            NotFound: No tenant ever had it, or the one that had it is purged.
            Invalid: It is no slug.
        """
        return resolve(self._store, slug)

    def tenants(
        self,
        *,
        by: Principal,
        status: str | None = None,
        search: str | None = None,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        order: str | None = None,
        total: bool = False,
    ) -> Page[Tenant]:
        """The tenants, for the host itself.

        Args:
            by: SYSTEM, or a job of its. For a person there is `person(principal).tenants()`.
            status: Only `active`, `suspended`, `deleted` or `purged` ones; all but those that are purged unless given.
            search: Only those whose name or slug begins with this, in any case, or whose id this is.
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            order: None for the order of creation, `newest`, or `name`.
            total: Whether to count the whole list.

        Raises:
            Invalid: An argument is out of bounds, or somebody else than SYSTEM asks.
            InvalidCursor: The cursor belongs to another list.
        """
        return list_tenants(
            self._store,
            self._settings,
            by=by,
            status=status,
            search=search,
            limit=limit,
            after=after,
            offset=offset,
            order=order,
            total=total,
        )

    def memberships_of(
        self,
        user_id: str,
        *,
        by: Principal,
        limit: int = 50,
        after: str | None = None,
        offset: int | None = None,
        total: bool = False,
    ) -> Page[MyTenant]:
        """The memberships of a user, of any status, each with its tenant; for the host itself.

        Args:
            user_id: The host's id of the user.
            by: SYSTEM, or a job of its. For a person there is `person(principal).tenants()`.
            limit: At most so many, 1-200.
            after: The cursor of the page before.
            offset: Instead of a cursor, how many to leave out, 0-10,000.
            total: Whether to count the whole list.

        Raises:
            Invalid: An argument is out of bounds, it is no user, or somebody else than SYSTEM asks.
            InvalidCursor: The cursor belongs to another list.
        """
        return memberships_of(
            self._store,
            self._settings,
            user_id,
            by=by,
            limit=limit,
            after=after,
            offset=offset,
            order=None,
            total=total,
        )

    def locate(self, id: str, *, by: Principal) -> str:
        """The id of the tenant that has this workspace, invitation, membership or custom role; for the host itself.

        Args:
            id: `ws_…`, `inv_…`, `mem_…` or `rol_…`.
            by: SYSTEM, or a job of its. For a person there is `person(principal).locate(id)`.

        Raises:
            NotFound: No tenant has it.
            Invalid: It is the id of something else, or none; or somebody else than SYSTEM asks.
        """
        return locate_anywhere(self._store, id, by=by)

    def inspect_invitation(self, token: str, *, by: Principal | None = None) -> InvitationPreview:
        """What an invitation offers, for anybody with the link. Changes nothing; accepting is a separate act.

        Args:
            token: From the link.
            by: Who is signed in and looks; `viewer` then says what accepting it would lead to for them. Whoever has
                become a member by it, or was added meanwhile, is shown it still.

        Raises:
            InvalidToken: It is no token of ours, or the tenant is deleted.
            InvitationExpired: It is past its time.
            InvitationReplaced: It was sent again; only the newest link works.
            InvitationAccepted: It is closed; likewise InvitationDeclined, InvitationRevoked.
            Denied: The tenant is suspended, and nobody is signed in.
        """
        viewer = None if by is None else require_principal(by)
        opened = self._settings.keys.read_invitation(token)
        runner = Runner(self._store, self._settings, opened.tenant_id, SYSTEM)
        return Inspection(runner).inspect_invitation(opened, viewer)

    @contextmanager
    def transaction(self) -> Iterator[Tenantry]:
        """Several steps in one transaction: what goes through the `Tenantry` that is given is kept whole or not at all.

        It is bound to the first tenant that it creates or touches, and it is never repeated. What was denied in it is
        in the audit trail when it has ended, also where it is rolled back.

        Raises:
            TenantMismatch: A second tenant is touched.
            Stale: Somebody else was faster; run the transaction again, or use `retry`.
        """
        owed: Owed = []
        try:
            with self._begun(owed) as tx:
                yield tx
        finally:
            record(owed, self.record_denial)

    @contextmanager
    def _begun(self, owed: Owed) -> Iterator[Tenantry]:
        require_outside()
        with self._store.begin() as store, OneTenant.within(self._store, store, owed) as bound:
            yield self.using(bound)

    def retry(self, work: Callable[[Tenantry], T]) -> T:
        """What `work` returns, run in a transaction like that of `transaction()`, and run again when told `Stale`.

        Args:
            work: Called with a `Tenantry` bound to the transaction; possibly several times.

        Raises:
            Stale: It was told so every time, or this is a guest in the host's transaction, where nothing is repeated.
        """
        owed: Owed = []

        def attempt() -> T:
            owed.clear()  # what was denied in a try that came to nothing is denied again in the next
            with self._begun(owed) as tx:
                return work(tx)

        try:
            return repeat(self._store, attempt)
        finally:
            record(owed, self.record_denial)

    def record_denial(self, error: TenantryError) -> None:
        """Note in the audit trail that somebody was denied something; for a guest's error handler. Once an error.

        Where tenantry owns its transactions it has done so already. Errors that deny nobody anything leave no trace,
        and neither does a person who is no member, unless the invitation to them is refused.

        Args:
            error: Any error that a verb has raised.

        Raises:
            Invalid: It is no `TenantryError`.
        """
        if not isinstance(error, TenantryError):
            raise Invalid(
                "record_denial takes an error of tenantry.", field="error", rule="wrong_type", expected="TenantryError"
            )
        refused = error.denial
        if refused is not None and refused.tenant_id is not None and refused.principal is not None:
            runner = Runner(self._store, self._settings, refused.tenant_id, refused.principal, refused.origin)
            with suppress(NotFound):
                runner.record_denial(refused)

    def self_check(self) -> Sequence[Finding]:
        """What is stored over all tenants and does not count any more; for a start-up check or a health page.

        A release of the host that drops a permission or a role leaves custom roles and grants behind that name it.
        Nothing of that is granted; here it is listed, so that it can be cleaned up.
        """
        with across(self._store, Operator()) as tenants:
            return list(findings(tenants, self._settings.scheme))


def _require_store(store: object) -> None:
    if isinstance(store, type) or not callable(getattr(store, "command", None)):
        raise Invalid(
            f"store must be a MemoryStore or a door of tenantry.sqlalchemy, not {type(store).__name__}.",
            field="store",
            rule="wrong_type",
            expected="store",
        )

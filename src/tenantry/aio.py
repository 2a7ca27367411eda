"""The same front door for hosts that await: one line for each verb.

There is no second implementation. `Async` turns a synchronous verb into a coroutine function of the same name,
signature and docstring; the work itself is the synchronous one and runs where its waiting can be awaited.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial, update_wrapper
from itertools import count
from types import CoroutineType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from .access.scheme import Scheme
from .access.service.roles import Roles
from .app import Tenantry
from .audit.service.audit import Audit
from .contexts import PersonContext, TenantContext
from .delivery.service.dispatch import deliver, require_mailer
from .invitations.service.invitations import Invitations
from .jobs import JobsContext
from .kernel.clock import Clock, system_clock
from .kernel.coroutines import AsyncCall, guarded, marked
from .kernel.errors import Invalid, Stale
from .kernel.options import Options
from .kernel.principal import Origin, Principal
from .members.service.members import Members
from .notices.delivery import Dispatched, Mailer
from .plans.model import Plan
from .plans.service.plans import Plans
from .runtime.here import require_outside
from .runtime.runner import pause_after
from .runtime.transaction import OneTenant, Owed, record
from .storage.ports import AsyncStore, Store, is_async
from .tenants.model import Tenant
from .workspaces.service.workspaces import Workspaces

__all__ = ["Async", "AsyncAnswer", "AsyncJobsContext", "AsyncPersonContext", "AsyncTenantContext", "AsyncTenantry"]

P = ParamSpec("P")
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
T = TypeVar("T")

Run = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]


class Awaited(Generic[S_co]):
    """A synchronous object whose verbs are awaited."""

    def __init__(self, sync: S_co, run: Run) -> None:
        self._sync = sync
        self._run = run

    def __repr__(self) -> str:
        return f"<awaited {self._sync!r}>"

    @guarded
    async def run(self, work: Callable[[S_co], T]) -> T:
        """What `work` returns, called with the synchronous object: several steps in one hop.

        Args:
            work: A synchronous function; it must not block on anything but the database.

        Raises:
            Invalid: It is a coroutine function.
        """
        result: T = await self._run(lambda: work(self._sync))
        if isinstance(result, CoroutineType):
            result.close()
            raise Invalid(
                "run takes a synchronous function, which calls the verbs without await.", field="work", rule="awaited"
            )
        return result


def AsyncAnswer(  # noqa: N802 - it stands where a class body reads like a list of what is awaited
    verb: Callable[Concatenate[S, P], T],
) -> Callable[Concatenate[Awaited[S], P], AsyncCall[T]]:
    """The coroutine function for a verb that answers, with its name, signature and docstring.

    Type checkers report its call where a condition is expected.
    """

    def awaited(self: Awaited[S], /, *args: P.args, **kwargs: P.kwargs) -> AsyncCall[T]:
        call: Any = self._run(lambda: verb(self._sync, *args, **kwargs))
        call.__name__, call.__qualname__ = verb.__name__, verb.__qualname__  # as the warning, or a task, is to name it
        return AsyncCall(call)

    return update_wrapper(marked(awaited), verb)


def Async(  # noqa: N802 - likewise
    verb: Callable[Concatenate[S, P], T],
) -> Callable[Concatenate[Awaited[S], P], Coroutine[Any, Any, T]]:
    """The same for a verb that does something.

    Type checkers report its call where nothing is done with it. No type can have them report both.
    """
    return AsyncAnswer(verb)


class AsyncMembers(Awaited[Members]):
    """The members of the tenant, awaited."""

    get = AsyncAnswer(Members.get)
    list = AsyncAnswer(Members.list)
    add = Async(Members.add)
    add_many = Async(Members.add_many)
    change_role = Async(Members.change_role)
    add_role = Async(Members.add_role)
    remove_role = Async(Members.remove_role)
    deactivate = Async(Members.deactivate)
    reactivate = Async(Members.reactivate)
    plan_removal = AsyncAnswer(Members.plan_removal)
    remove = Async(Members.remove)
    transfer_ownership = Async(Members.transfer_ownership)
    leave = Async(Members.leave)
    update = Async(Members.update)


class AsyncWorkspaces(Awaited[Workspaces]):
    """The workspaces of the tenant, awaited."""

    create = Async(Workspaces.create)
    get = AsyncAnswer(Workspaces.get)
    find = AsyncAnswer(Workspaces.find)
    list = AsyncAnswer(Workspaces.list)
    totals = AsyncAnswer(Workspaces.totals)
    update = Async(Workspaces.update)
    archive = Async(Workspaces.archive)
    restore = Async(Workspaces.restore)
    members = AsyncAnswer(Workspaces.members)
    add_member = Async(Workspaces.add_member)
    change_member_role = Async(Workspaces.change_member_role)
    remove_member = Async(Workspaces.remove_member)
    record_counters = Async(Workspaces.record_counters)


class AsyncInvitations(Awaited[Invitations]):
    """The invitations of the tenant, awaited."""

    send = Async(Invitations.send)
    resend = Async(Invitations.resend)
    update = Async(Invitations.update)
    revoke = Async(Invitations.revoke)
    get = AsyncAnswer(Invitations.get)
    list = AsyncAnswer(Invitations.list)


class AsyncRoles(Awaited[Roles]):
    """The roles of the tenant, awaited."""

    define = Async(Roles.define)
    adopt = Async(Roles.adopt)
    get = AsyncAnswer(Roles.get)
    list = AsyncAnswer(Roles.list)
    matrix = AsyncAnswer(Roles.matrix)
    choices = AsyncAnswer(Roles.choices)
    assignable = AsyncAnswer(Roles.assignable)
    update = Async(Roles.update)
    delete = Async(Roles.delete)
    usage = AsyncAnswer(Roles.usage)
    plan_update = AsyncAnswer(Roles.plan_update)
    plan_delete = AsyncAnswer(Roles.plan_delete)
    move = Async(Roles.move)


class AsyncPlans(Awaited[Plans]):
    """The plan of the tenant, awaited."""

    get = AsyncAnswer(Plans.get)
    usage = AsyncAnswer(Plans.usage)
    use = Async(Plans.use)


class AsyncAudit(Awaited[Audit]):
    """The audit trail of the tenant, awaited."""

    list = Async(Audit.list)
    verify = AsyncAnswer(Audit.verify)
    checkpoint = AsyncAnswer(Audit.checkpoint)


class AsyncPersonContext(Awaited[PersonContext]):
    """What somebody may do for themselves, awaited."""

    create_tenant = Async(PersonContext.create_tenant)
    tenants = AsyncAnswer(PersonContext.tenants)
    invitations = AsyncAnswer(PersonContext.invitations)
    locate = AsyncAnswer(PersonContext.locate)
    accept = Async(PersonContext.accept)
    accept_offer = Async(PersonContext.accept_offer)
    decline = Async(PersonContext.decline)
    decline_offer = Async(PersonContext.decline_offer)
    signed_in = Async(PersonContext.signed_in)
    refresh_profile = Async(PersonContext.refresh_profile)


class AsyncTenantContext(Awaited[TenantContext]):
    """What one principal may do in one tenant, awaited."""

    get = AsyncAnswer(TenantContext.get)
    update = Async(TenantContext.update)
    release_slug = Async(TenantContext.release_slug)
    overview = AsyncAnswer(TenantContext.overview)
    owners = AsyncAnswer(TenantContext.owners)
    suspend = Async(TenantContext.suspend)
    resume = Async(TenantContext.resume)
    delete = Async(TenantContext.delete)
    restore = Async(TenantContext.restore)
    access = AsyncAnswer(TenantContext.access)
    can = AsyncAnswer(TenantContext.can)
    check = AsyncAnswer(TenantContext.check)
    check_many = AsyncAnswer(TenantContext.check_many)
    require = Async(TenantContext.require)
    workspaces_where = AsyncAnswer(TenantContext.workspaces_where)
    who_can = AsyncAnswer(TenantContext.who_can)

    @property
    def workspaces(self) -> AsyncWorkspaces:
        """The workspaces of the tenant."""
        return AsyncWorkspaces(self._sync.workspaces, self._run)

    @property
    def members(self) -> AsyncMembers:
        """The members of the tenant."""
        return AsyncMembers(self._sync.members, self._run)

    @property
    def invitations(self) -> AsyncInvitations:
        """The invitations of the tenant."""
        return AsyncInvitations(self._sync.invitations, self._run)

    @property
    def roles(self) -> AsyncRoles:
        """The roles of the tenant."""
        return AsyncRoles(self._sync.roles, self._run)

    @property
    def plan(self) -> AsyncPlans:
        """The plan of the tenant: what it limits, and what is used of it."""
        return AsyncPlans(self._sync.plan, self._run)

    @property
    def audit(self) -> AsyncAudit:
        """The audit trail of the tenant."""
        return AsyncAudit(self._sync.audit, self._run)


class AsyncJobsContext(Awaited[JobsContext]):
    """What runs without a person, over all tenants, awaited."""

    events = AsyncAnswer(JobsContext.events)
    dead_notices = AsyncAnswer(JobsContext.dead_notices)
    retry_notice = Async(JobsContext.retry_notice)

    @guarded
    async def dispatch_notices(self, mailer: Mailer, *, limit: int = 100) -> Dispatched:
        """See `JobsContext.dispatch_notices`; only its steps run where the database is awaited, not the mailer."""
        require_mailer(mailer)
        steps = self._sync._dispatch(limit)  # noqa: SLF001 - the same room
        while (delivery := await self.run(lambda _: steps.next())) is not None:
            error = None
            try:
                await deliver(mailer, delivery)
            except Exception as raised:  # noqa: BLE001 - whatever a mailer raises is a failed try
                error = raised
            await self._run(partial(steps.settle, error))
        return await self.run(lambda _: steps.finish())

    purge = Async(JobsContext.purge)


update_wrapper(AsyncJobsContext.dispatch_notices, JobsContext.dispatch_notices)


class AsyncTenantry(Awaited[Tenantry]):
    """`Tenantry` for hosts that await: the same arguments and verbs, on a store of either kind.

    Args:
        store: `AsyncSessionStore`, `AsyncSQLAlchemyStore`, or one that never waits, such as a `MemoryStore`.
        scheme: The permissions and built-in roles, such as `schemes.AGENCY`.
        secret_keys: What signs invitation tokens and page cursors: texts or bytes of at least 32 bytes, newest first.
        clock: A function that tells the time, as an aware `datetime`.
        options: The options; see `Options`.
        participants: Host code that owns resources; see `Participant`.
        notices: Whether messages to people are put into the outbox, for `jobs.dispatch_notices`.
        audit_keys: What signs the audit trail, newest first; the `secret_keys` unless given.
        plan: How much each tenant may have: a `Plan` for all; or a synchronous function that returns the plan of a
            tenant, given the `Tenant` and the host's session or connection (None in memory), called inside the
            transaction; or None, which sets no limits.

    Raises:
        Invalid: A key is too short, given twice or missing, or an argument is of the wrong type.
    """

    def __init__(
        self,
        *,
        store: Store | AsyncStore,
        scheme: Scheme,
        secret_keys: Sequence[str | bytes],
        clock: Clock = system_clock,
        options: Options | None = None,
        participants: Iterable[Any] = (),
        notices: bool = False,
        audit_keys: Sequence[str | bytes] | None = None,
        plan: Plan | Callable[[Tenant, Any], Plan] | None = None,
    ) -> None:
        self._store: AsyncStore = store if is_async(store) else _Inline(store)
        sync = Tenantry(
            store=self._store.store,
            scheme=scheme,
            secret_keys=secret_keys,
            clock=clock,
            options=options,
            participants=participants,
            notices=notices,
            audit_keys=audit_keys,
            plan=plan,
        )
        super().__init__(sync, self._store.run)

    @classmethod
    def of(cls, sync: Tenantry, store: AsyncStore) -> AsyncTenantry:
        """The same settings as a synchronous one, on a store for hosts that await."""
        other = object.__new__(cls)
        other._store = store
        Awaited.__init__(other, sync, store.run)
        return other

    create_tenant = Async(Tenantry.create_tenant)
    forget = Async(Tenantry.forget)
    resolve = AsyncAnswer(Tenantry.resolve)
    tenants = AsyncAnswer(Tenantry.tenants)
    memberships_of = AsyncAnswer(Tenantry.memberships_of)
    locate = AsyncAnswer(Tenantry.locate)
    inspect_invitation = AsyncAnswer(Tenantry.inspect_invitation)
    record_denial = Async(Tenantry.record_denial)
    self_check = AsyncAnswer(Tenantry.self_check)

    @property
    def jobs(self) -> AsyncJobsContext:
        """What runs without a person, over all tenants: call it from any scheduler."""
        return AsyncJobsContext(self._sync.jobs, self._run)

    def using(self, store: Store | AsyncStore) -> AsyncTenantry:
        """The same settings on another store: cheap enough for each request.

        Args:
            store: A store of either kind.
        """
        other = store if is_async(store) else _Inline(store)
        return self.of(self._sync.using(other.store), other)

    def person(self, principal: Principal, *, origin: Origin | None = None) -> AsyncPersonContext:
        """What somebody may do for themselves, in no tenant yet or over all of theirs.

        Raises:
            Invalid: It is no principal, or SYSTEM, which is nobody.
        """
        return AsyncPersonContext(self._sync.person(principal, origin=origin), self._run)

    def tenant(self, tenant_id: str, *, by: Principal, origin: Origin | None = None) -> AsyncTenantContext:
        """What this principal may do in this tenant. Asks nothing yet; make one for each request.

        Args:
            tenant_id: `ten_…`.
            by: Who acts.
            origin: Where the request came from, for the audit trail.

        Raises:
            Invalid: An argument is of the wrong type.
        """
        return AsyncTenantContext(self._sync.tenant(tenant_id, by=by, origin=origin), self._run)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncTenantry]:
        """Several steps in one transaction: what goes through the `AsyncTenantry` that is given is kept whole or not.

        It is bound to the first tenant that it creates or touches, and it is never repeated. What was denied in it is
        in the audit trail when it has ended, also where it is rolled back.

        Raises:
            TenantMismatch: A second tenant is touched.
            Stale: Somebody else was faster; run the transaction again, or use `retry`.
        """
        owed: Owed = []
        try:
            async with self._begun(owed) as tx:
                yield tx
        finally:
            await self._record(owed)

    @asynccontextmanager
    async def _begun(self, owed: Owed) -> AsyncIterator[AsyncTenantry]:
        require_outside()
        async with self._store.begin() as store:
            with OneTenant.within(self._store.store, store.store, owed) as bound:
                yield self.of(self._sync.using(bound), _Bound(bound, store))

    async def _record(self, owed: Owed) -> None:
        if owed:
            await self._run(lambda: record(owed, self._sync.record_denial))

    @guarded
    async def retry(self, work: Callable[[AsyncTenantry], Coroutine[Any, Any, T]]) -> T:
        """What `work` returns, run in a transaction like that of `transaction()`, and run again when told `Stale`.

        Args:
            work: A coroutine function, called with an `AsyncTenantry` bound to the transaction; possibly several times.

        Raises:
            Stale: It was told so every time, or this is a guest in the host's transaction, where nothing is repeated.
        """
        import asyncio  # which is slow to import, and an asynchronous host has it

        owed: Owed = []
        try:
            for tried in count(1):
                owed.clear()  # what was denied in a try that came to nothing is denied again in the next
                try:
                    async with self._begun(owed) as tx:
                        return await work(tx)
                except Stale:
                    if tried >= self._store.store.tries:
                        raise
                    await asyncio.sleep(pause_after(tried))
            raise AssertionError("one counts without end")
        finally:
            await self._record(owed)


class _Bound:
    """An asynchronous store whose commands go through another synchronous one."""

    def __init__(self, store: OneTenant, host: AsyncStore) -> None:
        self.store = store
        self.host = host

    async def run(self, work: Callable[[], T]) -> T:
        return await self.host.run(work)

    def begin(self) -> AbstractAsyncContextManager[AsyncStore]:
        self.store.require_open()
        return self.host.begin()


class _Inline:
    """A store that never waits, for hosts that await."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def run(self, work: Callable[[], T]) -> T:
        return work()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[_Inline]:
        with self.store.begin() as store:
            yield _Inline(store)

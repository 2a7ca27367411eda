"""What an adapter must provide. The docstrings are the contract; `tenantry.testing.StoreContract` checks it.

The promises, in words:

* **All or nothing.** What is written through a transaction is kept whole when its block ends, and not at all when the
  block ends by an exception. The same holds for `nested()`, and for a refused write whose error the caller catches:
  after it everything is as before the call, and the transaction can go on.
* **Isolation.** A transaction sees its own writes; nobody else sees any of them before it has ended.
* **One tenant.** A transaction finds, counts and changes the rows of its own tenant, whatever ids it is given.
* **Scopes.** A reader over all tenants shows what its scope shows, whatever conditions it is given.
* **Uniqueness.** What a collection declares unique is unique at every instant, and the refusal is the declared error.
* **Serial commands.** Two commands on one tenant never decide on the same facts: one of them waits, or is told
  `Stale` and nothing of it is kept.
* **Values.** What you get is yours: no later call changes it, and changing what it holds changes nothing stored.
* **Stable pages.** Lists are totally ordered; a page that begins after a position repeats nothing before it.
* **Errors.** Only the errors of `tenantry.errors` come out: `Stale` where the caller may run the transaction again,
  `Busy` where a lock did not come in time, `Unavailable` for any other failure of the database, with the cause kept;
  but `OutcomeUnknown` where it has not said whether it kept what was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Values
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from attrs import field

from ..kernel.errors import Invalid
from ..kernel.values import frozen
from .collection import Collection
from .conditions import After, Among, AnyOf, Before, Contains, HasKey, HasValue, OneOf, Slice, StartsWith, Sums
from .scopes import Located, Operator, Person, Scope, Slug

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from ..access.model import Standing
    from ..audit.model import AuditEvent
    from ..tenants.model import Tenant, Totals
else:
    from typing import TypeGuard as TypeIs  # for whoever reads annotations; the other is not in every Python

__all__ = [
    "Across",
    "After",
    "Among",
    "AnyOf",
    "AsyncStore",
    "Before",
    "Contains",
    "Creating",
    "FeedPosition",
    "Gate",
    "HasKey",
    "HasValue",
    "JobRecords",
    "Jobs",
    "Located",
    "OneOf",
    "Open",
    "Operator",
    "Passes",
    "Person",
    "Reader",
    "Records",
    "Scope",
    "Slice",
    "Slug",
    "StartsWith",
    "Store",
    "Sums",
    "Transaction",
    "Unlocked",
    "is_async",
    "require_own_transactions",
]

E = TypeVar("E")
R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")

FeedPosition = tuple[int, str, int]
"""Where an audit event stands among those of all tenants: when it was written, its tenant, its place there."""


# --- gates: who is let into a command


@frozen
class Passes:
    """Lets a command in only if the tenant has an entity of this collection for which all conditions hold.

    The conditions are those of `Reader`. What the entity's state allows is for the command to judge, under the lock.

    Example:
        A member of any status: `Passes(MEMBERSHIPS, {"user_id": user_id})`.
    """

    collection: Collection[Any]
    where: Mapping[str, object] = field(hash=False)


@frozen
class Open:
    """Lets every command in: the host itself acts."""


@frozen
class Creating:
    """The command brings the tenant into being: this row is written first."""

    tenant: Tenant


@frozen
class Unlocked:
    """Lets every command in and locks nothing, so that it waits for no other: for what job collections keep.

    It reads and writes nothing else, until it enters by another gate after all.
    """


Gate = Passes | Open | Creating | Unlocked


# --- what a store is made of


class Reader(Protocol[R_co]):
    """The entities of one collection, to be read."""

    def find(self, **where: object) -> R_co | None:
        """The entity for which all conditions hold, or None. With several, the first in order of the key."""
        ...

    def list(self, slice: Slice = ..., /, **where: object) -> Sequence[R_co]:
        """The entities for which all conditions hold, ordered, within the slice. Complete: nothing is read later."""
        ...

    def count(self, **where: object) -> int:
        """How many there are."""
        ...

    def count_by(self, field: str, of: str, /, **where: object) -> Mapping[Any, int]:
        """For each value of `field`, how many different values of `of` there are beside it; None is none.

        Example:
            Different users in each workspace: `count_by("workspace_id", "user_id")`; in the whole tenant:
            `count_by("tenant_id", "user_id")`.
        """
        ...

    def sum_by(self, field: str, of: str, /, **where: object) -> Mapping[Any, int]:
        """For each value of `field`, the sum of the whole numbers in `of`; None adds nothing. Exact, of any size."""
        ...

    def sum_of(self, document: str, /, **where: object) -> Sums:
        """How many entities there are, and for each outer key of this document the sum of the numbers next to it.

        It is one statement, so the figures agree. Only whole numbers are added, of at most 64 bits each; the sums are
        exact, of any size. A key without a whole number in any of the documents is left out.
        """
        ...


class Records(Reader[E], Protocol[E]):
    """The entities of one collection in one tenant, to be read and written."""

    def get(self, id: str) -> E:
        """The entity of this key in this tenant.

        Raises:
            NotFound: There is none; also where another tenant has it.
        """
        ...

    def add(self, *entities: E) -> None:
        """Keep new entities; many are one statement, none is no statement, and all or none of them are kept.

        Raises:
            Conflict: A rule of uniqueness refuses one (the declared error), its key is there already (rule `id`), or
                what it refers to is not (rule `reference`).
            TenantMismatch: One is of another tenant.
        """
        ...

    def save(self, *entities: E) -> None:
        """Replace entities that exist, found by key, one after the other; all or none of them are replaced.

        Many are one statement, where the driver tells how many rows that has changed; none is no statement.

        Raises:
            NotFound: One does not exist in this tenant.
            Conflict: As for `add`.
            TenantMismatch: One is of another tenant.
        """
        ...

    def remove(self, *entities: E) -> None:
        """Remove entities, found by key; one that is gone already is no error, and none is no statement.

        Raises:
            Conflict: Something still refers to one (rule `reference`).
            TenantMismatch: One is of another tenant.
        """
        ...

    def change(self, values: Mapping[str, object], /, **where: object) -> int:
        """Set these values where all conditions hold, as `JobRecords.change`; how many entities that were.

        What was read without a lock is changed as it was read, or not at all: `change({"count": 5}, id=id, count=4)`.

        Raises:
            TypeError: It is no `job` collection.
        """
        ...


class Transaction(Protocol):
    """One tenant, for the length of one transaction."""

    def enter(self, gate: Gate) -> None:
        """Pass the gate and lock the tenant from here on, in one statement; for a command that was begun `Unlocked`.

        Raises:
            NotFound: No such tenant, or the gate is shut.
            Conflict: The tenant that is to be created is there already (rule `id`).
            Stale: Another command was faster.
        """
        ...

    @property
    def tenant_id(self) -> str:
        """The tenant that everything here is bound to."""
        ...

    @property
    def statements(self) -> int:
        """How many statements were executed, without those that begin, end or nest transactions."""
        ...

    @property
    def session(self) -> Any:
        """What the host gave or would use to take part in this transaction (a session or connection), or None."""
        ...

    def tenant(self) -> Tenant:
        """The tenant's row. In a command it is the one that the gate has locked and costs nothing.

        Raises:
            NotFound: There is no such tenant.
        """
        ...

    def save_tenant(self, tenant: Tenant) -> None:
        """Replace the tenant's row, except its version and the number that the gate gave it.

        Raises:
            TenantMismatch: It is the row of another tenant.
        """
        ...

    def records(self, collection: Collection[E]) -> Records[E]:
        """The tenant's entities of this collection.

        Raises:
            TypeError: Its entities belong to users, and so to no tenant; or the command is `Unlocked`, and it is no
                `job` collection.
        """
        ...

    def standing(self, user_id: str, workspaces: Values[str]) -> Standing:
        """What is stored of this user here, and of these workspaces, in one statement.

        An id that is not this tenant's is absent from the answer; an unknown tenant is a `Standing` without status.
        """
        ...

    def totals(self, at: datetime) -> Totals:
        """The tenant's row, and how much there is in the tenant at this instant, in one statement.

        It counts the workspaces in use, the active members, and the invitations that are pending and end later.

        Raises:
            NotFound: There is no such tenant.
        """
        ...

    def nested(self) -> AbstractContextManager[None]:
        """A part that is all or nothing by itself: an exception that leaves the block undoes what was done in it.

        Host code works in such a part. It cannot end the transaction through `session` there.

        Raises:
            Invalid: It was tried.
            OutcomeUnknown: It has come to its end nevertheless.
        """
        ...

    def discard(self) -> None:
        """Nothing of this transaction is to be kept; it leaves no trace, although it ends well."""
        ...


class JobRecords(Reader[E], Protocol[E]):
    """The entities of one collection over all tenants, for the work that nobody waits for: read and changed in bulk."""

    def claim(self, limit: int, order: str, values: Mapping[str, object], /, **where: object) -> Sequence[E]:
        """The first so many entities in this order for which all conditions hold, with these values set.

        Two whose transactions end well never got the same entity, unless the values of the first let the second have
        it. Where rows can be locked one by one, neither waits for the other.
        """
        ...

    def put(self, *entities: E) -> None:
        """Keep entities of any tenants, each in place of the one with its tenant and key, if there is one.

        Many are one statement, none is no statement, and all or none of them are kept. They are kept in the order of
        tenant and key; of one that is given twice the last is kept. No tenant is locked: a command goes on meanwhile.

        Raises:
            Conflict: A rule of uniqueness refuses one (the declared error), or what it refers to is not there (rule
                `reference`), its tenant included.
            Stale: Another transaction was faster.
        """
        ...

    def change(self, values: Mapping[str, object], /, **where: object) -> int:
        """Set these values where all conditions hold; how many entities that were."""
        ...

    def remove(self, **where: object) -> int:
        """Remove the entities for which all conditions hold; how many that were."""
        ...


class Jobs(Protocol):
    """All tenants at once, for jobs: what nobody's rights depend on may be changed here, and nothing else."""

    def records(self, collection: Collection[E]) -> JobRecords[E]:
        """The entities of this collection over all tenants.

        Raises:
            TypeError: It is no `job` collection: what is in it may be changed by a command only.
        """
        ...


class Across(Protocol):
    """All tenants at once, for the few questions that no tenant can answer: to be read, but for a person's sign-in.

    It shows only what its scope shows, whatever conditions are asked. `View` has the conditions of each scope; a store
    adds them to every question.
    """

    @property
    def scope(self) -> Scope:
        """What this reader was opened for."""
        ...

    def records(self, collection: Collection[E]) -> Reader[E]:
        """The entities of this collection over all tenants, as far as the scope shows them.

        Raises:
            TypeError: The scope shows nothing of this collection. The reader raises it too, where a condition speaks
                of a collection of which the scope knows nothing.
        """
        ...

    def events(self, after: FeedPosition | None, limit: int) -> Sequence[tuple[FeedPosition, AuditEvent]]:
        """The first committed audit events after a position, as they are stored, each with its own.

        The order is one in which nothing is ever inserted before what was read: who goes on from the last position
        sees every event, and each once; and within a tenant that of its trail. It is the order of the numbers that
        gates give (see `Store.command`), which the events have from the tenant's row. For that, an event may be held
        back while a transaction is open that began before its own. Only for a store that owns its transactions.

        Raises:
            InvalidCursor: The position lies beyond everything that was written: it is of another store, or of one
                that was put back to an earlier time.
            TypeError: The scope is another one than `Operator`.
        """
        ...

    def keep_sign_in(self, at: datetime, known: Mapping[str, str | bool]) -> Sequence[str]:
        """Keep when the person of this scope has signed in, unless a later time is kept; in one statement.

        No tenant is locked: commands go on meanwhile, and nothing that they write is overwritten. From now on `at` is
        read along with each membership of the person.

        Args:
            at: When.
            known: What the host knows of the person, by stored fields of `Membership`.

        Returns:
            The ids of the active tenants in which the person has an active membership that says something else, in
            order.

        Raises:
            TypeError: The scope is another one than `Person`.
            Stale: Another sign-in of the person was faster.
        """
        ...

    def drop_sign_in(self) -> None:
        """Keep nothing any more of when the person of this scope has signed in.

        Raises:
            TypeError: The scope is another one than `Person`.
        """
        ...


class Store(Protocol):
    """A place where tenants are kept."""

    @property
    def tries(self) -> int:
        """How often in all a command that is told `Stale` is run; 1 for a guest in somebody else's transaction."""
        ...

    @property
    def owns_transactions(self) -> bool:
        """Whether a command ends with a commit. A guest's ends within the transaction of its host."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait before a command is run again, without keeping an event loop from its work."""
        ...

    def begin(self) -> AbstractContextManager[Store]:
        """One transaction for several commands and queries: the store that is given is a guest in it.

        It is committed when the block ends, rolled back when the block ends by an exception, and never repeated.
        """
        ...

    def command(
        self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None
    ) -> AbstractContextManager[Transaction]:
        """A transaction that changes one tenant. Its first statement lets in who passes the gate, and locks the tenant.

        It also numbers the tenant's row (`written_in`): by the transaction, where one that begins to write later has a
        greater number; or by what the row has, if that is greater. Creating the tenant does so, too.

        The block's exception rolls everything back, in a guest to where the command began: the lock is free again.

        Args:
            tenant_id: Which tenant.
            gate: Who is let in.
            patience: How long to wait for the lock at most; None as long as the database does. A store that waits for
                nobody needs not look at it, nor a guest, whose host decides how long its transaction waits.

        Raises:
            NotFound: No such tenant, or the gate is shut; the two cannot be told apart, and neither waits for the lock.
            Conflict: The tenant that is to be created is there already (rule `id`).
            TenantMismatch: The tenant that is to be created is another one.
            Stale: Another command was faster.
            Busy: Another transaction kept the lock for longer than `patience`.
            Invalid: A transaction that is open here has the lock, and would be waited for in vain.
        """
        ...

    def query(self, tenant_id: str) -> AbstractContextManager[Transaction]:
        """A transaction that only reads one tenant. It takes no lock and waits for none."""
        ...

    def across(self, scope: Scope) -> AbstractContextManager[Across]:
        """A transaction over all tenants that knows what for. It reads; for a `Person` it can also keep their sign-in.

        Args:
            scope: For whom or what: `Person`, `Slug`, `Located`, or `Operator` for everything.
        """
        ...

    def jobs(self) -> AbstractContextManager[Jobs]:
        """A transaction on job tables, over all tenants. It locks no tenant.

        Raises:
            Invalid: This is a guest, whose transaction is not ours to end.
            Stale: Another job was faster.
        """
        ...


class AsyncStore(Protocol):
    """A store for hosts that await. The work itself is synchronous and runs on `store` inside `run`."""

    @property
    def store(self) -> Store:
        """The synchronous store; to be used within `run` only."""
        ...

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, whose waiting for the database is awaited."""
        ...

    def begin(self) -> AbstractAsyncContextManager[AsyncStore]:
        """One transaction for several commands and queries, as `Store.begin`."""
        ...


def is_async(store: Store | AsyncStore) -> TypeIs[AsyncStore]:
    """Whether this is a store for hosts that await."""
    return hasattr(store, "run")


def require_own_transactions(store: Store) -> None:
    """Go on only with a store whose transactions are its own: jobs end theirs themselves.

    Raises:
        Invalid: It is a guest in a transaction of the host.
    """
    if not store.owns_transactions:
        raise Invalid(
            "Jobs need a store that owns its transactions; this is a guest in one.", field="store", rule="guest_store"
        )

"""What the checks are made with: whole entities in one line, tenants with something in them, and a second thread.

Every check founds tenants of its own under ids, slugs and users that nobody has, so a store need not be empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar, get_type_hints

from attrs import NOTHING, asdict, evolve, fields

from ...access.custom import CustomRole, as_role, lineages
from ...access.model import Level
from ...audit.model import AUDIT_EVENTS, AuditEvent
from ...invitations.model import Invitation
from ...kernel import ids
from ...kernel.errors import Stale
from ...kernel.values import frozen
from ...members.model import MEMBERSHIPS, Grant, Membership
from ...notices.model import Notice, NoticeKind
from ...runtime.registry import COLLECTIONS
from ...storage.collection import Collection
from ...storage.ports import Creating, Open, Store, Transaction
from ...tenants.model import TENANTS, SlugReservation, Tenant, version_of, written_in_of
from ...workspaces.model import Workspace

__all__ = [
    "NAMES",
    "NOW",
    "World",
    "another_thread",
    "crowd",
    "custom",
    "event",
    "everything",
    "founded",
    "grant",
    "invitation",
    "member",
    "new_tenant",
    "noted",
    "notice",
    "repeated",
    "reservation",
    "version",
    "workspace",
]

T = TypeVar("T")

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)

NAMES = [
    "Zoë",
    "anna",
    "Émile",
    "émile",
    "Anna",
    "_",
    "~",
    "東京",
    "ß",
    "ss",
    "\ufb01n",
    "\uffee",
    "\U00020000",
    "",
    "zoe",
]

_A_WHILE = 0.2  # seconds in which another thread gets as far as it can without us


@frozen
class World:
    """A tenant and one entity of each collection in it.

    Those that the suite says something about are named; `others` has one of each other collection.
    """

    tenant: Tenant
    slug: SlugReservation
    workspace: Workspace
    member: Membership
    role: CustomRole
    grant: Grant
    invitation: Invitation
    event: AuditEvent
    notice: Notice
    others: tuple[Any, ...] = ()


def new_tenant(**values: Any) -> Tenant:
    """A tenant that is nowhere yet."""
    id = values.setdefault("id", ids.new("ten"))
    place = ids.new("ws")
    given: dict[str, Any] = {
        "name": "Acme",
        "slug": id[-12:],
        "default_workspace_id": place,
        "created_at": NOW,
    }
    return Tenant(**given | values)


def workspace(tenant: Tenant, **values: Any) -> Workspace:
    """A workspace that is nowhere yet."""
    id = values.setdefault("id", ids.new("ws"))
    given: dict[str, Any] = {
        "tenant_id": tenant.id,
        "name": "General",
        "slug": id[-12:],
        "created_at": NOW,
    }
    return Workspace(**given | values)


def member(tenant: Tenant, **values: Any) -> Membership:
    """A membership that is nowhere yet, of a user whom nobody knows."""
    id = values.setdefault("id", ids.new("mem"))
    given: dict[str, Any] = {"tenant_id": tenant.id, "user_id": f"user-{id[-12:]}", "joined_at": NOW}
    return Membership(**given | values)


def grant(of: Membership, role: str = "member", place: Workspace | None = None, **values: Any) -> Grant:
    """A grant that is nowhere yet."""
    given: dict[str, Any] = {
        "tenant_id": of.tenant_id,
        "id": ids.new("grt"),
        "membership_id": of.id,
        "role": role,
        "workspace_id": place and place.id,
        "granted_by": "system",
        "created_at": NOW,
    }
    return Grant(**given | values)


def custom(tenant: Tenant, *built_on: CustomRole, **values: Any) -> CustomRole:
    """A custom role that is nowhere yet, and depends on these others."""
    id = values.setdefault("id", ids.new("rol"))
    given: dict[str, Any] = {
        "tenant_id": tenant.id,
        "level": Level.WORKSPACE,
        "name": f"Role {id[-12:]}",
        "permissions": ["workspace-api:workspace:read"],
        "inherits": [role.id for role in built_on],
        "created_by": "system",
        "created_at": NOW,
    }
    role = CustomRole(**given | values)
    return evolve(role, lineage=(*lineages(built_on), as_role(role)))


def invitation(tenant: Tenant, **values: Any) -> Invitation:
    """A pending invitation that is nowhere yet, to an address that nobody has."""
    id = values.setdefault("id", ids.new("inv"))
    given: dict[str, Any] = {
        "tenant_id": tenant.id,
        "email": f"{id}@example.test",
        "email_key": f"{id}@example.test",
        "role": "member",
        "expires_at": NOW,
        "invited_by": "system",
        "created_at": NOW,
        "sent_at": NOW,
        "nonce": "00",
    }
    return Invitation(**given | values)


def event(tenant: Tenant, sequence: int, **values: Any) -> AuditEvent:
    """An audit event that is nowhere yet."""
    given: dict[str, Any] = {
        "tenant_id": tenant.id,
        "id": ids.new("evt"),
        "sequence": sequence,
        "action": "tenant.created",
        "principal": "system",
        "target": tenant.id,
        "occurred_at": NOW,
    }
    return AuditEvent(**given | values)


def numbered(tx: Transaction, one: AuditEvent) -> AuditEvent:
    """The event where a command writes it: among those of all tenants it stands where the gate says."""
    return evolve(one, written_in=written_in_of(tx.tenant()))


def noted(tx: Transaction, *events: AuditEvent) -> list[AuditEvent]:
    """Keep new events; as they are then."""
    there = [numbered(tx, each) for each in events]
    tx.records(AUDIT_EVENTS).add(*there)
    return there


def notice(tenant: Tenant, **values: Any) -> Notice:
    """A notice that is nowhere yet, to an address that nobody has."""
    id = values.setdefault("id", ids.new("ntc"))
    given: dict[str, Any] = {
        "tenant_id": tenant.id,
        "kind": NoticeKind.REMOVED,
        "email": f"{id}@example.test",
        "data": {"tenant": tenant.name},
        "due_at": NOW,
        "created_at": NOW,
    }
    return Notice(**given | values)


def reservation(tenant: Tenant, slug: str | None = None) -> SlugReservation:
    """A slug that is nowhere yet."""
    return SlugReservation(tenant_id=tenant.id, slug=slug or f"slug-{ids.new('ten')[-12:]}", reserved_at=NOW)


def founded(store: Store, **values: Any) -> World:
    """A new tenant, kept in the store, with one entity of each collection.

    Args:
        store: Where.
        values: What the tenant shall have.
    """
    tenant = new_tenant(**values)
    place, ada = workspace(tenant, id=tenant.default_workspace_id, is_default=True), member(tenant)
    world = World(
        tenant,
        reservation(tenant, tenant.slug),
        place,
        ada,
        custom(tenant),
        grant(ada, "viewer", place),
        invitation(tenant, workspaces={place.id: "viewer"}),
        event(tenant, 1),
        notice(tenant),
    )
    world = evolve(world, others=tuple(_others(world)))
    with store.command(tenant.id, gate=Creating(tenant)) as tx:
        world = evolve(world, event=numbered(tx, world.event))
        for collection, entity in everything(world):
            tx.records(collection).add(entity)
    return world


def crowd(store: Store, size: int) -> World:
    """A tenant with so many members, whose names are not in order and not all different.

    Args:
        store: Where.
        size: How many members.
    """
    world = founded(store)
    with store.command(world.tenant.id, gate=Open()) as tx:
        tx.records(MEMBERSHIPS).add(
            *(member(world.tenant, name=NAMES[number % len(NAMES)] or None) for number in range(size - 1))
        )
    return world


def everything(world: World) -> list[tuple[Collection[Any], Any]]:
    """Each collection but that of tenants, with the entity of this world in it; what is referred to comes first.

    Raises:
        AssertionError: The world has no entity of one of them.
    """
    there = _by_class(world)
    return [(each, there[each.entity]) for each in COLLECTIONS if each is not TENANTS]


def _by_class(world: World) -> dict[type, Any]:
    named = asdict(world, recurse=False, filter=lambda field, _: field.name != "others")
    return {type(entity): entity for entity in (*named.values(), *world.others)}


def _others(world: World) -> Iterator[Any]:
    """An entity of each collection that the world does not name, in an order in which what is referred to is there."""
    there = _by_class(world)
    for collection in COLLECTIONS:
        if collection.entity not in there:
            there[collection.entity] = _sample(collection, there, world.tenant)
            yield there[collection.entity]


def _sample(collection: Collection[Any], there: Mapping[type, Any], tenant: Tenant) -> Any:
    """An entity of a collection of which nothing is known but its class: every field that must be given has its type.

    Raises:
        AssertionError: A field is of a type of which there is no sample.
    """
    given: dict[str, Any] = {}
    types = get_type_hints(collection.entity)
    for field in fields(collection.entity):
        target = collection.references.get(field.alias)
        if field.alias == "tenant_id":
            given[field.alias] = tenant.id
        elif target is not None:
            given[field.alias] = there[target.entity].id
        elif field.alias == collection.key and collection.prefix is not None:
            given[field.alias] = ids.new(collection.prefix)
        elif field.default is NOTHING:
            given[field.alias] = _sample_of(types[field.name], collection)
    return collection.entity(**given)


def _sample_of(kind: Any, collection: Collection[Any]) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if kind not in _SAMPLES:
        where = "to World and founded in testing/contract/world.py"
        raise AssertionError(f"The contract's world cannot make a {collection.noun} with a {kind}: add one {where}.")
    return _SAMPLES[kind]()


_SAMPLES: Mapping[Any, Callable[[], Any]] = {
    str: lambda: f"sample-{ids.new('ten')[-12:]}",
    int: lambda: 1,
    bool: lambda: False,
    datetime: lambda: NOW,
}


def version(store: Store, tenant: Tenant) -> int:
    """How many commands were kept on the tenant, the one that created it included."""
    with store.query(tenant.id) as tx:
        return version_of(tx.tenant())


def repeated(store: Store, tenant_id: str, work: Callable[[Transaction], object]) -> None:
    """Run a command until it is not told `Stale` any more."""
    while True:
        try:
            with store.command(tenant_id, gate=Open()) as tx:
                work(tx)
        except Stale:
            store.pause(0.001)
        else:
            return


@contextmanager
def another_thread() -> Iterator[Callable[[Callable[[], T]], Future[T]]]:
    """A function that runs work in another thread, and comes back when that is done or waits for us."""

    def begin(work: Callable[[], T]) -> Future[T]:
        future = pool.submit(work)
        wait([future], timeout=_A_WHILE)
        return future

    with ThreadPoolExecutor(1) as pool:
        yield begin

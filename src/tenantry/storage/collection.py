"""What the domain promises about the things it stores; adapters derive their schema and their checks from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from attrs import field, fields

from ..kernel.errors import Conflict, NotFound, TenantMismatch
from ..kernel.values import frozen

__all__ = ["Collection", "Joined", "Order", "Reference", "Unique", "references"]

E = TypeVar("E")


@cache
def _attribute(entity: type, name: str) -> str:
    """The attribute in which a class keeps what is stored under this name: `_nonce` for `nonce`.

    An entity is also what hosts and their templates see, so what is stored for our own use alone is not public.
    """
    return f"_{name}" if _has(entity, f"_{name}") else name


def _has(entity: type, attribute: str) -> bool:
    """Whether the objects of a class have this attribute: a field, or a property."""
    return hasattr(entity, attribute) or any(each.name == attribute for each in fields(entity))


def _value(entity: object, name: str) -> Any:
    kind: Any = type(entity)
    return getattr(entity, _attribute(kind, name))


@frozen(eq=False)
class Unique:
    """No two entities of one tenant agree in all `fields`.

    Args:
        error: What a second one is refused with.
        message: The sentence it is refused with.
        fields: The fields that must differ together. Never None.
        where: The rule holds among entities with these values only.
        across_tenants: The rule holds over all tenants.
        rule: What the rule is called; None where the error says it.
        parameter: What a second one was given too, as hosts know it: the `field` of the error.
    """

    error: type[Conflict]
    message: str
    fields: tuple[str, ...]
    where: Mapping[str, Any] = field(factory=dict)
    across_tenants: bool = False
    rule: str | None = None
    parameter: str | None = None

    def applies_to(self, entity: object) -> bool:
        """Whether the entity is one of those that the rule speaks of."""
        return all(_value(entity, name) == value for name, value in self.where.items())

    def key(self, entity: object) -> tuple[Any, ...]:
        """The values that no other may have."""
        return tuple(_value(entity, name) for name in self.fields)

    def refusal(self) -> Conflict:
        """The error for a second one."""
        return self.error(self.message, rule=self.rule, field=self.parameter)


class Order(NamedTuple):
    """A declared order: by these fields, all in one direction. The last field is unique, so pages are stable."""

    fields: tuple[str, ...] = ("id",)
    descending: bool = False

    def position(self, entity: object) -> tuple[Any, ...]:
        """Where the entity stands in this order."""
        return tuple(_value(entity, name) for name in self.fields)

    def sorted(self, entities: Iterable[E]) -> list[E]:
        """The entities in this order."""
        return sorted(entities, key=self.position, reverse=self.descending)


class Reference(NamedTuple):
    """A field that holds the `id` of an entity of the same tenant, or None.

    Args:
        target: The collection of that entity.
        goes_with: Whether an entity is removed together with the one that it refers to. Otherwise that one cannot be
            removed while something refers to it.
    """

    target: Collection[Any]
    goes_with: bool = False


def references(target: Collection[Any], *, goes_with: bool = False) -> Reference:
    """Declare that a field refers to an entity of this collection.

    Args:
        target: The collection.
        goes_with: Whether an entity is removed together with the one that it refers to.
    """
    return Reference(target, goes_with=goes_with)


class Joined(NamedTuple):
    """A field that is read along with an entity, from the entity of a user in another collection.

    Args:
        source: That collection, which belongs to no tenant.
        field: The name of the field there.
        by: The field here that holds the key there.
    """

    source: Collection[Any]
    field: str
    by: str


@frozen(eq=False)
class Collection(Generic[E]):
    """All the entities of one kind, over all tenants.

    Fields go by the names under which they are stored, here and in every condition. `attribute` translates them.

    Args:
        name: The name of the table, where there are tables: a plural.
        noun: What one of them is called in a sentence.
        entity: The attrs class. It has the field that `key` names, and a `tenant_id`, unless its entities belong to
            users, over all tenants.
        key: The field that, beside `tenant_id`, finds one entity.
        prefix: What the ids of its entities begin with; None where `key` is no id.
        called: The fields that say what one of them is called; the first that is known does.
        subject: The field by which the audit trail names one; the `key` unless given.
        made: Properties that are stored beside the fields, to sort and find by.
        derived: Fields that a repository fills in from elsewhere; they are not stored.
        joined: Fields that a store fills in from elsewhere, with whatever it reads; they are not stored either.
        documents: Fields that hold a JSON object or array.
        unique: The rules of uniqueness.
        references: For a field that holds the `id` of another entity, what it refers to: `references(MEMBERSHIPS)`.
        orders: The orders that a list can be asked for, beside the one by `key`.
        job: Nobody's rights depend on it, so that jobs may change it over all tenants without locking any.
        survives_purge: Its entities stay when their tenant is purged.
    """

    name: str
    noun: str
    entity: type[E]
    key: str = "id"
    prefix: str | None = None
    called: tuple[str, ...] = ()
    subject: str | None = None
    made: tuple[str, ...] = ()
    derived: frozenset[str] = frozenset()
    joined: Mapping[str, Joined] = field(factory=dict)
    documents: frozenset[str] = frozenset()
    unique: tuple[Unique, ...] = ()
    _references: Mapping[str, Reference] = field(factory=dict, alias="references")
    orders: Mapping[str, Order] = field(factory=dict)
    job: bool = False
    survives_purge: bool = False

    def __repr__(self) -> str:
        return f"<Collection {self.name}>"

    @cached_property
    def given(self) -> tuple[str, ...]:
        """The stored fields that an entity is built from, in the order of the class."""
        elsewhere = {*self.derived, *self.joined}
        return tuple(a.alias for a in fields(self.entity) if a.name not in elsewhere)  # type: ignore[arg-type]

    @cached_property
    def is_of_tenants(self) -> bool:
        """Whether each entity belongs to a tenant. Otherwise it belongs to a user, and is found by its key alone."""
        return _has(self.entity, self.attribute("tenant_id"))

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """All stored fields."""
        return (*self.given, *self.made)

    @cached_property
    def values(self) -> Any:
        """A function from an entity to its stored values, in the order of `fields`."""
        return attrgetter(*map(self.attribute, self.fields))

    def attribute(self, name: str) -> str:
        """The attribute in which an entity keeps what is stored under this name."""
        kind: Any = self.entity
        return _attribute(kind, name)

    def value(self, entity: E, name: str) -> Any:
        """What an entity has under this name."""
        return getattr(entity, self.attribute(name))

    @cached_property
    def references(self) -> Mapping[str, Collection[Any]]:
        """For each field that refers to another entity, the collection of that entity."""
        return {name: reference.target for name, reference in self._references.items()}

    def fields_that_go_with(self, target: Collection[Any]) -> Iterator[str]:
        """The fields by which an entity of this collection goes with one of another."""
        for name, reference in self._references.items():
            if reference.goes_with and reference.target is target:
                yield name

    def key_of(self, entity: E) -> str:
        """What, beside its tenant, finds this entity."""
        key: str = self.value(entity, self.key)
        return key

    def names_of(self, entities: Iterable[E]) -> Mapping[tuple[str, str], str | None]:
        """What these are called, each by what an audit event has as its target: a noun, and what finds one."""
        subject = attrgetter(self.attribute(self.subject or self.key))
        called = [attrgetter(self.attribute(name)) for name in self.called]
        return {
            (self.noun, subject(each)): next((name for of in called if (name := of(each)) is not None), None)
            for each in entities
        }

    def missing(self) -> NotFound:
        """The error for one that is not there."""
        return NotFound(f"There is no such {self.noun}.", kind=self.noun)

    def taken(self) -> Conflict:
        """The error for a new one whose key another has."""
        return Conflict(f"There is a {self.noun} of this id already.", rule="id")

    def dangling(self) -> Conflict:
        """The error for one that is referred to, and is not there, or is to be removed."""
        return Conflict(f"Something refers to a {self.noun} that is not there, or still to one.", rule="reference")

    def require_tenant(self, tenant_id: str, entities: Iterable[E]) -> None:
        """Go on only if all these are this tenant's.

        Raises:
            TenantMismatch: One is another's.
        """
        if any(self.value(entity, "tenant_id") != tenant_id for entity in entities):
            raise TenantMismatch(f"This {self.noun} belongs to another tenant than the transaction.")

    def require_of_tenants(self) -> None:
        """Go on only if the entities belong to tenants.

        Raises:
            TypeError: They belong to users, and this is a mistake in the program.
        """
        if not self.is_of_tenants:
            raise TypeError(f"{self!r} belongs to no tenant, and is kept through a reader over all tenants.")

    def require_job(self) -> None:
        """Go on only if jobs may change what is in here.

        Raises:
            TypeError: They may not, and this is a mistake in the program.
        """
        if not self.job:
            raise TypeError(f"{self!r} is changed by commands only, not by jobs.")

    def place_of(self, entity: E) -> tuple[str, str]:
        """What finds this entity over all tenants: its tenant, and its key."""
        tenant_id: str = entity.tenant_id  # type: ignore[attr-defined]  # every entity has one
        return tenant_id, self.key_of(entity)

    def latest(self, entities: Iterable[E]) -> list[E]:
        """The entities in the order of tenant and key; of one that is there twice, the last."""
        by_place = {self.place_of(entity): entity for entity in entities}
        return [by_place[place] for place in sorted(by_place)]

    def order(self, name: str | None) -> Order:
        """The order of this name; the one by `key` for None."""
        return Order((self.key,)) if name is None else self.orders[name]

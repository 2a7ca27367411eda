"""What is kept: one immutable value of everything, made of tables that are copied before they are written to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from attrs import evolve, field

from ..kernel.values import frozen
from ..members.sign_ins import SIGN_INS, SignIn
from ..storage.collection import Collection

E = TypeVar("E")

Claim = tuple[Any, ...]
"""A rule of uniqueness over all tenants, and the values that only one entity may have by it."""


class Table(Generic[E]):
    """The entities of one collection and tenant, by key, with an index for each rule of uniqueness."""

    def __init__(self, collection: Collection[E]) -> None:
        self.collection = collection
        self.rows: dict[str, E] = {}
        self.taken: list[dict[tuple[Any, ...], str]] = [{} for _ in collection.unique]

    def copy(self) -> Table[E]:
        other = Table(self.collection)
        other.rows = self.rows.copy()
        other.taken = [index.copy() for index in self.taken]
        return other

    def put(self, entity: E, elsewhere: Callable[[Claim], bool] = lambda claim: False) -> None:
        """Keep the entity, in place of the one with its key.

        Args:
            entity: What to keep.
            elsewhere: Whether another tenant holds this, of what is unique over all tenants.

        Raises:
            Conflict: A rule of uniqueness refuses it; the table is then good for nothing any more.
        """
        key = self.collection.key_of(entity)
        self.drop(key)
        self.rows[key] = entity
        for rule, index in zip(self.collection.unique, self.taken, strict=True):
            if not rule.applies_to(entity):
                continue
            value = rule.key(entity)
            if index.setdefault(value, key) != key or (rule.across_tenants and elsewhere((rule, *value))):
                raise rule.refusal()

    def drop(self, key: str) -> None:
        entity = self.rows.pop(key, None)
        if entity is not None:
            for rule, index in zip(self.collection.unique, self.taken, strict=True):
                if rule.applies_to(entity):
                    index.pop(rule.key(entity), None)

    def candidates(self, where: Mapping[str, object]) -> Iterable[E]:
        """The rows that may fit: all of them, or the one that a key or a rule of uniqueness leads to."""
        key = where.get(self.collection.key)
        if type(key) is str:
            return [self.rows[key]] if key in self.rows else []
        for rule, index in zip(self.collection.unique, self.taken, strict=True):
            if not rule.where and all(type(where.get(name)) is str for name in rule.fields):
                found = index.get(tuple(where[name] for name in rule.fields))
                return [] if found is None else [self.rows[found]]
        return self.rows.values()


Tables = Mapping[str, Table[Any]]


@frozen
class State:
    """Everything that is committed.

    Attributes:
        tenants: For each tenant its tables.
        of_users: The tables that belong to no tenant.
        claims: Who holds what is unique over all tenants.
        numbers: The number of the last transaction that has begun to write.
        writing: The numbers of those that have not ended.
    """

    tenants: Mapping[str, Tables] = field(factory=dict)
    of_users: Tables = field(factory=dict)
    claims: Mapping[Claim, str] = field(factory=dict)
    numbers: int = 0
    writing: frozenset[int] = frozenset()

    @property
    def oldest_open(self) -> int:
        """Every transaction of a smaller number has ended: what it has kept is here."""
        return min(self.writing, default=self.numbers + 1)

    def changed(self, tenant_id: str, tables: Tables) -> State:
        claims = self.claims
        claimed = _claims(tables)
        if claimed != _claims(self.tenants.get(tenant_id, {})):
            others = {claim: holder for claim, holder in claims.items() if holder != tenant_id}
            claims = others | dict.fromkeys(claimed, tenant_id)
        return evolve(self, tenants={**self.tenants, tenant_id: tables}, claims=claims)

    def signed_in(self, *sign_ins: tuple[str, SignIn | None]) -> State:
        """With the sign-ins of these users, one after the other, of which the latest stays; None is to keep nothing."""
        table = (self.of_users.get(SIGN_INS.name) or Table(SIGN_INS)).copy()
        for user_id, sign_in in sign_ins:
            known = table.rows.get(user_id)
            if sign_in is None:
                table.drop(user_id)
            elif known is None or known.signed_in_at < sign_in.signed_in_at:
                table.put(sign_in)
        return evolve(self, of_users={**self.of_users, SIGN_INS.name: table})


def _claims(tables: Tables) -> set[Claim]:
    """What a tenant with these tables holds of what is unique over all tenants."""
    return {
        (rule, *key)
        for table in tables.values()
        for rule, index in zip(table.collection.unique, table.taken, strict=True)
        if rule.across_tenants
        for key in index
    }

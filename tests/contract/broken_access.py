"""More stores that look right and are not: in what they tell of roles and grants."""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, TypeVar

from attrs import evolve

from tenantry.access.custom import ROLES
from tenantry.access.model import Standing
from tenantry.access.scheme.inheritance import merge
from tenantry.memory.records import Records
from tenantry.memory.transaction import Transaction
from tenantry.ports import After, Among, AnyOf, Before, Contains, HasValue, OneOf, Slice, StartsWith
from tests.contract.broken import WithRecords

E = TypeVar("E")

Where = Mapping[str, Any]


class _Spelled(Records[E]):
    def _put(self, entities: Sequence[E]) -> None:
        if self._collection.name != ROLES.name:
            super()._put(entities)
            return
        rows: dict[str, Any] = self._transaction.writable(self._collection).rows
        for role in entities:
            others = {each.name for id, each in rows.items() if id != self._collection.key_of(role)}
            if getattr(role, "name", None) in others:
                raise ROLES.unique[0].refusal()
            rows[self._collection.key_of(role)] = role


class TakesNamesAsSpelled(WithRecords):
    """Two roles are called the same only if they are spelled the same."""

    kind = _Spelled


class _Sorting(Records[E]):
    def _put(self, entities: Sequence[E]) -> None:
        changed: list[Any] = list(entities)
        if self._collection.name == ROLES.name:
            changed = [evolve(role, permissions=sorted(role.permissions)) for role in changed]
        super()._put(changed)


class KeepsSets(WithRecords):
    """A document that is a list comes back in another order."""

    kind = _Sorting


class _ByName(Records[E]):
    def list(self, slice: Slice = Slice(), /, **where: object) -> Sequence[E]:
        if self._collection.name != ROLES.name or slice.order != "name":
            return super().list(slice, **where)
        return sorted(super().list(**where), key=attrgetter("name"))


class SortsRolesAsSpelled(WithRecords):
    """The order by name is that of the letters, not of what they look like."""

    kind = _ByName


class _Loose(Records[E]):
    def _rows(self, where: Where) -> Iterator[E]:
        asked = {name: each.value for name, each in where.items() if isinstance(each, HasValue)}
        for row in super()._rows({name: each for name, each in where.items() if name not in asked}):
            if all(text in map(str, getattr(row, name).values()) for name, text in asked.items()):
                yield row


class TakesNumbersForTexts(WithRecords):
    """What is in a document is looked for as if all of it were text."""

    kind = _Loose


class _Closed(Records[E]):
    def _rows(self, where: Where) -> Iterator[E]:
        return super()._rows(_as_given(where))


def _as_given(where: Where) -> Where:
    fields = {"counts_from": "starts_at", "counts_until": "ends_at"}
    return {
        fields.get(name, name): each._replace(where=_as_given(each.where)) if isinstance(each, Among) else each
        for name, each in where.items()
    }


class ForgetsOpenGrants(WithRecords):
    """The times that were given are asked, and where none was given nothing is found."""

    kind = _Closed


class _Modern(Records[E]):
    def _rows(self, where: Where) -> Iterator[E]:
        return super()._rows({name: _since_1970(each) for name, each in where.items()})


def _since_1970(condition: object) -> object:
    if isinstance(condition, Before | After):
        return type(condition)(max(condition.at, datetime(1970, 1, 1, tzinfo=UTC)))
    return condition


class KnowsNoAntiquity(WithRecords):
    """Time begins in 1970."""

    kind = _Modern


class _Within(Records[E]):
    def _rows(self, where: Where) -> Iterator[E]:
        looser = {n: Contains(each.part) if isinstance(each, StartsWith) else each for n, each in where.items()}
        return super()._rows(looser)


class LooksBeyondTheBeginning(WithRecords):
    """What begins with a text is taken for what has it anywhere."""

    kind = _Within


class _Everywhere(Records[E]):
    def _rows(self, where: Where) -> Iterator[E]:
        return super()._rows(dict(_anywhere(name, each) for name, each in where.items()))


def _anywhere(name: str, condition: Any) -> tuple[str, Any]:
    if name != "held_as":
        return name, condition
    held = condition.values if isinstance(condition, OneOf) else {condition}
    return "role", OneOf(each.rpartition(":")[2] for each in held)


class ForgetsPlaces(WithRecords):
    """Who has a role somewhere has it in the place that is asked."""

    kind = _Everywhere


class _Mixing(Records[E]):
    def _rows(self, where: Where) -> Iterator[E]:
        flat: dict[str, Any] = {}
        for name, each in where.items():
            itself = isinstance(each, Among) and each.collection.name == self._collection.name
            flat |= each.where if itself else {name: each}
        return super()._rows(flat)


class _Unasked(Records[E]):
    def _rows(self, where: Where) -> Iterator[E]:
        return super()._rows({name: each for name, each in where.items() if name != AnyOf.NAME})


class AsksNoAlternatives(WithRecords):
    """Within a tenant, the alternatives of a question are left out."""

    kind = _Unasked


class MixesConditions(WithRecords):
    """A condition on the collection that is asked already is taken for one on the same entity."""

    kind = _Mixing


class _WithStanding(WithRecords):
    def _changed(self, transaction: Transaction) -> Transaction:
        ours = transaction.standing

        def standing(user_id: str, workspaces: Values[str]) -> Standing:
            return self._told(transaction, ours(user_id, workspaces))

        setattr(transaction, "standing", standing)  # noqa: B010 - a method of one object
        return super()._changed(transaction)

    def _told(self, transaction: Transaction, standing: Standing) -> Standing:
        raise NotImplementedError


class ForgetsLineages(_WithStanding):
    """Only the roles that somebody has are told, without what these depend on."""

    def _told(self, transaction: Transaction, standing: Standing) -> Standing:
        held = {grant.role for grant in standing.grants}
        return evolve(standing, roles=tuple(role for role in standing.roles if role.key in held))


class NamesNoWorkspace(_WithStanding):
    """The state of workspaces is told, and not what they are called."""

    def _told(self, transaction: Transaction, standing: Standing) -> Standing:
        return evolve(standing, workspace_names={})


class TellsRolesTwice(_WithStanding):
    """What two roles depend on comes twice."""

    def _told(self, transaction: Transaction, standing: Standing) -> Standing:
        known = transaction.readable(ROLES).rows
        mine = (known[grant.role] for grant in standing.grants if grant.role in known)
        return evolve(standing, roles=tuple(each for role in mine for each in role._lineage))


class TellsRolesOfAll(_WithStanding):
    """A role is looked for by its id alone."""

    def _told(self, transaction: Transaction, standing: Standing) -> Standing:
        held = {grant.role for grant in standing.grants}
        tables = (tenant.get(ROLES.name) for tenant in self._state.tenants.values())
        found = (role for table in tables if table for id, role in table.rows.items() if id in held)
        return evolve(standing, roles=merge([*standing.roles, *(each for role in found for each in role._lineage)]))


class AsksForRolesApart(_WithStanding):
    """Where somebody has custom roles, there is one statement more."""

    def _told(self, transaction: Transaction, standing: Standing) -> Standing:
        if standing.roles:
            transaction.step()
        return standing


class RemembersRoles(_WithStanding):
    """A role is told as it was when it was first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._roles: dict[str | None, Any] = {}

    def _told(self, transaction: Transaction, standing: Standing) -> Standing:
        return evolve(standing, roles=self._roles.setdefault(standing.membership_id, standing.roles))

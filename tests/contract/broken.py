"""Stores that look right and are not: each breaks one promise, as a careless adapter would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from tenantry.errors import Conflict, Stale
from tenantry.memory import MemoryStore
from tenantry.memory.records import Records
from tenantry.memory.store import Guest
from tenantry.memory.transaction import Transaction
from tenantry.ports import Creating, Gate, Open, Passes
from tenantry.storage.collection import Collection

E = TypeVar("E")


class KeepsFailures(MemoryStore):
    """No rollback: what a failed command has written stays."""

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        guest = Guest(self._state, self._switch, self._number)
        transaction: Transaction | None = None
        try:
            with guest.command(tenant_id, gate=gate) as transaction:
                yield transaction
        except BaseException:
            if transaction is not None:
                guest.state = guest.state.changed(tenant_id, transaction.tables)
                guest.touched.add(tenant_id)
                self._publish(guest)
            raise
        self._publish(guest)


class _Takes(MemoryStore):
    def _take(self, guest: Guest) -> None:
        """Publish what there is, whatever others have done meanwhile."""
        state = self._state
        for id in guest.touched:
            state = state.changed(id, guest.state.tenants[id])
        self._state = state


class ChecksTooEarly(_Takes):
    """Uniqueness over all tenants holds when a command looks, and not any more when it ends."""

    def _publish(self, guest: Guest) -> None:
        with self._lock:
            if any(self._state.tenants.get(id) is not guest.base.tenants.get(id) for id in guest.touched):
                raise Stale("Somebody else was faster.")
            self._take(guest)


class TakesNoLock(_Takes):
    """Two commands decide on the same facts; the last one wins."""

    def _publish(self, guest: Guest) -> None:
        with self._lock:
            self._take(guest)


class LetsEverybodyIn(MemoryStore):
    """The gate asks only whether the tenant exists."""

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        with super().command(tenant_id, gate=gate if isinstance(gate, Creating) else Open()) as transaction:
            yield transaction


class _Careless(Records[E]):
    def change(self, values: Mapping[str, object], /, **where: object) -> int:
        return super().change(values, id=where["id"])


class ChangesWithoutALook(MemoryStore):
    """What was read is changed, whatever has become of it."""

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        with super().command(tenant_id, gate=gate) as transaction:
            setattr(transaction, "records", lambda collection: _Careless(transaction, collection))  # noqa: B010 - a method of one object
            yield transaction


class AsksOneConditionOnly(MemoryStore):
    """The gate asks for what comes first, and lets in whoever has that."""

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        if isinstance(gate, Passes):
            gate = Passes(gate.collection, dict([*gate.where.items()][:1]))
        with super().command(tenant_id, gate=gate) as transaction:
            yield transaction


class WithRecords(MemoryStore):
    """A memory store with other records than its own."""

    kind: ClassVar[type[Records[Any]]] = Records

    @contextmanager
    def command(self, tenant_id: str, *, gate: Gate, patience: timedelta | None = None) -> Iterator[Transaction]:
        with super().command(tenant_id, gate=gate) as transaction:
            yield self._changed(transaction)

    @contextmanager
    def query(self, tenant_id: str) -> Iterator[Transaction]:
        with super().query(tenant_id) as transaction:
            yield self._changed(transaction)

    def _changed(self, transaction: Transaction) -> Transaction:
        def records(collection: Collection[E]) -> Records[E]:
            found = self.kind(transaction, collection)
            found._parts = self._parts(transaction)
            return found

        setattr(transaction, "records", records)  # noqa: B010 - a method of one object
        return transaction

    def _parts(self, transaction: Transaction) -> Sequence[Transaction]:
        return [transaction]


class Leaks(WithRecords):
    """Who asks by other conditions than the key finds what other tenants have."""

    def _parts(self, transaction: Transaction) -> Sequence[Transaction]:
        others = [id for id in self._state.tenants if id != transaction.tenant_id]
        return [transaction, *(Transaction(self._state, id, self._switch) for id in others)]


class _Shared(Records[E]):
    def _out(self, entity: E) -> E:
        return entity


class SharesDocuments(WithRecords):
    """What is read is the stored thing itself, and whoever changes it changes what is stored."""

    kind = _Shared


class _Hasty(Records[E]):
    def _put(self, entities: Sequence[E]) -> None:
        self._transaction.step()
        table = self._transaction.writable(self._collection)
        for entity in entities:
            table.put(entity)


class KeepsRefusals(WithRecords):
    """A write that is refused is there all the same."""

    kind = _Hasty


class _Global(Records[E]):
    def _put(self, entities: Sequence[E]) -> None:
        claims = self._transaction.claims
        for rule in self._collection.unique:
            mine = self._transaction.tenant_id
            if rule.across_tenants and any(claims.get((rule, *rule.key(each)), mine) != mine for each in entities):
                raise rule.refusal()
        super()._put(entities)


class BindsEverybody(WithRecords):
    """A rule over all tenants binds also those of whom it does not speak."""

    kind = _Global


class _Local(Records[E]):
    def _put(self, entities: Sequence[E]) -> None:
        self._transaction.claims = {}
        super()._put(entities)


class LooksAtItsOwnTenant(WithRecords):
    """What is unique over all tenants is looked for in one."""

    kind = _Local


class _Touchy(Records[E]):
    def save(self, *entities: E) -> None:
        claims = self._transaction.claims
        for rule in self._collection.unique:
            speaks = rule.across_tenants and any(map(rule.applies_to, entities))
            if speaks and any((rule, *rule.key(each)) in claims for each in entities):
                raise rule.refusal()
        super().save(*entities)


class TripsOnItself(WithRecords):
    """An entity that is saved finds its own name taken."""

    kind = _Touchy


class _Vague(Records[E]):
    def _put(self, entities: Sequence[E]) -> None:
        try:
            super()._put(entities)
        except Conflict:
            raise self._collection.unique[-1].refusal() if self._collection.unique else Conflict("No.") from None


class NamesAnyRule(WithRecords):
    """Something was refused, and what by is anybody's guess."""

    kind = _Vague

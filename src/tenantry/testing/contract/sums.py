"""Sums are asked of the store, and are exact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from ...storage.ports import OneOf, Open, Operator, Reader, Store, Sums
from ...workspaces.model import WORKSPACES, WorkspaceStatus
from .expect import holds, same
from .probes import DOMAINS, READINGS, DomainStatus, Reading, domain, reading
from .world import founded, workspace

__all__ = ["Figures"]

_LARGEST, _SMALLEST = 2**63 - 1, -(2**63)


class Figures:
    """What is added up over many entities."""

    def test_numbers_are_added_up_by_a_field(self, store: Store) -> None:
        """`sum_by` adds the numbers next to each value of a field; None is a value of the field, and adds nothing."""
        ours, theirs = founded(store), founded(store)
        given = {("mail", 3), ("mail", -5), ("mail", None), ("post", 2**40), ("none", None), (None, 7)}
        with store.jobs() as jobs:
            jobs.records(READINGS).put(
                *(reading(ours.workspace, source=source, amount=amount) for source, amount in given),
                reading(theirs.workspace, source="mail", amount=1),
            )
        expected = {"mail": -2, "post": 2**40, "none": 0, None: 7}
        with store.query(ours.tenant.id) as tx:
            readings, before = tx.records(READINGS), tx.statements
            found = readings.sum_by("source", "amount")
            same(found, expected, "numbers are added up for each value of a field")
            same({*map(type, found.values())}, {int}, "a sum is an int, and no other kind of number that equals it")
            same(tx.statements - before, 1, "a sum is one statement")
            some = readings.sum_by("source", "amount", source=OneOf(["post", "none"]))
            same(some, {"post": 2**40, "none": 0}, "only what the conditions allow is added up")
            same(readings.sum_by("source", "amount", kind="unknown"), {}, "of nothing there is no sum")
        with store.across(Operator()) as across:
            by_tenant = across.records(READINGS).sum_by(
                "tenant_id", "amount", tenant_id=OneOf([ours.tenant.id, theirs.tenant.id])
            )
            same(by_tenant, {ours.tenant.id: 2**40 + 5, theirs.tenant.id: 1}, "numbers are added up over all tenants")

    def test_different_values_are_counted_in_the_store(self, store: Store) -> None:
        """`count_by` counts different values, in each group or by tenant in all of it."""
        world = founded(store)
        other = workspace(world.tenant)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(other)
            tx.records(DOMAINS).add(*(domain(world.tenant, f"{number}.test") for number in range(3)))
            tx.records(DOMAINS).add(domain(world.tenant, f"{world.tenant.id}.test", status=DomainStatus.VERIFIED))
        seen = [
            (world.workspace, "ada"),
            (world.workspace, "ada"),
            (world.workspace, "bob"),
            (other, "ada"),
            (other, None),
        ]
        with store.jobs() as jobs:
            jobs.records(READINGS).put(*(reading(place, source=source) for place, source in seen))
        with store.query(world.tenant.id) as tx:
            by_place = tx.records(READINGS).count_by("workspace_id", "source")
            same(by_place, {world.workspace.id: 2, other.id: 1}, "different values are counted in each group")
            in_all = tx.records(READINGS).count_by("tenant_id", "source")
            same(in_all, {world.tenant.id: 2}, "different values are counted in the whole tenant")
            by_status = tx.records(DOMAINS).count_by("status", "id")
            same(by_status, {DomainStatus.PENDING: 3, DomainStatus.VERIFIED: 1}, "what is counted keeps its type")

    def test_the_numbers_of_documents_are_added_up_by_key(self, store: Store) -> None:
        """`sum_of` counts the entities and adds what is next to each key of their documents, in one statement."""
        world, other = founded(store), founded(store)
        documents: list[Mapping[str, int]] = [{"a": 1, "b": 2}, {"a": -4}, {}, {'q"u.o\\te': 5, "ä": 6, "": 7}]
        places = [workspace(world.tenant, counters=counters) for counters in documents]
        closed = workspace(world.tenant, counters={"a": 100, "z": 1}, status=WorkspaceStatus.ARCHIVED)
        with store.command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(*places, closed)
        with store.command(other.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).save(evolve(other.workspace, counters={"a": 1_000}))
        expected = Sums(5, {"a": -3, "b": 2, 'q"u.o\\te': 5, "ä": 6, "": 7})
        with store.query(world.tenant.id) as tx:
            workspaces, before = tx.records(WORKSPACES), tx.statements
            found = workspaces.sum_of("counters", status=WorkspaceStatus.ACTIVE)
            same(found, expected, "what is next to each key of the documents is added up")
            kinds = {type(number) for number in (found.entities, *found.by_key.values())}
            same(kinds, {int}, "a sum and a count are an int, and no other kind of number that equals it")
            same(tx.statements - before, 1, "to count and add up is one statement")
            archived = workspaces.sum_of("counters", status=WorkspaceStatus.ARCHIVED)
            same(archived, Sums(1, {"a": 100, "z": 1}), "only what the conditions allow is added up")
            empty = workspaces.sum_of("counters", slug="unknown")
            same(empty, Sums(0, {}), "of nothing there is no sum, and it is counted as none")
        with store.across(Operator()) as across:
            both = OneOf([world.tenant.id, other.tenant.id])
            found = across.records(WORKSPACES).sum_of("counters", tenant_id=both)
            same(found.entities, 7, "entities are counted over all tenants")
            same(found.by_key["a"], 1_097, "documents are added up over all tenants")

    def test_only_whole_numbers_are_added_up(self, store: Store) -> None:
        """No text, flag, fraction, list or object is taken for a number, however it is spelled."""
        world = founded(store)
        others: list[Any] = ["1", "", True, False, None, 1.5, 2.0, [1], {"a": 1}, {}]
        mixed = {**{f"other{number}": other for number, other in enumerate(others)}, "n": 2}
        with store.command(world.tenant.id, gate=Open()) as tx:
            workspaces = tx.records(WORKSPACES)
            workspaces.add(
                workspace(world.tenant, settings=mixed), workspace(world.tenant, settings={"n": 0, "other0": 3})
            )
            found = workspaces.sum_of("settings")
            same(found, Sums(3, {"n": 2, "other0": 3}), "only whole numbers are added up")
            holds(all(type(number) is int for number in found.by_key.values()), "a sum is a whole number")

    def test_sums_are_exact(self, store: Store) -> None:
        """A sum may be larger than any number that is stored, and is exact to the last digit."""
        world = founded(store)
        amounts = [_LARGEST, _LARGEST, 2**53 + 1, 1, -1, _SMALLEST, _SMALLEST, _SMALLEST, 2**32, -(2**32) - 1]
        for some in (amounts[:4], amounts[4:], amounts, [_LARGEST], [_SMALLEST], [2**53] * 2_000):
            given = [reading(world.workspace, amount=each, figures={"n": each}) for each in some]
            with store.jobs() as jobs:
                records = jobs.records(READINGS)
                records.remove(tenant_id=world.tenant.id)
                records.put(*given)
                self._are_exact(records, world.tenant.id, some)
            with store.query(world.tenant.id) as tx:
                self._are_exact(tx.records(READINGS), world.tenant.id, some)

    def _are_exact(self, records: Reader[Reading], tenant_id: str, given: list[int]) -> None:
        by_tenant = records.sum_by("tenant_id", "amount", tenant_id=tenant_id)
        same(by_tenant, {tenant_id: sum(given)}, "numbers are added up exactly")
        found = records.sum_of("figures", tenant_id=tenant_id)
        same(found, Sums(len(given), {"n": sum(given)}), "the numbers of documents are added up exactly")

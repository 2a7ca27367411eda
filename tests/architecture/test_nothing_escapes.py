"""What a feature can forget is told, with a sentence that says what to add: shown with a planted one.

Collections that are in no registry are in `test_collections.py`, and imports that go the wrong way in
`test_contracts.py`.
"""

from __future__ import annotations

from inspect import signature

import pytest
from attrs import evolve

from tenantry import AsyncTenantry, Principal, TenantContext, Tenantry, schemes
from tenantry.aio import Async, AsyncMembers, AsyncTenantContext
from tenantry.members.service.members import Members
from tenantry.memory import MemoryStore
from tenantry.runtime.service import Service, command, query
from tenantry.runtime.unit_of_work import UnitOfWork
from tenantry.runtime.writes import NothingRecorded
from tests.features.front_door import behind_no_door, not_described, rooms, verbs, without_twin
from tests.features.people import ADA, BOB, SECRET, Company


class Badges(Service):
    """The verbs of a feature that nobody has registered."""

    name = "badges"
    __slots__ = ()

    @command
    def award(self, uow: UnitOfWork, user_id: str) -> None:
        """Write, and record nothing."""
        uow.members.records.save(evolve(uow.members.get(user_id), name="Awarded"))

    @query
    def list(self, uow: UnitOfWork) -> tuple[str, ...]:
        """Read."""
        return ()


class MembersWithOneMore(Members):
    """A service with a verb that is new."""

    __slots__ = ()

    @query
    def rank(self, uow: UnitOfWork) -> int:
        """Read."""
        return 1


class PlantedContext(TenantContext):
    """A context with a room and a verb that are new."""

    __slots__ = ()

    @property
    def badges(self) -> Badges:
        """A new room."""
        return Badges(self._runner)

    @property
    def members(self) -> MembersWithOneMore:
        """An old room with a new verb."""
        return MembersWithOneMore(self._runner)

    def update(self, *, name: str | None = None, slug: str | None = None, motto: str | None = None) -> None:  # type: ignore[override]
        """An old verb with a new parameter."""


class PlantedTenantry(Tenantry):
    """A front door that leads to them."""

    def tenant(self, tenant_id: str, *, by: Principal, origin: object = None) -> PlantedContext:
        """The context."""
        return PlantedContext(super().tenant(tenant_id, by=by)._runner)


class Unmarked(TenantContext):
    """A context with a room that does not say what it is."""

    @property
    def badges(self):  # type: ignore[no-untyped-def]
        """A new room."""


class AwaitedRanks(AsyncMembers):
    """A twin with one verb too many, and one that is another."""

    rank = Async(Members.list)
    get = Async(Members.list)  # type: ignore[arg-type, assignment]


class AwaitedContext(AsyncTenantContext):
    """An awaited context that leads to them."""

    @property
    def members(self) -> AwaitedRanks:
        """An old room."""
        raise NotImplementedError


class AwaitedTenantry(AsyncTenantry):
    """An awaited front door that leads to them."""

    def tenant(self, tenant_id: str, *, by: Principal, origin: object = None) -> AwaitedContext:
        """The context."""
        raise NotImplementedError


def test_a_room_and_its_verbs_are_found_without_being_named_anywhere() -> None:
    assert rooms(PlantedTenantry)["badges"] is Badges
    assert verbs(PlantedTenantry).keys() - verbs(Tenantry).keys() == {"badges.award", "badges.list", "members.rank"}


def test_every_list_is_as_long_as_the_others_unless_it_is_told() -> None:
    limits = {
        name: parameters["limit"].default
        for name, verb in verbs(Tenantry).items()
        if "limit" in (parameters := signature(verb).parameters)
    }
    others = {name: limit for name, limit in limits.items() if limit != 50}

    assert "person.tenants" in limits
    assert others == {"jobs.events": 100, "jobs.dispatch_notices": 100, "jobs.purge": 10}


def test_a_verb_that_no_sweep_knows_is_told() -> None:
    """Its arguments, its statements and whether it reads are one entry, from which every sweep is derived."""
    described = {name: signature(verb).parameters.keys() - {"self"} for name, verb in verbs(Tenantry).items()}
    described["tenant.paint"] = {"colour"}
    described["tenant.get"] = {"colour"}

    assert not_described(PlantedTenantry, described) == {
        *(
            f"`{name}` is in no sweep: add it to VERBS in tests/features/verbs.py, with its arguments, the number of"
            " its statements, and whether it only reads."
            for name in ("badges.award", "badges.list", "members.rank")
        ),
        "`tenant.update` takes `motto`, which VERBS does not give.",
        "`tenant.get` does not take `colour`, which VERBS gives.",
        "`tenant.paint` is in VERBS and is no verb: remove it.",
    }


def test_a_room_and_a_verb_without_async_twin_are_told() -> None:
    assert without_twin(PlantedTenantry, AsyncTenantry) == {
        (
            "The room `badges` is not awaited: add a class AsyncBadges(Awaited[Badges]) to aio.py, and a property"
            " `badges` that returns it."
        ),
        "`members.rank` has no async twin: add `rank = Async(MembersWithOneMore.rank)` to AsyncMembers in aio.py.",
        (
            "`tenant.update` is not what its async twin awaits: write `update = Async(PlantedContext.update)` in"
            " AsyncTenantContext in aio.py."
        ),
    }


def test_a_twin_of_nothing_and_a_twin_of_something_else_are_told() -> None:
    assert without_twin(Tenantry, AwaitedTenantry) == {
        "`members.get` is not what its async twin awaits: write `get = Async(Members.get)` in AwaitedRanks in aio.py.",
        "`members.rank` is awaited and is no verb: remove it from AwaitedRanks in aio.py.",
    }


def test_a_room_that_does_not_say_what_it_is_is_told() -> None:
    with pytest.raises(AssertionError) as told:
        rooms(Unmarked, "tenant")
    assert str(told.value) == "`tenant.badges` leads nowhere: annotate the property with the class of its verbs."


def test_a_service_to_which_no_room_leads_is_told() -> None:
    assert behind_no_door(PlantedTenantry, [Badges, Members]) == set()
    assert behind_no_door(Tenantry, [Badges, Members]) == {
        f"`Badges.{name}` of {__name__} cannot be reached: let a property of TenantContext return Badges, or call it"
        " from a verb of the same name."
        for name in ("award", "list")
    }


def test_a_command_without_a_record_is_told_and_nothing_of_it_is_kept() -> None:
    tenancy = PlantedTenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)

    with pytest.raises(NothingRecorded) as told:
        tenancy.tenant(acme.id, by=ADA).badges.award(BOB.user_id)

    assert str(told.value) == (
        "The command `badges.award` has written to memberships and recorded nothing, so all of it would be lost. Call"
        " uow.record for each subject that it changes, and write only where that returns True."
    )
    assert acme.member(BOB).name == BOB.name

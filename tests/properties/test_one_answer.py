"""One question has one answer, through whichever door it is asked: in a store, after commands of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random

import pytest
from attrs import frozen
from sqlalchemy import Column, Integer, MetaData, String, Table, delete, insert, select

from tenantry import ALL, SYSTEM, Denied, MembershipStatus, NotFound, Principal, TenantContext, WorkspaceStatus
from tenantry.memory import MemoryStore
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore, authorized
from tests.features.stores import emptied
from tests.postgres import Server
from tests.properties import naive
from tests.properties.companies import EVERYBODY, Scene, new_scene
from tests.scale import SEED, rounds

CAMPAIGNS = Table("campaigns", MetaData(), Column("id", Integer, primary_key=True), Column("workspace_id", String))
SCENES = {"memory": 10_000, "sqlite": 2_000, "postgresql": 100}
QUESTIONS = 15


@frozen
class Asked:
    """A question of one principal, about the tenant or a workspace; the context may have been asked before."""

    scene: Scene
    context: TenantContext
    by: Principal
    name: str
    place: str | None

    @property
    def host(self) -> TenantContext:
        return self.scene.company.context(SYSTEM)

    @property
    def in_use(self) -> list[str]:
        return [each.id for each in self.host.workspaces.list(status=WorkspaceStatus.ACTIVE)]


def check_many(asked: Asked) -> bool:
    question = asked.name if asked.place is None else (asked.name, asked.place)
    *_, decision = asked.context.check_many(["tenant-api:tenant:read", ("workspace-api:member:read", "ws_x"), question])
    return decision.allowed


def require(asked: Asked) -> bool:
    try:
        asked.context.require(asked.name, workspace=asked.place)
    except (Denied, NotFound):
        return False
    return True


def workspaces_where(asked: Asked) -> bool | None:
    if asked.place is None:
        return None
    where = asked.context.workspaces_where(asked.name)
    return asked.place in (asked.in_use if where == ALL else where)


def who_can(asked: Asked) -> bool | None:
    """The host's accounts are not known to it, nor is anybody from outside."""
    if asked.by.is_system or not asked.by.active:
        return None
    try:
        found = asked.host.who_can(asked.name, workspace=asked.place, limit=200)
    except NotFound:
        return False
    return asked.by.user_id in [member.user_id for member in found]


def in_the_matrix(asked: Asked) -> bool | None:
    """A cell for a role that they have now, if nothing is switched off."""
    if asked.by.is_system or not asked.by.active or not asked.context.access().is_live:
        return None
    if asked.place not in (None, *asked.in_use):
        return None
    member = asked.host.members.get(asked.by.user_id)
    assert member.status is MembershipStatus.ACTIVE
    held = {f"tenant:{key}" for key in member.roles}
    held |= {f"workspace:{key}" for key in member.workspaces.get(asked.place or "", ())}
    [row] = [row for row in asked.host.roles.matrix().rows if row.permission == asked.name]
    return not held.isdisjoint(row.roles)


def in_the_hosts_query(asked: Asked) -> bool | None:
    """Whether a row of this workspace is among those that the statement is narrowed to."""
    if asked.place is None or not isinstance(asked.scene.store, SQLAlchemyStore):
        return None
    statement = authorized(
        select(CAMPAIGNS.c.workspace_id), asked.context.access(), asked.name, workspace=CAMPAIGNS.c.workspace_id
    )
    with asked.scene.store.engine.connect() as connection:
        return asked.place in connection.execute(statement).scalars().all()


def naively(asked: Asked) -> bool:
    access = asked.context.access(workspaces=set(asked.scene.places))
    return (asked.name, asked.place) in naive.rights(asked.scene.scheme, access._facts)


DOORS: Mapping[str, Callable[[Asked], bool | None]] = {
    "naive": naively,
    "can": lambda asked: asked.context.can(asked.name, workspace=asked.place),
    "check": lambda asked: asked.context.check(asked.name, workspace=asked.place).allowed,
    "access": lambda asked: asked.context.access(workspaces=asked.scene.places).can(asked.name, workspace=asked.place),
    "require": require,
    "check_many": check_many,
    "workspaces_where": workspaces_where,
    "who_can": who_can,
    "matrix": in_the_matrix,
    "authorized": in_the_hosts_query,
}


@pytest.fixture(params=SCENES)
def doorway(request: pytest.FixtureRequest) -> Iterator[tuple[int, Callable[[], Store]]]:
    """How many companies to look at, and how to get a store without a tenant in it."""
    scenes = rounds(SCENES[request.param])
    if request.param == "memory":
        yield scenes, MemoryStore
    elif request.param == "sqlite":
        with opened(f"sqlite:///{request.getfixturevalue('tmp_path')}/tenantry.db") as store:
            yield scenes, lambda: emptied(store)
    else:
        server: Server = request.getfixturevalue("postgres_server")
        with server.database() as url, opened(url) as store:
            yield scenes, lambda: emptied(store)


@contextmanager
def opened(url: str) -> Iterator[SQLAlchemyStore]:
    store = SQLAlchemyStore(url)
    store.create_all()
    CAMPAIGNS.create(store.engine)
    yield store
    store.dispose()


def test_every_door_gives_the_same_answer(doorway: tuple[int, Callable[[], Store]]) -> None:
    """AC-40, AC-24, PE-12, PE-18: in whichever order they are asked, and asking changes nothing."""
    scenes, empty = doorway
    yes = 0
    for number in range(SEED, SEED + scenes):
        chance = Random(number)
        scene = new_scene(empty(), chance)
        publish(scene)
        trail, contexts = what_happened(scene), {by: scene.company.context(by) for by in EVERYBODY}
        for _ in range(QUESTIONS):
            by, (name, place) = scene.question(chance)
            doors = chance.sample(sorted(DOORS), len(DOORS))
            answers = {
                door: DOORS[door](
                    Asked(scene, chance.choice([contexts[by], scene.company.context(by)]), by, name, place)
                )
                for door in doors
            }
            told = {answer for answer in answers.values() if answer is not None}
            assert len(told) == 1, (number, by, name, place, answers)
            yes += told == {True}
        assert what_happened(scene) == trail
    assert scenes < yes < scenes * QUESTIONS


def what_happened(scene: Scene) -> list[str]:
    """The trail without the refusals, which `require` puts on record."""
    return [action for action in scene.company.trail() if action != "access.denied"]


def publish(scene: Scene) -> None:
    """A row of the host's in each workspace, and one in none."""
    if isinstance(scene.store, SQLAlchemyStore):
        rows = [{"workspace_id": place} for place in (*scene.places, None)]
        with scene.store.engine.begin() as connection:
            connection.execute(delete(CAMPAIGNS))
            connection.execute(insert(CAMPAIGNS), rows)

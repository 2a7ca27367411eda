"""A role is changed for everybody who has it, at once, and the trail tells what has changed."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry import SYSTEM, AuditEvent, Invalid, UnknownPermission
from tenantry.kernel.clock import Clock
from tenantry.ports import Store
from tests.features.access.customs import (
    DROP,
    EXPORT,
    HOST,
    MEMBERS,
    READ,
    SEND,
    SHOW,
    defined,
    held,
    opened,
    released,
    role,
    state,
)
from tests.features.awaiting import Database, awaited
from tests.features.people import ADA, BOB, CAY, Company


@pytest.fixture
def acme(store: Store, clock: Clock) -> Company:
    return opened(store, clock)


def latest(acme: Company) -> AuditEvent:
    return acme.context(SYSTEM).audit.list(limit=1)[0]


def test_what_is_not_given_stays(acme: Company) -> None:
    key = defined(acme, "Press", SHOW, description="Writes", inherits=["member"], acts_as="viewer")
    before = role(acme, key)

    assert acme.context().roles.update(key) == before
    assert acme.context().roles.update(key, permissions=[EXPORT]).permissions == (EXPORT,)
    after = role(acme, key)
    assert (after.description, after.inherits, after.acts_as) == ("Writes", ("member",), "viewer")
    emptied = acme.context().roles.update(key, permissions=[], description="", inherits=[], acts_as="")
    assert (emptied.permissions, emptied.description, emptied.inherits, emptied.acts_as) == ((), None, (), None)
    assert role(acme, key) == emptied


@pytest.mark.parametrize(
    "field", ["level", "id", "tenant_id", "created_by", "created_at", "template", "lineage", "key"]
)
def test_what_is_no_argument_of_a_change_is_refused(acme: Company, field: str) -> None:
    """PE-13"""
    key = defined(acme, "Press", SHOW)

    with pytest.raises(TypeError):
        acme.context().roles.update(key, **{field: "tenant"})


def test_a_refused_change_changes_nothing(acme: Company) -> None:
    key = defined(acme, "Press", SHOW)
    before = state(acme)

    wrong: list[dict[str, Any]] = [
        {"permissions": [SHOW, "a:b:c"]},
        {"name": "New", "inherits": ["rol_x"]},
        {"description": "New", "acts_as": "nobody"},
    ]
    for given in wrong:
        with pytest.raises(Invalid):
            acme.context().roles.update(key, **given)

    assert state(acme) == before


def test_a_change_reaches_holders_at_once(acme: Company) -> None:
    """PE-17 in kind: directly, through a role that inherits from it, and through one that acts as it."""
    base = defined(acme, "Base", SHOW)
    there = defined(acme, "There", READ, level="workspace")
    lower = defined(acme, "Lower", inherits=[there], level="workspace")
    heir = defined(acme, "Heir", inherits=[base])
    actor = defined(acme, "Actor", inherits=[heir], acts_as=lower)
    acme.add(BOB, heir, workspaces={acme.general: there})
    acme.add(CAY, actor)
    other = released(acme, HOST)  # another process of the same release
    contexts = [(who, other.context(who)) for who in (BOB, CAY)]
    assert all(context.can(SHOW) for _, context in contexts)

    acme.context().roles.update(base, permissions=[EXPORT, MEMBERS])
    acme.context().roles.update(there, permissions=[DROP])

    for who in (BOB, CAY):
        assert held(other, who) == {EXPORT, SHOW, MEMBERS}
        assert held(other, who, acme.general) == {DROP}
        assert other.context(who).can(MEMBERS)
        assert [who.user_id in {m.user_id for m in acme.context().who_can(DROP, workspace=acme.general)}] == [True]
    acme.context().roles.update(base, permissions=[])
    assert held(other, BOB) == held(other, CAY) == frozenset()


def test_a_rename_reaches_the_explanations_of_those_that_build_on_it(acme: Company) -> None:
    base = defined(acme, "Base", SHOW)
    acme.add(BOB, defined(acme, "Heir", inherits=[base]))

    acme.context().roles.update(base, name="Ground")

    assert acme.context(BOB).check(SHOW).reasons == ("Role 'Heir', granted at the tenant, through 'Ground'.",)


def test_the_trail_tells_who_and_what(acme: Company) -> None:
    """L1, AU-10: before and after, of what has changed alone."""
    key = defined(acme, "Press", SHOW, description="Writes")
    made = latest(acme)
    assert (made.action, made.target, made.principal) == ("role.defined", key, ADA.user_id)
    assert dict(made.after) == {
        "name": "Press",
        "level": "tenant",
        "description": "Writes",
        "permissions": [SHOW],
        "inherits": [],
        "acts_as": None,
    }

    acme.add(CAY, "owner")
    acme.context(CAY).roles.update(key, name="Media", permissions=[SHOW, EXPORT])
    changed = latest(acme)
    assert (changed.action, changed.target, changed.principal) == ("role.updated", key, CAY.user_id)
    assert dict(changed.before) == {"name": "Press", "permissions": [SHOW]}
    assert dict(changed.after) == {"name": "Media", "permissions": [EXPORT, SHOW]}

    acme.context().roles.delete(key)
    gone = latest(acme)
    assert (gone.action, gone.target, gone.before["name"], dict(gone.after)) == ("role.deleted", key, "Media", {})


def test_a_change_to_the_same_leaves_no_trace(acme: Company) -> None:
    """AU-14: also where the order or a pattern is written differently."""
    key = defined(acme, "Press", SHOW, EXPORT, inherits=["member"])
    before = state(acme), acme.context().get()

    acme.context().roles.update(key)
    acme.context().roles.update(
        key, name=" Press ", permissions=[EXPORT, "report-api:*:read", EXPORT], description="", inherits=["member"] * 2
    )

    assert (state(acme), acme.context().get()) == before


def test_one_event_for_each_changed_role(acme: Company) -> None:
    """E90: those that build on it are what they were, but for what they get from it."""
    base = defined(acme, "Base", SHOW)
    defined(acme, "Heir", inherits=[base])
    before = len(acme.trail())

    acme.context().roles.update(base, permissions=[EXPORT])

    assert acme.trail()[before:] == ["role.updated"]


def test_a_name_that_is_near_is_told(acme: Company) -> None:
    key = defined(acme, "Press", SHOW)

    with pytest.raises(UnknownPermission, match="Did you mean"):
        acme.context().roles.plan_update(key, permissions=["report-api:report:reads"])
    with pytest.raises(Invalid, match="asked in a workspace"):
        acme.context().roles.update(key, permissions=[SEND])


@awaited
async def test_roles_are_awaited(database: Database) -> None:
    """X2"""
    tenancy = database.owned
    acme = await tenancy.person(ADA).create_tenant("Acme")
    context = tenancy.tenant(acme.id, by=ADA)
    made = await context.roles.define("Press", permissions=[MEMBERS], level="tenant")
    await context.members.add(BOB.user_id, role=made.id)

    [affected] = await context.roles.plan_update(made.id, permissions=[])
    assert affected.changes[0].lost == {MEMBERS}
    await context.roles.update(made.id, name="Media")
    assert (await context.roles.usage(made.id)).members == 1
    assert await context.roles.move(made.id, to="member") == 1
    await context.roles.delete(made.id)

    assert list(await context.roles.list()) == []
    assert (await context.members.get(BOB.user_id)).roles == ("member",)

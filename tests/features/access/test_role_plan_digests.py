"""What a deletion of a role would touch; and a plan of a role, which is carried out as it was shown or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tenantry import (
    SYSTEM,
    Conflict,
    Denied,
    Invalid,
    InvalidCursor,
    NewMember,
    NotFound,
    PlanChanged,
    Principal,
    RoleInUse,
    RolePlan,
    TenantContext,
    TenantryError,
    to_dict,
)
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.access.customs import EXPORT, MEMBERS, READ, SEND, SHOW, defined, held, opened, role, state
from tests.features.people import BOB, CAY, DAN, EVE, FAY, Company
from tests.features.test_statements import counting

DELETE, UPDATE = (f"tenant-api:role:{act}" for act in ("delete", "update"))


@pytest.fixture
def acme(store: Store, clock: FrozenClock) -> Company:
    return opened(store, clock)


def told(plan: RolePlan) -> dict[str, dict[str | None, tuple[set[str], set[str]]]]:
    """For each member, and each place, what they would gain and lose."""
    return {
        each.membership.user_id: {change.workspace: (set(change.gained), set(change.lost)) for change in each.changes}
        for each in plan
    }


# --- what a deletion would touch


def test_a_plan_of_a_deletion_says_who_gains_and_loses_what(acme: Company, clock: FrozenClock) -> None:
    """Holders now and to come, also through a role that builds on it; invitations; and the roles."""
    press, sales = defined(acme, "Press", SHOW), defined(acme, "Sales", MEMBERS)
    heir = defined(acme, "Heir", inherits=[press])
    far = defined(acme, "Far", inherits=[heir])
    acme.add(BOB, press)
    acme.add(CAY, far)
    acme.add(DAN)
    acme.context().members.add_role(DAN.user_id, role=press, starts_at=clock() + timedelta(days=9))
    acme.add(EVE)
    expired = acme.invite(Principal("user_old", email="old@acme.test", email_verified=True), press)
    clock.advance(timedelta(days=8))
    pending = acme.invite(FAY, press)
    before = state(acme)

    plan = acme.context().roles.plan_delete(press, sales, total=True)

    swapped = {None: ({MEMBERS}, {SHOW})}
    assert told(plan) == {BOB.user_id: swapped, CAY.user_id: swapped, DAN.user_id: {}}
    assert plan.total == 3
    assert plan.roles == tuple(sorted((heir, far)))
    assert plan.invitations == (pending.invitation.id,)
    assert expired.invitation.id not in plan.invitations
    assert state(acme) == before


def test_without_a_replacement_a_plan_says_what_would_be_lost(acme: Company) -> None:
    place = defined(acme, "Place", READ, level="workspace")
    actor = defined(acme, "Actor", acts_as=place)
    acme.add(BOB, workspaces={acme.general: place})
    acme.add(CAY, actor)

    plan = acme.context().roles.plan_delete(place)

    assert told(plan) == {
        BOB.user_id: {acme.general: (set(), {READ})},
        CAY.user_id: {"all": (set(), {READ})},
    }
    assert plan.roles == (actor,)
    with pytest.raises(RoleInUse):
        acme.context().roles.delete(place, plan=plan)


def test_what_was_planned_is_what_a_deletion_does(acme: Company) -> None:
    old, new = (defined(acme, name, *has, level="workspace") for name, has in (("Old", [READ]), ("New", [SEND])))
    actor = defined(acme, "Actor", acts_as=old)
    acme.add(BOB, workspaces={acme.general: old})
    acme.add(CAY, actor)
    acme.add(DAN, workspaces={acme.general: new})
    acme.context().members.add_role(DAN.user_id, role=old, workspace=acme.general)
    places = {BOB: acme.general, CAY: "all", DAN: acme.general}
    before = {who: held(acme, who, place) for who, place in places.items()}

    plan = acme.context().roles.plan_delete(old, new)
    acme.context().roles.delete(old, new, plan=plan)

    after = {who: held(acme, who, place) for who, place in places.items()}
    assert told(plan) == {
        who.user_id: {place: (set(after[who] - before[who]), set(before[who] - after[who]))}
        if after[who] != before[who]
        else {}
        for who, place in places.items()
    }
    assert role(acme, actor).acts_as == new


def test_a_role_that_comes_into_use_is_not_deleted_by_an_older_plan(acme: Company) -> None:
    unused, used = defined(acme, "Unused", SHOW), defined(acme, "Used", SHOW)
    plans = {key: acme.context().roles.plan_delete(key) for key in (unused, used)}
    assert [(list(plan), plan.roles, plan.invitations) for plan in plans.values()] == [([], (), ())] * 2
    acme.add(BOB, used)

    acme.context().roles.delete(unused, plan=plans[unused])
    with pytest.raises(PlanChanged):
        acme.context().roles.delete(used, plan=plans[used])
    assert [each.id for each in acme.context().roles.list()] == [used]


def test_a_plan_of_a_deletion_has_pages_of_one_plan(acme: Company) -> None:
    """TI-06: a cursor is good for one proposal alone; the digest is the same on every page."""
    key, other = defined(acme, "Press", SHOW), defined(acme, "Sales", SHOW)
    for who in (BOB, CAY, DAN):
        acme.add(who, key)
    roles = acme.context().roles

    first = roles.plan_delete(key, limit=2, total=True)
    assert ([each.membership.user_id for each in first], first.total) == ([BOB.user_id, CAY.user_id], 3)
    last = roles.plan_delete(key, limit=2, after=first.next)
    assert [each.membership.user_id for each in last] == [DAN.user_id]
    assert first.digest == last.digest == roles.plan_delete(key).digest
    with pytest.raises(InvalidCursor):
        roles.plan_delete(key, other, after=first.next)
    with pytest.raises(InvalidCursor):
        roles.plan_update(key, after=first.next)


def test_a_plan_of_a_deletion_refuses_what_the_deletion_would(acme: Company, clock: FrozenClock) -> None:
    key, other = defined(acme, "Press", SHOW), defined(acme, "Sales", SHOW)
    heir = defined(acme, "Heir", inherits=[key])
    acme.add(BOB, defined(acme, "Deputy", DELETE, MEMBERS))
    acme.add(CAY, "admin")
    acme.context().members.add_role(CAY.user_id, role=key, ends_at=clock() + timedelta(days=1))
    acme.context().members.add_role(CAY.user_id, role=other, starts_at=clock() + timedelta(days=2))
    cases: list[tuple[TenantContext, str, str | None, type[TenantryError]]] = [
        (acme.context(), key, "nobody", Invalid),
        (acme.context(), key, key, Invalid),
        (acme.context(), key, heir, Invalid),
        (acme.context(), key, "owner", Invalid),
        (acme.context(), key, "viewer", Invalid),
        (acme.context(), key, other, Conflict),
        (acme.context(BOB), key, None, Denied),
        (acme.context(CAY), key, None, Denied),
        (acme.context(EVE), key, None, NotFound),
        (acme.context(), "admin", None, NotFound),
    ]
    for context, asked, replacement, refusal in cases:
        with pytest.raises(refusal) as shown:
            context.roles.plan_delete(asked, replacement)
        with pytest.raises(refusal) as done:
            context.roles.delete(asked, replacement)
        assert shown.value.data == done.value.data


def test_plans_are_for_who_may_see_members(acme: Company) -> None:
    """Also by way of the present plan, of which the refusal tells."""
    acme.add(BOB, defined(acme, "Editor", UPDATE, DELETE, SHOW))
    key = defined(acme, "Press", SHOW)
    roles = acme.context(BOB).roles
    acts: list[Callable[[], object]] = [
        lambda: roles.plan_delete(key),
        lambda: roles.update(key, permissions=[], plan="0" * 64),
        lambda: roles.delete(key, plan="0" * 64),
    ]
    for act in acts:
        with pytest.raises(Denied) as refused:
            act()
        assert refused.value.data["permission"] == MEMBERS
    roles.update(key, permissions=[])
    roles.delete(key)


# --- digests


def planned(acme: Company) -> tuple[str, str]:
    """A role that Bob has, and another that builds on it and Cay has."""
    key = defined(acme, "Press", SHOW)
    heir = defined(acme, "Heir", inherits=[key])
    acme.add(BOB, key)
    acme.add(CAY, heir)
    acme.add(DAN)
    return key, heir


ACTS: dict[str, tuple[Callable[..., RolePlan], Callable[..., object]]] = {
    "update": (
        lambda context, key: context.roles.plan_update(key, permissions=[EXPORT]),
        lambda context, key, plan: context.roles.update(key, permissions=[EXPORT], plan=plan),
    ),
    "delete": (
        lambda context, key: context.roles.plan_delete(key, "member"),
        lambda context, key, plan: context.roles.delete(key, "member", plan=plan),
    ),
}

CHANGES: dict[str, Callable[[Company, str, str], object]] = {
    "one more has it": lambda acme, key, _: acme.context().members.add_role(DAN.user_id, role=key),
    "one more has an heir": lambda acme, _, heir: acme.context().members.add_role(DAN.user_id, role=heir),
    "one has it no more": lambda acme, key, _: acme.context().members.change_role(BOB.user_id, role="member"),
    "one has another as well": lambda acme, _, __: acme.context().members.add_role(BOB.user_id, role="admin"),
    "the role is another": lambda acme, key, _: acme.context().roles.update(key, permissions=[SHOW, MEMBERS]),
    "an heir is another": lambda acme, _, heir: acme.context().roles.update(heir, permissions=[MEMBERS]),
    "one more heir": lambda acme, key, _: defined(acme, "Late", inherits=[key]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("verb", ACTS)
@pytest.mark.parametrize("by_digest", [False, True], ids=["plan", "digest"])
def test_another_content_is_another_plan(
    acme: Company, verb: str, change: Callable[..., object], by_digest: bool
) -> None:
    key, heir = planned(acme)
    plan_of, act = ACTS[verb]
    plan = plan_of(acme.context(), key)
    change(acme, key, heir)
    before = state(acme)

    with pytest.raises(PlanChanged) as refused:
        act(acme.context(), key, plan.digest if by_digest else plan)

    present = plan_of(acme.context(), key)
    assert refused.value.plan == present
    assert refused.value.data == {"expected": plan.digest, "present": present.digest}
    assert plan.digest != present.digest
    assert plan != present
    assert state(acme) == before
    act(acme.context(), key, refused.value.plan)


@pytest.mark.parametrize("verb", ACTS)
def test_what_is_not_touched_changes_no_plan(acme: Company, verb: str) -> None:
    key, heir = planned(acme)
    plan_of, act = ACTS[verb]
    plan = plan_of(acme.context(), key)

    acme.context().roles.update(heir, name="Heiress", description="Builds on it")
    acme.context().members.update(BOB.user_id, name="Robert")
    acme.context().members.add_role(DAN.user_id, role=defined(acme, "Else", SHOW))
    acme.context().invitations.send("new@acme.test", role="member")

    assert plan_of(acme.context(), key).digest == plan.digest
    act(acme.context(), key, plan.digest)


def test_an_invitation_more_is_another_deletion_and_the_same_update(acme: Company) -> None:
    key, _ = planned(acme)
    plans = {verb: plan_of(acme.context(), key) for verb, (plan_of, _) in ACTS.items()}
    acme.invite(FAY, key)

    with pytest.raises(PlanChanged) as refused:
        ACTS["delete"][1](acme.context(), key, plans["delete"])
    assert len(refused.value.plan.invitations) == 1
    ACTS["update"][1](acme.context(), key, plans["update"])


def test_another_proposal_is_another_plan(acme: Company) -> None:
    key, _ = planned(acme)
    roles = acme.context().roles

    with pytest.raises(PlanChanged):
        roles.update(key, permissions=[MEMBERS], plan=roles.plan_update(key, permissions=[EXPORT]))
    with pytest.raises(PlanChanged):
        roles.delete(key, "admin", plan=roles.plan_delete(key, "member"))
    with pytest.raises(PlanChanged):
        roles.delete(key, "member", plan=roles.plan_update(key, permissions=[]))


def test_a_new_name_goes_with_any_plan(acme: Company) -> None:
    key, _ = planned(acme)
    plan = acme.context().roles.plan_update(key, permissions=[EXPORT])
    acme.context().roles.update(key, name="Media", permissions=[EXPORT], plan=plan)
    assert role(acme, key).name == "Media"


@pytest.mark.parametrize("plan", ["", "0" * 64, 1, b"x"], ids=repr)
@pytest.mark.parametrize("verb", ACTS)
def test_what_is_no_plan_is_refused(acme: Company, verb: str, plan: Any) -> None:
    key, _ = planned(acme)
    before = state(acme)
    with pytest.raises((Invalid, PlanChanged)):
        ACTS[verb][1](acme.context(), key, plan)
    assert state(acme) == before


def test_a_present_plan_goes_on_where_it_ends(acme: Company) -> None:
    """More members than a page has: the cursor is good for the verb that plans."""
    key = defined(acme, "Press", SHOW)
    acme.context().members.add_many([NewMember(f"user_{n}", role=key) for n in range(60)])

    with pytest.raises(PlanChanged) as refused:
        acme.context().roles.update(key, name="Media", permissions=[], plan="0" * 64)
    present = refused.value.plan
    rest = acme.context().roles.plan_update(key, permissions=[], after=present.next)
    assert (len(present), len(rest)) == (50, 10)


def test_a_plan_is_shown_as_plain_data(acme: Company) -> None:
    key, heir = planned(acme)
    plan = acme.context(SYSTEM).roles.plan_delete(key, "member", limit=1)
    shown = to_dict(plan)
    names = {"role_names", "invitation_emails", "workspace_names"}
    assert shown.keys() == {"items", "next", "total", "roles", "invitations", "digest", *names}
    assert (shown["roles"], shown["digest"], shown["invitations"]) == ([heir], plan.digest, [])
    assert hash(plan) == hash(acme.context(SYSTEM).roles.plan_delete(key, "member", limit=1))


# --- what it costs


@pytest.mark.parametrize(("verb", "more"), [("update", 1), ("delete", 2)])
def test_a_plan_costs_a_statement_or_two(sql_store: SQLAlchemyStore, clock: FrozenClock, verb: str, more: int) -> None:
    """To hold it against what would happen; however many have the role."""
    counts: list[int] = []
    for number, by_plan in enumerate((False, True)):
        acme = opened(sql_store, clock)
        key, _ = planned(acme)
        acme.context().members.add_many([NewMember(f"user_{n}", role=key) for n in range(30 * number)])
        plan_of, act = ACTS[verb]
        plan = plan_of(acme.context(), key) if by_plan else None
        with counting(sql_store.engine) as executed:
            act(acme.context(), key, plan)
        counts.append(len(executed))
    assert counts[1] - counts[0] == more

"""Roles that build on others: by inheritance, and by acting as a workspace role everywhere."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry import SYSTEM, Invalid, Level, Role, RoleUsage
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
    TENANT,
    defined,
    held,
    opened,
    role,
    state,
)
from tests.features.people import BOB, Company


@pytest.fixture
def acme(store: Store, clock: Clock) -> Company:
    return opened(store, clock)


def test_a_role_inherits_from_built_in_and_custom_roles(acme: Company) -> None:
    """R5"""
    press = defined(acme, "Press", SHOW)
    chief = defined(acme, "Chief", MEMBERS, inherits=["member", press])
    bob = acme.add(BOB, chief)

    assert held(acme, BOB) == {SHOW, MEMBERS, TENANT}
    assert role(acme, chief).permissions == (MEMBERS,)
    assert bob.check(SHOW).reasons == ("Role 'Chief', granted at the tenant, through 'Press'.",)
    assert bob.check(TENANT).reasons == ("Role 'Chief', granted at the tenant, through 'member'.",)


def test_a_tenant_role_acts_in_every_workspace(acme: Company) -> None:
    """R3: by itself, or by what it inherits from."""
    dropper = defined(acme, "Dropper", DROP, level="workspace", inherits=["viewer"])
    cleaner = defined(acme, "Cleaner", acts_as=dropper)
    defined_by_parent = defined(acme, "Night cleaner", inherits=[cleaner])
    there = acme.workspace("There")
    bob = acme.add(BOB, defined_by_parent)

    assert {DROP, READ} < held(acme, BOB, there)
    assert SEND not in held(acme, BOB, there)
    assert bob.workspaces_where(DROP) == "all"
    assert acme.context(BOB).check(DROP, workspace=there).reasons == (
        "Tenant role 'Night cleaner' acts as 'Dropper' in every workspace.",
    )
    acme.context().roles.update(defined_by_parent, acts_as="viewer")
    assert DROP not in held(acme, BOB, there)
    acme.context().roles.update(defined_by_parent, acts_as="")
    assert DROP in held(acme, BOB, there)


def test_a_circle_is_refused_with_its_path(acme: Company) -> None:
    """AC-18, E86 in kind"""
    first = defined(acme, "First")
    second = defined(acme, "Second", inherits=[first])
    third = defined(acme, "Third", inherits=[second])
    before = state(acme)

    for parent, path in (
        (first, "First → First"),
        (second, "First → Second → First"),
        (third, "First → Third → Second → First"),
    ):
        with pytest.raises(Invalid, match=f"'First' inherits from itself: {path}\\.") as refused:
            acme.context().roles.update(first, inherits=["member", parent])
        assert any(path in fault for fault in refused.value.data["faults"])
        with pytest.raises(Invalid, match=path):
            acme.context().roles.plan_update(first, inherits=[parent])

    assert state(acme) == before


def test_a_replacement_that_would_make_a_circle_is_refused(acme: Company) -> None:
    """AC-18: a role that builds on the deleted one cannot take its place."""
    first = defined(acme, "First", SHOW)
    second = defined(acme, "Second", inherits=[first])
    acme.add(BOB, first)
    before = state(acme)

    with pytest.raises(Invalid, match="'Second' inherits from itself: Second → Second"):
        acme.context().roles.delete(first, replacement=second)

    assert state(acme) == before


def test_a_parent_is_of_the_same_level_and_not_the_owner_role(acme: Company) -> None:
    """AC-22, E14"""
    here, there = defined(acme, "Here", SHOW), defined(acme, "There", READ, level="workspace")
    before = state(acme)
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("tenant", {"inherits": [there]}, "which is no tenant role"),
        ("tenant", {"inherits": ["viewer"]}, "inherits 'viewer', which is no tenant role"),
        ("workspace", {"inherits": [here]}, "which is no workspace role"),
        ("workspace", {"inherits": ["owner"]}, "which is no workspace role"),
        ("tenant", {"inherits": ["owner"]}, "inherits from the owner role"),
        ("tenant", {"inherits": ["auditor"]}, "no tenant role"),
        ("tenant", {"acts_as": here}, "which is no workspace role"),
        ("tenant", {"acts_as": "owner"}, "acts as 'owner', which is no workspace role"),
        ("workspace", {"acts_as": "viewer"}, "which only tenant roles have"),
    ]
    for level, given, says in wrong:
        with pytest.raises(Invalid, match=says):
            acme.context(SYSTEM).roles.define("New", permissions=[], level=level, **given)
        known = here if level == "tenant" else there
        with pytest.raises(Invalid, match=says):
            acme.context(SYSTEM).roles.update(known, **given)
    assert state(acme) == before


def test_acting_as_two_is_refused_until_the_role_says_as_which(acme: Company) -> None:
    """AC-20 in kind: none is picked by chance."""
    one, other = defined(acme, "One", acts_as="viewer"), defined(acme, "Other", acts_as="member")

    with pytest.raises(Invalid, match="would act as 'member' and as 'viewer': give it an acts_as of its own"):
        defined(acme, "Both", inherits=[one, other])

    both = defined(acme, "Both", inherits=[one, other], acts_as="member")
    before = state(acme)
    with pytest.raises(Invalid, match="'Both' would act as"):
        acme.context().roles.update(both, acts_as="")
    assert state(acme) == before


def test_a_change_that_would_break_a_role_that_builds_on_it_is_refused(acme: Company) -> None:
    one, other = defined(acme, "One", acts_as="viewer"), defined(acme, "Other")
    defined(acme, "Both", inherits=[one, other])
    before = state(acme)

    with pytest.raises(Invalid, match="'Both' would act as 'member' and as 'viewer'"):
        acme.context().roles.update(other, acts_as="member")

    assert state(acme) == before


def test_a_replacement_reaches_who_inherits_at_any_distance(acme: Company) -> None:
    old, new = defined(acme, "Old", SHOW), defined(acme, "New", EXPORT)
    top = defined(acme, "Top", inherits=[defined(acme, "Middle", inherits=[old])])
    acme.add(BOB, top)

    acme.context().roles.delete(old, replacement=new)

    assert held(acme, BOB) == {SHOW, EXPORT}  # the one implies the other
    assert [each.name for each in role(acme, top)._lineage if each.key in (old, new)] == ["New"]


def test_who_inherits_from_both_inherits_once_after_a_replacement(acme: Company) -> None:
    old, new = defined(acme, "Old", SHOW), defined(acme, "New", EXPORT)
    heir = defined(acme, "Heir", inherits=[old, new])

    acme.context().roles.delete(old, replacement=new)

    assert role(acme, heir).inherits == (new,)


def test_what_builds_on_a_built_in_role_is_counted_at_its_level(acme: Company) -> None:
    """AC-26"""
    defined(acme, "Clerk", inherits=["member"])
    defined(acme, "Helper", inherits=["member"], level="workspace")
    defined(acme, "Actor", acts_as="member")

    acme.add(BOB)

    assert acme.context().roles.usage("member", level="tenant") == RoleUsage(members=1, roles=1)
    assert acme.context().roles.usage("member", level="workspace") == RoleUsage(members=0, roles=2)


def test_a_diamond_counts_once_and_names_the_shortest_path(acme: Company) -> None:
    """AC-20"""
    base = defined(acme, "Base", SHOW)
    left = defined(acme, "Left", inherits=[base])
    right = defined(acme, "Right", inherits=[base])
    lower = defined(acme, "Lower", inherits=[left])
    top = defined(acme, "Top", inherits=[lower, right])
    bob = acme.add(BOB, top)

    assert held(acme, BOB) == {SHOW}
    assert bob.check(SHOW).reasons == ("Role 'Top', granted at the tenant, through 'Right' → 'Base'.",)
    assert [each.name for each in role(acme, top)._lineage].count("Base") == 1


def test_a_ladder_of_diamonds_has_no_end_of_paths_and_is_walked_once(acme: Company) -> None:
    """RX-03 in kind"""
    rungs = [defined(acme, "Left 0", SHOW), defined(acme, "Right 0", EXPORT)]
    for number in range(1, 21):
        rungs = [defined(acme, f"{side} {number}", inherits=rungs) for side in ("Left", "Right")]
    acme.add(BOB, rungs[0])

    assert held(acme, BOB) == {SHOW, EXPORT}
    assert len(role(acme, rungs[0])._lineage) == 41


def test_fifty_levels_of_inheritance_work(acme: Company) -> None:
    """AC-21: from the first to the last, for reading and for changing."""
    chain = [defined(acme, "Level 0", SHOW)]
    for number in range(1, 50):
        chain.append(defined(acme, f"Level {number}", inherits=[chain[-1]]))
    bob = acme.add(BOB, chain[-1])

    assert held(acme, BOB) == {SHOW}
    assert bob.check(SHOW).reasons[0].count("→") == 48
    acme.context().roles.update(chain[0], permissions=[EXPORT])
    assert held(acme, BOB) == {SHOW, EXPORT}
    with pytest.raises(Invalid, match="Level 0 → Level 49 → Level 48"):
        acme.context().roles.update(chain[0], inherits=[chain[-1]])


def test_more_than_fifty_roles_behind_one_are_refused(acme: Company) -> None:
    """AC-21, RX-04: on write, also where it is an heir that would have too many."""
    chain = [defined(acme, "Level 0")]
    for number in range(1, 51):
        chain.append(defined(acme, f"Level {number}", inherits=[chain[-1]]))
    before = list(acme.context().roles.list(limit=200))

    with pytest.raises(Invalid, match="'Level 51' would build on more than 50 others"):
        defined(acme, "Level 51", inherits=[chain[-1]])
    top = defined(acme, "Top")
    with pytest.raises(Invalid, match="'Level 50' would build on more than 50 others"):
        acme.context().roles.update(chain[0], inherits=[top])
    assert list(acme.context().roles.list(limit=200))[:-1] == before


def test_a_role_of_each_level_may_be_named_in_one_breath(acme: Company) -> None:
    """AC-26: two built-in roles of one key are told apart by where they are asked."""
    scheme_has = {level: HOST.role("admin", level) for level in Level}
    assert scheme_has[Level.TENANT] != scheme_has[Level.WORKSPACE]
    deputy = defined(acme, "Deputy", inherits=["admin"])
    local = defined(acme, "Local", inherits=["admin"], level="workspace")
    acme.add(BOB, deputy, workspaces={acme.general: local})

    assert held(acme, BOB) == HOST.permissions_of("admin", Level.TENANT)
    assert held(acme, BOB, acme.general) == HOST.permissions_of("admin", Level.WORKSPACE)
    assert isinstance(scheme_has[Level.TENANT], Role)

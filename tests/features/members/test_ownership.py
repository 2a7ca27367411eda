"""Ownership goes from one member to another in one command, and nobody ever sees the tenant between the two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import event

from tenantry import (
    SYSTEM,
    Conflict,
    Denied,
    Invalid,
    Level,
    Membership,
    NotFound,
    Permission,
    Role,
    Scheme,
    Tenantry,
    schemes,
)
from tenantry.members.model import GRANTS
from tenantry.memory import MemoryStore
from tenantry.ports import Open, Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, SECRET, Company


def test_one_owns_and_the_other_does_not(acme: Company) -> None:
    """E16, PE-21"""
    justice = acme.workspace("Justice")
    acme.add(BOB, "admin", workspaces={justice: "viewer"})
    acme.context().members.add_role(BOB.user_id, role="member")
    acme.context(SYSTEM).workspaces.add_member(justice, ADA.user_id, role="admin")

    owner = acme.context().members.transfer_ownership(to=BOB.user_id)

    assert owner == acme.member(BOB)
    assert (owner.roles, owner.workspaces) == (("owner",), {justice: ("viewer",)})
    former = acme.member(ADA)
    assert (former.roles, former.workspaces) == (("admin",), {justice: ("admin",)})
    assert not acme.context().can("tenant-api:tenant:own")
    with pytest.raises(Denied):
        acme.context().members.transfer_ownership(to=BOB.user_id)


def test_both_changes_are_in_the_trail(acme: Company) -> None:
    """E16"""
    acme.add(BOB)
    acme.context().members.transfer_ownership(to=BOB.user_id, role="member")

    lost, gained = acme.context(BOB).audit.list(limit=2)
    assert (gained.action, gained.target, gained.principal) == ("member.role_changed", BOB.user_id, ADA.user_id)
    assert (gained.before, gained.after) == ({"roles": ["member"]}, {"roles": ["owner"]})
    assert (lost.action, lost.target, lost.principal) == ("member.role_changed", ADA.user_id, ADA.user_id)
    assert (lost.before, lost.after) == ({"roles": ["owner"]}, {"roles": ["member"]})


def test_to_an_owner_it_is_to_step_down(acme: Company) -> None:
    acme.add(BOB, "owner")
    acme.context(SYSTEM).members.add_role(BOB.user_id, role="admin")
    before = acme.member(BOB)

    assert acme.context().members.transfer_ownership(to=BOB.user_id) == before
    assert acme.member(ADA).roles == ("admin",)
    assert acme.trail()[-1] == "member.role_changed"
    assert acme.trail()[-2] == "member.role_changed"  # the role that was added


def test_every_other_role_of_the_former_owner_goes_too(acme: Company) -> None:
    acme.add(BOB)
    acme.context(SYSTEM).members.add_role(ADA.user_id, role="admin")

    acme.context().members.transfer_ownership(to=BOB.user_id, role="member")

    assert acme.member(ADA).roles == ("member",)


def deactivated(acme: Company) -> str:
    acme.add(BOB)
    acme.context().members.deactivate(BOB.user_id)
    return BOB.user_id


def invited(acme: Company) -> str:
    acme.invite(BOB)
    return BOB.user_id


def of_another_tenant(acme: Company) -> str:
    acme.tenancy.person(BOB).create_tenant("Beta")
    return BOB.user_id


def removed(acme: Company) -> str:
    acme.add(BOB)
    acme.context().members.remove(BOB.user_id)
    return BOB.user_id


@pytest.mark.parametrize(
    ("to", "error", "code"),
    [
        (deactivated, Conflict, "conflict"),
        (invited, NotFound, "not_found"),
        (of_another_tenant, NotFound, "not_found"),
        (removed, NotFound, "not_found"),
        (lambda acme: "user_nobody", NotFound, "not_found"),
        (lambda acme: ADA.user_id, Invalid, "invalid"),
        (lambda acme: "", Invalid, "invalid"),
        (lambda acme: None, Invalid, "invalid"),
    ],
    ids=["deactivated", "invited", "another tenant", "removed", "nobody", "oneself", "empty", "None"],
)
def test_it_goes_to_active_members_only(
    acme: Company, to: Callable[[Company], Any], error: type[Exception], code: str
) -> None:
    """E16"""
    heir = to(acme)
    before = acme.trail()

    with pytest.raises(error) as refused:
        acme.context().members.transfer_ownership(to=heir)

    assert refused.value.code == code  # type: ignore[attr-defined]
    if isinstance(refused.value, Conflict):
        assert refused.value.rule == "member_deactivated"
    assert acme.trail() == before
    assert acme.member(ADA).roles == ("owner",)


def test_who_does_not_own_hands_nothing_over(acme: Company) -> None:
    """PE-02, E16"""
    acme.add(CAY)
    for role in ("member", "admin"):
        bob = acme.add(BOB, role).members
        for to in (CAY.user_id, "user_nobody", ADA.user_id):
            with pytest.raises(Denied) as refused:
                bob.transfer_ownership(to=to)
            assert refused.value.decision.code == "permission_missing"
        bob.leave()
    with pytest.raises(NotFound):
        acme.context(DAN).members.transfer_ownership(to=CAY.user_id)


def test_the_system_is_told_what_to_do_instead(acme: Company) -> None:
    acme.add(BOB)
    for system in (SYSTEM, SYSTEM.job("heirs")):
        with pytest.raises(Invalid, match="change_role"):
            acme.context(system).members.transfer_ownership(to=BOB.user_id)


def test_who_owns_for_a_time_hands_nothing_over(acme: Company, store: Store, clock: FrozenClock) -> None:
    """E11, E28"""
    acme.add(BOB, "owner")
    acme.add(CAY)
    with store.command(acme.id, gate=Open()) as tx:
        granted = next(grant for grant in tx.records(GRANTS).list(role="owner") if grant.granted_by == "system")
        tx.records(GRANTS).save(evolve(granted, ends_at=clock() + timedelta(days=1)))

    for _ in range(2):
        with pytest.raises(Denied) as refused:
            acme.context(BOB).members.transfer_ownership(to=CAY.user_id)
        assert refused.value.decision.code == "beyond_own_rights"
        acme.context().members.add_role(BOB.user_id, role="admin")  # which is for good, and no reason either


def test_who_owned_for_a_time_owns_for_good(acme: Company, store: Store, clock: FrozenClock) -> None:
    """E11, E28"""
    acme.add(BOB, "owner")
    with store.command(acme.id, gate=Open()) as tx:
        granted = next(grant for grant in tx.records(GRANTS).list(role="owner") if grant.granted_by == "system")
        tx.records(GRANTS).save(evolve(granted, ends_at=clock() + timedelta(days=1)))

    acme.context().members.transfer_ownership(to=BOB.user_id)

    clock.advance(days=1)
    assert acme.member(BOB).roles == ("owner",)


def test_the_former_owner_is_an_owner_no_more(acme: Company) -> None:
    acme.add(BOB)
    with pytest.raises(Invalid) as refused:
        acme.context().members.transfer_ownership(to=BOB.user_id, role="owner")
    assert refused.value.field == "role"


def test_nobody_takes_a_custom_role_that_they_do_not_have(acme: Company) -> None:
    """PE-21: what it holds may grow."""
    acme.add(BOB)
    clerk = acme.context().roles.define("Clerk", permissions=["tenant-api:member:read"], level="tenant").id

    with pytest.raises(Denied) as refused:
        acme.context().members.transfer_ownership(to=BOB.user_id, role=clerk)
    assert refused.value.decision.code == "own_membership"
    acme.context(SYSTEM).members.add_role(ADA.user_id, role=clerk)
    acme.context().members.transfer_ownership(to=BOB.user_id, role=clerk)
    assert acme.member(ADA).roles == (clerk,)


@pytest.mark.parametrize(
    ("scheme", "owner", "former"),
    [
        (schemes.AGENCY, "owner", "admin"),
        (schemes.CENTRAL_IT, "admin", "member"),
        (schemes.CONTENT, "admin", "writer"),
        (
            schemes.AGENCY.extend(
                roles=[Role("deputy", Level.TENANT, ["tenant-api:billing:read"], inherits=["admin"])]
            ),
            "owner",
            "deputy",
        ),
    ],
    ids=["agency", "central it", "content", "extended"],
)
def test_the_former_owner_gets_what_can_do_most_below(store: Store, scheme: Scheme, owner: str, former: str) -> None:
    tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.context().roles.define("Everything", permissions=["tenant-api:member:*"], level="tenant")
    acme.add(BOB)

    acme.context().members.transfer_ownership(to=BOB.user_id)

    assert (acme.member(BOB).roles, acme.member(ADA).roles) == ((owner,), (former,))
    assert scheme.former_owner_role == former


APART = Scheme(
    "apart",
    [
        Role("owner", Level.TENANT, ["tenant-api:*:*"], acts_as="admin"),
        Role("treasurer", Level.TENANT, ["tenant-api:tenant:read", "invoices-api:invoice:pay"]),
        Role("member", Level.TENANT, ["tenant-api:tenant:read"]),
        Role("admin", Level.WORKSPACE, ["*:*:*"]),
    ],
    owner_role="owner",
    member_role="member",
    permissions=[Permission("invoices-api:invoice:pay", Level.TENANT)],
)
"""An owner does not hold everything here."""


def test_no_owner_steps_to_a_role_that_holds_what_they_do_not(store: Store) -> None:
    """PE-21: nor takes such a role from who is to own."""
    tenancy = Tenantry(store=store, scheme=APART, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    acme.add(CAY, "treasurer")
    before = acme.trail()

    for to, role in ((BOB, "treasurer"), (CAY, "member")):
        with pytest.raises(Denied):
            acme.context().members.transfer_ownership(to=to.user_id, role=role)

    assert [event for event in acme.trail() if event != "access.denied"] == before


def owners(acme: Company) -> list[Membership]:
    return [member for member in acme.context(SYSTEM).members.list() if "owner" in member.roles]


def test_a_reader_sees_the_tenant_before_or_after(sql_store: SQLAlchemyStore) -> None:
    """PE-19: between any two statements of the command, another connection reads what is committed."""
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    elsewhere = SQLAlchemyStore(sql_store.engine.url)
    reader = Company(tenancy.using(elsewhere), acme.context().get())
    seen: list[tuple[list[str], tuple[str, ...]]] = []

    def look(*_: object) -> None:
        seen.append(([owner.user_id for owner in owners(reader)], reader.member(ADA).roles))

    event.listen(sql_store.engine, "after_cursor_execute", look)
    try:
        acme.context().members.transfer_ownership(to=BOB.user_id)
    finally:
        event.remove(sql_store.engine, "after_cursor_execute", look)
        look()
        elsewhere.dispose()

    assert len(seen) > 10
    assert set(map(repr, seen[:-1])) == {repr(([ADA.user_id], ("owner",)))}
    assert seen[-1] == ([BOB.user_id], ("admin",))


def test_a_reader_of_the_store_in_memory_does_too() -> None:
    """PE-19"""
    seen: list[list[str]] = []
    watched: list[Company] = []

    def look() -> None:
        if watched:
            acme = watched.pop()  # not while looking
            seen.append([owner.user_id for owner in owners(acme)])
            watched.append(acme)

    tenancy = Tenantry(store=MemoryStore(switch=look), scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    watched.append(acme)
    acme.context().members.transfer_ownership(to=BOB.user_id)
    look()

    assert len(seen) > 10
    assert seen[-1] == [BOB.user_id]
    assert all(each == [ADA.user_id] for each in seen[:-1])


def test_nobody_keeps_for_good_a_custom_role_that_they_have_for_a_time(acme: Company, clock: FrozenClock) -> None:
    """PE-21: what it holds may grow after it would have ended."""
    clerk = acme.context().roles.define("Clerk", permissions=["tenant-api:member:read"], level="tenant").id
    acme.add(BOB, "admin")
    acme.add(CAY, "owner")
    for who in (BOB, CAY):
        acme.context().members.add_role(who.user_id, role=clerk, ends_at=clock() + timedelta(days=1))

    with pytest.raises(Denied) as stepping_down:
        acme.context(BOB).members.change_role(BOB.user_id, role=clerk)
    with pytest.raises(Denied) as handing_over:
        acme.context(CAY).members.transfer_ownership(to=BOB.user_id, role=clerk)
    assert {each.value.decision.code for each in (stepping_down, handing_over)} == {"own_membership"}

    acme.context().members.remove_role(BOB.user_id, role=clerk)
    acme.context().members.add_role(BOB.user_id, role=clerk, starts_at=clock() + timedelta(days=1))
    with pytest.raises(Denied):
        acme.context(BOB).members.change_role(BOB.user_id, role=clerk)

    acme.context().members.add_role(BOB.user_id, role=clerk)
    assert acme.context(BOB).members.change_role(BOB.user_id, role=clerk).roles == (clerk,)

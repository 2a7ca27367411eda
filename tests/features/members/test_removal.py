"""A removal is planned, shown, confirmed, and done: with all that goes with the membership, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tenantry import (
    SYSTEM,
    Change,
    Denied,
    Invalid,
    InvitationRevoked,
    LastOwner,
    NotFound,
    Options,
    PlanChanged,
    Principal,
    RemovalPlan,
    Tenantry,
    schemes,
)
from tenantry.members.service.members import Members
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.members.hosting import Campaigns, Keys, Sessions, Things
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company, someone


def company(
    store: Store, *participants: object, clock: FrozenClock | None = None, options: Options | None = None
) -> Company:
    """Acme, of which Ada is the owner and Bob an admin with a workspace."""
    tenancy = Tenantry(
        store=store,
        scheme=schemes.AGENCY,
        secret_keys=[SECRET],
        participants=participants,
        options=options,
        clock=clock or FrozenClock(),
    )
    found = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    found.add(BOB, "admin", workspaces={found.general: "viewer"})
    return found


ENDS: dict[str, Callable[[Company], None]] = {
    "remove": lambda acme: acme.context().members.remove(BOB.user_id),
    "leave": lambda acme: acme.context(BOB).members.leave(),
}


def everything(acme: Company) -> tuple[Any, ...]:
    """What could have been half done."""
    context = acme.context(SYSTEM)
    members = [acme.member(Principal(id)) for id in acme.user_ids()]
    return members, [each.status for each in context.invitations.list()], acme.trail(), context.get()


# --- the plan


def test_a_plan_lists_exactly_what_a_removal_touches(store: Store) -> None:
    """E23, E24"""
    campaigns, keys = Campaigns(store, c1="user_bob", c2="user_bob", c3="user_ada"), Keys(store, k1="user_bob")
    acme = company(store, campaigns, keys, Sessions(store, s1="user_cay"))
    justice = acme.workspace("Justice")
    acme.context().members.add_role(BOB.user_id, role="admin", workspace=justice)
    issued, gone = acme.invite(DAN, by=BOB), acme.invite(EVE, by=BOB)
    acme.context().invitations.revoke(gone.invitation.id)
    acme.invite(someone("gil"))
    before = everything(acme)

    plan = acme.context().members.plan_removal(BOB.user_id)

    assert plan.member == acme.member(BOB)
    assert plan.roles == ("admin",)
    assert plan.workspaces == {acme.general: ("viewer",), justice: ("admin",)}
    assert plan.invitations == (issued.invitation.id,)
    assert plan.resources == {"campaigns": 2, "api_keys": 1, "sessions": 0}
    assert plan.reassign_to == ADA.user_id
    assert everything(acme) == before


def test_a_removal_does_what_the_plan_says(store: Store) -> None:
    """E23, LC-10"""
    campaigns, keys = Campaigns(store, c1="user_bob", c2="user_cay"), Keys(store, k1="user_bob", k2="user_cay")
    sessions = Sessions(store, s1="user_bob", s2="user_bob", s3="user_cay")
    acme = company(store, campaigns, keys, sessions)
    plan = acme.context().members.plan_removal(BOB.user_id)

    acme.context().members.remove(BOB.user_id, plan=plan)

    assert campaigns.owners == {"c1": "user_ada", "c2": "user_cay"}
    assert keys.owners == {"k2": "user_cay"}
    assert sessions.owners == {"s3": "user_cay"}
    event = acme.context().audit.list()[0]
    assert (event.action, event.target) == ("member.removed", BOB.user_id)
    assert event.before == {"name": "Bob", "email": "bob@acme.test", "roles": ["admin"]}
    assert event.after == {"resources": dict(plan.resources), "reassigned_to": ADA.user_id}


def test_a_plan_counts_a_role_that_is_to_come_and_none_that_is_over(store: Store) -> None:
    clock = FrozenClock()
    acme = company(store, clock=clock)
    now = clock()
    members = acme.context().members
    members.add_role(BOB.user_id, role="member", starts_at=now.replace(year=2027))
    members.add_role(BOB.user_id, role="member", workspace=acme.general, ends_at=now.replace(month=2))
    clock.set(now.replace(month=3))

    plan = members.plan_removal(BOB.user_id)

    assert (plan.roles, plan.workspaces) == (("admin", "member"), {acme.general: ("viewer",)})


@pytest.mark.parametrize(
    ("who", "whom", "code"),
    [
        (CAY, BOB, "permission_missing"),
        (BOB, ADA, "beyond_own_rights"),
        (BOB, BOB, "own_membership"),
        (ADA, ADA, "own_membership"),
    ],
)
def test_whoever_may_not_remove_may_not_plan_it(store: Store, who: Principal, whom: Principal, code: str) -> None:
    """PE-02, PE-21"""
    acme = company(store)
    acme.add(CAY)
    members = acme.context(who).members

    for act in (members.plan_removal, members.remove):
        with pytest.raises(Denied) as refused:
            act(whom.user_id)
        assert refused.value.decision.code == code


def test_who_may_change_members_need_not_be_able_to_remove_them(store: Store) -> None:
    """PE-02"""
    acme = company(store)
    rights = ["tenant-api:member:read", "tenant-api:member:update", "tenant-api:tenant:read"]
    clerk = acme.context().roles.define("Clerk", permissions=rights, level="tenant").id
    members = acme.add(CAY, clerk).members
    acme.add(DAN)

    members.deactivate(DAN.user_id)
    for act in (members.plan_removal, members.remove):
        with pytest.raises(Denied) as refused:
            act(DAN.user_id)
        assert refused.value.decision.code == "permission_missing"


def test_the_last_owner_is_neither_planned_away_nor_removed(store: Store) -> None:
    """E11"""
    campaigns = Campaigns(store, c1="user_ada")
    acme = company(store, campaigns)

    for act in (acme.context(SYSTEM).members.plan_removal, acme.context(SYSTEM).members.remove):
        with pytest.raises(LastOwner):
            act(ADA.user_id)
    with pytest.raises(LastOwner):
        acme.context().members.leave()
    assert [method for method, _ in campaigns.told] in ([], ["count"])


# --- the plan is checked


CHANGES: dict[str, Callable[[Company, Things], object]] = {
    "a role more": lambda acme, _: acme.context().members.add_role(BOB.user_id, role="member"),
    "a workspace less": lambda acme, _: acme.context().workspaces.remove_member(acme.general, BOB.user_id),
    "an invitation sent": lambda acme, _: acme.invite(DAN, by=BOB),
    "a membership anew": lambda acme, _: (
        acme.context().members.remove(BOB.user_id),
        acme.add(BOB, "admin", workspaces={acme.general: "viewer"}),
    ),
    "another heir": lambda acme, _: (
        acme.add(CAY, "owner"),
        acme.context().members.leave(),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("by_digest", [False, True], ids=["plan", "digest"])
def test_another_content_is_another_plan(store: Store, change: Callable[..., object], by_digest: bool) -> None:
    campaigns = Campaigns(store, c1="user_bob")
    acme = company(store, campaigns)
    plan = acme.context().members.plan_removal(BOB.user_id)
    change(acme, campaigns)
    before = everything(acme)

    context = acme.context(SYSTEM)
    with pytest.raises(PlanChanged) as refused:
        context.members.remove(BOB.user_id, plan=plan.digest if by_digest else plan)

    present = context.members.plan_removal(BOB.user_id)
    assert refused.value.plan == present
    assert refused.value.data == {"expected": plan.digest, "present": present.digest}
    assert plan.digest != present.digest
    assert everything(acme) == before
    context.members.remove(BOB.user_id, plan=refused.value.plan)


def test_what_a_removal_does_not_touch_changes_no_plan(store: Store) -> None:
    acme = company(store)
    plan = acme.context().members.plan_removal(BOB.user_id)

    acme.context().members.update(BOB.user_id, name="Robert")
    acme.tenancy.person(BOB).signed_in()
    acme.add(CAY, "owner")
    acme.invite(DAN)

    assert acme.context().members.plan_removal(BOB.user_id).digest == plan.digest
    acme.context().members.remove(BOB.user_id, plan=plan)


def test_a_resource_more_is_another_plan(sql_store: SQLAlchemyStore) -> None:
    acme = company(sql_store, Campaigns(sql_store, c1="user_bob"))
    plan = acme.context().members.plan_removal(BOB.user_id)
    Campaigns(sql_store, c1="user_bob", c2="user_bob")  # the host has stored one more

    with pytest.raises(PlanChanged) as refused:
        acme.context().members.remove(BOB.user_id, plan=plan)
    assert refused.value.plan.resources == {"campaigns": 2}


@pytest.mark.parametrize("plan", ["", "0" * 64, 1, b"x"], ids=repr)
def test_what_is_no_plan_is_refused(store: Store, plan: Any) -> None:
    acme = company(store)
    with pytest.raises((Invalid, PlanChanged)):
        acme.context().members.remove(BOB.user_id, plan=plan)
    assert BOB.user_id in acme.user_ids()


# --- typed confirmation


@pytest.mark.parametrize("typed", ["bob@acme.test", "  BOB@Acme.test\n", "Bob", "bOB ", "\tbob"])
def test_the_address_or_the_name_is_typed_in_any_case(store: Store, typed: str) -> None:
    """E26"""
    acme = company(store, options=Options(confirm_removal=True))
    acme.context().members.remove(BOB.user_id, confirm=typed)
    assert acme.user_ids() == [ADA.user_id]


@pytest.mark.parametrize(
    "typed", ["", "b ob", "bobb", "bo", "bob@acme.tes", "bob@acme.test.", "user_bob", "Ada", "bòb"]
)
@pytest.mark.parametrize("demanded", [False, True])
def test_any_other_difference_refuses(store: Store, typed: str, demanded: bool) -> None:
    """E26"""
    acme = company(store, options=Options(confirm_removal=demanded))
    with pytest.raises(Invalid) as refused:
        acme.context().members.remove(BOB.user_id, confirm=typed)
    assert refused.value.field == "confirm"
    assert BOB.user_id in acme.user_ids()


def test_people_must_type_where_the_rules_say_so_and_programs_need_not(store: Store) -> None:
    """E26"""
    acme = company(store, options=Options(confirm_removal=True))
    cleaner = Principal.service("cleaner")
    for who in (cleaner, CAY, DAN):
        acme.add(who, "owner" if who is cleaner else None)

    with pytest.raises(Invalid) as refused:
        acme.context().members.remove(CAY.user_id)
    assert refused.value.field == "confirm"
    acme.context(cleaner).members.remove(CAY.user_id)
    acme.context(SYSTEM).members.remove(DAN.user_id)
    acme.context(BOB).members.leave()
    assert acme.user_ids() == [ADA.user_id, cleaner.user_id]


def test_of_whom_neither_is_known_the_id_is_typed(store: Store) -> None:
    acme = company(store, options=Options(confirm_removal=True))
    acme.context().members.add("user_x")
    with pytest.raises(Invalid):
        acme.context().members.remove("user_x", confirm="None")
    acme.context().members.remove("user_x", confirm="user_x")


# --- who gets what they owned


def test_what_they_owned_goes_to_the_owner_who_acts(store: Store) -> None:
    campaigns = Campaigns(store, c1="user_bob")
    acme = company(store, campaigns)
    acme.add(CAY, "owner")

    acme.context(CAY).members.remove(BOB.user_id)

    assert campaigns.owners == {"c1": "user_cay"}


def test_or_to_the_owner_of_longest_standing_but_never_to_themselves(store: Store) -> None:
    campaigns = Campaigns(store, c1="user_ada", c2="user_bob", c3="user_dan")
    acme = company(store, campaigns)
    for who in (CAY, DAN, EVE):
        acme.add(who, "owner")
    acme.context(EVE).members.deactivate(CAY.user_id)

    acme.context(BOB).members.leave()
    assert campaigns.owners == {"c1": "user_ada", "c2": "user_ada", "c3": "user_dan"}
    assert acme.context().audit.list()[0].after == {"resources": {"campaigns": 1}, "reassigned_to": ADA.user_id}
    acme.context(SYSTEM).members.remove(ADA.user_id)
    assert campaigns.owners == {"c1": "user_dan", "c2": "user_dan", "c3": "user_dan"}
    acme.context(DAN).members.leave()
    assert set(campaigns.owners.values()) == {"user_eve"}


def test_or_to_whom_is_named(store: Store) -> None:
    campaigns = Campaigns(store, c1="user_bob")
    acme = company(store, campaigns)
    acme.add(CAY)
    members = acme.context().members

    plan = members.plan_removal(BOB.user_id, reassign_to=CAY.user_id)
    assert plan.reassign_to == CAY.user_id
    with pytest.raises(PlanChanged):
        members.remove(BOB.user_id, plan=plan.digest)  # which does not say who
    members.remove(BOB.user_id, plan=plan)

    assert campaigns.owners == {"c1": "user_cay"}
    assert acme.context().audit.list()[0].after["reassigned_to"] == CAY.user_id


def test_a_plan_whose_heir_cannot_take_it_any_more_has_changed(store: Store) -> None:
    acme = company(store, Campaigns(store, c1="user_bob"))
    acme.add(CAY)
    members = acme.context().members
    plan = members.plan_removal(BOB.user_id, reassign_to=CAY.user_id)
    members.deactivate(CAY.user_id)

    with pytest.raises(PlanChanged) as changed:
        members.remove(BOB.user_id, plan=plan)
    assert changed.value.plan.reassign_to == ADA.user_id


def test_whom_is_named_must_be_another_active_member(store: Store) -> None:
    acme = company(store, Campaigns(store, c1="user_bob"))
    acme.add(CAY)
    acme.context().members.deactivate(CAY.user_id)

    for heir, error in ((BOB.user_id, Invalid), (CAY.user_id, Invalid), ("nobody", NotFound), (1, Invalid)):
        for act in (acme.context().members.plan_removal, acme.context().members.remove):
            with pytest.raises(error):
                act(BOB.user_id, reassign_to=heir)  # type: ignore[arg-type]


def test_where_nothing_can_be_given_nobody_gets_it(store: Store) -> None:
    keys = Keys(store, k1="user_bob")
    acme = company(store, keys)
    plan = acme.context().members.plan_removal(BOB.user_id)

    acme.context().members.remove(BOB.user_id, plan=plan)

    assert plan.reassign_to is None
    assert keys.owners == {}
    assert acme.context().audit.list()[0].after == {"resources": {"api_keys": 1}, "reassigned_to": None}


# --- participants


def test_a_participant_is_told_what_happens_by_whom_and_when(store: Store, clock: FrozenClock) -> None:
    sessions, campaigns = Sessions(store), Campaigns(store)
    acme = company(store, campaigns, sessions, clock=clock)
    boss = someone("ada", on_behalf_of="user_support")

    acme.context(boss).members.remove(BOB.user_id)

    told = {"kind": "member.removed", "tenant_id": acme.id, "user_id": BOB.user_id, "at": clock()}
    expected = Change(**told, to=ADA.user_id, by=boss)  # type: ignore[arg-type]
    assert sessions.told == [("revoke", expected)]
    assert campaigns.told == [("reassign", expected)]


class Broken(RuntimeError):
    """What the host raises."""


class Blocking:
    name = "contracts"

    def reassign(self, change: Change, session: Any) -> int:
        raise Broken("A signed contract stays with who signed it.")


@pytest.mark.parametrize("act", ENDS)
def test_what_a_participant_raises_undoes_everything_and_is_told_as_it_is(store: Store, act: str) -> None:
    """E23, E25, LC-10, CR-08"""
    sessions = Sessions(store, s1="user_bob")
    acme = company(store, sessions, Blocking())
    acme.invite(DAN, by=BOB)
    before = everything(acme)

    with pytest.raises(Broken, match=r"A signed contract stays with who signed it\."):
        ENDS[act](acme)

    assert everything(acme) == before
    if isinstance(store, SQLAlchemyStore):  # a dictionary is not undone
        assert sessions.owners == {"s1": "user_bob"}


@pytest.mark.parametrize("method", ["count", "reassign", "delete", "revoke"])
def test_a_participant_that_answers_nonsense_undoes_everything(store: Store, method: str) -> None:
    """CR-08"""
    answers: list[object] = []
    methods = ["delete", "delete_workspace", "delete_tenant"] if method == "delete" else [method]
    answering = dict.fromkeys(methods, lambda self, change, session: answers[-1])
    nonsense = type("Nonsense", (), {"name": "things", **answering})()
    acme = company(store, nonsense)
    before = everything(acme)
    act = acme.context().members.plan_removal if method == "count" else acme.context().members.remove

    for answer in (None, True, -1, 1.0, "1", [1], 2**60):
        answers.append(answer)
        with pytest.raises(Invalid, match=rf"things\.{method}"):
            act(BOB.user_id)

    assert everything(acme) == before


def test_nobody_below_ends_the_sessions_of_an_owner(store: Store) -> None:
    """PE-02"""
    sessions = Sessions(store, s1="user_ada")
    acme = company(store, sessions)

    for act in (acme.context(BOB).members.deactivate, acme.context(BOB).members.remove):
        with pytest.raises(Denied):
            act(ADA.user_id)
    assert (sessions.owners, sessions.told) == ({"s1": "user_ada"}, [])


def test_deactivating_ends_sessions_and_gives_nothing_away(store: Store) -> None:
    """LC-01"""
    sessions, campaigns = Sessions(store, s1="user_bob"), Campaigns(store, c1="user_bob")
    acme = company(store, sessions, campaigns)

    acme.context().members.deactivate(BOB.user_id)
    acme.context().members.deactivate(BOB.user_id)

    assert [(method, change.kind) for method, change in sessions.told] == [("revoke", "member.deactivated")]
    assert (sessions.owners, campaigns.owners, campaigns.told) == ({}, {"c1": "user_bob"}, [])
    event = acme.context().audit.list()[0]
    assert event.before == {"status": "active"}
    assert event.after == {"status": "deactivated", "resources": {"sessions": 1}}


def test_other_roles_end_no_session(store: Store) -> None:
    sessions = Sessions(store, s1="user_bob")
    acme = company(store, sessions)
    members = acme.context().members

    members.change_role(BOB.user_id, role="member")
    members.add_role(BOB.user_id, role="admin")
    members.remove_role(BOB.user_id, role="admin")
    members.deactivate(BOB.user_id)
    members.reactivate(BOB.user_id)

    assert [change.kind for _, change in sessions.told] == ["member.deactivated"]


# --- what goes with it


@pytest.mark.parametrize("act", ENDS)
def test_invitations_die_with_the_membership_of_who_stands_behind_them(
    store: Store, clock: FrozenClock, act: str
) -> None:
    """E24"""
    acme = company(store, clock=clock)
    acme.invite(someone("gil"), by=BOB)
    clock.set(clock().replace(month=2))  # which ends that one
    dan, eve, hal = acme.invite(DAN, by=BOB), acme.invite(EVE, by=BOB), acme.invite(someone("hal"))
    taken_over = acme.invite(someone("ida"), by=BOB)
    acme.context().invitations.resend(taken_over.invitation.id)

    ENDS[act](acme)

    events = acme.context().audit.list(limit=3)
    ended = "member.removed" if act == "remove" else "member.left"
    assert [(e.action, e.target) for e in events] == [
        (ended, BOB.user_id),
        ("invitation.revoked", eve.invitation.id),
        ("invitation.revoked", dan.invitation.id),
    ]
    assert events[1].after == {"status": "revoked"}
    with pytest.raises(InvitationRevoked):
        acme.tenancy.person(DAN).accept(dan.token)
    acme.tenancy.person(someone("hal")).accept(hal.token)
    left = {each.email: each.status.value for each in acme.context().invitations.list() if each.status != "revoked"}
    assert left == {"gil@acme.test": "expired", "hal@acme.test": "accepted", "ida@acme.test": "pending"}


def test_who_is_added_again_gets_nothing_back(store: Store) -> None:
    """E18"""
    campaigns = Campaigns(store, c1="user_bob")
    acme = company(store, campaigns)
    issued = acme.invite(DAN, by=BOB)
    before = acme.member(BOB)
    acme.context().members.remove(BOB.user_id)

    acme.add(BOB)

    again = acme.member(BOB)
    assert again.id != before.id
    assert (again.roles, again.workspaces, len(again.grants)) == (("member",), {}, 1)
    assert not acme.context(BOB).workspaces_where("workspace-api:workspace:read")
    assert campaigns.owners == {"c1": "user_ada"}
    with pytest.raises(InvitationRevoked):
        acme.tenancy.person(DAN).accept(issued.token)
    assert acme.context().members.plan_removal(BOB.user_id).resources == {"campaigns": 0}


@pytest.mark.parametrize("field", ["tenant_id", "is_owner", "email_verified", "created_at", "role", "status"])
def test_what_cannot_be_changed_is_not_taken_for_a_value(acme: Company, field: str) -> None:
    """PE-13"""
    acme.add(BOB)
    members = acme.context().members
    acts: list[Callable[..., object]] = [members.update, members.remove, members.deactivate, members.plan_removal]
    for act in acts:
        with pytest.raises(TypeError, match=field):
            act(BOB.user_id, **{field: "owner"})


@pytest.mark.parametrize("role", [["owner"], {"owner": 1}, True, 1, b"owner", "OWNER", "owner "], ids=repr)
def test_a_role_is_named_by_its_very_key(acme: Company, role: Any) -> None:
    """PE-14"""
    acme.add(BOB)
    acts: list[Callable[[Members], object]] = [
        lambda members: members.transfer_ownership(to=BOB.user_id, role=role),
        lambda members: members.change_role(BOB.user_id, role=role),
        lambda members: members.add_role(BOB.user_id, role=role),
    ]
    for act in acts:
        with pytest.raises(Invalid):
            act(acme.context().members)
    assert acme.member(BOB).roles == ("member",)


def test_a_plan_is_a_value(store: Store) -> None:
    acme = company(store)
    one, two = (acme.context().members.plan_removal(BOB.user_id) for _ in range(2))
    assert isinstance(one, RemovalPlan)
    assert one == two
    with pytest.raises(AttributeError):
        one.digest = "x"  # type: ignore[misc]


@pytest.mark.parametrize("end", ENDS)
def test_what_waits_at_their_own_address_brings_nobody_back(store: Store, end: str) -> None:
    """E24: it was sent before the host knew the address, and offers what they have lost."""
    acme = company(store)
    acme.context(SYSTEM).members.add(EVE.user_id, name="Eve")
    waiting = acme.invite(EVE, "admin")
    acme.context(SYSTEM).members.update(EVE.user_id, email=EVE.email)
    plan = acme.context().members.plan_removal(EVE.user_id)

    if end == "remove":
        acme.context().members.remove(EVE.user_id, plan=plan)
    else:
        acme.context(EVE).members.leave()

    assert plan.invitations == (waiting.invitation.id,)
    assert acme.trail()[-2] == "invitation.revoked"
    with pytest.raises(InvitationRevoked):
        acme.tenancy.person(EVE).accept(waiting.token)


@pytest.mark.parametrize("end", ENDS)
def test_one_at_their_own_address_that_is_past_its_time_keeps_nobody(
    store: Store, clock: FrozenClock, end: str
) -> None:
    """E24: there is nothing left of it that could be withdrawn."""
    acme = company(store, clock=clock)
    acme.context(SYSTEM).members.add("user_x")
    acme.invite(EVE)
    acme.context(SYSTEM).members.update("user_x", email=EVE.email)
    clock.advance(timedelta(days=7))
    assert acme.context().members.plan_removal("user_x").invitations == ()

    if end == "remove":
        acme.context().members.remove("user_x")
    else:
        acme.context(Principal("user_x")).members.leave()

    assert "invitation.revoked" not in acme.trail()

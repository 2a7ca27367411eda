"""What may be done to the rows of a page, as an expert says it; what that costs, and that it leaves nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from tenantry import Denied, Invalid, Membership, NotFound, Principal, TenantContext, Tenantry, schemes, to_dict
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company, someone
from tests.features.test_statements import counting
from tests.features.verbs import IN_A_TENANT, VERBS, World

ROWS: dict[str, Callable[[TenantContext], Sequence[Any]]] = {
    "members": lambda t: t.members.list(actions=True),
    "workspaces": lambda t: [*t.workspaces.list(actions=True), *t.workspaces.list(status="archived", actions=True)],
    "roles": lambda t: t.roles.list(actions=True),
    "invitations": lambda t: t.invitations.list(actions=True),
}

NOT_OF_A_ROW = {
    "members.add": "the user is no member yet",
    "members.add_many": "the users are no members yet",
    "workspaces.create": "it is not there yet",
    "workspaces.change_member_role": "is done to a member of it",
    "workspaces.remove_member": "is done to a member of it",
    "roles.define": "it is not there yet",
    "roles.adopt": "it is not there yet",
    "invitations.send": "it is not there yet",
    "roles.move": "is done to the members who have it",
}
"""What changes something, and is no action of a row of its room."""

MANAGE = frozenset({"change_role", "add_role", "deactivate", "update", "remove"})


def on(context: TenantContext, who: Principal) -> frozenset[str]:
    """What the context could do to somebody; the same in the list and alone."""
    listed = {member.user_id: member.actions for member in context.members.list(actions=True)}
    alone = context.members.get(who.user_id, actions=True).actions
    assert alone is not None
    assert listed[who.user_id] == alone
    return alone


@pytest.fixture
def full(acme: Company) -> Company:
    """Ada and Eve own it, Bob and Fay are admins, Cay is a member."""
    acme.add(EVE, "owner")
    acme.add(BOB, "admin")
    acme.add(FRED, "admin")
    acme.add(CAY)
    return acme


FRED = someone("fred")


def test_an_owner_does_everything_to_others(full: Company) -> None:
    owner = full.context(ADA)
    for who in (EVE, BOB, CAY):
        assert on(owner, who) == MANAGE | {"transfer_ownership"}


def test_an_admin_manages_admins_and_members_and_no_owner(full: Company) -> None:
    admin = full.context(BOB)
    assert on(admin, ADA) == frozenset()
    assert on(admin, FRED) == on(admin, CAY) == MANAGE


def test_everybody_steps_down_and_leaves_and_does_nothing_else_to_themselves(full: Company) -> None:
    assert on(full.context(ADA), ADA) == on(full.context(BOB), BOB) == {"change_role", "leave"}
    cay = full.context(CAY).members.get(CAY.user_id, actions=True)
    assert cay.actions == frozenset({"change_role", "leave"})


def test_one_of_several_roles_can_be_taken_away(full: Company) -> None:
    full.context().members.add_role(CAY.user_id, role="admin")
    full.context().members.add_role(BOB.user_id, role="member")
    assert on(full.context(ADA), CAY) == MANAGE | {"remove_role", "transfer_ownership"}
    assert on(full.context(BOB), BOB) == {"change_role", "remove_role", "leave"}


def test_who_is_deactivated_can_be_reactivated(full: Company) -> None:
    full.context().members.deactivate(CAY.user_id)
    assert on(full.context(ADA), CAY) == MANAGE - {"deactivate"} | {"reactivate"}


def test_who_only_reads_does_nothing(full: Company) -> None:
    reader = full.context().roles.define("Reader", level="tenant", permissions=["tenant-api:*:read"]).id
    full.add(DAN, reader)
    for who in (ADA, BOB, CAY):
        assert on(full.context(DAN), who) == frozenset()
    assert on(full.context(DAN), DAN) == {"change_role", "leave"}, "to the role that they have"


def test_a_role_of_the_tenants_own_counts_where_no_other_will_do(full: Company) -> None:
    """Dan lacks what every built-in role holds, so he can give the smallest of the tenant's own roles alone."""
    roles = full.context().roles
    chief = roles.define("Chief", level="tenant", permissions=["tenant-api:member:read", "tenant-api:member:update"]).id
    full.add(DAN, chief)
    full.add(someone("gus"), chief)
    gus = full.context(DAN).members.get("user_gus", actions=True)
    assert gus.actions == MANAGE - {"remove"}

    roles.define("Nobody", level="tenant", permissions=[])
    none = full.context().members.add("user_hal").user_id
    assert full.context(DAN).members.get(none, actions=True).actions == frozenset()


def test_whoever_holds_it_for_a_time_gives_it_for_a_time(full: Company) -> None:
    soon = full.context().access().as_of + timedelta(days=1)
    full.add(DAN)
    full.context().members.add_role(DAN.user_id, role="admin", ends_at=soon)
    assert "add_role" in on(full.context(DAN), CAY)
    assert "change_role" in on(full.context(DAN), CAY), "to the role that Dan has for good"


def test_nobody_who_impersonates_has_what_requires_the_user_in_person(full: Company) -> None:
    """E93."""
    support = full.context(evolve(ADA, impersonated_by="support_7"))
    before = full.trail()
    for member in support.members.list(actions=True):
        assert member.actions == frozenset()
    for workspace in support.workspaces.list(actions=True):
        assert workspace.actions == frozenset({"update", "record_counters"})
    assert full.trail() == before


def test_workspaces_tell_theirs(acme: Company) -> None:
    justice, health = acme.workspace("Justice"), acme.workspace("Health")
    acme.context().workspaces.archive(health)
    acme.add(BOB, workspaces={justice: "admin", acme.general: "viewer"})
    inside = frozenset({"update", "record_counters", "add_member"})

    def told(who: Principal, **given: Any) -> dict[str, frozenset[str] | None]:
        return {each.id: each.actions for each in acme.context(who).workspaces.list(actions=True, **given)}

    assert told(ADA) == {acme.general: inside, justice: inside | {"archive"}}
    assert told(ADA, status="archived") == {health: frozenset({"restore"})}
    assert told(BOB) == {acme.general: frozenset(), justice: inside}
    assert acme.context(BOB).workspaces.get(justice, actions=True).actions == inside


def test_roles_tell_theirs(acme: Company) -> None:
    roles = acme.context().roles
    small = roles.define("Small", level="tenant", permissions=["tenant-api:role:*"]).id
    large = roles.define("Large", level="tenant", permissions=["tenant-api:billing:*"]).id
    reader = roles.define("Reader", level="tenant", permissions=["tenant-api:role:read"]).id
    acme.add(BOB, small)
    acme.add(CAY, reader)

    def told(who: Principal) -> dict[str, frozenset[str] | None]:
        return {each.id: each.actions for each in acme.context(who).roles.list(actions=True)}

    both = frozenset({"update", "delete"})
    assert told(ADA) == {small: both, large: both, reader: both}
    assert told(BOB) == {small: frozenset(), large: frozenset(), reader: both}
    assert told(CAY) == dict.fromkeys([small, large, reader], frozenset())
    assert acme.context(BOB).roles.get(reader, actions=True).actions == both


def test_invitations_tell_theirs(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """Whoever could have sent it, and as it stands now; what an archived workspace would have given is no bar."""
    justice, health = acme.workspace("Justice"), acme.workspace("Health")
    acme.add(BOB, "admin")
    acme.add(CAY, workspaces={justice: "admin"})
    invitations = acme.context().invitations
    into_justice = invitations.send("a@acme.test", workspaces={justice: "viewer"}).invitation.id
    into_both = invitations.send("b@acme.test", workspaces={justice: "viewer", health: "viewer"}).invitation.id
    to_own = invitations.send("c@acme.test", role="owner", expires_in=timedelta(days=1)).invitation.id
    revoked = invitations.send("d@acme.test").invitation.id
    invitations.revoke(revoked)
    every, none = frozenset({"resend", "update", "revoke"}), frozenset[str]()

    def told(who: Principal, **given: Any) -> dict[str, frozenset[str] | None]:
        return {each.id: each.actions for each in acme.context(who).invitations.list(actions=True, **given)}

    assert told(ADA) == {into_justice: every, into_both: every, to_own: every, revoked: none}
    assert told(BOB) == {into_justice: every, into_both: every, to_own: none, revoked: none}
    assert told(CAY, workspace=justice) == {into_justice: every, into_both: every}, "as far as it is theirs"
    assert acme.context(CAY).invitations.get(into_both, actions=True).actions == every

    acme.context().workspaces.archive(health)
    clock.advance(days=2)
    assert told(ADA)[to_own] == frozenset({"resend"})
    assert told(CAY, workspace=justice) == {into_justice: every, into_both: every}
    support = evolve(ADA, impersonated_by="support_7")
    assert set(told(support).values()) == {none}


def test_what_is_not_asked_is_not_told_and_not_compared(acme: Company) -> None:
    context = acme.context()
    role = context.roles.define("Clerk", level="tenant", permissions=[]).id
    invited = acme.invite(BOB).invitation.id
    pairs: list[tuple[Any, Any]] = [
        (context.members.get(ADA.user_id), context.members.get(ADA.user_id, actions=True)),
        (context.workspaces.get(acme.general), context.workspaces.get(acme.general, actions=True)),
        (context.roles.get(role), context.roles.get(role, actions=True)),
        (context.invitations.get(invited), context.invitations.get(invited, actions=True)),
    ]
    for silent, told in pairs:
        assert silent.actions is None
        assert told.actions
        assert (silent, hash(silent)) == (told, hash(told))
        assert to_dict(silent)["actions"] is None
        assert to_dict(told)["actions"] == sorted(told.actions)


def test_a_cursor_is_good_with_actions_and_without(full: Company) -> None:
    first = full.context().members.list(limit=2, actions=True)
    rest = full.context().members.list(limit=2, after=first.next)
    assert [member.user_id for member in (*first, *rest)] == full.user_ids()[:4]


def test_only_true_and_false_are_taken(acme: Company) -> None:
    context = acme.context()
    acts: list[Callable[..., object]] = [
        context.members.list,
        context.workspaces.list,
        context.roles.list,
        context.invitations.list,
        lambda actions: context.members.get(ADA.user_id, actions=actions),
        lambda actions: context.workspaces.get(acme.general, actions=actions),
    ]
    for act in acts:
        with pytest.raises(Invalid) as refused:
            act(actions=1)
        assert refused.value.field == "actions"


def test_whoever_may_not_look_is_told_nothing(acme: Company) -> None:
    acme.add(BOB)
    with pytest.raises(Denied):
        acme.context(BOB).members.list(actions=True)
    for rows in ROWS.values():
        with pytest.raises(NotFound, match="There is no such tenant"):
            rows(acme.context(EVE))


def test_of_every_verb_it_is_decided_whether_it_is_an_action_of_a_row() -> None:
    """Law 13: for each room with rows, what changes something is told of some row, or is in NOT_OF_A_ROW."""
    world = World(MemoryStore())
    world.acme.context().members.deactivate(CAY.user_id)
    world.acme.add(EVE)
    world.acme.context().members.add_role(EVE.user_id, role="admin")
    told = {
        f"{room}.{verb}" for room, rows in ROWS.items() for row in rows(world.acme.context()) for verb in row.actions
    }
    changing = {name for name in IN_A_TENANT if name.partition(".")[0] in ROWS and not VERBS[name].reads}

    assert told == changing - NOT_OF_A_ROW.keys()
    assert NOT_OF_A_ROW.keys() <= changing


# --- what a page costs


def crowd(store: SQLAlchemyStore, *, custom: bool) -> Company:
    """A tenant with 60 members, each in two workspaces, and with roles of its own, which some have."""
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    places = {acme.general: "viewer", acme.workspace("Justice"): "admin"}
    own = [acme.context().roles.define(name, level="tenant", permissions=[]).id for name in ("Clerk", "Usher")]
    acme.add(BOB, "admin")
    for number in range(60):
        role = own[number % 2] if custom else None
        acme.add(someone(f"no{number}"), role, workspaces=places)
    return acme


@pytest.mark.parametrize("who", [ADA, BOB], ids=["owner", "admin"])
def test_the_page_of_members_and_its_frame_keep_to_their_budgets(sql_store: SQLAlchemyStore, who: Principal) -> None:
    """It was 26 statements before."""
    acme = crowd(sql_store, custom=False)
    before = acme.trail()
    with counting(sql_store.engine) as executed:
        page = acme.context(who).members.list(order="name", limit=50, actions=True)
    assert len(page) == 50
    assert all(member.actions for member in page if member.user_id not in (ADA.user_id, who.user_id))
    assert len(executed) <= 3, executed
    with counting(sql_store.engine) as executed:
        acme.context(who).overview()
    assert len(executed) <= 4, executed
    assert acme.trail() == before


def test_roles_of_the_tenants_own_cost_one_statement_more_with_actions_and_without(sql_store: SQLAlchemyStore) -> None:
    acme = crowd(sql_store, custom=True)
    costs = []
    for actions in (False, True):
        with counting(sql_store.engine) as executed:
            acme.context().members.list(limit=50, actions=actions)
        costs.append(len(executed))
    assert costs == [4, 4]


def test_actions_of_invitations_cost_one_statement_for_their_workspaces(sql_store: SQLAlchemyStore) -> None:
    acme = crowd(sql_store, custom=True)
    places = {each.id: "viewer" for each in acme.context().workspaces.list()}
    for number in range(5):
        acme.context().invitations.send(f"new{number}@acme.test", workspaces=places)
    costs = []
    for actions in (False, True):
        with counting(sql_store.engine) as executed:
            acme.context().invitations.list(actions=actions)
        costs.append(len(executed))
    assert costs == [2, 3]


@pytest.mark.parametrize("room", ["workspaces", "roles"])
def test_actions_cost_other_lists_no_statement(sql_store: SQLAlchemyStore, room: str) -> None:
    acme = crowd(sql_store, custom=True)
    costs = []
    for actions in (False, True):
        with counting(sql_store.engine) as executed:
            getattr(acme.context(), room).list(actions=actions)
        costs.append(len(executed))
    assert costs[0] == costs[1]


def test_a_member_is_shown_with_what_they_are(full: Company) -> None:
    """Actions are on top of everything else."""
    told: Membership = full.context().members.get(BOB.user_id, actions=True)
    assert (told.roles, [grant.label for grant in told.grants]) == (("admin",), ["Admin"])

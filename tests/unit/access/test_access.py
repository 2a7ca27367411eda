"""An `Access` is the facts as of one instant, and answers without asking anybody."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from itertools import count
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from tenantry import (
    ALL,
    Access,
    Denied,
    Invalid,
    Level,
    MembershipStatus,
    NotFound,
    Principal,
    Role,
    TenantStatus,
    UnknownPermission,
    WorkspaceStatus,
    schemes,
)
from tenantry.access.compiled import answers_of
from tenantry.access.guard import by_place, permissions_in, require_live, require_workspaces, through_time
from tests.unit.access.facts import ADA, NOW, facts, grant, holding, of_the_host
from tests.unit.access.hostile import NO_TEXT, Lying

INVITE = "tenant-api:member:invite"
SETTINGS = "workspace-api:settings:update"
SEE = "workspace-api:workspace:read"
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)


class Names(StrEnum):
    INVITE = INVITE


class TestCan:
    def test_answers_at_the_tenant_and_in_workspaces(self) -> None:
        access = holding("member", ws_a="admin", ws_b="viewer")
        assert not access.can(INVITE)
        assert access.can(SETTINGS, workspace="ws_a")
        assert not access.can(SETTINGS, workspace="ws_b")
        assert access.can(SEE, workspace="ws_b")

    def test_is_a_bare_bool(self) -> None:
        access = holding("admin")
        assert access.can(INVITE) is True
        assert access.can("tenant-api:tenant:own") is False
        assert access.can(SETTINGS, workspace="ws_elsewhere") is False

    def test_a_workspace_that_it_was_not_loaded_with_is_a_no(self) -> None:
        """Law 4."""
        assert not holding("owner").can(SEE, workspace="ws_foreign")
        assert not of_the_host().can(SEE, workspace="ws_foreign")

    @pytest.mark.parametrize("access", [holding("owner"), holding(), of_the_host()], ids=["owner", "nobody", "host"])
    @pytest.mark.parametrize(
        ("permission", "workspace", "error"),
        [
            ("tenant-api:member:invites", None, UnknownPermission),
            ("tenant-api:member:invites", "ws_a", UnknownPermission),
            (INVITE.upper(), None, UnknownPermission),
            (f"{INVITE} ", None, UnknownPermission),
            ("*:*:*", None, UnknownPermission),
            ("", None, UnknownPermission),
            (INVITE, "ws_a", Invalid),
            (INVITE, "ws_foreign", Invalid),
            (SETTINGS, None, Invalid),
            (INVITE, "None", Invalid),
            (SETTINGS, "", Invalid),
            (SETTINGS, 7, Invalid),
            (SETTINGS, b"ws_a", Invalid),
            (SETTINGS, ["ws_a"], Invalid),
            (SETTINGS, {"ws_a"}, Invalid),
            (SETTINGS, False, Invalid),
        ],
        ids=count(),
    )
    def test_what_cannot_be_asked_is_refused_whatever_they_hold(
        self, access: Access, permission: str, workspace: Any, error: type[Invalid]
    ) -> None:
        """R1, IN-08, AC-29: never a quiet no, nor a question about the tenant."""
        for ask in (access.can, access.check, access.require):
            with pytest.raises(error):
                ask(permission, workspace=workspace)

    @pytest.mark.parametrize("permission", [*NO_TEXT, Lying(INVITE), Names.INVITE], ids=count())
    def test_a_permission_that_is_no_text_is_refused(self, permission: Any) -> None:
        """PE-14: also what is hashed and compared like one that the principal has."""
        for ask in (holding("owner").can, holding("owner").check, holding("owner").workspaces_where):
            with pytest.raises(UnknownPermission):
                ask(permission)


class TestRequire:
    def test_goes_on_where_it_is_allowed(self) -> None:
        holding("admin").require(INVITE)
        holding("admin").require(SETTINGS, workspace="ws_a")

    def test_denies_a_member_with_the_decision_and_what_was_asked(self) -> None:
        with pytest.raises(Denied) as refused:
            holding("member").require(SETTINGS, workspace="ws_a")
        assert refused.value.decision.code == "permission_missing"
        assert (refused.value.tenant_id, refused.value.principal) == ("ten_acme", ADA)
        assert refused.value.data == {"permission": SETTINGS, "workspace": "ws_a"}
        assert str(refused.value) == "No role of this principal here holds workspace-api:settings:update."
        with pytest.raises(Denied) as at_tenant:
            holding("member").require(INVITE)
        assert at_tenant.value.data == {"permission": INVITE}

    def test_is_not_found_for_a_stranger_as_for_an_id_that_does_not_exist(self) -> None:
        """Law 2, TI: the two cannot be told apart."""
        stranger, nowhere = (
            Access(schemes.AGENCY, facts(member=None)),
            Access(schemes.AGENCY, facts(tenant=None, member=None)),
        )
        sentences = set()
        for access in (stranger, nowhere):
            for ask in (
                lambda a: a.require(INVITE),
                lambda a: a.require(SETTINGS, workspace="ws_a"),
                require_live,
            ):
                with pytest.raises(NotFound) as refused:
                    ask(access)
                sentences.add((str(refused.value), refused.value.data["kind"]))
        assert sentences == {("There is no such tenant.", "tenant")}

    def test_is_not_found_for_a_workspace_that_is_not_in_use_here(self) -> None:
        given = facts([grant("owner")], workspaces={"ws_old": WorkspaceStatus.ARCHIVED})
        for id in ("ws_old", "ws_foreign"):
            with pytest.raises(NotFound) as refused:
                Access(schemes.AGENCY, given).require(SETTINGS, workspace=id)
            assert refused.value.data["kind"] == "workspace"

    def test_of_workspaces_takes_those_in_use_only(self) -> None:
        given = facts(workspaces={"ws_a": WorkspaceStatus.ACTIVE, "ws_old": WorkspaceStatus.ARCHIVED})
        access = Access(schemes.AGENCY, given)
        require_workspaces(access, ["ws_a"])
        require_workspaces(access, [])
        for id in ("ws_old", "ws_foreign"):
            with pytest.raises(NotFound):
                require_workspaces(access, ["ws_a", id])

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            (facts(by=Principal("user_ada", active=False)), "principal_inactive"),
            (facts(tenant=TenantStatus.SUSPENDED), "tenant_suspended"),
            (facts(member=MembershipStatus.DEACTIVATED), "member_deactivated"),
        ],
        ids=["principal", "tenant", "member"],
    )
    def test_of_being_live_is_denied_to_who_is_switched_off(self, given: Any, code: str) -> None:
        access = Access(schemes.AGENCY, given)
        assert not access.is_live
        with pytest.raises(Denied) as refused:
            require_live(access)
        assert refused.value.decision.code == code

    def test_of_being_live_takes_no_role(self) -> None:
        assert holding().is_live
        require_live(holding())


class TestWorkspacesWhere:
    def test_are_those_with_a_role_that_holds_it(self) -> None:
        access = holding("member", ws_a="admin", ws_b="viewer")
        assert access.workspaces_where(SETTINGS) == frozenset({"ws_a"})
        assert access.workspaces_where(SEE) == frozenset({"ws_a", "ws_b"})
        assert holding("member").workspaces_where(SEE) == frozenset()

    def test_are_all_where_no_grant_is_needed(self) -> None:
        assert holding("admin").workspaces_where(SETTINGS) == ALL
        assert of_the_host().workspaces_where(SETTINGS) == "all"

    def test_leave_out_those_not_in_use(self) -> None:
        given = facts([grant("admin", "ws_old")], workspaces={"ws_old": WorkspaceStatus.ARCHIVED})
        assert Access(schemes.AGENCY, given).workspaces_where(SEE) == frozenset()

    def test_are_none_for_who_is_switched_off(self) -> None:
        given = facts([grant("owner"), grant("admin", "ws_a")], tenant=TenantStatus.SUSPENDED)
        assert Access(schemes.AGENCY, given).workspaces_where(SEE) == frozenset()

    def test_can_be_asked_of_workspace_permissions_only(self) -> None:
        with pytest.raises(Invalid):
            holding("owner").workspaces_where(INVITE)
        with pytest.raises(UnknownPermission):
            holding("owner").workspaces_where("workspace-api:members:read")


class TestCheckMany:
    def test_answers_each_in_its_order_as_if_asked_alone(self) -> None:
        """E31, E50, AC-25: also 200 of them, and what two roles give one each."""
        access = holding("member", ws_a="admin", ws_b="viewer")
        there = [(SETTINGS, "ws_a"), (SETTINGS, "ws_b"), (SEE, "ws_foreign")]
        decisions = access.check_many([INVITE, *there] * 50)
        assert [each.allowed for each in decisions] == [False, True, False, False] * 50
        assert decisions[:4] == [access.check(INVITE), *(access.check(name, workspace=id) for name, id in there)]

    @pytest.mark.parametrize(
        "questions",
        [
            *([], (), {}, iter([]), None, 7, INVITE, INVITE.encode(), [None], [7], [""], [[SEE, "ws_a"]], [(SEE,)]),
            *([(SEE, "ws_a", "ws_b")], [(SEE, None)], [(SEE, "")], [(SEE, 7)], [(INVITE, "ws_a")], [SEE]),
            [INVITE, "tenant-api:member:invites"],
        ],
        ids=count(),
    )
    def test_what_is_no_sequence_of_questions_is_refused(self, questions: Any) -> None:
        """E33, AC-25, AC-29: nothing asked is nothing allowed."""
        for access in (holding("owner"), of_the_host()):
            with pytest.raises(Invalid):
                access.check_many(questions)


class TestAtLeast:
    def test_is_the_role_or_a_higher_one_at_the_tenant(self) -> None:
        ladder = ["owner", "admin", "member"]
        for at, held in enumerate(ladder):
            assert [holding(held).at_least(wanted) for wanted in ladder] == [n >= at for n in range(3)]

    def test_is_of_the_place(self) -> None:
        """AC-26: both levels have a role `admin`, and one is none of the other."""
        access = holding("member", ws_a="admin", ws_b="viewer")
        assert access.at_least("member", workspace="ws_a")
        assert not access.at_least("member", workspace="ws_b")
        assert not access.at_least("viewer", workspace="ws_foreign")
        assert not access.at_least("admin")
        assert holding("admin").at_least("admin", workspace="ws_b")

    def test_in_a_workspace_is_nothing_that_a_tenant_role_of_that_key_does(self) -> None:
        """AC-26."""
        scheme = schemes.AGENCY.extend(roles=[Role("viewer", Level.TENANT, acts_as="admin")])
        assert not holding("member", scheme=scheme, ws_a="viewer").at_least("member", workspace="ws_a")

    def test_is_no_for_who_is_switched_off_and_yes_for_the_host(self) -> None:
        given = facts([grant("owner")], member=MembershipStatus.DEACTIVATED)
        assert not Access(schemes.AGENCY, given).at_least("member")
        assert of_the_host().at_least("owner")
        assert of_the_host().at_least("admin", workspace="ws_a")
        assert not of_the_host().at_least("viewer", workspace="ws_foreign")

    def test_knows_the_custom_roles_that_the_principal_has(self) -> None:
        clerk = Role("rol_clerk", Level.TENANT, [INVITE], inherits=["member"])
        access = Access(schemes.AGENCY, facts([grant("rol_clerk")], roles=[clerk]))
        assert access.at_least("rol_clerk")
        assert access.at_least("member")
        assert not access.at_least("admin")
        with pytest.raises(Invalid):
            holding("owner").at_least("rol_clerk")

    def test_is_not_an_inherited_role_that_does_more_in_workspaces(self) -> None:
        base = Role("rol_base", Level.TENANT, acts_as="rol_place")
        chief = Role("rol_chief", Level.TENANT, inherits=["rol_base"], acts_as="viewer")
        place = Role("rol_place", Level.WORKSPACE, [SETTINGS])
        access = Access(schemes.AGENCY, facts([grant("rol_chief")], roles=[base, chief, place]))
        assert access.at_least("rol_chief")
        assert not access.at_least("rol_base")

    @pytest.mark.parametrize("role", ["boss", "viewer", "OWNER", "", *NO_TEXT], ids=count())
    def test_a_role_that_there_is_not_is_refused(self, role: Any) -> None:
        """PE-14."""
        for access in (holding("owner"), holding(), of_the_host()):
            with pytest.raises(Invalid):
                access.at_least(role)

    @pytest.mark.parametrize("workspace", ["", 7, b"ws_a", ["ws_a"], False], ids=count())
    def test_a_workspace_is_named_by_text(self, workspace: Any) -> None:
        """AC-29."""
        for access in (holding("owner"), of_the_host()):
            with pytest.raises(Invalid):
                access.at_least("admin", workspace=workspace)


class TestLasting:
    def test_is_what_they_may_now_and_after_each_end_before_then(self) -> None:
        """TM-02: what ends at that instant has lasted."""
        access = Access(schemes.AGENCY, facts([grant("admin", ends_at=NOW + HOUR), grant("member")]))
        for until, may in ((NOW + HOUR, [True]), (NOW + HOUR + TICK, [True, False]), (None, [True, False])):
            assert [each.can(INVITE) for each in through_time(access, until)] == may

    def test_has_a_gap_where_one_role_ends_before_the_other_begins(self) -> None:
        """Law 5."""
        hand_over = [grant("admin", ends_at=NOW + HOUR), grant("owner", starts_at=NOW + 2 * HOUR)]
        access = Access(schemes.AGENCY, facts(hand_over))
        assert [each.can(INVITE) for each in through_time(access, NOW + 3 * HOUR)] == [True, False]

    def test_goes_on_where_another_role_takes_over(self) -> None:
        hand_over = [grant("admin", ends_at=NOW + HOUR), grant("owner", starts_at=NOW + HOUR)]
        assert all(each.can(INVITE) for each in through_time(Access(schemes.AGENCY, facts(hand_over)), None))


class TestApart:
    def test_holds_in_each_place_what_the_whole_holds_there_now_and_later(self) -> None:
        """Law 5: a ceiling over many places asks each by itself."""
        grants = [grant("member"), grant("admin", ends_at=NOW + HOUR), grant("viewer", "ws_a"), grant("admin", "ws_b")]
        access = Access(schemes.AGENCY, facts([*grants, grant("member", "ws_a", ends_at=NOW + 2 * HOUR)]))
        places = (None, ALL, "ws_a", "ws_b", "ws_c")
        for place, there in zip(places, by_place(access, places), strict=True):
            ends = {each.as_of for each in through_time(there, None)}
            assert ends == {NOW, NOW + HOUR} | ({NOW + 2 * HOUR} if place == "ws_a" else set())
            for whole in through_time(access, None):
                [then] = [each for each in through_time(there, None) if each.as_of == whole.as_of] or [whole]
                assert permissions_in(then, place) == permissions_in(whole, place)

    def test_goes_through_the_grants_of_its_place_alone(self) -> None:
        """Else a thousand places with times of their own would be asked about a thousand times each."""
        many = [grant("viewer", f"ws_{number}", ends_at=NOW + number * TICK) for number in range(1, 50)]
        [there] = by_place(Access(schemes.AGENCY, facts([grant("member"), *many])), ["ws_7"])
        assert len(list(through_time(there, None))) == 2


class TestHeld:
    @pytest.mark.parametrize(
        "access", [holding("admin", ws_a="viewer"), holding("member", ws_a="member"), of_the_host()]
    )
    def test_is_what_can_says_yes_to(self, access: Access) -> None:
        names = schemes.AGENCY.names
        assert permissions_in(access) == {name for name in names[Level.TENANT] if access.can(name)}
        for id in ("ws_a", "ws_b"):
            assert permissions_in(access, id) == {
                name for name in names[Level.WORKSPACE] if access.can(name, workspace=id)
            }

    def test_does_not_mind_the_state_of_the_workspace(self) -> None:
        """Else nobody could take away a role in an archived workspace, or everybody could."""
        given = facts([grant("admin", "ws_old")], workspaces={"ws_old": WorkspaceStatus.ARCHIVED})
        access = Access(schemes.AGENCY, given)
        assert SETTINGS in permissions_in(access, "ws_old")
        assert not access.can(SETTINGS, workspace="ws_old")

    def test_everywhere_is_what_needs_no_grant_in_a_workspace(self) -> None:
        assert permissions_in(holding("member", ws_a="admin"), ALL) == frozenset()
        assert permissions_in(holding("admin"), ALL) == schemes.AGENCY.permissions_of("admin", Level.WORKSPACE)

    def test_is_nothing_for_who_is_switched_off(self) -> None:
        given = facts([grant("owner")], member=MembershipStatus.DEACTIVATED)
        access = Access(schemes.AGENCY, given)
        assert permissions_in(access) == permissions_in(access, "ws_a") == permissions_in(access, ALL) == frozenset()


class TestValue:
    def test_knows_whose_and_when_it_is(self) -> None:
        access = holding("member")
        assert (access.tenant_id, access.principal, access.as_of) == ("ten_acme", ADA, NOW)
        assert access.is_member
        assert not of_the_host().is_member
        assert repr(access) == "<Access of user_ada in ten_acme as of 2026-03-01T12:00:00+00:00>"

    def test_is_frozen(self) -> None:
        with pytest.raises(FrozenInstanceError):
            holding("member").as_of = NOW  # type: ignore[misc]

    def test_principals_with_the_same_roles_share_their_answers(self) -> None:
        one, other = holding("member", ws_a="viewer"), holding("member", ws_b="viewer")
        assert answers_of(one)[None] is answers_of(other)[None]
        assert answers_of(one)["ws_a"] is answers_of(other)["ws_b"]
        assert answers_of(one)["ws_b"] is answers_of(other)["ws_a"]

"""An `Access` is the facts as of one instant, and answers without asking anybody."""

from __future__ import annotations

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
    TenantStatus,
    UnknownPermission,
    WorkspaceStatus,
    schemes,
)
from tests.unit.access.facts import ADA, NOW, facts, grant, holding, of_the_host
from tests.unit.access.hostile import NO_TEXT, Lying

INVITE = "tenant-api:member:invite"
SETTINGS = "workspace-api:settings:update"
SEE = "workspace-api:workspace:read"


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
        """R1, IN-08: never a quiet no."""
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
                Access.require_live,
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
        access.require_workspaces(["ws_a"])
        access.require_workspaces([])
        for id in ("ws_old", "ws_foreign"):
            with pytest.raises(NotFound):
                access.require_workspaces(["ws_a", id])

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
            access.require_live()
        assert refused.value.decision.code == code

    def test_of_being_live_takes_no_role(self) -> None:
        assert holding().is_live
        holding().require_live()


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


class TestHeld:
    @pytest.mark.parametrize(
        "access", [holding("admin", ws_a="viewer"), holding("member", ws_a="member"), of_the_host()]
    )
    def test_is_what_can_says_yes_to(self, access: Access) -> None:
        names = schemes.AGENCY.names
        assert access.held() == {name for name in names[Level.TENANT] if access.can(name)}
        for id in ("ws_a", "ws_b"):
            assert access.held(id) == {name for name in names[Level.WORKSPACE] if access.can(name, workspace=id)}

    def test_does_not_mind_the_state_of_the_workspace(self) -> None:
        """Else nobody could take away a role in an archived workspace, or everybody could."""
        given = facts([grant("admin", "ws_old")], workspaces={"ws_old": WorkspaceStatus.ARCHIVED})
        access = Access(schemes.AGENCY, given)
        assert SETTINGS in access.held("ws_old")
        assert not access.can(SETTINGS, workspace="ws_old")

    def test_everywhere_is_what_needs_no_grant_in_a_workspace(self) -> None:
        assert holding("member", ws_a="admin").held_everywhere == frozenset()
        assert holding("admin").held_everywhere == schemes.AGENCY.permissions_of("admin", Level.WORKSPACE)

    def test_is_nothing_for_who_is_switched_off(self) -> None:
        given = facts([grant("owner")], member=MembershipStatus.DEACTIVATED)
        access = Access(schemes.AGENCY, given)
        assert access.held() == access.held("ws_a") == access.held_everywhere == frozenset()


class TestValue:
    def test_knows_whose_and_when_it_is(self) -> None:
        access = holding("member")
        assert (access.tenant_id, access.principal, access.as_of) == ("ten_acme", ADA, NOW)
        assert access.is_member
        assert not of_the_host().is_member
        assert repr(access) == "<Access of user_ada in ten_acme as of 2026-03-01T12:00:00+00:00>"

    def test_is_frozen(self) -> None:
        with pytest.raises(FrozenInstanceError):
            holding("member").answers = {}  # type: ignore[misc]

    def test_principals_with_the_same_roles_share_their_answers(self) -> None:
        one, other = holding("member", ws_a="viewer"), holding("member", ws_b="viewer")
        assert one.answers[None] is other.answers[None]
        assert one.answers["ws_a"] is other.answers["ws_b"]
        assert one.answers["ws_b"] is other.answers["ws_a"]

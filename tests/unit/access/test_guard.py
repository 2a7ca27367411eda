"""Law 5: nobody grants, invites with, changes or takes away more than they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from itertools import product
from typing import ParamSpec

import pytest

from tenantry import Access, Denied, Level, MembershipStatus, NotFound, Permission, Principal, Role, Scheme, schemes
from tenantry.access.guard import (
    as_themselves,
    permissions_in,
    require_above,
    require_ceiling,
    require_may_invite,
    require_not_self,
)
from tenantry.access.model import Places
from tests.unit.access.facts import NOW, facts, grant, holding, member, of_the_host

AGENCY = schemes.AGENCY


P = ParamSpec("P")


def goes(work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> bool:
    with suppress(Denied, NotFound):
        work(*args, **kwargs)
        return True
    return False


class TestInPerson:
    """E93."""

    SUPPORT = Principal("user_ada", impersonated_by="support_7")

    def test_nobody_gives_what_another_holds(self) -> None:
        """Nor takes anything away, so the ceiling is no question of what."""
        access = Access(AGENCY, facts([grant("owner")], by=self.SUPPORT))
        every: list[Places] = [{None: ["member"]}, {}]
        for places in every:
            with pytest.raises(Denied) as refused:
                require_ceiling(AGENCY, access, places)
            assert refused.value.decision.code == "impersonated"
            require_ceiling(AGENCY, as_themselves(access), places)

    def test_the_user_themselves_is_who_is_shown_what_they_see(self) -> None:
        access = Access(AGENCY, facts([grant("owner")], by=self.SUPPORT))
        assert as_themselves(access).principal == Principal("user_ada")
        assert permissions_in(access) == permissions_in(as_themselves(access)) - AGENCY.in_person
        assert as_themselves(as_themselves(access)).principal == Principal("user_ada")


class TestCeiling:
    def test_lets_give_what_the_principal_holds(self) -> None:
        require_ceiling(AGENCY, holding("admin"), {None: ["admin", "member"], "ws_a": ["admin", "viewer"]})
        require_ceiling(AGENCY, holding("member"), {None: ["member"]})
        require_ceiling(AGENCY, holding("member", ws_a="admin"), {"ws_a": ["admin"]})
        require_ceiling(AGENCY, holding(), {})

    def test_names_everything_that_is_missing(self) -> None:
        with pytest.raises(Denied) as refused:
            require_ceiling(AGENCY, holding("admin"), {None: ["member", "owner"]})
        missing = ["billing:read", "billing:update", "tenant:delete", "tenant:own", "tenant:suspend"]
        assert refused.value.data["missing"] == [f"tenant-api:{name}" for name in missing]
        assert refused.value.decision.code == "beyond_own_rights"
        assert all(name in str(refused.value) for name in missing)

    def test_looks_at_what_a_tenant_role_does_in_every_workspace(self) -> None:
        """Also a workspace admin of all workspaces that there are today is none of those to come."""
        scheme = AGENCY.extend(roles=[Role("inspector", Level.TENANT, acts_as="viewer")])
        everywhere = holding("member", scheme=scheme, ws_a="admin", ws_b="admin")
        with pytest.raises(Denied) as refused:
            require_ceiling(scheme, everywhere, {None: ["inspector"]})
        assert refused.value.data["missing"] == ["workspace-api:member:read", "workspace-api:workspace:read"]
        require_ceiling(scheme, holding("inspector", scheme=scheme), {None: ["inspector"]})

    def test_is_one_of_its_own_in_each_workspace(self) -> None:
        """R6: a workspace admin acts in their workspace alone."""
        access = holding("member", ws_a="admin", ws_b="viewer")
        require_ceiling(AGENCY, access, {"ws_a": ["admin"], "ws_b": ["viewer"]})
        with pytest.raises(Denied):
            require_ceiling(AGENCY, access, {"ws_a": ["admin"], "ws_b": ["admin"]})
        with pytest.raises(Denied):
            require_ceiling(AGENCY, access, {"ws_c": ["viewer"]})

    def test_does_not_mistake_a_workspace_role_for_the_tenant_role_of_that_name(self) -> None:
        assert not goes(require_ceiling, AGENCY, holding("member", ws_a="admin"), {None: ["admin"]})

    def test_is_nothing_for_who_is_switched_off(self) -> None:
        access = Access(AGENCY, facts([grant("owner")], member=MembershipStatus.DEACTIVATED))
        assert not goes(require_ceiling, AGENCY, access, {None: ["member"]})

    def test_is_that_of_now_and_later_whatever_was_before(self) -> None:
        former = grant("member", ends_at=NOW - timedelta(days=1))
        access = Access(AGENCY, facts([former, grant("admin", starts_at=NOW)]))
        require_ceiling(AGENCY, access, {None: ["admin"]})

    def test_of_the_host_is_everything(self) -> None:
        """PE-23."""
        require_ceiling(AGENCY, of_the_host(), {None: ["owner"], "ws_a": ["admin"]})

    def test_does_not_mind_roles_that_are_gone(self) -> None:
        """PE-12: they hold nothing, so anybody may take them away."""
        require_above(AGENCY, holding("member"), member("retired").grants)


RANKS = ("owner", "admin", "member")

# For each rank of the principal: whom they may change (by present rank), and into what.
MAY_CHANGE: Mapping[str, set[tuple[str, str]]] = {
    "owner": set(product(RANKS, RANKS)),
    "admin": set(product(["admin", "member"], ["admin", "member"])),
    "member": set(),
}


class TestRanks:
    @pytest.mark.parametrize("rank", RANKS)
    def test_in_an_agency_who_may_change_whom_into_what(self, rank: str) -> None:
        """PE-01, PE-02."""
        access = holding(rank)

        def change(present: str, new: str) -> None:
            access.require("tenant-api:member:update")
            require_above(AGENCY, access, member(present).grants)
            require_ceiling(AGENCY, access, {None: [new]})

        may = {pair for pair in product(RANKS, RANKS) if goes(change, *pair)}
        assert may == MAY_CHANGE[rank]

    def test_a_member_of_several_roles_is_as_high_as_all_of_them(self) -> None:
        assert not goes(require_above, AGENCY, holding("admin"), member("member", "owner").grants)
        assert goes(require_above, AGENCY, holding("admin", "owner"), member("member", "owner").grants)

    def test_a_member_is_also_as_high_as_their_roles_in_workspaces(self) -> None:
        target = member("member", ws_a="admin").grants
        assert goes(require_above, AGENCY, holding("admin"), target)
        assert goes(require_above, AGENCY, holding("member", ws_a="admin"), target)
        assert not goes(require_above, AGENCY, holding("member", ws_b="admin"), target)

    def test_a_member_is_as_high_as_they_will_be_and_not_as_they_were(self) -> None:
        coming, over = grant("admin", starts_at=NOW + timedelta(days=1)), grant("admin", ends_at=NOW)
        assert not goes(require_above, AGENCY, holding("member"), [coming])
        assert goes(require_above, AGENCY, holding("member"), [over])
        assert goes(require_above, AGENCY, Access(AGENCY, facts([coming])), [coming])

    @pytest.mark.parametrize("scheme", [AGENCY, schemes.CENTRAL_IT, schemes.CONTENT], ids=str)
    def test_nobody_below_an_owner_reaches_an_owner(self, scheme: Scheme) -> None:
        """PE-02, law 6."""
        for role in scheme.roles:
            access = (
                holding(role.key, scheme=scheme)
                if role.level is Level.TENANT
                else holding(scheme=scheme, ws_a=role.key, ws_b=role.key)
            )
            owns = role.level is Level.TENANT and role.key == scheme.owner_role
            assert goes(require_above, scheme, access, member(scheme.owner_role).grants) is owns
            assert goes(require_ceiling, scheme, access, {None: [scheme.owner_role]}) is owns


class TestInviting:
    @pytest.mark.parametrize(
        ("access", "role", "workspaces", "may"),
        [
            (holding("owner"), "owner", {}, True),
            (holding("owner"), "member", {"ws_a": "admin"}, True),
            (holding("admin"), "owner", {}, False),
            (holding("admin"), "admin", {"ws_a": "admin"}, True),
            (holding("member"), "member", {}, False),
            (holding("member"), "member", {"ws_a": "viewer"}, False),
            (holding("member", ws_a="admin"), "member", {"ws_a": "admin"}, True),
            (holding("member", ws_a="admin"), "member", {"ws_a": "viewer"}, True),
            (holding("member", ws_a="admin"), "admin", {"ws_a": "viewer"}, False),
            (holding("member", ws_a="admin"), "member", {}, False),
            (holding("member", ws_a="admin"), "member", {"ws_b": "viewer"}, False),
            (holding("member", ws_a="admin"), "member", {"ws_a": "viewer", "ws_b": "viewer"}, False),
            (holding("member", ws_a="admin", ws_b="admin"), "member", {"ws_a": "viewer", "ws_b": "viewer"}, True),
            (holding("member", ws_a="admin", ws_b="viewer"), "member", {"ws_a": "viewer", "ws_b": "viewer"}, False),
            (holding("member", ws_a="member"), "member", {"ws_a": "viewer"}, False),
            (holding("member", ws_a="viewer"), "member", {"ws_a": "viewer"}, False),
            (holding("member", ws_a="admin"), "member", {"ws_foreign": "viewer"}, False),
            (of_the_host(), "owner", {"ws_a": "admin"}, True),
        ],
    )
    def test_takes_the_right_to_and_no_more_than_one_holds(
        self, access: Access, role: str, workspaces: Mapping[str, str], may: bool
    ) -> None:
        """I8, R6: workspace admins invite only into their own workspace; members and viewers not at all."""
        assert goes(require_may_invite, AGENCY, access, role, workspaces) is may

    def test_into_a_workspace_gives_no_tenant_role_above_ones_own(self) -> None:
        """Law 5 holds for the lowest role too, where a scheme has made it a powerful one."""
        scheme = Scheme(
            "own",
            [
                Role("owner", Level.TENANT, ["*:*:*"], acts_as="admin"),
                Role("seer", Level.TENANT, acts_as="viewer"),
                Role("contractor", Level.TENANT),
                Role("admin", Level.WORKSPACE, ["*:*:*"]),
                Role("viewer", Level.WORKSPACE, ["*:*:read"]),
            ],
            owner_role="owner",
            member_role="seer",
        )
        offer = ("seer", {"ws_a": "viewer"})
        assert goes(require_may_invite, scheme, holding("seer", scheme=scheme, ws_a="admin"), *offer)
        assert not goes(require_may_invite, scheme, holding("contractor", scheme=scheme, ws_a="admin"), *offer)

    def test_into_a_workspace_gives_the_lowest_tenant_role_only(self) -> None:
        """I8: also of the roles that one holds oneself."""
        scheme = AGENCY.extend(roles=[Role("auditor", Level.TENANT, ["tenant-api:audit:read"])])
        inviter = holding("member", "auditor", scheme=scheme, ws_a="admin")
        assert goes(require_may_invite, scheme, inviter, "member", {"ws_a": "viewer"})
        assert not goes(require_may_invite, scheme, inviter, "auditor", {"ws_a": "viewer"})

    def test_into_the_tenant_gives_also_what_one_holds_in_its_workspaces(self) -> None:
        """Who may invite into the tenant need not be asked again at each workspace."""
        hirer = Role("hirer", Level.TENANT, ["tenant-api:member:invite"], inherits=["member"], acts_as="viewer")
        scheme = AGENCY.extend(roles=[hirer])
        assert goes(require_may_invite, scheme, holding("hirer", scheme=scheme), "member", {"ws_a": "viewer"})
        assert not goes(require_may_invite, scheme, holding("hirer", scheme=scheme), "member", {"ws_a": "admin"})

    def test_of_a_host_permission_takes_that_permission(self) -> None:
        send = Permission("campaign-api:campaign:send", Level.WORKSPACE)
        scheme = AGENCY.extend(permissions=[send], roles=[Role("sender", Level.WORKSPACE, [send.name])])
        inviter = Role("inviter", Level.WORKSPACE, ["workspace-api:member:invite"])
        scheme = scheme.extend(roles=[inviter])
        access = holding("member", scheme=scheme, ws_a="inviter")
        with pytest.raises(Denied) as refused:
            require_may_invite(scheme, access, "member", {"ws_a": "sender"})
        assert refused.value.data["missing"] == [send.name]

    def test_is_not_found_for_a_stranger_and_where_a_workspace_is_not_in_use(self) -> None:
        stranger = Access(AGENCY, facts(member=None))
        with pytest.raises(NotFound):
            require_may_invite(AGENCY, stranger, "member", {"ws_a": "viewer"})
        with pytest.raises(NotFound):
            require_may_invite(AGENCY, holding("member", ws_a="admin"), "member", {"ws_foreign": "viewer"})


def test_nobody_is_somebody_else() -> None:
    """PE-21."""
    require_not_self(holding("owner"), member("owner").user_id, instead="leave")
    with pytest.raises(Denied) as refused:
        require_not_self(holding("owner"), "user_bob", "user_ada", instead="leave")
    assert refused.value.decision.code == "own_membership"
    assert str(refused.value) == "Nobody changes their own membership; leave."

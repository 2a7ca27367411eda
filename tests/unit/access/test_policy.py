"""The decision asks in a fixed order, and says what was missing first."""

from __future__ import annotations

from datetime import timedelta
from itertools import count, permutations, product
from typing import Any

import pytest
from attrs import evolve

from tenantry import (
    SYSTEM,
    Decision,
    Invalid,
    Level,
    MembershipStatus,
    Principal,
    TenantStatus,
    UnknownPermission,
    WorkspaceStatus,
    schemes,
)
from tenantry.access.model import Facts
from tenantry.access.policy import decide, obstacle
from tests.unit.access.facts import NOW, facts, grant

INVITE = "tenant-api:member:invite"
SETTINGS = "workspace-api:settings:update"
OFF = Principal("user_ada", active=False)
IMPERSONATED = Principal("user_ada", impersonated_by="support_7")
SUSPENDED, DEACTIVATED, ARCHIVED = TenantStatus.SUSPENDED, MembershipStatus.DEACTIVATED, WorkspaceStatus.ARCHIVED


class TestObstacles:
    @pytest.mark.parametrize(
        ("given", "code"),
        [
            (facts(by=OFF, tenant=None, member=None), "principal_inactive"),
            (facts(by=OFF, tenant=SUSPENDED, member=DEACTIVATED), "principal_inactive"),
            (facts(tenant=None, member=None), "tenant_not_found"),
            (facts(member=None), "tenant_not_found"),
            (facts(tenant=SUSPENDED, member=None), "tenant_not_found"),
            (facts(tenant=SUSPENDED, member=DEACTIVATED), "tenant_suspended"),
            (facts(tenant=SUSPENDED), "tenant_suspended"),
            (facts(tenant=TenantStatus.DELETED), "tenant_deleted"),
            (facts(tenant=TenantStatus.PURGED), "tenant_purged"),
            (facts(member=DEACTIVATED), "member_deactivated"),
            (facts(by=SYSTEM, tenant=None, member=None), "tenant_not_found"),
            (facts(), None),
            (facts(by=SYSTEM, member=None), None),
            *((facts(by=SYSTEM, tenant=status, member=None), None) for status in TenantStatus),
            (facts(by=SYSTEM.job("nightly"), member=None), None),
        ],
        ids=count(),
    )
    def test_are_met_in_this_order(self, given: Facts, code: str | None) -> None:
        """Law 4."""
        stop = obstacle(given)
        if code is None:
            assert stop is None
        else:
            assert stop is not None
            assert (stop.allowed, stop.code, len(stop.reasons)) == (False, code, 1)

    def test_come_before_everything_that_the_principal_holds(self) -> None:
        given = facts([grant("owner")], member=DEACTIVATED)
        assert decide(schemes.AGENCY, given, INVITE).code == "member_deactivated"
        assert decide(schemes.AGENCY, given, SETTINGS, "ws_nowhere").code == "member_deactivated"

    def test_disabled_at_any_level_wins_in_every_combination(self) -> None:
        """PE-11, law 4."""
        live = 0
        for by, tenant, member, state in product(
            [Principal("user_ada"), OFF],
            [*TenantStatus, None],
            [*MembershipStatus, None],
            [WorkspaceStatus.ACTIVE, ARCHIVED, None],
        ):
            workspaces = {} if state is None else {"ws_a": state}
            given = facts(
                [grant("owner"), grant("admin", "ws_a")], by=by, tenant=tenant, member=member, workspaces=workspaces
            )
            off = not (by.active and tenant is TenantStatus.ACTIVE and member is MembershipStatus.ACTIVE)
            assert decide(schemes.AGENCY, given, INVITE).allowed is not off
            off = off or state is not WorkspaceStatus.ACTIVE
            assert decide(schemes.AGENCY, given, SETTINGS, "ws_a").allowed is not off
            live += not off
        assert live == 1


class TestWorkspaces:
    @pytest.mark.parametrize("by", [Principal("user_ada"), SYSTEM])
    def test_unknown_foreign_and_archived_ones_give_the_same_no_to_everybody(self, by: Principal) -> None:
        """Law 4: also to those who hold a right everywhere."""
        given = facts([grant("owner"), grant("admin", "ws_old")], by=by, workspaces={"ws_old": ARCHIVED})
        answers = {decide(schemes.AGENCY, given, SETTINGS, id) for id in ("ws_old", "ws_foreign", "nonsense")}
        assert [(each.allowed, each.code) for each in answers] == [(False, "workspace_not_found")]

    def test_a_role_in_one_is_none_in_another(self) -> None:
        given = facts([grant("admin", "ws_a")])
        assert decide(schemes.AGENCY, given, SETTINGS, "ws_a").allowed
        assert decide(schemes.AGENCY, given, SETTINGS, "ws_b").code == "permission_missing"

    def test_a_role_in_one_is_none_at_the_tenant(self) -> None:
        """R6, AC-26: both levels have a role `admin`."""
        assert decide(schemes.AGENCY, facts([grant("admin", "ws_a")]), INVITE).code == "permission_missing"

    def test_a_tenant_role_acts_in_all_of_them(self) -> None:
        """E44."""
        given = facts([grant("admin")])
        assert decide(schemes.AGENCY, given, SETTINGS, "ws_a").allowed
        assert not decide(schemes.AGENCY, facts([grant("member")]), SETTINGS, "ws_a").allowed


class TestReasons:
    def test_are_the_grants_that_allow_it(self) -> None:
        given = facts([grant("owner"), grant("member"), grant("admin", "ws_a"), grant("viewer", "ws_a")])
        assert decide(schemes.AGENCY, given, INVITE).reasons == ("Role 'owner', granted at the tenant.",)
        assert decide(schemes.AGENCY, given, SETTINGS, "ws_a").reasons == (
            "Role 'admin', granted here.",
            "Tenant role 'owner' acts as 'admin' in every workspace.",
        )

    def test_name_what_is_missing(self) -> None:
        decision = decide(schemes.AGENCY, facts([grant("member")]), INVITE)
        assert (decision.code, decision.reasons) == (
            "permission_missing",
            ("No role of this principal here holds tenant-api:member:invite.",),
        )

    def test_do_not_depend_on_the_order_of_grants(self) -> None:
        grants = [grant("owner"), grant("admin"), grant("admin", "ws_a"), grant("member")]
        answers = {decide(schemes.AGENCY, facts(order), SETTINGS, "ws_a") for order in permutations(grants)}
        assert len(answers) == 1

    def test_say_once_what_several_grants_give(self) -> None:
        grants = sorted([grant("admin", starts_at=NOW), grant("admin")], key=lambda each: each.id)
        decision = decide(schemes.AGENCY, facts(reversed(grants)), INVITE)
        assert decision.reasons == ("Role 'admin', granted at the tenant.",)
        assert decision.grants == tuple(grants)

    def test_of_the_host_are_that_it_is_the_host(self) -> None:
        """PE-23."""
        assert decide(schemes.AGENCY, facts(by=SYSTEM, member=None), INVITE).reasons == (
            "SYSTEM is allowed everything.",
        )

    @pytest.mark.parametrize("by", [Principal("SYSTEM"), Principal("Ѕystem"), Principal.service("system")])
    def test_of_a_look_alike_are_none(self, by: Principal) -> None:
        """PE-23."""
        assert not decide(schemes.AGENCY, facts(by=by, member=None), INVITE)
        assert not decide(schemes.AGENCY, facts(by=by), INVITE)


class TestImpersonation:
    """E93."""

    def test_withholds_what_takes_the_user_in_person(self) -> None:
        given = facts([grant("admin")], by=IMPERSONATED)
        assert decide(schemes.AGENCY, given, INVITE) == Decision(
            False, "impersonated", ("This requires the user in person; somebody who impersonates them cannot do it.",)
        )
        assert decide(schemes.AGENCY, given, SETTINGS, "ws_a").allowed

    def test_says_first_what_the_user_would_be_told(self) -> None:
        """An obstacle, or that no role of theirs holds it."""
        for given in (
            facts([grant("member")], by=IMPERSONATED),
            facts([grant("admin")], by=IMPERSONATED, tenant=SUSPENDED),
            facts([grant("admin")], by=IMPERSONATED, member=DEACTIVATED),
            facts(by=IMPERSONATED, member=None),
            facts([grant("admin")], by=evolve(IMPERSONATED, active=False)),
        ):
            in_person = evolve(given, by=evolve(given.by, impersonated_by=None))
            assert decide(schemes.AGENCY, given, INVITE) == decide(schemes.AGENCY, in_person, INVITE)

    def test_gives_nothing(self) -> None:
        for name in schemes.AGENCY.names[Level.TENANT]:
            assert not decide(schemes.AGENCY, facts(by=IMPERSONATED), name)


class TestGrants:
    @pytest.mark.parametrize(
        ("starts", "ends", "counts"),
        [
            (None, None, True),
            (0, None, True),
            (1, None, False),
            (None, 0, False),
            (None, 1, True),
            (0, 1, True),
            (1, 2, False),
        ],
    )
    def test_count_within_their_window(self, starts: int | None, ends: int | None, counts: bool) -> None:
        def at(ticks: int | None) -> Any:
            return None if ticks is None else NOW + timedelta(microseconds=ticks)

        given = facts([grant("admin", starts_at=at(starts), ends_at=at(ends))])
        assert decide(schemes.AGENCY, given, INVITE).allowed is counts
        assert decide(schemes.AGENCY, given, SETTINGS, "ws_a").allowed is counts

    def test_of_a_role_that_is_gone_hold_nothing(self) -> None:
        """PE-12, PE-18."""
        given = facts([grant("retired"), grant("retired", "ws_a")])
        assert decide(schemes.AGENCY, given, "tenant-api:tenant:read").code == "permission_missing"
        assert decide(schemes.AGENCY, given, "workspace-api:workspace:read", "ws_a").code == "permission_missing"

    def test_none_at_all_hold_nothing(self) -> None:
        assert not any(
            decide(schemes.AGENCY, facts(), name) for name in schemes.AGENCY.names[next(iter(schemes.AGENCY.names))]
        )


def test_a_question_that_cannot_be_asked_is_refused_before_anything_is_looked_at() -> None:
    """R1: an unknown permission is an error, never a quiet no."""
    given = facts(tenant=None, member=None)
    with pytest.raises(UnknownPermission):
        decide(schemes.AGENCY, given, "tenant-api:member:invites")
    with pytest.raises(Invalid):
        decide(schemes.AGENCY, given, INVITE, "ws_a")
    with pytest.raises(Invalid):
        decide(schemes.AGENCY, given, SETTINGS)

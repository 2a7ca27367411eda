"""A tenant that is suspended is closed to everybody, and loses nothing."""

from __future__ import annotations

import pytest

from tenantry import SYSTEM, Conflict, Denied, Invalid, Owner, Principal, Tenantry, TenantStatus, schemes
from tenantry.access.compiled import answers_of
from tenantry.notices.model import NOTICES
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, SECRET, Company, someone

READ = "tenant-api:tenant:read"


def test_an_owner_suspends_and_resumes_their_tenant(acme: Company) -> None:
    """E08, T8"""
    suspended = acme.context().suspend(" Closed for the summer.\r\n")

    assert (suspended.status, suspended.suspended_by) == (TenantStatus.SUSPENDED, ADA.user_id)
    assert acme.context().get() == suspended
    assert suspended.reason == "Closed for the summer."
    resumed = acme.context().resume()
    assert (resumed.status, resumed.suspended_by, resumed.reason) == (TenantStatus.ACTIVE, None, None)
    assert acme.context().can(READ)


def test_both_are_in_the_trail_with_the_reason(acme: Company) -> None:
    acme.context().suspend("Unpaid.")
    acme.context().resume()

    resumed, suspended = acme.context().audit.list(limit=2)
    active, closed = {"status": "active", "reason": None}, {"status": "suspended", "reason": "Unpaid."}
    assert (suspended.action, suspended.principal, suspended.target) == ("tenant.suspended", ADA.user_id, acme.id)
    assert (suspended.before, suspended.after) == (active, closed)
    assert (resumed.action, resumed.before, resumed.after) == ("tenant.resumed", closed, active)


def test_a_member_is_told_why(acme: Company) -> None:
    """E08"""
    bob = acme.add(BOB)
    acme.context().suspend("Unpaid.")

    assert not bob.can(READ)
    decision = acme.context(BOB).check(READ)
    assert (decision.code, decision.reasons) == ("tenant_suspended", ("The tenant is suspended.",))
    assert acme.context(BOB).get().reason == "Unpaid."


@pytest.mark.parametrize("who", [BOB, CAY, DAN])
def test_nobody_below_an_owner_suspends_or_resumes(acme: Company, who: Principal) -> None:
    """PE-02"""
    acme.add(BOB)
    acme.add(CAY, "admin")
    acme.add(DAN, workspaces={acme.general: "admin"})

    with pytest.raises(Denied) as denied:
        acme.context(who).suspend("Mine.")
    assert denied.value.decision.code == "permission_missing"
    acme.context().suspend("Unpaid.")
    for act in (acme.context(who).resume, lambda: acme.context(who).delete(confirm="Acme")):
        with pytest.raises(Denied) as denied:
            act()
        assert denied.value.decision.code == "permission_missing"
    assert acme.context().get().status is TenantStatus.SUSPENDED


@pytest.mark.parametrize("host", [SYSTEM, SYSTEM.job("billing")])
def test_what_the_system_has_suspended_only_the_system_resumes(acme: Company, host: Principal) -> None:
    acme.context(host).suspend("Unpaid.")

    with pytest.raises(Denied) as denied:
        acme.context().resume()
    assert denied.value.decision.code == "suspended_by_system"
    assert acme.context().get().status is TenantStatus.SUSPENDED
    assert acme.context(SYSTEM).resume().status is TenantStatus.ACTIVE
    assert acme.trail()[-3:] == ["tenant.suspended", "access.denied", "tenant.resumed"]


def test_a_service_is_not_the_system(acme: Company) -> None:
    robot = Principal.service("robot")
    acme.context().members.add(robot.user_id, role="owner")
    acme.context(robot).suspend("Maintenance.")

    assert acme.context().resume().status is TenantStatus.ACTIVE


def test_the_system_goes_on_in_a_suspended_tenant(acme: Company) -> None:
    acme.context().suspend("Unpaid.")

    acme.add(BOB)
    assert acme.context(SYSTEM).update(name="Acme & Sons").name == "Acme & Sons"
    assert len(acme.user_ids()) == 2


def test_an_act_that_the_status_does_not_allow_is_a_conflict(acme: Company) -> None:
    """The state machine."""
    host = acme.context(SYSTEM)

    def refused(*acts: str) -> None:
        for act in acts:
            with pytest.raises(Conflict) as conflict:
                getattr(host, act)(*(["Unpaid."] if act == "suspend" else []))
            assert conflict.value.rule == "tenant_status"

    refused("resume", "restore")
    host.suspend("Unpaid.")
    refused("suspend", "restore")
    host.delete()
    refused("suspend", "resume", "delete")
    host.restore()
    host.resume()
    refused("resume", "restore")


@pytest.mark.parametrize("reason", ["", " ", "a" * 501, "a\0b", "a\N{RIGHT-TO-LEFT OVERRIDE}b"])
def test_a_reason_is_plain_text(acme: Company, reason: str) -> None:
    with pytest.raises(Invalid) as invalid:
        acme.context().suspend(reason)

    assert invalid.value.field == "reason"
    assert acme.context().get().status is TenantStatus.ACTIVE
    assert len(acme.context().suspend("a" * 500).reason or "") == 500


def test_a_handle_that_was_opened_before_finishes_its_answers_and_changes_nothing(acme: Company) -> None:
    """AC-31: a command decides from fresh facts, whatever a snapshot says."""
    context, access = acme.context(), acme.context().access()
    assert context.can(READ)
    acme.context().suspend("Unpaid.")

    assert context.can(READ)
    assert access.can(READ)
    with pytest.raises(Denied) as denied:
        context.workspaces.create("Late")
    assert denied.value.decision.code == "tenant_suspended"
    assert not context.can(READ)
    assert not acme.context().access().is_live


def test_what_is_resumed_has_exactly_the_old_grants(acme: Company, clock: FrozenClock) -> None:
    """AC-31"""
    justice = acme.workspace("Justice")
    acme.add(BOB, workspaces={justice: "admin"})
    acme.add(CAY, "admin")
    acme.context().members.add_role(CAY.user_id, role="member", starts_at=clock.advance(hours=1))
    acme.context().members.deactivate(CAY.user_id)
    before = list(acme.context().members.list())
    answers = {who: answers_of(acme.context(who).access(workspaces=[justice])) for who in (ADA, BOB, CAY)}

    acme.context().suspend("Unpaid.")
    assert not any(any(each.values()) for who in answers for each in answers_of(acme.context(who).access()).values())
    acme.context().resume()

    assert list(acme.context().members.list()) == before
    assert {who: answers_of(acme.context(who).access(workspaces=[justice])) for who in answers} == answers


def test_a_suspension_is_seen_in_the_epoch_of_every_member(acme: Company) -> None:
    """LC-01: by it a host finds its sessions and tokens stale, also after the tenant was resumed."""
    acme.add(BOB)
    before = {who: acme.context(who).access().epoch for who in (ADA, BOB)}
    acme.context().update(name="Acme & Sons")
    assert {who: acme.context(who).access().epoch for who in before} == before

    acme.context().suspend("Unpaid.")
    during = {who: acme.context(who).access().epoch for who in before}
    acme.context().resume()

    assert all(during[who] > before[who] for who in before)
    assert {who: acme.context(who).access().epoch for who in before} == during


def test_every_active_member_may_know_the_owners(acme: Company) -> None:
    """E08: so that one knows whom to ask."""
    acme.add(BOB)
    acme.add(CAY, "owner")
    acme.add(DAN, "owner")
    acme.context().members.deactivate(DAN.user_id)
    owners = [Owner(who.user_id, who.name, who.email) for who in (ADA, CAY)]

    assert acme.context(BOB).owners() == owners
    acme.context(SYSTEM).suspend("Unpaid.")
    assert acme.context(BOB).owners() == acme.context(SYSTEM).owners() == owners
    acme.context(SYSTEM).delete()
    assert acme.context(BOB).owners() == owners
    with pytest.raises(Denied) as denied:
        acme.context(DAN).owners()
    assert denied.value.decision.code == "member_deactivated"
    with pytest.raises(Denied):
        acme.context(someone("bob", active=False)).owners()


def test_the_other_owners_are_told(store: Store, clock: FrozenClock) -> None:
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    acme.add(BOB)
    for who in (CAY, DAN):
        acme.add(who, "owner")
    acme.context().members.deactivate(DAN.user_id)

    def told() -> list[tuple[str | None, object]]:
        with store.query(acme.id) as tx:
            notices = tx.records(NOTICES).list(kind="suspension")
        return [(notice.user_id, notice.data) for notice in notices]

    acme.context().suspend("Unpaid.")
    assert told() == [(CAY.user_id, {"tenant": "Acme", "reason": "Unpaid."})]
    acme.context().resume()
    acme.context(SYSTEM).suspend("Unpaid.")
    assert [user for user, _ in told()] == [CAY.user_id, ADA.user_id, CAY.user_id]

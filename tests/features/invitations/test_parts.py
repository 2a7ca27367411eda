"""Several people offer something to one address: each stands behind their own part, and no further."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from tenantry import (
    SYSTEM,
    AlreadyInvited,
    AlreadyMember,
    Denied,
    Invalid,
    Invitation,
    InvitationReplaced,
    InvitationRevoked,
    InviterLostAuthority,
    LimitReached,
    Plan,
    Principal,
    TenantContext,
    Tenantry,
    Viewer,
    schemes,
    to_dict,
)
from tenantry.notices.model import NOTICES, NoticeKind
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, SECRET, Company
from tests.features.test_statements import counting

DAY = timedelta(days=1)


@pytest.fixture
def justice(acme: Company) -> str:
    return acme.workspace("Justice")


@pytest.fixture
def health(acme: Company) -> str:
    return acme.workspace("Health")


@pytest.fixture
def cay(acme: Company, justice: str) -> TenantContext:
    """Who runs Justice."""
    return acme.add(CAY, workspaces={justice: "admin"})


@pytest.fixture
def dan(acme: Company, health: str) -> TenantContext:
    """Who runs Health."""
    return acme.add(DAN, workspaces={health: "admin"})


def behind(invitation: Invitation) -> Mapping[str | None, str]:
    """Who stands behind which part."""
    return {part.workspace_id: part.invited_by for part in invitation.parts}


def as_it_is(acme: Company, invitation: Invitation) -> Invitation:
    return acme.context().invitations.get(invitation.id)


class TestTwoWhoInvite:
    def test_two_workspaces_invite_one_person_who_joins_both(
        self, acme: Company, cay: TenantContext, dan: TenantContext, justice: str, health: str
    ) -> None:
        first = cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})
        second = dan.invitations.send("bob@acme.test", workspaces={health: "member"})

        assert second.invitation.id == first.invitation.id
        invitation = as_it_is(acme, first.invitation)
        assert behind(invitation) == {justice: CAY.user_id, health: DAN.user_id}
        assert invitation.workspaces == {justice: "viewer", health: "member"}
        assert (invitation.role, invitation.sends, invitation.invited_by) == ("member", 2, DAN.user_id)

        done = acme.tenancy.person(BOB).accept(first.token)
        assert done.membership.roles == ("member",)
        assert done.membership.workspaces == {justice: ("viewer",), health: ("member",)}
        assert (done.dropped, done.dropped_role) == ((), None)
        assert acme.tenancy.person(BOB).accept(second.token).already_member

    def test_both_links_work_until_one_of_them_sends_it_again(
        self, acme: Company, cay: TenantContext, dan: TenantContext, justice: str, health: str
    ) -> None:
        first = cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})
        second = dan.invitations.send("bob@acme.test", workspaces={health: "viewer"})
        for token in (first.token, second.token):
            assert len(acme.tenancy.inspect_invitation(token).workspaces) == 2

        third = dan.invitations.resend(first.invitation.id)

        assert behind(as_it_is(acme, third.invitation)) == {justice: CAY.user_id, health: DAN.user_id}
        for token in (first.token, second.token):
            with pytest.raises(InvitationReplaced):
                acme.tenancy.inspect_invitation(token)
        assert len(acme.tenancy.inspect_invitation(third.token).workspaces) == 2

    def test_each_sees_what_they_may_see_and_what_they_offer(
        self, acme: Company, cay: TenantContext, dan: TenantContext, justice: str, health: str
    ) -> None:
        cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})
        issued = dan.invitations.send("bob@acme.test", workspaces={health: "viewer"})

        assert behind(issued.invitation) == {health: DAN.user_id}
        for context, place in ((cay, justice), (dan, health)):
            seen = context.invitations.get(issued.invitation.id)
            assert (set(seen.workspaces), {*behind(seen)}) == ({place}, {place})
            assert set(context.invitations.resend(seen.id).invitation.workspaces) == {place}
            assert set(context.invitations.update(seen.id).workspaces) == {place}

    def test_each_part_says_who_offers_it_and_what_they_say(
        self, acme: Company, cay: TenantContext, justice: str, health: str
    ) -> None:
        cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"}, message="From Justice")
        issued = acme.context().invitations.send(
            "bob@acme.test", role="admin", workspaces={health: "viewer"}, message="From Ada"
        )

        preview = acme.tenancy.inspect_invitation(issued.token)
        assert (preview.role_key, preview.invited_by, preview.message) == ("admin", "Ada", "From Ada")
        assert {(each.id, each.invited_by, each.message) for each in preview.workspaces} == {
            (justice, "Cay", "From Justice"),
            (health, "Ada", "From Ada"),
        }
        parts = to_dict(as_it_is(acme, issued.invitation))["parts"]
        assert {
            "workspace_id": justice,
            "role": "viewer",
            "invited_by": CAY.user_id,
            "message": "From Justice",
        } in parts
        assert {"workspace_id": None, "role": "admin", "invited_by": ADA.user_id, "message": "From Ada"} in parts

    def test_it_ends_when_the_last_of_them_ends(
        self, acme: Company, cay: TenantContext, dan: TenantContext, justice: str, health: str
    ) -> None:
        first = cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"}, expires_in=5 * DAY)
        issued = dan.invitations.send("bob@acme.test", workspaces={health: "viewer"}, expires_in=2 * DAY)
        id, began = issued.invitation.id, first.invitation.created_at
        assert issued.invitation.expires_at == began + 5 * DAY
        assert dan.invitations.update(id, expires_in=DAY).expires_at == began + 5 * DAY
        assert dan.invitations.resend(id, expires_in=DAY).invitation.expires_at == began + 5 * DAY
        assert dan.invitations.resend(id, expires_in=6 * DAY).invitation.expires_at == began + 6 * DAY
        assert acme.context().invitations.update(id, expires_in=DAY).expires_at == began + DAY, "Ada may offer it all"

    @pytest.mark.parametrize(
        "again",
        [
            {"workspaces": ["justice"]},
            {"role": "admin"},
            {"role": "admin", "workspaces": ["health"]},
            {"workspaces": ["health", "justice as admin"]},
        ],
        ids=["the same", "another role", "another role and more", "more, and another role there"],
    )
    def test_what_is_offered_is_not_offered_again_or_with_another_role(
        self, acme: Company, justice: str, health: str, again: Mapping[str, object]
    ) -> None:
        places = {"justice": (justice, "viewer"), "health": (health, "viewer"), "justice as admin": (justice, "admin")}
        context = acme.context()
        context.invitations.send("bob@acme.test", role="member", workspaces={justice: "viewer"})
        before = acme.trail()

        offer = dict(places[each] for each in again.get("workspaces", ()))  # type: ignore[attr-defined]
        with pytest.raises(AlreadyInvited):
            context.invitations.send("bob@acme.test", role=again.get("role"), workspaces=offer)  # type: ignore[arg-type]
        assert acme.trail() == before

    def test_whoever_invites_into_the_tenant_stands_behind_the_role_there(
        self, acme: Company, cay: TenantContext, justice: str
    ) -> None:
        cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})
        issued = acme.context().invitations.send("bob@acme.test", role="admin")

        assert behind(issued.invitation) == {None: ADA.user_id, justice: CAY.user_id}
        assert acme.tenancy.person(BOB).accept(issued.token).membership.roles == ("admin",)

    def test_no_more_workspaces_than_one_invitation_may_have(
        self, acme: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tenantry.invitations.service.issuing.MAX_WORKSPACES", 2)
        places = [acme.workspace(f"Place {number}") for number in range(3)]
        acme.invite(BOB, workspaces=dict.fromkeys(places[:2], "viewer"))
        with pytest.raises(Invalid):
            acme.invite(BOB, workspaces={places[2]: "viewer"})

    def test_each_sending_counts_for_the_mailbox(
        self, acme: Company, cay: TenantContext, clock: FrozenClock, justice: str
    ) -> None:
        """RX-01: to add something is no way round the limit."""
        most = 5
        places = [acme.workspace(f"Place {number}") for number in range(most)]
        for place in places:
            acme.invite(BOB, workspaces={place: "viewer"})
        with pytest.raises(LimitReached):
            cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})

    def test_the_trail_says_what_was_added_and_by_whom(
        self, acme: Company, cay: TenantContext, dan: TenantContext, justice: str, health: str
    ) -> None:
        cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})
        dan.invitations.send("bob@acme.test", workspaces={health: "viewer"})
        [event] = acme.context().audit.list(limit=1)
        assert (event.action, event.principal) == ("invitation.extended", DAN.user_id)
        assert event.before["workspaces"] == {justice: "viewer"}
        assert event.after["workspaces"] == {justice: "viewer", health: "viewer"}
        assert event.after["backers"] == {justice: CAY.user_id, health: DAN.user_id}


class TestWhoMayChangeWhat:
    @pytest.fixture
    def shared(self, acme: Company, cay: TenantContext, dan: TenantContext, justice: str, health: str) -> Invitation:
        """Ada offers to be an admin, Cay Justice, Dan Health."""
        acme.invite(BOB, "admin")
        cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})
        return dan.invitations.send("bob@acme.test", workspaces={health: "viewer"}).invitation

    def test_one_changes_what_one_may_offer(
        self, acme: Company, shared: Invitation, dan: TenantContext, justice: str, health: str
    ) -> None:
        dan.invitations.update(shared.id, workspaces={health: "admin"}, message="Do come")
        after = as_it_is(acme, shared)
        assert after.workspaces == {justice: "viewer", health: "admin"}
        assert behind(after) == {None: ADA.user_id, justice: CAY.user_id, health: DAN.user_id}
        assert {part.invited_by: part.message for part in after.parts} == {
            ADA.user_id: None,
            CAY.user_id: None,
            DAN.user_id: "Do come",
        }

    def test_nobody_changes_what_they_may_not_offer(
        self, acme: Company, shared: Invitation, dan: TenantContext, justice: str, health: str
    ) -> None:
        before = as_it_is(acme, shared)
        changes: list[dict[str, Any]] = [
            {"role": "member"},
            {"role": "owner", "workspaces": {health: "viewer"}},
            {"workspaces": {justice: "admin"}},
            {"workspaces": {justice: "viewer"}},
            {"workspaces": {}},
        ]
        for change in changes:
            with pytest.raises(Denied):
                dan.invitations.update(shared.id, **change)
        assert as_it_is(acme, shared) == before

    def test_what_somebody_else_offers_may_be_named_as_it_is(
        self, acme: Company, shared: Invitation, dan: TenantContext, justice: str, health: str
    ) -> None:
        dan.invitations.update(shared.id, role="admin", workspaces={justice: "viewer", health: "member"})
        after = as_it_is(acme, shared)
        assert (after.workspaces, behind(after)[justice]) == ({justice: "viewer", health: "member"}, CAY.user_id)

    def test_who_may_offer_it_all_takes_it_all_over(
        self, acme: Company, shared: Invitation, justice: str, health: str
    ) -> None:
        after = acme.context().invitations.update(shared.id)
        assert behind(after) == dict.fromkeys([None, justice, health], ADA.user_id)

    def test_an_admin_does_not_take_over_what_an_owner_offers(
        self, acme: Company, cay: TenantContext, justice: str
    ) -> None:
        acme.add(EVE, "admin")
        issued = acme.invite(BOB, "owner")
        cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})
        after = acme.context(EVE).invitations.update(issued.invitation.id)
        assert behind(after) == {None: ADA.user_id, justice: EVE.user_id}
        for change in ({"role": "admin"}, {"role": "member"}):
            with pytest.raises(Denied):
                acme.context(EVE).invitations.update(issued.invitation.id, **change)  # type: ignore[arg-type]

    def test_one_withdraws_ones_own_part_and_the_last_part_ends_it(
        self, acme: Company, cay: TenantContext, dan: TenantContext, justice: str, health: str
    ) -> None:
        cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"}, message="Hello")
        issued = dan.invitations.send("bob@acme.test", workspaces={health: "viewer"})
        dan.invitations.revoke(issued.invitation.id, reason="A mistake")

        after = as_it_is(acme, issued.invitation)
        assert (after.status, behind(after), after.invited_by) == ("pending", {justice: CAY.user_id}, CAY.user_id)
        assert (after.message, acme.trail()[-1]) == ("Hello", "invitation.updated")
        assert [each.id for each in acme.tenancy.inspect_invitation(issued.token).workspaces] == [justice]
        with pytest.raises(Denied):
            dan.invitations.revoke(issued.invitation.id)

        assert cay.invitations.revoke(issued.invitation.id).status == "revoked"
        with pytest.raises(InvitationRevoked):
            acme.tenancy.inspect_invitation(issued.token)

    def test_who_may_offer_it_all_withdraws_it_all(self, acme: Company, shared: Invitation) -> None:
        assert acme.context().invitations.revoke(shared.id).status == "revoked"

    def test_who_may_not_offer_it_any_more_still_withdraws_their_own(
        self, acme: Company, shared: Invitation, dan: TenantContext, justice: str, health: str
    ) -> None:
        acme.context().workspaces.change_member_role(health, DAN.user_id, role="viewer")
        for act in (dan.invitations.resend, dan.invitations.update):
            with pytest.raises(Denied):
                act(shared.id)
        dan.invitations.revoke(shared.id)
        assert {*behind(as_it_is(acme, shared))} == {None, justice}

    def test_one_that_is_past_its_time_is_sent_again_with_what_one_may_offer(
        self, acme: Company, shared: Invitation, clock: FrozenClock, dan: TenantContext, health: str
    ) -> None:
        """Nobody gives new life to what somebody else has offered for a time."""
        clock.advance(days=8)
        dan.invitations.resend(shared.id)
        after = as_it_is(acme, shared)
        assert (after.status, after.role, behind(after)) == ("pending", "member", {health: DAN.user_id})

    def test_whoever_leaves_takes_their_part_with_them(self, acme: Company, shared: Invitation, justice: str) -> None:
        plan = acme.context().members.plan_removal(DAN.user_id)
        assert plan.invitations == (shared.id,)
        acme.context().members.remove(DAN.user_id, plan=plan)
        after = as_it_is(acme, shared)
        assert (after.status, {*behind(after)}) == ("pending", {None, justice})
        acme.context().members.remove(CAY.user_id)
        assert acme.context().invitations.revoke(shared.id).status == "revoked"


class TestWhatHoldsAtTheEnd:
    def test_a_part_without_backing_falls_away_and_is_told(
        self, acme: Company, cay: TenantContext, dan: TenantContext, justice: str, health: str
    ) -> None:
        cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})
        issued = dan.invitations.send("bob@acme.test", workspaces={health: "viewer"})
        acme.context().members.deactivate(DAN.user_id)

        done = acme.tenancy.person(BOB).accept(issued.token)

        assert ([each.id for each in done.workspaces], done.dropped) == ([justice], (health,))
        assert done.membership.workspaces == {justice: ("viewer",)}
        again = acme.tenancy.person(BOB).accept(issued.token)
        assert (again.workspaces, again.dropped) == (done.workspaces, done.dropped)
        [event] = [each for each in acme.context(SYSTEM).audit.list() if each.action == "invitation.accepted"]
        assert event.after["dropped"] == [health]

    @pytest.mark.parametrize(
        "lose",
        [
            lambda context: context.members.deactivate(EVE.user_id),
            lambda context: context.members.change_role(EVE.user_id, role="member"),
        ],
        ids=["deactivated", "demoted"],
    )
    def test_without_backing_for_the_tenant_role_the_lowest_goes_with_the_workspaces(
        self,
        tenancy: Tenantry,
        acme: Company,
        cay: TenantContext,
        justice: str,
        lose: Callable[[TenantContext], object],
    ) -> None:
        acme.add(EVE, "admin")
        acme.invite(BOB, "admin", by=EVE)
        issued = cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})
        lose(acme.context())

        done = acme.tenancy.person(BOB).accept(issued.token)

        assert (done.membership.roles, done.dropped_role) == (("member",), "admin")
        assert acme.tenancy.person(BOB).accept(issued.token).dropped_role == "admin"

    def test_without_any_backing_nobody_joins(
        self, acme: Company, cay: TenantContext, dan: TenantContext, justice: str, health: str
    ) -> None:
        cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})
        issued = dan.invitations.send("bob@acme.test", workspaces={health: "viewer"})
        for who in (CAY, DAN):
            acme.context().members.deactivate(who.user_id)
        assert acme.tenancy.inspect_invitation(issued.token, by=BOB).viewer is Viewer.INVITER_LOST
        with pytest.raises(InviterLostAuthority):
            acme.tenancy.person(BOB).accept(issued.token)
        acme.context().members.reactivate(CAY.user_id)
        assert acme.tenancy.inspect_invitation(issued.token, by=BOB).viewer is Viewer.READY
        assert acme.tenancy.person(BOB).accept(issued.token).dropped == (health,)

    @pytest.mark.parametrize("answer", ["accept", "decline"])
    def test_each_who_stands_behind_a_part_is_told(self, store: Store, clock: FrozenClock, answer: str) -> None:
        tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, notices=True)
        acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
        justice, health = acme.workspace("Justice"), acme.workspace("Health")
        acme.add(CAY, workspaces={justice: "admin"})
        acme.add(DAN, workspaces={health: "admin"})
        acme.invite(BOB, workspaces={justice: "viewer"}, by=CAY)
        issued = acme.invite(BOB, workspaces={health: "viewer"}, by=DAN)

        getattr(acme.tenancy.person(BOB), answer)(issued.token)

        with store.query(acme.id) as tx:
            notices = tx.records(NOTICES).list()
        kinds = (NoticeKind.ACCEPTED, NoticeKind.DECLINED)
        assert {each.user_id for each in notices if each.kind in kinds} == {CAY.user_id, DAN.user_id}
        assert [each.sends for each in notices if each.kind is NoticeKind.INVITATION] == [1, 2]

    def test_accepting_costs_a_statement_for_each_person_and_none_for_each_part(
        self, sql_store: SQLAlchemyStore
    ) -> None:
        tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
        acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
        places = [acme.workspace(f"Place {number}") for number in range(6)]
        acme.add(CAY, workspaces=dict.fromkeys(places, "admin"))
        cost = []
        for who, senders in ((BOB, {ADA: 1}), (DAN, {ADA: 6}), (EVE, {ADA: 3, CAY: 6})):
            token = ""
            for by, number in senders.items():
                token = acme.invite(who, workspaces=dict.fromkeys(places[:number], "viewer"), by=by).token
            with counting(sql_store.engine) as executed:
                acme.tenancy.person(who).accept(token)
            cost.append(len(executed))
        assert cost == [cost[0], cost[0], cost[0] + 1]


class TestOfferToAMember:
    def test_a_member_is_offered_workspaces_that_are_new_to_them(
        self, acme: Company, cay: TenantContext, justice: str, health: str
    ) -> None:
        acme.add(BOB, "admin", workspaces={health: "viewer"})
        issued = cay.invitations.send("bob@acme.test", workspaces={justice: "viewer"})

        assert (issued.invitation.is_for_member, behind(issued.invitation)) == (True, {justice: CAY.user_id})
        assert acme.tenancy.inspect_invitation(issued.token, by=BOB).viewer is Viewer.MEMBER
        [offer] = acme.tenancy.person(BOB).invitations()
        done = acme.tenancy.person(BOB).accept_offer(offer.invitation_id)
        assert done.already_member
        assert (done.membership.roles, set(done.membership.workspaces)) == (("admin",), {justice, health})
        assert (done.dropped, done.dropped_role) == ((), None)

    def test_of_the_workspaces_those_that_are_new_to_them(self, acme: Company, justice: str, health: str) -> None:
        acme.add(BOB, workspaces={health: "viewer"})
        issued = acme.invite(BOB, workspaces={justice: "viewer", health: "admin"})
        assert issued.invitation.workspaces == {justice: "viewer"}

    def test_nothing_else_is_offered_to_a_member(self, acme: Company, justice: str, health: str) -> None:
        acme.add(BOB, workspaces={health: "viewer"})
        for role, place in ((None, health), ("member", health), ("admin", justice)):
            with pytest.raises(AlreadyMember):
                acme.invite(BOB, role, workspaces={place: "viewer"})
        with pytest.raises(AlreadyMember):
            acme.invite(BOB)
        issued = acme.invite(BOB, workspaces={justice: "viewer"})
        with pytest.raises(AlreadyMember):
            acme.context().invitations.update(issued.invitation.id, role="admin")
        with pytest.raises(Invalid, match="revoke it"):
            acme.context().invitations.update(issued.invitation.id, workspaces={})
        assert acme.context().invitations.update(issued.invitation.id, role="member").role == "member"
        acme.context().members.deactivate(BOB.user_id)
        with pytest.raises(AlreadyMember, match="deactivated"):
            acme.invite(BOB, workspaces={health: "viewer"})

    def test_nobody_offers_something_to_themselves(self, acme: Company, cay: TenantContext, health: str) -> None:
        admin = acme.add(EVE, "admin")
        with pytest.raises(Denied) as denied:
            admin.invitations.send("eve@acme.test", workspaces={health: "admin"})
        assert denied.value.decision.code == "own_membership"

    def test_it_takes_no_place_and_frees_none(self, store: Store, clock: FrozenClock) -> None:
        tenancy = Tenantry(
            store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], clock=clock, plan=Plan("Small", members=3)
        )
        acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
        justice = acme.workspace("Justice")
        acme.add(BOB)
        acme.add(CAY)
        issued = acme.invite(BOB, workspaces={justice: "viewer"})
        assert [each.used for each in acme.context().plan.usage() if each.name == "members"] == [3]
        acme.context().invitations.resend(issued.invitation.id)
        with pytest.raises(LimitReached):
            acme.invite(DAN)

        acme.context().members.update(BOB.user_id, email="new@acme.test")
        stranger = Principal("user_other", email="bob@acme.test", email_verified=True)
        with pytest.raises(LimitReached):
            acme.tenancy.person(stranger).accept_offer(issued.invitation.id)
        assert (
            acme.tenancy.inspect_invitation(
                acme.context().invitations.resend(issued.invitation.id).token, by=stranger
            ).viewer
            is Viewer.FULL
        )
        with pytest.raises(LimitReached):  # with a role in the tenant it would make somebody a member
            acme.invite(stranger, "admin")

    def test_it_is_withdrawn_with_the_membership(self, acme: Company, justice: str) -> None:
        acme.add(BOB)
        issued = acme.invite(BOB, workspaces={justice: "viewer"})
        acme.context().members.remove(BOB.user_id)
        with pytest.raises(InvitationRevoked):
            acme.tenancy.person(BOB).accept(issued.token)

    def test_once_the_member_is_gone_it_can_become_an_offer_of_membership(self, acme: Company, justice: str) -> None:
        acme.add(BOB)
        first = acme.invite(BOB, workspaces={justice: "viewer"})
        acme.context().members.update(BOB.user_id, email="new@acme.test")
        second = acme.invite(BOB, "admin")
        assert (second.invitation.id, second.invitation.is_for_member) == (first.invitation.id, False)
        newcomer = Principal("user_other", email="bob@acme.test", email_verified=True)
        assert acme.tenancy.person(newcomer).accept(second.token).membership.roles == ("admin",)

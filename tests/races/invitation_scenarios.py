"""The races about invitations: whatever happens to one while it is accepted, changed or sent, and the last places."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from attrs import evolve

from tenantry import SYSTEM, Principal, Tenantry
from tenantry.kernel.clock import system_clock
from tests.races.race import MAX_PENDING, Contender, Round, Scenario
from tests.races.scenarios import ADA, ADDRESS, BOB, CARL, ZOE, Stage, invited, stage


def after_a_week(tenancy: Tenantry) -> Tenantry:
    """The same, on a machine whose clock says that every invitation has ended."""
    later = tenancy.using(tenancy._store)
    later._settings = evolve(tenancy._settings, clock=lambda: system_clock() + timedelta(days=8))
    return later


def sends(here: Stage, email: str) -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=ADA).invitations.send(email)


# --- an offer that changes while it is accepted


def accepted_while_changed(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    id, token = invited(tenancy, here)
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.update(id, role="admin"),
    )


def accepted_while_changed_by_two(tenancy: Tenantry) -> Round:
    here = stage(tenancy, bob="owner")
    id, token = invited(tenancy, here)
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.update(id, role="admin"),
        lambda t: t.tenant(here.tenant_id, by=BOB).invitations.update(id, role="owner"),
    )


def changed_while_revoked(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    id, _ = invited(tenancy, here)
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.update(id, role="admin"),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.revoke(id),
    )


def sent_again_while_revoked(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    id, _ = invited(tenancy, here)
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.resend(id),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.revoke(id),
    )


def changed_by_an_admin_who_is_demoted(tenancy: Tenantry) -> Round:
    """PE-05."""
    here = stage(tenancy, carl="admin")
    id, _ = invited(tenancy, here)
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=CARL).invitations.update(id, role="admin"),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.change_role(CARL.user_id, role="member"),
    )


# --- what it stands on goes while it is accepted


def accepted_while_the_inviter_is_demoted(tenancy: Tenantry) -> Round:
    here = stage(tenancy, carl="admin")
    _, token = invited(tenancy, here, by=CARL, role="admin")
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.change_role(CARL.user_id, role="member"),
    )


def accepted_while_another_takes_it_over(tenancy: Tenantry) -> Round:
    """Its link stays good as long as somebody who may offer it stands behind it, whoever that is."""
    here = stage(tenancy, carl="admin")
    id, token = invited(tenancy, here, by=CARL, role="admin")
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.update(id),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.deactivate(CARL.user_id),
    )


def accepted_while_the_workspace_is_archived(tenancy: Tenantry) -> Round:
    """RC-06, E66."""
    here = stage(tenancy)
    context = tenancy.tenant(here.tenant_id, by=ADA).workspaces.create("Press")
    token = tenancy.tenant(here.tenant_id, by=ADA).invitations.send(ADDRESS, workspaces={context.id: "viewer"}).token
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.archive(context.id),
    )


# --- several stand behind it


def two_offers(tenancy: Tenantry, here: Stage) -> tuple[str, str]:
    """The id and the token of an invitation into two workspaces, by Bob who runs one and Carl who runs the other."""
    press, legal = run_by(tenancy, here, BOB, "Press"), run_by(tenancy, here, CARL, "Legal")
    offers(here, BOB, press)(tenancy)
    issued = tenancy.tenant(here.tenant_id, by=CARL).invitations.send(ADDRESS, workspaces={legal: "viewer"})
    return issued.invitation.id, issued.token


def run_by(tenancy: Tenantry, here: Stage, who: Principal, name: str) -> str:
    """The id of a new workspace that a member runs."""
    context = tenancy.tenant(here.tenant_id, by=SYSTEM)
    return context.workspaces.create(name, admin=who.user_id).id


def offers(here: Stage, by: Principal, workspace: str, role: str = "viewer") -> Contender:
    return lambda t: t.tenant(here.tenant_id, by=by).invitations.send(ADDRESS, workspaces={workspace: role})


def two_offer_workspaces_to_one_address(tenancy: Tenantry) -> Round:
    """One invitation with both, whoever is first."""
    here = stage(tenancy, bob="member", carl="member")
    press, legal = run_by(tenancy, here, BOB, "Press"), run_by(tenancy, here, CARL, "Legal")
    return here.round(offers(here, BOB, press), offers(here, CARL, legal))


def two_offer_one_workspace_to_one_address(tenancy: Tenantry) -> Round:
    """One of them is told that it is offered already."""
    here = stage(tenancy, bob="member")
    press = run_by(tenancy, here, BOB, "Press")
    return here.round(offers(here, BOB, press), offers(here, ADA, press, "admin"))


def accepted_while_more_is_offered(tenancy: Tenantry) -> Round:
    """What comes too late is an offer to a member, and not lost."""
    here = stage(tenancy, bob="member", carl="member")
    press, legal = run_by(tenancy, here, BOB, "Press"), run_by(tenancy, here, CARL, "Legal")
    token = tenancy.tenant(here.tenant_id, by=BOB).invitations.send(ADDRESS, workspaces={press: "viewer"}).token
    return here.round(lambda t: t.person(ZOE).accept(token), offers(here, CARL, legal))


def accepted_while_a_part_is_withdrawn(tenancy: Tenantry) -> Round:
    here = stage(tenancy, bob="member", carl="member")
    id, token = two_offers(tenancy, here)
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=CARL).invitations.revoke(id),
    )


def both_parts_are_withdrawn(tenancy: Tenantry) -> Round:
    """The last one ends it."""
    here = stage(tenancy, bob="member", carl="member")
    id, _ = two_offers(tenancy, here)
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=BOB).invitations.revoke(id),
        lambda t: t.tenant(here.tenant_id, by=CARL).invitations.revoke(id),
    )


def accepted_while_one_of_two_is_demoted(tenancy: Tenantry) -> Round:
    """What the other one offers stands."""
    here = stage(tenancy, bob="member", carl="member")
    _, token = two_offers(tenancy, here)
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=SYSTEM).members.deactivate(CARL.user_id),
    )


def accepted_by_the_link_and_from_the_inbox(tenancy: Tenantry) -> Round:
    here = stage(tenancy, bob="member", carl="member")
    id, token = two_offers(tenancy, here)
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.person(ZOE).accept_offer(id),
        lambda t: t.person(ZOE).decline_offer(id),
    )


# --- its time is over for some already


def accepted_at_the_end_of_its_time(tenancy: Tenantry) -> Round:
    """IT-23: one machine's clock is ahead; there it is over, and the address is invited anew."""
    here = stage(tenancy)
    _, token = invited(tenancy, here)
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: sends(here, ADDRESS)(after_a_week(t)),
    )


def an_expired_one_is_sent_again_by_two(tenancy: Tenantry) -> Round:
    """E58."""
    here = stage(tenancy, bob="owner")
    id, _ = invited(tenancy, here)
    return here.round(
        lambda t: after_a_week(t).tenant(here.tenant_id, by=ADA).invitations.resend(id),
        lambda t: after_a_week(t).tenant(here.tenant_id, by=BOB).invitations.resend(id),
    )


def an_expired_one_is_sent_again_while_a_new_one_is_sent(tenancy: Tenantry) -> Round:
    """E58, E74."""
    here = stage(tenancy)
    id, _ = invited(tenancy, here)
    return here.round(
        lambda t: after_a_week(t).tenant(here.tenant_id, by=ADA).invitations.resend(id),
        lambda t: sends(here, ADDRESS)(after_a_week(t)),
    )


# --- the last places


def eight_sendings_to_one_mailbox(tenancy: Tenantry) -> Round:
    """RX-01, E85, EM-14: of five within an hour two are left."""
    here = stage(tenancy)
    with tenancy.transaction() as tx:
        for number in range(3):
            sends(here, f"zoe+{number}@gov.test")(tx)
    return here.alike(*(sends(here, f"z.oe+x-{number:08x}@gov.test") for number in range(8)))


def eight_addresses_for_the_last_places(tenancy: Tenantry) -> Round:
    """RX-01, RX-10: three are free."""
    here = stage(tenancy)
    with tenancy.transaction() as tx:
        for number in range(MAX_PENDING - 3):
            sends(here, f"early{number}@gov.test")(tx)
    return here.alike(*(sends(here, f"late-{number:08x}@gov.test") for number in range(8)))


def an_expired_one_and_a_new_one_want_the_last_place(tenancy: Tenantry) -> Round:
    """E58, RX-10."""
    here = stage(tenancy)
    id, _ = invited(tenancy, here)
    with after_a_week(tenancy).transaction() as tx:
        for number in range(MAX_PENDING - 1):
            sends(here, f"early{number}@gov.test")(tx)
    return here.round(
        lambda t: after_a_week(t).tenant(here.tenant_id, by=ADA).invitations.resend(id),
        lambda t: sends(here, "late@gov.test")(after_a_week(t)),
    )


def a_place_is_freed_while_it_is_taken(tenancy: Tenantry) -> Round:
    """RX-10."""
    here = stage(tenancy)
    id, token = invited(tenancy, here)
    with tenancy.transaction() as tx:
        for number in range(MAX_PENDING - 1):
            sends(here, f"early{number}@gov.test")(tx)
    return here.round(
        lambda t: t.person(ZOE).decline(token),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.revoke(id),
        sends(here, "late@gov.test"),
    )


INVITATION_SCENARIOS: Final[Sequence[Scenario]] = (
    accepted_while_changed,
    accepted_while_changed_by_two,
    changed_while_revoked,
    sent_again_while_revoked,
    changed_by_an_admin_who_is_demoted,
    accepted_while_the_inviter_is_demoted,
    accepted_while_another_takes_it_over,
    accepted_while_the_workspace_is_archived,
    two_offer_workspaces_to_one_address,
    two_offer_one_workspace_to_one_address,
    accepted_while_more_is_offered,
    accepted_while_a_part_is_withdrawn,
    both_parts_are_withdrawn,
    accepted_while_one_of_two_is_demoted,
    accepted_by_the_link_and_from_the_inbox,
    accepted_at_the_end_of_its_time,
    an_expired_one_is_sent_again_by_two,
    an_expired_one_is_sent_again_while_a_new_one_is_sent,
    eight_sendings_to_one_mailbox,
    eight_addresses_for_the_last_places,
    an_expired_one_and_a_new_one_want_the_last_place,
    a_place_is_freed_while_it_is_taken,
)

"""The races: each makes a tenant ready and says who does what at once."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import Final

from attrs import frozen

from tenantry import SYSTEM, Principal, Tenantry
from tests.races.race import Contender, Round, Scenario

ADDRESS: Final = "zoe@gov.test"


def person(name: str, *, email: str | None = None) -> Principal:
    return Principal(f"user_{name}", email=email or f"{name}@acme.test", email_verified=True, name=name.title())


ADA, BOB, CARL, ZOE = person("ada"), person("bob"), person("carl"), person("zoe", email=ADDRESS)
EIGHT = tuple(person(f"admin{n}") for n in range(8))


@frozen
class Stage:
    """A tenant owned by Ada, with whoever else a race needs."""

    tenant_id: str
    tag: str

    def round(self, *contenders: Contender) -> Round:
        return Round(contenders, self.tenant_id, self.tag)

    def alike(self, *contenders: Contender) -> Round:
        return Round(contenders, self.tenant_id, self.tag, alike=True)


def stage(tenancy: Tenantry, **others: str) -> Stage:
    """A new tenant with these others, each with a role."""
    tag = token_hex(6)
    with tenancy.transaction() as tx:
        tenant = tx.create_tenant("Acme", owner=ADA, slug=f"acme{tag}")
        for name, role in others.items():
            tx.tenant(tenant.id, by=SYSTEM).members.add(f"user_{name}", role=role, email=f"{name}@acme.test")
    return Stage(tenant.id, tag)


def invited(tenancy: Tenantry, here: Stage, *, by: Principal = ADA, role: str = "member") -> tuple[str, str]:
    """The id and the token of a new invitation."""
    issued = tenancy.tenant(here.tenant_id, by=by).invitations.send(ADDRESS, role=role)
    return issued.invitation.id, issued.token


# --- last owner; see owner_scenarios.py


def the_heir_is_removed_while_the_owner_steps_down(tenancy: Tenantry) -> Round:
    """RC-18, for a transfer of the host's own: make Bob an owner and step down, in one transaction."""
    here = stage(tenancy, bob="member")

    def hand_over(tx: Tenantry) -> None:
        context = tx.tenant(here.tenant_id, by=ADA)
        context.members.change_role(BOB.user_id, role="owner")
        context.members.change_role(ADA.user_id, role="member")

    return here.round(
        lambda t: t.retry(hand_over),
        lambda t: t.tenant(here.tenant_id, by=SYSTEM).members.remove(BOB.user_id),
    )


# --- an invitation serves once


def one_person_accepts_eight_times(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    _, token = invited(tenancy, here)
    return here.round(*[lambda t: t.person(ZOE).accept(token)] * 8)


def eight_accounts_of_one_address_accept(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    _, token = invited(tenancy, here)

    def accept(number: int) -> Contender:
        return lambda t: t.person(person(f"zoe{number}", email=ADDRESS)).accept(token)

    return here.round(*map(accept, range(8)))


def accepted_while_declined(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    _, token = invited(tenancy, here)
    return here.round(lambda t: t.person(ZOE).accept(token), lambda t: t.person(ZOE).decline(token))


def accepted_while_revoked(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    id, token = invited(tenancy, here)
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.revoke(id),
    )


def accepted_while_sent_again(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    id, token = invited(tenancy, here)
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.resend(id),
    )


def accepted_while_the_inviter_is_removed(tenancy: Tenantry) -> Round:
    here = stage(tenancy, carl="admin")
    _, token = invited(tenancy, here, by=CARL, role="admin")
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.remove(CARL.user_id),
    )


def accepted_while_added(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    _, token = invited(tenancy, here)
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.add(ZOE.user_id, role="admin"),
    )


def accepted_revoked_and_sent_again(tenancy: Tenantry) -> Round:
    here = stage(tenancy)
    id, token = invited(tenancy, here)
    return here.round(
        lambda t: t.person(ZOE).accept(token),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.revoke(id),
        lambda t: t.tenant(here.tenant_id, by=ADA).invitations.resend(id),
    )


def eight_admins_invite_one_address(tenancy: Tenantry) -> Round:
    """RC-14, E56."""
    here = stage(tenancy, **{admin.user_id.removeprefix("user_"): "admin" for admin in EIGHT})

    def invite(admin: Principal) -> Contender:
        return lambda t: t.tenant(here.tenant_id, by=admin).invitations.send(ADDRESS)

    return here.round(*map(invite, EIGHT))


# --- names


def two_tenants_want_one_slug(tenancy: Tenantry) -> Round:
    """RC-20."""
    here = stage(tenancy)
    return here.round(
        lambda t: t.person(BOB).create_tenant("Bolt", slug=f"bolt{here.tag}"),
        lambda t: t.person(CARL).create_tenant("Bolt", slug=f"bolt{here.tag}"),
    )


def a_new_tenant_and_a_renamed_one_want_one_slug(tenancy: Tenantry) -> Round:
    """RC-20."""
    here = stage(tenancy)
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=ADA).update(slug=f"bolt{here.tag}"),
        lambda t: t.person(BOB).create_tenant("Bolt", slug=f"bolt{here.tag}"),
    )


def eight_workspaces_want_one_slug(tenancy: Tenantry) -> Round:
    here = stage(tenancy)

    def create(number: int) -> Contender:
        return lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.create("Press", slug="press")

    return here.round(*map(create, range(8)))


# --- rights


def promoted_while_removed(tenancy: Tenantry) -> Round:
    here = stage(tenancy, bob="member", carl="admin")
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=ADA).members.change_role(BOB.user_id, role="owner"),
        lambda t: t.tenant(here.tenant_id, by=CARL).members.remove(BOB.user_id),
    )


def an_admin_invites_while_demoted(tenancy: Tenantry) -> Round:
    here = stage(tenancy, carl="admin")
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=CARL).invitations.send(ADDRESS, role="admin"),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.change_role(CARL.user_id, role="member"),
    )


def a_member_gets_two_roles(tenancy: Tenantry) -> Round:
    here = stage(tenancy, bob="member")
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=ADA).members.change_role(BOB.user_id, role="admin"),
        lambda t: t.tenant(here.tenant_id, by=ADA).members.change_role(BOB.user_id, role="owner"),
    )


def a_workspace_is_archived_while_somebody_is_added(tenancy: Tenantry) -> Round:
    """RC-06, as far as there are workspaces to be gone."""
    here = stage(tenancy, bob="member")
    context = tenancy.tenant(here.tenant_id, by=ADA).workspaces.create("Press")
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.archive(context.id),
        lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.add_member(context.id, BOB.user_id, role="viewer"),
    )


def a_member_is_removed_while_added_to_a_workspace(tenancy: Tenantry) -> Round:
    """RC-06."""
    here = stage(tenancy, bob="member")
    context = tenancy.tenant(here.tenant_id, by=ADA).workspaces.create("Press")
    return here.round(
        lambda t: t.tenant(here.tenant_id, by=ADA).members.remove(BOB.user_id),
        lambda t: t.tenant(here.tenant_id, by=ADA).workspaces.add_member(context.id, BOB.user_id, role="viewer"),
    )


SCENARIOS: Final[Sequence[Scenario]] = (
    the_heir_is_removed_while_the_owner_steps_down,
    one_person_accepts_eight_times,
    eight_accounts_of_one_address_accept,
    accepted_while_declined,
    accepted_while_revoked,
    accepted_while_sent_again,
    accepted_while_the_inviter_is_removed,
    accepted_while_added,
    accepted_revoked_and_sent_again,
    eight_admins_invite_one_address,
    two_tenants_want_one_slug,
    a_new_tenant_and_a_renamed_one_want_one_slug,
    eight_workspaces_want_one_slug,
    promoted_while_removed,
    an_admin_invites_while_demoted,
    a_member_gets_two_roles,
    a_workspace_is_archived_while_somebody_is_added,
    a_member_is_removed_while_added_to_a_workspace,
)

"""What may not be, by who asks or as things are: every family but `Invalid`, by rule."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect
from tempfile import TemporaryDirectory
from typing import Final

from attrs import evolve

from tenantry import SYSTEM, Issued, Options, Plan, Tenantry, schemes
from tenantry.members.model import GRANTS, MEMBERSHIPS
from tenantry.memory import MemoryStore
from tenantry.ports import Open
from tenantry.sqlalchemy import SQLAlchemyStore
from tests.features.audit.vault import Vault
from tests.features.people import ADA, BOB, CAY, DAN, EVE, FAY, SECRET, Company

from .scene import Provocations, Scene, committing

__all__ = ["STATES"]


def _refused_write(s: Scene, what: str) -> None:
    """What only a store can be asked for: two of the same, and what refers to nothing."""
    with s.store.command(s.acme.id, gate=Open()) as tx:
        members, grants = tx.records(MEMBERSHIPS), tx.records(GRANTS)
        bob = members.find(user_id=BOB.user_id)
        assert bob is not None
        [first, *_] = grants.list(membership_id=bob.id)
        if what == "id":
            members.add(bob)
        elif what == "reference":
            grants.save(evolve(first, membership_id="mem_unknown"))
        else:
            grants.add(evolve(first, id="gra_another"))


def _accepted(s: Scene) -> object:
    s.tenancy.person(DAN).accept(s.issued.token)
    return s.context().invitations.revoke(s.issued.invitation.id)


def _declined(s: Scene) -> object:
    s.tenancy.person(DAN).decline(s.issued.token)
    return s.tenancy.person(DAN).accept(s.issued.token)


def _expired(s: Scene) -> object:
    s.clock.advance(days=30)
    return s.tenancy.person(DAN).accept(s.issued.token)


def _replaced(s: Scene) -> object:
    s.context().invitations.resend(s.issued.invitation.id)
    return s.tenancy.person(DAN).accept(s.issued.token)


def _revoked(s: Scene) -> object:
    s.context().invitations.revoke(s.issued.invitation.id)
    return s.tenancy.person(DAN).accept(s.issued.token)


def _lost_authority(s: Scene) -> object:
    issued: Issued = s.context(CAY).invitations.send("eve@acme.test")
    s.context().members.remove_role(CAY.user_id, role="admin")
    return s.tenancy.person(EVE).accept(issued.token)


def _deletion_grace(s: Scene) -> object:
    s.context().delete(confirm="Acme")
    s.clock.advance(days=365)
    return s.context().restore()


def _heir_deactivated(s: Scene) -> object:
    s.context().members.deactivate(BOB.user_id)
    return s.context().members.transfer_ownership(to=BOB.user_id)


def _below_zero(s: Scene) -> object:
    return s.context().plan.use("sites", -1)


def _times_apart(s: Scene) -> object:
    members, now = s.context().members, s.clock()
    members.add_role(BOB.user_id, role=s.clerk, ends_at=now + timedelta(days=1))
    members.add_role(BOB.user_id, role="admin", starts_at=now + timedelta(days=2))
    return s.context().roles.move(s.clerk, to="admin")


def _impersonated(s: Scene) -> object:
    return s.context(evolve(ADA, impersonated_by="support_7")).members.remove(BOB.user_id)


def _deactivated(s: Scene) -> object:
    s.context().members.deactivate(BOB.user_id)
    return s.context(BOB).get()


def _suspended_by_system(s: Scene) -> object:
    s.context(SYSTEM).suspend("Unpaid")
    return s.context().resume()


def _deleted(s: Scene) -> object:
    s.context().delete(confirm="Acme")
    return s.context().members.list()


def _suspended(s: Scene) -> object:
    s.context().suspend("Unpaid")
    return s.context().members.list()


def _own_role(s: Scene) -> object:
    keeper = s.context().roles.define("Keeper", permissions=["tenant-api:role:*"], level="tenant")
    return s.acme.add(EVE, keeper.id).roles.update(keeper.id, permissions=[])


def _plan_changed(s: Scene) -> object:
    plan = s.context().members.plan_removal(BOB.user_id)
    s.context().workspaces.add_member(s.acme.general, BOB.user_id, role="viewer")
    return s.context().members.remove(BOB.user_id, plan=plan)


def _max_sends(s: Scene) -> object:
    for _ in range(100):
        s.context().invitations.resend(s.issued.invitation.id)
    return None


def _max_closed(s: Scene) -> object:
    invitations = s.started_here(options=Options(max_pending_invitations=2, max_closed_invitations=0)).invitations
    for name in "abcd":
        invitations.revoke(invitations.send(f"{name}@gov.test").invitation.id)
    return None


def _stale(s: Scene) -> object:
    rivals: list[Company] = []

    def switch() -> None:
        if rivals:
            rivals.pop().add(CAY)

    tenancy = Tenantry(store=MemoryStore(switch=switch), scheme=schemes.AGENCY, secret_keys=[SECRET])
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))
    with tenancy.transaction() as tx:
        rivals.append(company)
        return tx.tenant(company.id, by=ADA).members.add(BOB.user_id)


def _trail_broken(s: Scene) -> object:
    vault = Vault(s.store)
    [first, *others] = vault.events(s.acme.id)
    vault.replace(s.acme.id, [evolve(first, target="ws_other"), *others])
    return s.context().audit.checkpoint()


def _unavailable(s: Scene) -> object:
    return s.started(store=SQLAlchemyStore("sqlite:////nowhere/tenantry.db")).person(ADA).tenants()


def _schema(s: Scene) -> object:
    return s.started(store=SQLAlchemyStore("sqlite://")).person(ADA).tenants()  # it has no tables


def _outcome_unknown(s: Scene) -> object:
    return committing(s, lambda session: session.connection.driver_connection.commit())


def _busy(s: Scene) -> object:
    with TemporaryDirectory() as folder:
        path = Path(folder, "tenantry.db")
        store = SQLAlchemyStore(f"sqlite:///{path}?timeout=0")
        store.create_all()
        with closing(connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            try:
                return s.started(store=store).person(ADA).create_tenant("Beta")
            finally:
                store.dispose()


STATES: Final[Provocations] = {
    ("NotFound", "not_found"): lambda s: s.context(EVE).get(),
    ("Denied", "beyond_own_rights"): lambda s: s.context(CAY).members.change_role(BOB.user_id, role="owner"),
    ("Denied", "impersonated"): _impersonated,
    ("Denied", "member_deactivated"): _deactivated,
    ("Denied", "own_membership"): lambda s: s.context(CAY).members.deactivate(CAY.user_id),
    ("Denied", "own_role"): _own_role,
    ("Denied", "permission_missing"): lambda s: s.context(FAY).members.list(),
    ("Denied", "principal_inactive"): lambda s: s.context(evolve(ADA, active=False)).get(),
    ("Denied", "suspended_by_system"): _suspended_by_system,
    ("Denied", "system_only"): lambda s: s.context().release_slug("acme"),
    ("Denied", "tenant_deleted"): _deleted,
    ("Denied", "tenant_suspended"): _suspended,
    ("NotTheInvitee", "other_address"): lambda s: s.tenancy.person(EVE).accept(s.issued.token),
    ("NotTheInvitee", "email_unverified"): lambda s: s.tenancy.person(evolve(DAN, email_verified=False)).accept(
        s.issued.token
    ),
    ("Conflict", "counter_below_zero"): _below_zero,
    ("Conflict", "default_workspace"): lambda s: s.context().workspaces.archive(s.acme.general),
    ("Conflict", "deletion_grace"): _deletion_grace,
    ("Conflict", "id"): lambda s: _refused_write(s, "id"),
    ("Conflict", "member_deactivated"): _heir_deactivated,
    ("Conflict", "only_role"): lambda s: s.context().members.remove_role(BOB.user_id, role="member"),
    ("Conflict", "present_slug"): lambda s: s.context(SYSTEM).release_slug("acme"),
    ("Conflict", "reference"): lambda s: _refused_write(s, "reference"),
    ("Conflict", "role_held"): lambda s: _refused_write(s, "role_held"),
    ("Conflict", "tenant_status"): lambda s: s.context().resume(),
    ("Conflict", "times_apart"): _times_apart,
    ("Conflict", "workspace_status"): lambda s: s.context().workspaces.archive(s.hidden),
    ("AlreadyInvited", "already_invited"): lambda s: s.context().invitations.send("dan@acme.test"),
    ("AlreadyMember", "already_member"): lambda s: s.context().members.add(BOB.user_id),
    ("InvitationAccepted", "invitation_accepted"): _accepted,
    ("InvitationDeclined", "invitation_declined"): _declined,
    ("InvitationExpired", "invitation_expired"): _expired,
    ("InvitationReplaced", "invitation_replaced"): _replaced,
    ("InvitationRevoked", "invitation_revoked"): _revoked,
    ("InviterLostAuthority", "inviter_lost_authority"): _lost_authority,
    ("LastOwner", "last_owner"): lambda s: s.context().members.leave(),
    ("LimitReached", "*"): lambda s: s.started_here(plan=Plan("Free", members=1)).members.add(EVE.user_id),
    ("LimitReached", "max_closed_invitations"): _max_closed,
    ("LimitReached", "max_kept_slugs"): lambda s: s.started_here(options=Options(max_kept_slugs=0)).update(slug="apex"),
    ("LimitReached", "max_pending_invitations"): lambda s: s.started_here(
        options=Options(max_pending_invitations=1)
    ).invitations.send("new@acme.test"),
    ("LimitReached", "max_roles"): lambda s: s.started_here(options=Options(max_roles=1)).roles.define(
        "X", permissions=[], level="tenant"
    ),
    ("LimitReached", "max_sends_an_hour"): _max_sends,
    ("NameTaken", "name_taken"): lambda s: s.context().roles.define("Clerk", permissions=[], level="tenant"),
    ("PlanChanged", "plan_changed"): _plan_changed,
    ("RoleInUse", "role_in_use"): lambda s: s.context().roles.delete(s.clerk),
    ("SlugTaken", "slug_taken"): lambda s: s.tenancy.person(EVE).create_tenant("Acme", slug="acme"),
    ("Stale", "stale"): _stale,
    ("TrailBroken", "trail_broken"): _trail_broken,
    ("Unavailable", "unavailable"): _unavailable,
    ("Unavailable", "schema"): _schema,
    ("Busy", "busy"): _busy,
    ("OutcomeUnknown", "outcome_unknown"): _outcome_unknown,
}
"""By the name of the class, and the rule; the rule `*` is what the host calls a counter of its plan."""

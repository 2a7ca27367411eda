"""A workspace and the invitation of its first admin in one command."""

from __future__ import annotations

import pytest

from tenantry import (
    AlreadyMember,
    Denied,
    Invalid,
    Level,
    LimitReached,
    NotFound,
    Options,
    Principal,
    Role,
    Tenantry,
    schemes,
    to_dict,
)
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, SECRET, Company


def test_an_outsider_is_invited_to_run_it(tenancy: Tenantry, acme: Company) -> None:
    made = acme.context().workspaces.create("Justice", admin="Bob@acme.test")

    assert made.admin_token is not None
    assert (made.members, acme.context().workspaces.get(made.id)) == (0, made)
    assert acme.trail()[-2:] == ["workspace.created", "invitation.sent"]
    [invitation] = acme.context().invitations.list(workspace=made.id)
    assert (invitation.email, invitation.role, invitation.workspaces) == ("Bob@acme.test", "member", {made.id: "admin"})
    assert tenancy.person(BOB).accept(made.admin_token).membership.workspaces == {made.id: ("admin",)}


def test_the_token_is_shown_nowhere_else(acme: Company) -> None:
    """Law 8"""
    made = acme.context().workspaces.create("Justice", admin="bob@acme.test")
    assert str(made.admin_token) not in f"{made!r}{to_dict(made)}"
    assert acme.context().workspaces.get(made.id).admin_token is None


def test_the_address_of_a_member_gets_an_offer(tenancy: Tenantry, acme: Company) -> None:
    """What the host has recorded as their address is no proof that it is theirs."""
    acme.add(BOB)
    made = acme.context().workspaces.create("Justice", admin="bob@acme.test")
    assert acme.member(BOB).workspaces == {}
    assert made.admin_token is not None
    assert tenancy.person(BOB).accept(made.admin_token).already_member
    assert acme.member(BOB).workspaces == {made.id: ("admin",)}


def test_a_user_id_that_looks_like_an_address_is_a_user_id(acme: Company) -> None:
    acme.add(Principal("gus@acme.test", email="else@acme.test"))
    made = acme.context().workspaces.create("Justice", admin="gus@acme.test")
    assert (made.members, made.admin_token) == (1, None)


def test_a_refusal_leaves_no_workspace(acme: Company) -> None:
    acme.add(BOB)
    acme.context().members.deactivate(BOB.user_id)
    before, workspaces = acme.trail(), len(acme.context().workspaces.list())
    for admin, error in (
        ("bob@acme.test", AlreadyMember),
        ("no@address@at.all", Invalid),
        ("user_unknown", NotFound),
        ("", Invalid),
    ):
        with pytest.raises(error):
            acme.context().workspaces.create("Justice", admin=admin)
    assert (acme.trail(), len(acme.context().workspaces.list())) == (before, workspaces)


def test_who_makes_a_workspace_invites_within_their_rights(store: Store, clock: FrozenClock) -> None:
    maker = Role("maker", Level.TENANT, ["tenant-api:workspace:create"], inherits=["member"])
    scheme = schemes.AGENCY.extend(roles=[maker])
    tenancy = Tenantry(store=store, scheme=scheme, secret_keys=[SECRET], clock=clock)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    context = acme.add(CAY, "maker")
    assert context.workspaces.create("Health").members == 0
    with pytest.raises(Denied):
        context.workspaces.create("Justice", admin="bob@acme.test")


def test_the_limits_of_invitations_hold(store: Store, clock: FrozenClock) -> None:
    tenancy = Tenantry(
        store=store,
        scheme=schemes.AGENCY,
        secret_keys=[SECRET],
        clock=clock,
        options=Options(max_pending_invitations=1, deliverable=lambda address: not address.endswith("typo.test")),
    )
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    with pytest.raises(Invalid, match="delivered"):
        acme.context().workspaces.create("Justice", admin="bob@typo.test")
    acme.context().workspaces.create("Justice", admin="bob@acme.test")
    with pytest.raises(LimitReached):
        acme.context().workspaces.create("Health", admin="cay@acme.test")
    assert acme.context().workspaces.create("Health", admin=ADA.user_id).members == 1

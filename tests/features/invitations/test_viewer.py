"""The page of a link says how whoever is signed in stands to it, and what it says comes true when they accept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tenantry import (
    Denied,
    Invalid,
    InvitationAccepted,
    InviterLostAuthority,
    LimitReached,
    NotTheInvitee,
    Plan,
    Principal,
    Tenantry,
    TenantryError,
    Viewer,
    schemes,
)
from tenantry.ports import Store
from tests.features.people import ADA, BOB, CAY, EVE, SECRET, Company, someone

UNVERIFIED = someone("bob", email_verified=False)


@pytest.fixture
def tenancy(store: Store) -> Tenantry:
    return Tenantry(
        store=store,
        scheme=schemes.AGENCY,
        secret_keys=[SECRET],
        plan=Plan("small", members=3, counts_invitations=False),
    )


@pytest.fixture
def acme(tenancy: Tenantry) -> Company:
    """Of three places, one is free; Bob is invited by Cay, an admin, as a member with a role in the workspace."""
    company = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    company.add(CAY, "admin")
    return company


Stage = Callable[[Company], object]
STANDING: dict[str, tuple[Viewer, Principal, Stage, type[TenantryError] | None]] = {
    "ready": (Viewer.READY, BOB, lambda acme: None, None),
    "another spelling": (Viewer.READY, someone("bob", email="Bob@ACME.test"), lambda acme: None, None),
    "member": (Viewer.MEMBER, BOB, lambda acme: acme.context().members.add(BOB.user_id), None),
    "unverified": (Viewer.UNVERIFIED, UNVERIFIED, lambda acme: None, NotTheInvitee),
    "wrong address": (Viewer.WRONG_ADDRESS, EVE, lambda acme: None, NotTheInvitee),
    "no address": (Viewer.WRONG_ADDRESS, Principal("user_eve"), lambda acme: None, NotTheInvitee),
    "inviter lost": (
        Viewer.INVITER_LOST,
        BOB,
        lambda acme: acme.context().members.change_role(CAY.user_id, role="member"),
        InviterLostAuthority,
    ),
    "full": (Viewer.FULL, BOB, lambda acme: acme.context().members.add("user_x"), LimitReached),
    "suspended": (Viewer.SUSPENDED, BOB, lambda acme: acme.context().suspend("Unpaid"), Denied),
    "switched off": (Viewer.DEACTIVATED, someone("bob", active=False), lambda acme: None, Denied),
    "deactivated": (
        Viewer.DEACTIVATED,
        BOB,
        lambda acme: (acme.context().members.add(BOB.user_id), acme.context().members.deactivate(BOB.user_id)),
        Denied,
    ),
}


@pytest.mark.parametrize(("viewer", "who", "stage", "refused"), STANDING.values(), ids=STANDING)
def test_it_says_what_accepting_leads_to(
    acme: Company, viewer: Viewer, who: Principal, stage: Stage, refused: type[TenantryError] | None
) -> None:
    issued = acme.invite(BOB, by=CAY, workspaces={acme.general: "viewer"})
    stage(acme)
    before = acme.trail()

    preview = acme.tenancy.inspect_invitation(issued.token, by=who)

    assert preview.viewer is viewer
    assert (preview.tenant_id, preview.tenant_slug, preview.role_key) == (acme.id, "acme", "member")
    assert [(w.id, w.slug, w.role_key) for w in preview.workspaces] == [(acme.general, "general", "viewer")]
    assert acme.trail() == before
    if refused is None:
        assert acme.tenancy.person(who).accept(issued.token).tenant.id == acme.id
    else:
        with pytest.raises(refused):
            acme.tenancy.person(who).accept(issued.token)


def test_every_standing_is_tried() -> None:
    assert {viewer for viewer, *_ in STANDING.values()} == set(Viewer)


def test_who_is_not_signed_in_stands_nowhere(acme: Company) -> None:
    issued = acme.invite(BOB)
    assert acme.tenancy.inspect_invitation(issued.token).viewer is None
    acme.context().suspend("Unpaid")
    with pytest.raises(Denied):
        acme.tenancy.inspect_invitation(issued.token)


def test_an_address_that_is_not_verified_is_told_from_another_one(acme: Company) -> None:
    issued = acme.invite(BOB)
    codes = []
    for who in (UNVERIFIED, EVE):
        with pytest.raises(NotTheInvitee) as refused:
            acme.tenancy.person(who).accept(issued.token)
        assert refused.value.decision is not None
        codes.append((refused.value.rule, refused.value.decision.code))

    assert codes == [("email_unverified",) * 2, ("other_address",) * 2]


def test_whoever_has_accepted_sees_where_they_are(acme: Company) -> None:
    issued = acme.invite(BOB)
    acme.tenancy.person(BOB).accept(issued.token)

    assert acme.tenancy.inspect_invitation(issued.token, by=BOB).viewer is Viewer.MEMBER
    for who in (EVE, None):
        with pytest.raises(InvitationAccepted):
            acme.tenancy.inspect_invitation(issued.token, by=who)
    acme.context().members.remove(BOB.user_id)
    with pytest.raises(InvitationAccepted):
        acme.tenancy.inspect_invitation(issued.token, by=BOB)


def test_who_looks_is_a_principal(acme: Company) -> None:
    issued = acme.invite(BOB)
    with pytest.raises(Invalid):
        acme.tenancy.inspect_invitation(issued.token, by="user_bob")  # type: ignore[arg-type]

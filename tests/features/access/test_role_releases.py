"""A release of the host drops a permission or a role: what names it gives nothing, is listed, and can be changed."""

from __future__ import annotations

import pytest

from tenantry import (
    SYSTEM,
    Denied,
    Finding,
    Invalid,
    InviterLostAuthority,
    Level,
    Permission,
    Role,
    Scheme,
    UnknownPermission,
    schemes,
)
from tenantry.kernel.clock import Clock
from tenantry.ports import Store
from tests.features.access.customs import MEMBERS, defined, held, opened, released, role
from tests.features.people import ADA, BOB, CAY, DAN, EVE, Company

SIGN, STAMP = "deed-api:deed:sign", "deed-api:deed:stamp"
ENTER = "room-api:room:enter"


def release(*, deeds: bool = True, notary: bool = True, porter: bool = True) -> Scheme:
    """A scheme of the host, with or without some of its parts."""
    return schemes.AGENCY.extend(
        name="offices",
        permissions=[Permission(MEMBERS.replace("tenant", "other"), Level.TENANT), Permission(ENTER, Level.WORKSPACE)]
        + [Permission(name, Level.TENANT) for name in (SIGN, STAMP) if deeds],
        roles=[Role("notary", Level.TENANT, ["*:member:read"], acts_as="viewer")] * notary
        + [Role("porter", Level.WORKSPACE, [ENTER])] * porter,
    )


@pytest.fixture
def acme(store: Store, clock: Clock) -> Company:
    return opened(store, clock, scheme=release())


def found(acme: Company) -> list[tuple[str, str, str | None]]:
    return [(each.code, each.subject, each.tenant_id) for each in acme.tenancy.self_check()]


def test_a_whole_release_has_nothing_to_tell(acme: Company) -> None:
    defined(acme, "Deeds", SIGN, inherits=["notary"], acts_as="porter")
    acme.add(BOB, "notary", workspaces={acme.general: "porter"})

    assert acme.tenancy.self_check() == []


def test_roles_are_looked_through_to_the_last(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """MG-09"""
    monkeypatch.setattr("tenantry.access.service.checkup._AT_ONCE", 2)
    for number in range(1, 6):
        defined(acme, f"Deeds {number}", SIGN)
        newer = released(acme, release(deeds=False))
        assert len(newer.tenancy.self_check()) == number


def test_a_permission_that_is_gone_is_not_granted_but_listed(acme: Company) -> None:
    """PE-12, MG-09"""
    key = defined(acme, "Deeds", SIGN, MEMBERS)
    acme.add(BOB, defined(acme, "Heir", inherits=[key]))
    newer = released(acme, release(deeds=False))

    assert held(newer, BOB) == {MEMBERS}
    with pytest.raises(UnknownPermission):
        newer.context(BOB).can(SIGN)
    message = f"The tenant role 'Deeds' names {SIGN}, which is no tenant permission."
    assert newer.tenancy.self_check() == [Finding("role_outdated", key, acme.id, message)]
    assert SIGN not in {row.permission for row in newer.context().roles.matrix().rows}
    assert held(acme, BOB) == {MEMBERS, SIGN}


def test_a_role_with_what_is_gone_is_changed_like_any_other(acme: Company) -> None:
    """PE-12: its name, what it gives, and so the finding."""
    key = defined(acme, "Deeds", SIGN, STAMP, MEMBERS, inherits=["notary"], acts_as="porter")
    acme.add(BOB, key)
    newer = released(acme, release(deeds=False, notary=False, porter=False))
    roles = newer.context().roles
    assert {code for code, *_ in found(newer)} == {"role_outdated"}
    assert len(found(newer)) == 4

    assert roles.update(key, name="Papers").name == "Papers"
    assert roles.update(key, description="Old").description == "Old"
    assert roles.plan_update(key, inherits=[])[0].changes == ()
    with pytest.raises(UnknownPermission):
        roles.update(key, permissions=[SIGN, MEMBERS])
    with pytest.raises(Invalid, match="inherits 'nobody'"):
        roles.update(key, inherits=["notary", "nobody"])
    assert held(newer, BOB) == {MEMBERS}

    roles.update(key, permissions=[MEMBERS])
    roles.update(key, inherits=["member"])
    roles.update(key, acts_as="")
    assert newer.tenancy.self_check() == []
    roles.delete(key, replacement="member")


def test_others_are_changed_beside_one_that_is_faulty(acme: Company) -> None:
    defined(acme, "Deeds", inherits=["notary"], acts_as="porter")
    newer = released(acme, release(notary=False, porter=False))

    other = defined(newer, "Other", MEMBERS)
    newer.context().roles.update(other, name="Another")
    newer.context().roles.delete(other)


def test_what_a_role_acted_as_and_is_gone_gives_nothing_anywhere(acme: Company) -> None:
    key = defined(acme, "Doors", acts_as="porter")
    acme.add(BOB, key)
    assert held(acme, BOB, acme.general) == {ENTER}
    newer = released(acme, release(porter=False))

    assert held(newer, BOB, acme.general) == frozenset()
    assert newer.context(BOB).workspaces_where(ENTER) == frozenset()
    assert [member.user_id for member in newer.context().who_can(ENTER, workspace=acme.general)] == [ADA.user_id]
    assert found(newer) == [("role_outdated", key, acme.id)]


def test_members_of_a_built_in_role_that_is_gone_are_counted(acme: Company) -> None:
    """MG-09: at the level where it is gone, although the other has one of this key."""
    both = [Role("guard", level, [f"{level}-api:member:read"]) for level in Level]
    older = released(acme, release().extend(roles=both))
    older.add(BOB, "guard", workspaces={acme.general: "guard"})
    older.add(CAY, workspaces={acme.general: "guard"})
    older.add(DAN, "notary")
    older.add(EVE, "notary")

    kept = {Level.TENANT: both[0], Level.WORKSPACE: both[1]}
    for level, gone in ((Level.TENANT, Level.WORKSPACE), (Level.WORKSPACE, Level.TENANT)):
        newer = released(acme, release(notary=False).extend(roles=[kept[level]]))
        messages = {finding.message for finding in newer.tenancy.self_check()}
        count = {Level.TENANT: 1, Level.WORKSPACE: 2}[gone]
        assert messages == {
            "The scheme has no tenant role 'notary'; members who have it: 2.",
            f"The scheme has no {gone} role 'guard'; members who have it: {count}.",
        }
        assert {(f.code, f.tenant_id) for f in newer.tenancy.self_check()} == {("role_unknown", None)}


def test_findings_of_all_tenants_are_told(acme: Company) -> None:
    beta = Company(acme.tenancy, acme.tenancy.person(BOB).create_tenant("Beta"))
    keys = {defined(acme, "Deeds", SIGN): acme.id, defined(beta, "Deeds", SIGN, by=BOB): beta.id}
    newer = released(acme, release(deeds=False))

    assert {(subject, tenant) for _, subject, tenant in found(newer)} == set(keys.items())


def test_a_pattern_was_expanded_by_the_release_that_knew_it(acme: Company) -> None:
    older = released(acme, release(deeds=False))
    key = older.context(SYSTEM).roles.define("All", permissions=["*:*:*"], level="tenant").id

    assert SIGN not in role(acme, key).permissions
    acme.add(BOB, key)
    assert SIGN not in held(acme, BOB)
    assert acme.tenancy.self_check() == []


@pytest.mark.parametrize("gone", ["notary", "porter"])
def test_an_invitation_to_a_role_that_is_gone_is_neither_accepted_nor_sent_again(acme: Company, gone: str) -> None:
    """IT-19: nobody joins with nothing, and nobody with another role than was offered."""
    issued = acme.invite(DAN, "notary", workspaces={acme.general: "porter"})
    newer = released(acme, release(notary=gone != "notary", porter=gone != "porter"))

    with pytest.raises(InviterLostAuthority):
        newer.tenancy.person(DAN).accept(issued.token)
    with pytest.raises(Invalid, match=gone):
        newer.context().invitations.resend(issued.invitation.id)
    newer.context().invitations.revoke(issued.invitation.id)


def test_who_ends_a_contradiction_holds_what_the_role_then_acts_as(acme: Company) -> None:
    """Law 5: a role that would act as two acts as none; what a parent of it says may not decide for more."""

    def scheme(boss: str) -> Scheme:
        tenant = ["tenant-api:tenant:read"]
        return schemes.AGENCY.extend(
            roles=[
                Role("boss", Level.TENANT, tenant, acts_as=boss),
                Role("looker", Level.TENANT, tenant, acts_as="viewer"),
            ]
        )

    acme = released(acme, scheme("viewer"))
    parent, other = defined(acme, "Parent", inherits=["looker"]), defined(acme, "Other", inherits=["member"])
    heir = defined(acme, "Heir", inherits=[parent, "boss"])
    acme.add(CAY, heir)
    acme.add(BOB, defined(acme, "Editor", "tenant-api:role:*", "tenant-api:member:*", inherits=["looker"]))
    acme = released(acme, scheme("admin"))
    settings = "workspace-api:settings:update"
    assert not acme.context(CAY).can(settings, workspace=acme.general)

    for change in (
        lambda: acme.context(BOB).roles.update(parent, inherits=["member"]),
        lambda: acme.context(BOB).roles.plan_update(parent, inherits=["member"]),
        lambda: acme.context(BOB).roles.delete(parent, replacement=other),
    ):
        with pytest.raises(Denied) as refused:
            change()
        assert settings in refused.value.data["missing"]
    assert not acme.context(CAY).can(settings, workspace=acme.general)

    acme.context(ADA).roles.delete(parent, replacement=other)
    assert acme.context(CAY).can(settings, workspace=acme.general)

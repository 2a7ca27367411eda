"""What a context knows, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import NotFound, Tenantry
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, SECRET, Company

INVITE = "workspace-api:member:invite"
READ = "workspace-api:workspace:read"


def test_the_next_context_sees_every_change(acme: Company) -> None:
    """AC-38, PE-17 in kind"""
    acme.add(BOB)
    for change, expected in (
        (lambda: acme.context().members.change_role(BOB.user_id, role="admin"), True),
        (lambda: acme.context().members.deactivate(BOB.user_id), False),
        (lambda: acme.context().members.reactivate(BOB.user_id), True),
        (lambda: acme.context().members.change_role(BOB.user_id, role="member"), False),
        (lambda: acme.context().workspaces.add_member(acme.general, BOB.user_id, role="admin"), True),
        (lambda: acme.context().workspaces.change_member_role(acme.general, BOB.user_id, role="viewer"), False),
        (lambda: acme.context().workspaces.change_member_role(acme.general, BOB.user_id, role="admin"), True),
        (lambda: acme.context().members.remove(BOB.user_id), False),
    ):
        change()
        assert acme.context(BOB).can(INVITE, workspace=acme.general) is expected


def test_another_door_to_the_same_store_sees_it_too(acme: Company, tenancy: Tenantry) -> None:
    acme.add(BOB, "admin")
    other = Tenantry(store=tenancy._store, scheme=tenancy._settings.scheme, secret_keys=[SECRET])
    assert other.tenant(acme.id, by=BOB).can("tenant-api:member:invite")

    acme.context().members.remove(BOB.user_id)

    assert not other.tenant(acme.id, by=BOB).can("tenant-api:member:invite")


def test_one_context_gives_one_answer_until_it_commands(acme: Company) -> None:
    """AC-38: within one request all answers come from one version."""
    bob = acme.add(BOB, "admin")
    assert bob.can("tenant-api:member:invite")

    acme.context().members.change_role(BOB.user_id, role="member")

    assert bob.can("tenant-api:member:invite")
    bob.members.leave()
    assert not bob.can("tenant-api:member:invite")


def test_a_command_decides_on_fresh_facts_whatever_the_context_remembers(acme: Company) -> None:
    """Law 3"""
    bob = acme.add(BOB, "admin")
    assert bob.can("tenant-api:member:delete")
    acme.add(CAY)

    acme.context().members.remove(BOB.user_id)

    with pytest.raises(NotFound):
        bob.members.remove(CAY.user_id)
    assert CAY.user_id in acme.user_ids()


def test_a_command_through_a_part_of_the_context_counts_too(acme: Company) -> None:
    context = acme.context()
    assert not context.can(READ, workspace="ws_later")

    justice = context.workspaces.create("Justice")

    assert context.can(READ, workspace=justice.id)


def test_an_access_is_a_value(acme: Company, clock: FrozenClock) -> None:
    bob = acme.add(BOB, "admin", workspaces={acme.general: "viewer"})
    access = bob.access()

    acme.context().members.remove(BOB.user_id)
    clock.advance(timedelta(days=400))

    assert access.can("tenant-api:member:invite")
    assert (access.tenant_id, access.principal, access.is_member, access.is_live) == (acme.id, BOB, True, True)
    assert access.as_of == clock() - timedelta(days=400)
    assert ADA.user_id not in repr(access)
    with pytest.raises(AttributeError):
        access.as_of = clock()  # type: ignore[misc]

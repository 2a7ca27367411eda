"""The roles that somebody may give to others, for a form that offers them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenantry import Denied, NotFound
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.access.customs import defined, opened
from tests.features.people import ADA, BOB, CAY, DAN, EVE, Company


@pytest.fixture
def acme(store: Store, clock: FrozenClock) -> Company:
    return opened(store, clock)


def offered(acme: Company, who: object, workspace: str | None = None) -> list[str]:
    return [role.name for role in acme.context(who).roles.assignable(workspace=workspace)]  # type: ignore[arg-type]


def test_they_are_those_within_the_ceiling_custom_ones_by_name(acme: Company) -> None:
    """R5, R6: what is offered can be given, and nothing else can."""
    defined(acme, "Clerk", "tenant-api:member:read")
    teller = defined(acme, "Teller", "workspace-api:member:read", level="workspace")
    acme.add(BOB, "admin")
    acme.add(CAY, workspaces={acme.general: "admin"})

    assert offered(acme, ADA) == ["Owner", "Admin", "Member", "Clerk"]
    assert offered(acme, BOB) == ["Admin", "Member", "Clerk"]
    assert offered(acme, CAY, acme.general) == ["Admin", "Member", "Viewer", "Teller"]
    acme.add(DAN)
    for role in acme.context(CAY).roles.assignable(workspace=acme.general):
        acme.context(CAY).members.add_role(DAN.user_id, role=role.key, workspace=acme.general)
    assert teller in acme.member(DAN).workspaces[acme.general]


def test_who_holds_a_right_for_a_time_is_offered_what_they_hold_for_good(acme: Company, clock: FrozenClock) -> None:
    """E28"""
    acme.add(BOB)
    acme.context().members.add_role(BOB.user_id, role="admin", ends_at=clock() + timedelta(days=1))

    assert offered(acme, BOB) == ["Member"]


def test_who_gives_no_roles_is_offered_none(acme: Company) -> None:
    acme.add(BOB)
    acme.add(CAY, workspaces={acme.general: "admin"})

    for who, workspace in ((BOB, None), (BOB, acme.general), (CAY, None)):
        with pytest.raises(Denied):
            offered(acme, who, workspace)
    for who, workspace in ((EVE, None), (ADA, "ws_made_up")):
        with pytest.raises(NotFound):
            offered(acme, who, workspace)

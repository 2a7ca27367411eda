"""What the roles of a tenant are called, for filters and forms of every member."""

from __future__ import annotations

import pytest
from attrs import evolve

from tenantry import Denied, Invalid, Level, NotFound, RoleChoice, to_dict
from tenantry.ports import Store
from tenantry.testing import FrozenClock
from tests.features.access.customs import EXPORT, defined, opened
from tests.features.people import ADA, BOB, EVE, Company


@pytest.fixture
def acme(store: Store, clock: FrozenClock) -> Company:
    return opened(store, clock)


def test_every_member_reads_the_names_of_all_roles(acme: Company) -> None:
    """The tenant's first; of each level the built-in ones first."""
    defined(acme, "Teller", level="workspace")
    defined(acme, "Clerk", EXPORT)
    acme.add(BOB)

    found = acme.context(BOB).roles.choices()

    assert [(role.name, role.level, role.is_custom) for role in found] == [
        ("Owner", Level.TENANT, False),
        ("Admin", Level.TENANT, False),
        ("Member", Level.TENANT, False),
        ("Clerk", Level.TENANT, True),
        ("Admin", Level.WORKSPACE, False),
        ("Member", Level.WORKSPACE, False),
        ("Viewer", Level.WORKSPACE, False),
        ("Teller", Level.WORKSPACE, True),
    ]
    assert list(acme.context().roles.choices()) == list(found)


def test_a_choice_says_what_a_role_is_called_and_not_what_it_holds(acme: Company) -> None:
    key = defined(acme, "Clerk", EXPORT, description="Exports\nreports")

    *_, choice = acme.context().roles.choices("tenant")

    assert choice == RoleChoice(key, Level.TENANT, "Clerk", "Exports reports", is_custom=True)
    assert to_dict(choice) == {
        "key": key,
        "level": "tenant",
        "name": "Clerk",
        "description": "Exports reports",
        "is_custom": True,
    }


@pytest.mark.parametrize("level", ["tenant", "workspace"])
def test_one_level_alone_can_be_asked_for(acme: Company, level: str) -> None:
    roles = acme.context().roles
    assert list(roles.choices(level)) == [role for role in roles.choices() if role.level == level]


def test_support_sees_the_names_that_the_user_sees(acme: Company) -> None:
    acme.add(BOB)
    by = evolve(BOB, impersonated_by="support_7")
    assert list(acme.context(by).roles.choices()) == list(acme.context(BOB).roles.choices())


def test_who_is_no_live_member_is_refused(acme: Company) -> None:
    acme.add(BOB)
    acme.context().members.deactivate(BOB.user_id)

    with pytest.raises(Denied):
        acme.context(BOB).roles.choices()
    with pytest.raises(NotFound):
        acme.context(EVE).roles.choices()


@pytest.mark.parametrize("level", ["", "Tenant", "everywhere", 1])
def test_a_level_that_there_is_not_is_refused(acme: Company, level: str) -> None:
    with pytest.raises(Invalid):
        acme.context(ADA).roles.choices(level)

"""Templates of the scheme, which a tenant adopts as roles of its own and adapts."""

from __future__ import annotations

import pytest

from tenantry import SYSTEM, Invalid, NameTaken, schemes
from tenantry.kernel.clock import Clock
from tenantry.ports import Store
from tests.features.access.customs import DROP, HOST, READ, SHOW, opened, released
from tests.features.people import Company


@pytest.fixture
def acme(store: Store, clock: Clock) -> Company:
    return opened(store, clock)


def test_a_template_is_adopted_and_adapted(acme: Company) -> None:
    """R5: its patterns are expanded now, also where some of them reach nothing in this scheme."""
    adopted = acme.context().roles.adopt("publisher")
    auditor = acme.context().roles.adopt("auditor", name="Reviser")

    assert (adopted.name, adopted.template, adopted.permissions) == ("Publisher", "publisher", (READ,))
    assert (auditor.name, auditor.acts_as) == ("Reviser", "viewer")
    assert {SHOW, "tenant-api:audit:read"} < set(auditor.permissions)
    adapted = acme.context().roles.update(adopted.id, permissions=[DROP])
    assert (adapted.template, adapted.permissions) == ("publisher", (DROP,))


def test_a_template_is_adopted_twice_under_two_names(acme: Company) -> None:
    first = acme.context().roles.adopt("campaign_creator")

    with pytest.raises(NameTaken):
        acme.context().roles.adopt("campaign_creator")
    assert acme.context().roles.adopt("campaign_creator", name="Second").permissions == first.permissions
    for unknown in ("", "admin", "Auditor", None, ["auditor"]):
        with pytest.raises(Invalid, match="no such template; there are: client_manager, campaign_creator, auditor"):
            acme.context().roles.adopt(unknown)  # type: ignore[arg-type]


def test_every_template_is_a_role_that_an_owner_can_adopt(acme: Company) -> None:
    for template in HOST.templates:
        adopted = acme.context().roles.adopt(template.key)
        assert set(adopted.permissions) == HOST.expand(template.permissions, template.level)
    with pytest.raises(Invalid, match="there are: none"):
        released(acme, schemes.CONTENT).context(SYSTEM).roles.adopt("auditor")

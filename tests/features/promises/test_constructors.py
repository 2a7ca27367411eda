"""What a host builds once, of whatever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tenantry import Level, Options, Origin, Permission, Principal, Role, Scheme, Tenantry, TenantryError, schemes
from tenantry.kernel.clock import system_clock
from tenantry.memory import MemoryStore
from tests.features.hostile import MALFORMED
from tests.features.people import SECRET

BUILT: Mapping[str, tuple[type, dict[str, Any]]] = {
    "Principal": (
        Principal,
        {
            "user_id": "u",
            "email_verified": True,
            "active": True,
            "on_behalf_of": "v",
            "name": "U",
            "email": "u@acme.test",
        },
    ),
    "Impersonated": (Principal, {"user_id": "u", "impersonated_by": "v"}),
    "Origin": (Origin, {"address": "192.0.2.1", "user_agent": "curl", "request_id": "1"}),
    "Options": (
        Options,
        {
            "shortest_invitation": timedelta(hours=1),
            "longest_invitation": timedelta(days=9),
            "invitation_expires_in": timedelta(days=1),
            "reserved_slugs": frozenset(),
            "default_workspace_name": "General",
        },
    ),
    "Permission": (
        Permission,
        {"name": "a:b:c", "level": Level.TENANT, "description": "C", "implies": (), "in_person": True},
    ),
    "Role": (
        Role,
        {
            "key": "r",
            "level": Level.TENANT,
            "permissions": (),
            "inherits": (),
            "acts_as": None,
            "name": "R",
            "description": "R",
        },
    ),
    "Scheme": (
        Scheme,
        {
            "name": "s",
            "roles": schemes.AGENCY.roles,
            "owner_role": "owner",
            "member_role": "member",
            "workspace_admin_role": "admin",
            "permissions": (),
        },
    ),
    "Tenantry": (
        Tenantry,
        {
            "store": MemoryStore(),
            "scheme": schemes.AGENCY,
            "secret_keys": [SECRET],
            "clock": system_clock,
            "options": Options(),
        },
    ),
}


@pytest.mark.parametrize("name", BUILT)
def test_what_is_built_of_nonsense_is_refused_or_harmless(name: str) -> None:
    """IN-08"""
    kind, valid = BUILT[name]
    kind(**valid)
    wrong = {}
    for parameter in valid:
        for label, value in MALFORMED.items():
            try:
                repr(kind(**valid | {parameter: value}))
            except TenantryError:
                pass
            except Exception as error:  # noqa: BLE001 - which is what must not happen
                wrong[parameter, label] = repr(error)

    assert wrong == {}

"""Values become plain data for a host's API, without what nobody is to see."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from types import MappingProxyType
from typing import Any

import pytest
from attrs import frozen

from tenantry import (
    UNLIMITED,
    Accepted,
    AuditEvent,
    Decision,
    Dispatched,
    Invalid,
    Invitation,
    InvitationPreview,
    Issued,
    Level,
    Membership,
    MyTenant,
    OfferedWorkspace,
    Page,
    Principal,
    RemovalPlan,
    Tenant,
    Tenantry,
    Usage,
    Workspace,
    WorkspaceTotals,
    schemes,
    to_dict,
)
from tenantry.memory import MemoryStore
from tests.unit.access.facts import grant, holding

NOW = datetime(2026, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC)
AT = "2026-03-01T12:30:00.250000+00:00"

TENANT = Tenant(id="ten_acme", name="Acme", slug="acme", default_workspace_id="ws_a", created_at=NOW)
WORKSPACE = Workspace(
    tenant_id="ten_acme", id="ws_a", name="Général", slug="general", settings={"a": [1, {"b": None}]}, created_at=NOW
)
MEMBER = Membership(
    tenant_id="ten_acme",
    id="mem_1",
    user_id="user_ada",
    name="Ada",
    email="Ada@acme.test",
    email_key="ada@acme.test",
    joined_at=NOW,
    roles=("owner",),
    workspaces={"ws_a": ("admin", "viewer")},
)
INVITATION = Invitation(
    tenant_id="ten_acme",
    id="inv_1",
    email="Bob@gov.test",
    email_key="bob@gov.test",
    role="member",
    workspaces=MappingProxyType({"ws_a": "admin"}),
    expires_at=NOW,
    invited_by="user_ada",
    created_at=NOW,
    sent_at=NOW,
    nonce="n0nce",
)
EVENT = AuditEvent(
    tenant_id="ten_acme",
    id="evt_1",
    sequence=1,
    action="tenant.created",
    principal="user_ada",
    target="ten_acme",
    after={"status": TENANT.status, "at": NOW},
    occurred_at=NOW,
)
PREVIEW = InvitationPreview(
    invitation_id="inv_1",
    tenant_id="ten_acme",
    tenant_name="Acme",
    tenant_slug="acme",
    email_hint="b•••@g•••.test",
    role="Member",
    role_key="member",
    workspaces=(OfferedWorkspace(id="ws_general", name="General", slug="general", role="Admin", role_key="admin"),),
    invited_by=None,
    message=None,
    expires_at=NOW,
)
EVERY = [
    TENANT,
    WORKSPACE,
    MEMBER,
    INVITATION,
    EVENT,
    PREVIEW,
    Issued(INVITATION, "t0ken"),
    Accepted(TENANT, MEMBER, (WORKSPACE,), ("ws_gone",), already_member=True),
    MyTenant(TENANT, MEMBER),
    WorkspaceTotals(1, {"open_cases": 3}),
    Decision(False, "permission_missing", ("No.",)),
    Principal("user_ada", email="ada@acme.test"),
    schemes.AGENCY,
    grant("admin", "ws_a"),
    Page([MEMBER], next="cursor"),
]


def keys(plain: Any) -> Iterator[str]:
    """Every key in nested data."""
    if isinstance(plain, dict):
        for key, value in plain.items():
            yield key
            yield from keys(value)
    elif isinstance(plain, list):
        for value in plain:
            yield from keys(value)


class TestValues:
    @pytest.mark.parametrize("value", EVERY, ids=lambda value: type(value).__name__)
    def test_become_what_json_gives_back_unchanged(self, value: object) -> None:
        plain = to_dict(value)
        assert json.loads(json.dumps(plain)) == plain
        assert "<" not in repr(plain)  # no enumeration, which would print so

    @pytest.mark.parametrize("value", EVERY, ids=lambda value: type(value).__name__)
    def test_show_no_keys_no_nonces_and_no_tokens(self, value: object) -> None:
        """Law 8."""
        plain = to_dict(value)
        assert not {"name_key", "search_key", "email_key", "held_as", "counts_from", "nonce", "token"} & set(
            keys(plain)
        )
        assert not any(secret in json.dumps(plain) for secret in ("n0nce", "t0ken"))

    def test_are_shown_with_all_their_other_fields(self) -> None:
        assert to_dict(MEMBER) == {
            "tenant_id": "ten_acme",
            "id": "mem_1",
            "user_id": "user_ada",
            "name": "Ada",
            "email": "Ada@acme.test",
            "email_verified": False,
            "status": "active",
            "joined_at": AT,
            "last_sign_in_at": None,
            "roles": ["owner"],
            "workspaces": {"ws_a": ["admin", "viewer"]},
            "grants": [],
            "actions": None,
            "is_active": True,
        }

    def test_are_shown_with_what_is_computed_from_their_fields(self) -> None:
        plan = RemovalPlan(
            member=MEMBER, roles=("owner",), workspaces={}, invitations=(), resources={}, reassign_to=None
        )
        assert to_dict(plan)["digest"] == plan.digest
        assert to_dict(Usage("sites", 3, 5))["left"] == 2
        assert to_dict(Usage("sites", 3, UNLIMITED))["left"] == "unlimited"
        assert to_dict(EVENT)["outcome"] == "done"

    def test_spans_of_time_become_seconds(self) -> None:
        assert to_dict(Dispatched(oldest=timedelta(minutes=1)))["oldest"] == 60

    def test_keep_their_documents(self) -> None:
        assert to_dict(WORKSPACE)["settings"] == {"a": [1, {"b": None}]}
        assert to_dict(EVENT)["after"] == {"status": "active", "at": AT}

    def test_an_issued_invitation_is_shown_without_its_token(self) -> None:
        """Law 8: who wants to show the token has to name it."""
        assert to_dict(Issued(INVITATION, "t0ken")) == {"invitation": to_dict(INVITATION)}

    def test_a_scheme_is_data(self) -> None:
        plain = to_dict(schemes.AGENCY)
        assert plain.keys() == {
            "name",
            "roles",
            "owner_role",
            "member_role",
            "workspace_admin_role",
            "default_workspace_role",
            "permissions",
            "templates",
        }
        assert plain["roles"][0]["level"] == "tenant"


class TestCollections:
    def test_a_page_is_its_items_the_way_on_and_the_total(self) -> None:
        assert to_dict(Page(["a"], next="cursor", total=7)) == {"items": ["a"], "next": "cursor", "total": 7}
        assert to_dict(Page[Tenant]([])) == {"items": [], "next": None, "total": None}
        assert to_dict(Page([MEMBER]))["items"] == [to_dict(MEMBER)]

    def test_sequences_become_lists_and_sets_sorted_lists(self) -> None:
        assert to_dict((1, [2], ("a",))) == [1, [2], ["a"]]
        assert to_dict(frozenset({"ws_b", "ws_a"})) == ["ws_a", "ws_b"]

    def test_mappings_become_dictionaries(self) -> None:
        assert to_dict(MappingProxyType({"tenant": TENANT, "at": NOW})) == {"tenant": to_dict(TENANT), "at": AT}
        assert type(to_dict(INVITATION)["workspaces"]) is dict

    @pytest.mark.parametrize("value", ["text", 7, 1.5, True, None])
    def test_what_is_plain_stays(self, value: object) -> None:
        assert to_dict(value) is value

    def test_a_status_becomes_text(self) -> None:
        assert type(to_dict(Level.TENANT)) is str


@frozen
class Moment:
    at: object


class TestRefusals:
    @pytest.mark.parametrize(
        "value", [b"bytes", object(), 1j, Decimal(1), print, Tenant, holding("owner")], ids=count()
    )
    def test_what_is_no_plain_data_is_refused_at_any_depth(self, value: object) -> None:
        for hidden in (value, [value], {"a": (value,)}, Moment(value), Page([value])):
            with pytest.raises(Invalid, match="cannot be shown as plain data"):
                to_dict(hidden)

    def test_neither_a_tenantry_nor_its_keys_are_shown(self) -> None:
        tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=["k" * 32])
        for value in (tenancy, tenancy.person(Principal("user_ada"))):
            with pytest.raises(Invalid):
                to_dict(value)


def test_what_it_is_made_of_is_loaded_on_first_use() -> None:
    code = """
import sys, tenantry
assert "cattrs" not in sys.modules
tenantry.to_dict(tenantry.SYSTEM)
assert "cattrs" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)

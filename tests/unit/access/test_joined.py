"""A scheme as one tenant has it: with the roles that the tenant made for itself."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest

from tenantry import Invalid, Level, Permission, Role, Scheme, UnknownPermission, schemes
from tenantry.access.policy import decide
from tenantry.access.scheme.catalogue import OWN
from tests.unit.access.facts import facts, grant
from tests.unit.access.hostile import NO_TEXT

TENANT, WORKSPACE = Level.TENANT, Level.WORKSPACE
READ, SEND, SPEND = "mail-api:list:read", "mail-api:list:send", "mail-billing:list:send"
OWN_SCHEME = schemes.AGENCY.extend(
    permissions=[
        Permission(READ, WORKSPACE),
        Permission(SEND, WORKSPACE, implies=[READ]),
        Permission(SPEND, WORKSPACE),
    ]
)
CLERK = Role("rol_clerk", TENANT, ["tenant-api:audit:read"], inherits=["member"], acts_as="rol_sender")
SENDER = Role("rol_sender", WORKSPACE, [SEND])


def held(scheme: Scheme, role: Role) -> frozenset[str]:
    return scheme.joined((role,)).permissions_of(role.key, role.level)


class TestJoined:
    def test_has_the_custom_roles_and_leaves_the_scheme_as_it_was(self) -> None:
        joined = OWN_SCHEME.joined((CLERK, SENDER))
        assert joined.permissions_of("rol_clerk", TENANT) == {"tenant-api:audit:read", "tenant-api:tenant:read"}
        assert joined.permissions_of("rol_sender", WORKSPACE) == {SEND, READ}
        assert joined.acts_as("rol_clerk") == "rol_sender"
        assert joined.permissions_of("owner", TENANT) == OWN_SCHEME.permissions_of("owner", TENANT)
        assert OWN_SCHEME.permissions_of("rol_clerk", TENANT) == frozenset()
        assert OWN_SCHEME.acts_as("rol_clerk") is None
        assert OWN_SCHEME.roles == schemes.AGENCY.roles

    def test_withholds_what_the_scheme_withholds_from_whoever_impersonates_somebody(self) -> None:
        scheme = OWN_SCHEME.extend(permissions=[Permission("key-api:key:create", TENANT, in_person=True)])
        assert scheme.joined((CLERK,)).in_person == scheme.in_person == {"key-api:key:create", *OWN_SCHEME.in_person}

    def test_is_the_same_value_for_the_same_roles_and_itself_for_none(self) -> None:
        assert OWN_SCHEME.joined(()) is OWN_SCHEME
        assert OWN_SCHEME.joined((CLERK, SENDER)) is OWN_SCHEME.joined((CLERK, SENDER))

    def test_of_two_tenants_share_nothing_though_their_roles_have_one_key(self) -> None:
        other = Role("rol_clerk", TENANT, ["tenant-api:billing:read"])
        one, two = OWN_SCHEME.joined((CLERK,)), OWN_SCHEME.joined((other,))
        assert one.permissions_of("rol_clerk", TENANT).isdisjoint(two.permissions_of("rol_clerk", TENANT))
        assert one.answers is not two.answers

    def test_remembers_a_thousand_tenants_and_then_begins_again(self) -> None:
        scheme = OWN_SCHEME.extend()
        for number in range(1_001):
            assert scheme.joined((Role(f"rol_{number}", WORKSPACE, [READ]),)).roles[-1].key == f"rol_{number}"
        assert len(scheme._tenants) == 1

    def test_remembers_fewer_where_they_are_large(self) -> None:
        """RX-04: a tenant with many roles, changed again and again, does not fill memory."""
        scheme = OWN_SCHEME.extend()
        for version in range(250):
            scheme.joined(tuple(Role(f"rol_{number}_{version}", WORKSPACE) for number in range(100)))
        assert sum(len(each.roles) for each in scheme._tenants.values()) < 21_000

    @pytest.mark.parametrize(
        "role",
        [
            Role("rol_x", TENANT, ["gone-api:list:read"]),
            Role("rol_x", TENANT, [SEND]),
            Role("rol_x", WORKSPACE, ["tenant-api:audit:read"]),
            Role("rol_x", TENANT, inherits=["retired", "viewer", "rol_x"]),
            Role("rol_x", TENANT, acts_as="retired"),
            Role("rol_x", TENANT, [OWN]),
        ],
        ids=count(),
    )
    def test_what_this_release_does_not_know_is_not_held(self, role: Role) -> None:
        """PE-12, AC-22: nor is it refused, so that nobody is shut out of all that is left."""
        assert held(OWN_SCHEME, role) == frozenset()

    def test_nobody_owns_by_inheriting_from_the_owner_role(self) -> None:
        """Law 6."""
        assert held(OWN_SCHEME, Role("rol_x", TENANT, inherits=["owner"])) == OWN_SCHEME.names[TENANT] - {OWN}

    def test_who_would_act_as_two_acts_as_none(self) -> None:
        """What cannot be decided is not granted."""
        torn = Role("rol_torn", TENANT, inherits=["admin", "rol_clerk"])
        joined = OWN_SCHEME.joined((CLERK, SENDER, torn))
        assert joined.acts_as("rol_torn") is None
        assert (joined.acts_as("admin"), joined.acts_as("rol_clerk")) == ("admin", "rol_sender")

    def test_a_decision_names_custom_roles_by_what_people_read(self) -> None:
        """AC-20, E44: the way, from the role that is granted to the one that holds the permission."""
        chief = Role("rol_chief", TENANT, inherits=["rol_clerk"], name="Chief")
        given = facts([grant("rol_chief")], roles=[chief, CLERK, SENDER])
        assert decide(OWN_SCHEME, given, "tenant-api:audit:read").reasons == (
            "Role 'Chief', granted at the tenant, through 'Rol clerk'.",
        )
        assert decide(OWN_SCHEME, given, READ, "ws_a").reasons == (
            "Tenant role 'Chief' acts as 'Rol sender' in every workspace.",
        )


class TestExpand:
    @pytest.mark.parametrize(
        ("patterns", "level", "names"),
        [
            ([SEND], WORKSPACE, {SEND}),
            (["mail-api:*:*"], WORKSPACE, {SEND, READ}),
            (["mail-api:*:*"], TENANT, set()),
            (["*:list:send"], WORKSPACE, {SEND, SPEND}),
            (["mail-api:list:*", SPEND], WORKSPACE, {SEND, READ, SPEND}),
            (["*:*:own", "tenant-api:audit:*"], TENANT, {"tenant-api:audit:read"}),
            ([], TENANT, set()),
        ],
        ids=count(),
    )
    def test_is_what_is_named_segment_by_segment(self, patterns: list[str], level: Level, names: set[str]) -> None:
        """E43, AC-04: whole segments, never a prefix; without what is implied, or reserved."""
        assert OWN_SCHEME.expand(patterns, level) == names

    @pytest.mark.parametrize(
        ("patterns", "level", "error"),
        [
            ([OWN], TENANT, Invalid),
            ([SEND], TENANT, Invalid),
            (["tenant-api:audit:read"], WORKSPACE, Invalid),
            (["mail-api:list:sends"], WORKSPACE, UnknownPermission),
            (["mail-api:li*:send"], WORKSPACE, Invalid),
            (["mail.api:list:send"], WORKSPACE, Invalid),
            (["*"], WORKSPACE, Invalid),
            *(([value], WORKSPACE, Invalid) for value in NO_TEXT),
        ],
        ids=count(),
    )
    def test_refuses_what_is_neither_a_name_of_the_level_nor_a_pattern(
        self, patterns: Iterable[Any], level: Level, error: type[Invalid]
    ) -> None:
        """AC-11, AC-13, PE-14."""
        with pytest.raises(error):
            OWN_SCHEME.expand(patterns, level)


def test_a_built_in_role_has_no_key_as_custom_roles_have_it() -> None:
    """PE-20."""
    with pytest.raises(Invalid, match="has a key as custom roles have it"):
        schemes.AGENCY.extend(roles=[Role("rol_clerk", TENANT)])


class TestTemplates:
    def test_are_found_by_key_and_nobody_has_them(self) -> None:
        assert schemes.AGENCY.template("auditor").acts_as == "viewer"
        assert schemes.AGENCY.permissions_of("auditor", TENANT) == frozenset()

    @pytest.mark.parametrize("key", ["Auditor", "owner", "", *NO_TEXT], ids=count())
    def test_that_there_are_not_are_refused_with_those_that_there_are(self, key: Any) -> None:
        """PE-14."""
        with pytest.raises(Invalid, match="there are: client_manager, campaign_creator, auditor"):
            schemes.AGENCY.template(key)
        with pytest.raises(Invalid, match="there are: none"):
            schemes.CONTENT.template(key)

    def test_are_checked_as_roles_of_the_scheme_are(self) -> None:
        wrong = Role("helper", WORKSPACE, ["mail-api:list:read"], inherits=["owner"])
        with pytest.raises(Invalid) as refused:
            schemes.AGENCY.extend(templates=[wrong, schemes.AGENCY.template("auditor")])
        assert refused.value.data["faults"] == [
            "The template 'auditor' is declared twice.",
            "As a template: The workspace role 'helper' names mail-api:list:read, which is no workspace permission.",
            "As a template: The workspace role 'helper' inherits 'owner', which is no workspace role.",
        ]

    def test_act_as_one_workspace_role_at_most(self) -> None:
        two = [Role("seer", TENANT, acts_as="viewer"), Role("doer", TENANT, acts_as="member")]
        both = Role("both", TENANT, inherits=["seer", "doer"])
        with pytest.raises(Invalid, match=r"As a template: .* 'both' would act as 'member' and as 'viewer'"):
            schemes.AGENCY.extend(roles=two, templates=[both])

"""A scheme is checked as a whole when it is built; then it answers what a role holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from itertools import count
from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from tenantry import Invalid, Level, Permission, Role, Scheme, UnknownPermission, schemes
from tenantry.access.scheme.catalogue import BUILT_IN, OWN
from tests.unit.access.hostile import NO_TEXT, Lying

TENANT, WORKSPACE = Level.TENANT, Level.WORKSPACE
SEND = Permission("campaign-api:campaign:send", WORKSPACE)
READ = Permission("campaign-api:campaign:read", WORKSPACE)
SPEND = Permission("budget-api:budget:spend", TENANT)
ROLES = (
    Role("owner", TENANT, ["*:*:*"], acts_as="admin"),
    Role("member", TENANT),
    Role("admin", WORKSPACE, ["*:*:*"]),
)


def scheme(*roles: Role, permissions: Sequence[Permission] = (SEND, READ, SPEND), **other: Any) -> Scheme:
    leading: Mapping[str, Any] = {"owner_role": "owner", "member_role": "member", **other}
    return Scheme("own", (*ROLES, *roles), permissions=permissions, **leading)


def faults(*roles: Role, **other: Any) -> list[str]:
    with pytest.raises(Invalid) as refused:
        scheme(*roles, **other)
    found: list[str] = refused.value.data["faults"]
    assert str(refused.value) == "The scheme 'own' does not hold together: " + " ".join(found)
    return found


class TestFaults:
    @pytest.mark.parametrize(
        ("other", "fault"),
        [
            ({"owner_role": "boss"}, "owner_role 'boss' is no tenant role."),
            ({"owner_role": "admin"}, "owner_role 'admin' is no tenant role."),
            ({"member_role": "guest"}, "member_role 'guest' is no tenant role."),
            (
                {"member_role": "owner"},
                "member_role 'owner' is the owner role: everybody who is invited would own the tenant.",
            ),
            ({"workspace_admin_role": "member"}, "workspace_admin_role 'member' is no workspace role."),
            ({"permissions": [SEND, SEND]}, "Permission campaign-api:campaign:send is declared twice."),
            (
                {"permissions": [Permission("tenant-api:member:invite", WORKSPACE)]},
                "Permission tenant-api:member:invite is declared twice.",
            ),
            (
                {"permissions": [Permission("a:b:c", TENANT, implies=["a:b:d"])]},
                "a:b:c implies a:b:d, which is no tenant permission.",
            ),
            (
                {"permissions": [Permission("a:b:c", WORKSPACE, implies=["tenant-api:tenant:read"])]},
                "a:b:c implies tenant-api:tenant:read, which is no workspace permission.",
            ),
            (
                {"permissions": [Permission("a:b:c", TENANT, implies=[OWN])]},
                "a:b:c implies tenant-api:tenant:own, which is reserved for owner_role.",
            ),
        ],
    )
    def test_of_the_scheme(self, other: Mapping[str, Any], fault: str) -> None:
        assert fault in faults(**other)

    @pytest.mark.parametrize(
        ("roles", "fault"),
        [
            ([Role("member", TENANT)], "The tenant role 'member' is declared twice."),
            (
                [Role("lead", TENANT, ["budget-api:budget:save"])],
                "The tenant role 'lead' names budget-api:budget:save, which is no tenant permission.",
            ),
            (
                [Role("lead", TENANT, [SEND.name])],
                "The tenant role 'lead' names campaign-api:campaign:send, which is no tenant permission.",
            ),
            (
                [Role("lead", WORKSPACE, [SPEND.name])],
                "The workspace role 'lead' names budget-api:budget:spend, which is no workspace permission.",
            ),
            (
                [Role("lead", TENANT, [OWN])],
                "The tenant role 'lead' names tenant-api:tenant:own, which is reserved for owner_role.",
            ),
            (
                [Role("lead", TENANT, inherits=["admin"])],
                "The tenant role 'lead' inherits 'admin', which is no tenant role.",
            ),
            ([Role("lead", TENANT, inherits=["owner"])], "The tenant role 'lead' inherits from the owner role."),
            ([Role("lead", TENANT, inherits=["lead"])], "The tenant role 'lead' inherits from itself: lead → lead."),
            (
                [Role("lead", TENANT, acts_as="member")],
                "The tenant role 'lead' acts as 'member', which is no workspace role.",
            ),
            (
                [Role("lead", WORKSPACE, acts_as="admin")],
                "The workspace role 'lead' has acts_as, which only tenant roles have.",
            ),
            (
                [
                    Role("viewer", WORKSPACE),
                    Role("sees", TENANT, acts_as="viewer"),
                    Role("runs", TENANT, acts_as="admin"),
                    Role("lead", TENANT, inherits=["sees", "runs"]),
                ],
                "The tenant role 'lead' would act as 'admin' and as 'viewer': give it an acts_as of its own.",
            ),
        ],
        ids=count(),
    )
    def test_of_a_role(self, roles: Sequence[Role], fault: str) -> None:
        assert faults(*roles) == [fault]

    def test_a_role_that_is_declared_twice_is_looked_at_twice(self) -> None:
        assert faults(Role("lead", TENANT, ["budget-api:budget:save"]), Role("lead", TENANT)) == [
            "The tenant role 'lead' is declared twice.",
            "The tenant role 'lead' names budget-api:budget:save, which is no tenant permission.",
        ]

    def test_a_circle_is_told_with_its_path_from_each_role_on_it(self) -> None:
        circle = [Role(key, WORKSPACE, inherits=[parent]) for key, parent in ("ab", "bc", "ca", "xa")]
        assert faults(*circle) == [
            "The workspace role 'a' inherits from itself: a → b → c → a.",
            "The workspace role 'b' inherits from itself: b → c → a → b.",
            "The workspace role 'c' inherits from itself: c → a → b → c.",
        ]

    def test_many_ways_to_one_role_are_walked_once(self) -> None:
        """AC-20, AC-21: there are 2**50 of them."""
        ladder = [
            Role(f"{side}{step}", TENANT, inherits=[f"a{step - 1}", f"b{step - 1}"] if step else [])
            for step in range(50)
            for side in "ab"
        ]

        found = scheme(*ladder, Role("top", TENANT, inherits=["a49", "runs"]), Role("runs", TENANT, acts_as="admin"))

        assert (found.acts_as("top"), found.acts_as("a49")) == ("admin", None)

    def test_a_workspace_role_of_the_owner_roles_name_may_be_inherited_from(self) -> None:
        chief = schemes.CENTRAL_IT.extend(roles=[Role("chief", WORKSPACE, inherits=["admin"])])
        assert chief.permissions_of("chief", WORKSPACE) == chief.permissions_of("admin", WORKSPACE)

    def test_all_of_them_are_told_at_once(self) -> None:
        found = faults(
            Role("lead", TENANT, ["a:b:c", OWN], inherits=["nobody", "owner"], acts_as="nothing"),
            Role("admin", WORKSPACE, acts_as="admin"),
            owner_role="boss",
            permissions=[SEND, SEND],
        )
        assert len(found) == 8  # nobody owns here, so to inherit from `owner` is none

    @pytest.mark.parametrize("field", ["owner_role", "member_role", "workspace_admin_role"])
    @pytest.mark.parametrize("value", NO_TEXT, ids=count())
    def test_a_role_that_is_picked_out_is_named_by_text(self, field: str, value: Any) -> None:
        """PE-14."""
        with pytest.raises(Invalid):
            scheme(**{field: value})

    @pytest.mark.parametrize("value", [None, 7, "owner", [None], ["owner"], [SEND]], ids=count())
    def test_roles_are_a_sequence_of_roles(self, value: Any) -> None:
        with pytest.raises(Invalid, match="roles of a scheme"):
            Scheme("own", value, owner_role="owner", member_role="member")

    @pytest.mark.parametrize("value", [None, 7, "a:b:c", [None], ["a:b:c"], [ROLES[0]]], ids=count())
    def test_permissions_are_a_sequence_of_permissions(self, value: Any) -> None:
        with pytest.raises(Invalid, match="permissions of a scheme"):
            scheme(permissions=value)

    @pytest.mark.parametrize("value", NO_TEXT, ids=count())
    def test_a_name_is_text(self, value: Any) -> None:
        with pytest.raises(Invalid):
            evolve(scheme(), name=value)


class TestPatterns:
    @pytest.mark.parametrize(
        ("pattern", "level", "reached"),
        [
            ("campaign-api:campaign:send", WORKSPACE, {SEND.name}),
            ("campaign-api:*:*", WORKSPACE, {SEND.name, READ.name}),
            ("*:campaign:send", WORKSPACE, {SEND.name}),
            ("*:*:read", WORKSPACE, {READ.name, "workspace-api:workspace:read", "workspace-api:member:read"}),
            ("campaign-api:*:*", TENANT, set()),
            ("budget-api:*:*", TENANT, {SPEND.name}),
            ("budget-api:*:*", WORKSPACE, set()),
            ("tenant-api:*:*", WORKSPACE, set()),
            ("nothing:*:*", TENANT, set()),
        ],
    )
    def test_a_star_is_any_segment_of_the_roles_own_level(self, pattern: str, level: Level, reached: set[str]) -> None:
        assert scheme(Role("lead", level, [pattern])).permissions_of("lead", level) == reached

    @pytest.mark.parametrize("pattern", ["*:*:*", "tenant-api:*:*", "*:tenant:*", "*:*:own", "tenant-api:tenant:*"])
    def test_no_pattern_reaches_the_owners_permission(self, pattern: str) -> None:
        """Law 6."""
        own = scheme(Role("lead", TENANT, [pattern]))
        assert OWN not in own.permissions_of("lead", TENANT)
        assert OWN in own.permissions_of("owner", TENANT)

    def test_only_the_owner_role_owns_in_every_scheme_that_comes_with_us(self) -> None:
        """Law 6."""
        for each in (schemes.AGENCY, schemes.CENTRAL_IT, schemes.CONTENT):
            owning = [role.key for role in each.roles if OWN in each.permissions_of(role.key, role.level)]
            assert owning == [each.owner_role]

    def test_a_pattern_reaches_what_the_host_adds_later(self) -> None:
        before = schemes.AGENCY
        after = before.extend(permissions=[READ])
        assert READ.name in after.permissions_of("viewer", WORKSPACE)
        assert READ.name not in before.catalogue


class TestInheritance:
    def test_brings_what_parents_and_their_parents_hold(self) -> None:
        own = scheme(
            Role("editor", WORKSPACE, [SEND.name], inherits=["reader"]),
            Role("reader", WORKSPACE, [READ.name], inherits=["seer"]),
            Role("seer", WORKSPACE, ["workspace-api:workspace:read"]),
        )
        assert own.permissions_of("editor", WORKSPACE) == {SEND.name, READ.name, "workspace-api:workspace:read"}
        assert own.permissions_of("seer", WORKSPACE) == {"workspace-api:workspace:read"}

    def test_a_permission_brings_what_it_implies_and_what_that_implies(self) -> None:
        steps = [
            Permission("a:b:one", WORKSPACE, implies=["a:b:two"]),
            Permission("a:b:two", WORKSPACE, implies=["a:b:one"]),
        ]
        own = scheme(Role("lead", WORKSPACE, ["a:b:one"]), permissions=steps)
        assert own.permissions_of("lead", WORKSPACE) == {"a:b:one", "a:b:two"}

    def test_acts_as_is_inherited_unless_the_role_says_otherwise(self) -> None:
        own = scheme(
            Role("viewer", WORKSPACE),
            Role("lead", TENANT, acts_as="admin"),
            Role("deputy", TENANT, inherits=["lead"]),
            Role("trainee", TENANT, inherits=["deputy"], acts_as="viewer"),
        )
        keys = ["owner", "lead", "deputy", "trainee", "member", "nobody"]
        assert [own.acts_as(key) for key in keys] == ["admin", "admin", "admin", "viewer", None, None]

    def test_a_role_of_two_levels_is_two_roles(self) -> None:
        assert schemes.AGENCY.permissions_of("admin", TENANT).isdisjoint(
            schemes.AGENCY.permissions_of("admin", WORKSPACE)
        )

    def test_a_role_that_is_gone_holds_nothing(self) -> None:
        """PE-12, PE-18."""
        assert schemes.AGENCY.permissions_of("retired", TENANT) == frozenset()
        assert schemes.AGENCY.role_name("retired", TENANT) == "retired"
        assert schemes.AGENCY.role_name("owner", TENANT) == "Owner"


class TestRoleAtLeast:
    @pytest.mark.parametrize(
        ("scheme", "level", "ladder"),
        [
            (schemes.AGENCY, TENANT, ["owner", "admin", "member"]),
            (schemes.AGENCY, WORKSPACE, ["admin", "member", "viewer"]),
            (schemes.CENTRAL_IT, TENANT, ["admin", "member"]),
            (schemes.CENTRAL_IT, WORKSPACE, ["admin", "editor", "viewer"]),
            (schemes.CONTENT, TENANT, ["admin", "writer", "viewer", "basic"]),
            (schemes.CONTENT, WORKSPACE, ["admin", "writer", "viewer"]),
        ],
        ids=count(),
    )
    def test_the_roles_of_our_schemes_are_ladders(self, scheme: Scheme, level: Level, ladder: list[str]) -> None:
        """W5: also before the host has a permission that tells an editor from a viewer."""
        for held in ladder:
            enough = [wanted for wanted in ladder if scheme.role_at_least(held, wanted, level)]
            assert enough == ladder[ladder.index(held) :]

    def test_roles_beside_each_other_are_neither(self) -> None:
        own = scheme(Role("sender", WORKSPACE, [SEND.name]), Role("reader", WORKSPACE, [READ.name]))
        assert not own.role_at_least("sender", "reader", WORKSPACE)
        assert not own.role_at_least("reader", "sender", WORKSPACE)

    def test_what_a_tenant_role_does_in_workspaces_counts(self) -> None:
        own = scheme(Role("lead", TENANT, acts_as="admin"))
        assert own.role_at_least("lead", "member", TENANT)
        assert not own.role_at_least("member", "lead", TENANT)

    def test_an_heir_that_does_less_in_workspaces_is_not_higher(self) -> None:
        own = scheme(
            Role("viewer", WORKSPACE, ["*:*:read"]),
            Role("lead", TENANT, acts_as="admin"),
            Role("trainee", TENANT, inherits=["lead"], acts_as="viewer"),
        )
        assert not own.role_at_least("trainee", "lead", TENANT)
        assert own.role_at_least("lead", "trainee", TENANT)

    @pytest.mark.parametrize("held", ["retired", "", *NO_TEXT], ids=count())
    def test_what_is_no_role_is_not_enough_for_anything(self, held: Any) -> None:
        """PE-14."""
        assert not scheme().role_at_least(held, "member", TENANT)

    def test_what_is_wanted_must_be_a_role(self) -> None:
        with pytest.raises(Invalid):
            scheme().role_at_least("owner", "boss", TENANT)


class TestLookUp:
    @pytest.mark.parametrize(
        "key", ["OWNER", "owner ", " owner", "Owner", "", "оwner", "owner\x00", "boss", "o" * 10_000]
    )
    def test_another_spelling_is_no_role(self, key: str) -> None:
        """PE-14, PE-20."""
        with pytest.raises(Invalid, match="there are: owner, admin, member, and custom") as refused:
            schemes.AGENCY.role(key, TENANT)
        assert refused.value.field == "role"
        assert str(refused.value).isascii()
        assert len(str(refused.value)) < 1_200

    @pytest.mark.parametrize(("level", "key", "other"), [(TENANT, "viewer", WORKSPACE), (WORKSPACE, "owner", TENANT)])
    def test_a_role_of_the_other_level_is_told_as_such(self, level: Level, key: str, other: Level) -> None:
        with pytest.raises(Invalid, match=f"no {level} role '{key}'; it is a {other} role; there are: "):
            schemes.AGENCY.role(key, level)

    @pytest.mark.parametrize(
        ("level", "permission", "says"),
        [
            (TENANT, "workspace-api:member:read", "is no tenant permission: it is asked in a workspace"),
            (WORKSPACE, "tenant-api:member:read", "is no workspace permission: it is asked at the tenant"),
        ],
    )
    def test_a_permission_of_the_other_level_is_told_as_such(self, level: Level, permission: str, says: str) -> None:
        with pytest.raises(Invalid, match=says):
            schemes.AGENCY.expand([permission], level)

    @pytest.mark.parametrize("key", [*NO_TEXT, Lying("owner")], ids=count())
    def test_what_is_no_text_is_no_role(self, key: Any) -> None:
        """PE-14."""
        with pytest.raises(Invalid, match="named by text"):
            schemes.AGENCY.role(key, TENANT)

    def test_a_member_of_an_enum_is_no_text_and_the_sentence_says_what_to_give(self) -> None:
        """PE-14."""

        class Name(StrEnum):
            OWNER = "owner"
            READ = "tenant-api:tenant:read"

        with pytest.raises(Invalid, match=r"named by text, not by Name \(give its \.value\)"):
            schemes.AGENCY.role(Name.OWNER, TENANT)
        with pytest.raises(UnknownPermission, match=r"named by text, not by Name \(give its \.value\)"):
            schemes.AGENCY.permission(Name.READ, at_workspace=False)
        with pytest.raises(Invalid, match=r"must be text, not Name \(give its \.value\)"):
            Permission(Name.READ, TENANT)

    def test_a_role_is_of_its_level(self) -> None:
        with pytest.raises(Invalid, match="no workspace role 'owner'"):
            schemes.AGENCY.role("owner", WORKSPACE)
        assert schemes.AGENCY.role("viewer", WORKSPACE).level is WORKSPACE

    @pytest.mark.parametrize("name", [*NO_TEXT, Lying("tenant-api:member:invite")], ids=count())
    @pytest.mark.parametrize("at_workspace", [True, False])
    def test_what_is_no_text_is_no_permission(self, name: Any, at_workspace: bool) -> None:
        """PE-14."""
        with pytest.raises(UnknownPermission):
            schemes.AGENCY.permission(name, at_workspace=at_workspace)

    @pytest.mark.parametrize(
        ("asked", "near"),
        [
            ("tenant-api:member:invit", "tenant-api:member:invite"),
            ("tenant-api:members:invite", "tenant-api:member:invite"),
            ("workspace-api:setting:update", "workspace-api:settings:update"),
            ("Tenant-API:member:invite", "tenant-api:member:invite"),
        ],
    )
    def test_an_unknown_permission_is_told_with_the_nearest_name(self, asked: str, near: str) -> None:
        with pytest.raises(
            UnknownPermission, match=f"There is no permission '{asked}'. Did you mean '{near}'?"
        ) as refused:
            schemes.AGENCY.permission(asked, at_workspace=False)
        assert refused.value.data == {"permission": asked}

    @pytest.mark.parametrize("asked", ["", "zzz", "\ud800", "\x00", "*:*:*", "x" * 100_000])
    def test_an_unknown_permission_that_is_like_no_other_is_told_without(self, asked: str) -> None:
        with pytest.raises(UnknownPermission) as refused:
            schemes.AGENCY.permission(asked, at_workspace=False)
        assert "Did you mean" not in str(refused.value)
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 300

    def test_what_is_echoed_of_it_is_short(self) -> None:
        with pytest.raises(UnknownPermission) as refused:
            schemes.AGENCY.permission("\N{GRINNING FACE}" * 100_000, at_workspace=False)
        assert len(str(refused.value)) < 1_100
        assert len(refused.value.data["permission"]) == 100

    def test_the_nearest_name_is_sought_among_few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An attacker sends as many unknown permissions as they like: the cost does not grow with the scheme."""
        names = [f"app-api:thing-{number:04}:read" for number in range(1_000)]
        scheme = schemes.AGENCY.extend(permissions=[Permission(name, Level.TENANT) for name in names])
        compared: list[int] = []

        def spy(name: str, near: list[str], n: int) -> list[str]:
            compared.append(len(near))
            return get_close_matches(name, near, n=n)

        monkeypatch.setattr("difflib.get_close_matches", spy)
        asked = ["app-api:thing-0777x:read", "app-api:thing-0777:raed", "other-api:thing-0777:read", "a:b:c", "zzz"]
        hints = []
        for name in asked:
            with pytest.raises(UnknownPermission) as refused:
                scheme.permission(name, at_workspace=False)
            hints.append(str(refused.value).partition("Did you mean ")[2])

        assert hints == [*["'app-api:thing-0777:read'?"] * 3, "", ""]
        assert max(compared) <= 60

    def test_a_permission_is_asked_at_its_level(self) -> None:
        with pytest.raises(Invalid, match="without a workspace"):
            schemes.AGENCY.permission("tenant-api:member:invite", at_workspace=True)
        with pytest.raises(Invalid, match="say which one"):
            schemes.AGENCY.permission("workspace-api:member:invite", at_workspace=False)


class TestExtend:
    def test_adds_permissions_and_roles_and_widens_roles(self) -> None:
        own = schemes.AGENCY.extend(
            name="ours",
            permissions=[SEND, SPEND],
            roles=[Role("bookkeeper", TENANT, [SPEND.name], inherits=["member"])],
            tenant_roles={"admin": [SPEND.name]},
            workspace_roles={"member": ["campaign-api:*:*"]},
        )
        assert own.name == "ours"
        assert SPEND.name in own.permissions_of("admin", TENANT)
        assert SPEND.name in own.permissions_of("bookkeeper", TENANT)
        assert SEND.name in own.permissions_of("member", WORKSPACE)
        assert SEND.name not in own.permissions_of("viewer", WORKSPACE)

    def test_leaves_what_it_extends_as_it_was(self) -> None:
        before = {role.key: schemes.AGENCY.permissions_of(role.key, role.level) for role in schemes.AGENCY.roles}
        schemes.AGENCY.extend(permissions=[SEND], workspace_roles={"viewer": [SEND.name]})
        assert before == {
            role.key: schemes.AGENCY.permissions_of(role.key, role.level) for role in schemes.AGENCY.roles
        }
        assert len(schemes.AGENCY.catalogue) == len(BUILT_IN)

    def test_by_nothing_is_the_same_again(self) -> None:
        same = schemes.CONTENT.extend()
        assert (same.name, same.roles, same.permissions) == ("content", schemes.CONTENT.roles, ())
        assert (same.owner_role, same.member_role, same.workspace_admin_role) == ("admin", "basic", "admin")

    @pytest.mark.parametrize(
        "given",
        [
            {"tenant_roles": {"boss": []}},
            {"tenant_roles": {"viewer": []}},
            {"workspace_roles": {"owner": []}},
            {"tenant_roles": {"owner": "a:b:c"}},
            {"tenant_roles": {"owner": None}},
            {"tenant_roles": {"owner": [7]}},
            {"tenant_roles": {"owner": ["a:b"]}},
            {"tenant_roles": {"owner": ["a:b:c"]}},
            {"tenant_roles": {"member": [OWN]}},
            {"tenant_roles": {7: []}},
            {"tenant_roles": ["owner"]},
            {"workspace_roles": None},
            {"roles": [Role("owner", TENANT)]},
            {"roles": "owner"},
            {"roles": None},
            {"permissions": [Permission("tenant-api:tenant:own", TENANT)]},
            {"permissions": None},
            {"name": ""},
        ],
        ids=count(),
    )
    def test_is_refused_where_the_result_would_not_hold_together(self, given: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            schemes.AGENCY.extend(**given)


class TestValue:
    def test_is_frozen(self) -> None:
        with pytest.raises(FrozenInstanceError):
            schemes.AGENCY.owner_role = "member"  # type: ignore[misc]
        with pytest.raises(TypeError):
            schemes.AGENCY.catalogue["a:b:c"] = SEND  # type: ignore[index]

    def test_is_shown_by_its_name(self) -> None:
        assert repr(schemes.CENTRAL_IT) == "<Scheme central_it>"

    def test_every_built_in_permission_has_a_description_and_a_holder(self) -> None:
        for each in (schemes.AGENCY, schemes.CENTRAL_IT, schemes.CONTENT):
            held = frozenset().union(*(each.permissions_of(role.key, role.level) for role in each.roles))
            assert held == {permission.name for permission in BUILT_IN if permission.description}

    def test_the_owners_of_our_schemes_hold_everything(self) -> None:
        for each in (schemes.AGENCY, schemes.CENTRAL_IT, schemes.CONTENT):
            assert each.permissions_of(each.owner_role, TENANT) == each.names[TENANT]
            everywhere = each.acts_as(each.owner_role)
            assert everywhere is not None
            assert each.permissions_of(everywhere, WORKSPACE) == each.names[WORKSPACE]

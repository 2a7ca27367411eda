"""What `assert_matrix` says, and what pytest shows of a decision."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry import Invalid, Level, Permission, schemes
from tenantry.access.scheme.matrix import Matrix
from tenantry.testing import assert_matrix

pytest_plugins = ["pytester"]

SEND = "campaign-api:campaign:send"
SCHEME = schemes.AGENCY.extend(
    permissions=[Permission(SEND, Level.WORKSPACE)], workspace_roles={"member": [SEND]}, name="studio"
)


def refusal(expected: dict[str, Any]) -> list[str]:
    """The sentences with which the matrix is refused."""
    with pytest.raises(AssertionError) as refused:
        assert_matrix(SCHEME, expected)
    head, *lines = str(refused.value).splitlines()
    assert head == "The scheme 'studio' is not as expected:"
    return lines


def test_what_is_as_expected_passes() -> None:
    assert_matrix(SCHEME, {})
    assert_matrix(
        SCHEME,
        {
            SEND: {"admin", "member", "tenant:owner", "tenant:admin"},
            "tenant-api:tenant:read": ["owner", "admin", "member"],
            "tenant-api:tenant:own": ("owner",),
        },
    )


def test_the_whole_matrix_passes_as_it_is() -> None:
    assert_matrix(SCHEME, {row.permission: row.roles for row in Matrix.of(SCHEME).rows})


def test_every_difference_is_said() -> None:
    assert refusal({SEND: {"viewer", "tenant:member", "tenant:owner"}, "tenant-api:tenant:own": {"admin"}}) == [
        f"{SEND}: 'tenant:admin' holds it, and should not.",
        f"{SEND}: 'tenant:member' should hold it, and does not.",
        f"{SEND}: 'admin' holds it, and should not.",
        f"{SEND}: 'member' holds it, and should not.",
        f"{SEND}: 'viewer' should hold it, and does not.",
        "tenant-api:tenant:own: 'owner' holds it, and should not.",
        "tenant-api:tenant:own: 'admin' should hold it, and does not.",
    ]


def test_what_there_is_not_is_said_with_the_nearest_name() -> None:
    assert refusal(
        {
            "campaign-api:campaing:send": {"admin"},
            "x": set(),
            SEND: {"admin", "membre", "tenant:owner", "tenant:amdin", "zzz"},
        }
    ) == [
        f"There is no permission 'campaign-api:campaing:send'. Did you mean {SEND!r}?",
        "There is no permission 'x'.",
        f"{SEND}: there is no role 'membre'. Did you mean 'member'?",
        f"{SEND}: there is no role 'tenant:amdin'. Did you mean 'tenant:admin'?",
        f"{SEND}: there is no role 'zzz'.",
        f"{SEND}: 'tenant:admin' holds it, and should not.",
        f"{SEND}: 'member' holds it, and should not.",
    ]


def test_no_workspace_role_can_hold_a_tenant_permission() -> None:
    assert refusal({"tenant-api:tenant:own": {"owner", "viewer", "workspace:viewer"}}) == [
        "tenant-api:tenant:own: there is no tenant role 'viewer'.",
        "tenant-api:tenant:own: there is no tenant role 'workspace:viewer'.",
    ]


@pytest.mark.parametrize("expected", [{SEND: "admin"}, {SEND: None}, {SEND: [None]}, {None: []}, {"\x1b": []}])
def test_what_is_no_mapping_to_roles_is_refused(expected: Any) -> None:
    """IN-08. A text would be taken for roles of one letter each."""
    with pytest.raises(Invalid):
        assert_matrix(SCHEME, expected)


def test_a_failed_test_shows_its_own_line_and_the_differences(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from tenantry.testing import assert_matrix

        def test_who_may_own(tenantry_scheme):
            assert_matrix(tenantry_scheme, {"tenant-api:tenant:own": {"admin"}})
        """
    )
    outcome = pytester.runpytest_subprocess()
    outcome.stdout.fnmatch_lines(
        [
            ">       assert_matrix(tenantry_scheme, {*",
            "E       AssertionError: The scheme 'agency' is not as expected:",
            "E       tenant-api:tenant:own: 'owner' holds it, and should not.",
            "E       tenant-api:tenant:own: 'admin' should hold it, and does not.",
        ]
    )
    outcome.stdout.no_fnmatch_line("*raise AssertionError*")


def test_a_decision_in_a_failed_assert_shows_its_code_and_reasons(pytester: pytest.Pytester) -> None:
    """R7."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def context(tenantry, given):
            acme = given.tenant()
            bob = given.member(acme, role="member", workspaces={acme.default_workspace_id: "viewer"})
            return tenantry.tenant(acme.id, by=bob)

        def test_context(context):
            assert context.check("tenant-api:member:invite")

        def test_access(context):
            access = context.access()
            assert access.check("workspace-api:member:invite", workspace=context.get().default_workspace_id)

        def test_foreign(context):
            assert context.check("workspace-api:workspace:read", workspace="ws_foreign").allowed

        def test_too_much(context):
            assert not context.check("workspace-api:workspace:read", workspace=context.get().default_workspace_id)
        """
    )
    outcome = pytester.runpytest_subprocess()
    outcome.assert_outcomes(failed=4)
    outcome.stdout.fnmatch_lines(
        [
            "E*Decision(allowed=False, code='permission_missing', reasons=*holds tenant-api:member:invite.*",
            "E*Decision(allowed=False, code='permission_missing', reasons=*holds workspace-api:member:invite.*",
            "E*Decision(allowed=False, code='workspace_not_found', reasons=*no such workspace in use in this tenant.*",
            "E*Decision(allowed=True, code='allowed', reasons=*'viewer'*granted here.*",
        ]
    )

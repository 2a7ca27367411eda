"""Pages: what follows what, how many there are in all, and cursors that are good for one list only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tenantry import SYSTEM, Invalid, InvalidCursor, Page, Tenantry, schemes
from tests.features.people import ADA, BOB, EVE, SECRET, Company, someone

Lister = Callable[..., Page[Any]]
PEOPLE = 23


@pytest.fixture
def full(acme: Company) -> Company:
    """Acme with 23 of everything."""
    with acme.tenancy.transaction() as tx:
        context = tx.tenant(acme.id, by=SYSTEM)
        for number in range(PEOPLE - 1):
            context.members.add(f"user_{number}", name=f"Name {number % 5}", workspaces={acme.general: "viewer"})
            context.workspaces.create(f"Client {number % 5}")
        for number in range(PEOPLE):
            context.invitations.send(f"invited-{number}@acme.test")
    return acme


LISTS: dict[str, tuple[Callable[[Company], Lister], int, Sequence[str | None]]] = {
    "members": (lambda acme: acme.context().members.list, PEOPLE, (None, "newest", "name")),
    "workspaces": (lambda acme: acme.context().workspaces.list, PEOPLE, (None, "newest", "name")),
    "invitations": (lambda acme: acme.context().invitations.list, PEOPLE, (None, "newest")),
    "audit": (lambda acme: acme.context(SYSTEM).audit.list, 3 + 2 * (PEOPLE - 1) + PEOPLE, ("newest", "oldest")),
    "workspace members": (
        lambda acme: lambda **paging: acme.context().workspaces.members(acme.general, **paging),
        PEOPLE - 1,
        (None, "newest", "name"),
    ),
}
every_list = pytest.mark.parametrize(("lister", "total", "orders"), LISTS.values(), ids=LISTS)


@every_list
def test_cursors_lead_through_the_whole_list_once(
    full: Company, lister: Callable[[Company], Lister], total: int, orders: Sequence[str | None]
) -> None:
    pages = lister(full)
    for order in orders:
        seen: list[Any] = []
        after: str | None = None
        while True:
            page = pages(limit=5, after=after, order=order, total=True)
            assert page.total == total
            seen += page
            after = page.next
            if after is None:
                break
            assert len(page) == 5
        assert seen == list(pages(limit=200, order=order))
        assert len({repr(item) for item in seen}) == total


@every_list
def test_offsets_lead_to_the_same_pages(
    full: Company, lister: Callable[[Company], Lister], total: int, orders: Sequence[str | None]
) -> None:
    pages = lister(full)
    everything = list(pages(limit=200))

    assert [item for offset in range(0, total, 7) for item in pages(limit=7, offset=offset)] == everything
    assert not pages(offset=total)
    with pytest.raises(Invalid):
        pages(offset=1, after=pages(limit=1).next)


def test_a_page_is_a_sequence(full: Company) -> None:
    page = full.context().members.list(limit=3, total=True)

    assert (len(page), page[0], page[-1], list(page[:2])) == (3, page[0], page[2], [page[0], page[1]])
    assert page[1] in page
    assert page == full.context().members.list(limit=3, total=True)
    assert page.next
    assert page.next not in repr(page)


def test_what_comes_in_between_shifts_nothing(full: Company) -> None:
    first = full.context().members.list(limit=5, order="name")
    full.context().members.add("user_new", name="AAA")
    full.context().members.remove(first[4].user_id)

    second = full.context().members.list(limit=5, order="name", after=first.next)

    assert not {member.user_id for member in first} & {member.user_id for member in second}
    assert [m.user_id for m in second] == [m.user_id for m in full.context().members.list(limit=11, order="name")][5:10]


def test_a_cursor_is_good_for_its_list_alone(full: Company, tenancy: Tenantry) -> None:
    """TI-06"""
    beta = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))
    cursor = full.context().members.list(limit=5).next
    assert cursor is not None

    context = full.context()
    for elsewhere in (
        lambda: beta.context().members.list(after=cursor),
        lambda: context.workspaces.list(after=cursor),
        lambda: context.invitations.list(after=cursor),
        lambda: context.audit.list(after=cursor),
        lambda: context.workspaces.members(full.general, after=cursor),
        lambda: context.members.list(after=cursor, order="name"),
        lambda: context.members.list(after=cursor, order="newest"),
        lambda: context.members.list(after=cursor, role="member"),
        lambda: context.members.list(after=cursor, search="x"),
        lambda: context.members.list(after=cursor, workspace=full.general),
        lambda: tenancy.person(ADA).tenants(after=cursor),
        lambda: tenancy.person(ADA).invitations(after=cursor),
    ):
        with pytest.raises(InvalidCursor):
            elsewhere()
    assert context.members.list(after=cursor, limit=200)


def test_a_cursor_of_one_workspace_is_not_good_for_another(full: Company) -> None:
    """TI-06"""
    justice, context = full.workspace("Justice"), full.context()
    for who in (BOB, EVE):
        full.add(who, workspaces={full.general: "viewer"})
        context.invitations.send(f"{who.user_id}@home.test", workspaces={full.general: "viewer"})
    people = context.workspaces.members(full.general, limit=1).next
    offers = context.invitations.list(workspace=full.general, limit=1).next
    assert people is not None
    assert offers is not None

    for elsewhere in (
        lambda: context.workspaces.members(justice, after=people),
        lambda: context.invitations.list(workspace=justice, after=offers),
        lambda: context.invitations.list(after=offers),
    ):
        with pytest.raises(InvalidCursor):
            elsewhere()


def test_a_cursor_of_a_search_is_not_good_for_another(full: Company) -> None:
    """TI-06"""
    context = full.context()
    ids = [workspace.id for workspace in context.workspaces.list(limit=10)]
    searched = context.workspaces.list(limit=1, search="client").next
    chosen = context.workspaces.list(limit=1, ids=ids).next
    invited = context.invitations.list(limit=1, search="invited").next

    for elsewhere in (
        lambda: context.workspaces.list(after=searched),
        lambda: context.workspaces.list(after=searched, search="Client"),
        lambda: context.workspaces.list(after=searched, search="client", ids=ids),
        lambda: context.workspaces.list(after=chosen),
        lambda: context.workspaces.list(after=chosen, ids=ids[1:]),
        lambda: context.invitations.list(after=invited),
        lambda: context.invitations.list(after=invited, search="invite"),
    ):
        with pytest.raises(InvalidCursor):
            elsewhere()
    assert context.workspaces.list(after=searched, search="client")
    assert [each.id for each in context.workspaces.list(after=chosen, ids=[*reversed(ids), ids[0]])] == ids[1:]
    assert context.invitations.list(after=invited, search="invited")


def test_a_cursor_that_was_changed_in_any_way_is_refused(full: Company) -> None:
    """TI-06"""
    cursor = full.context().members.list(limit=5, order="name").next
    assert cursor is not None
    changed = {cursor[:n] for n in range(len(cursor))} | {cursor + more for more in ("A", "=", ".", " ", "\n", "\0")}
    for n, character in enumerate(cursor):
        other = "A" if character != "A" else "B"
        changed |= {cursor[:n] + other + cursor[n + 1 :], cursor[:n] + cursor[n + 1 :]}

    context = full.context()
    for hand_made in (*changed, "", "a.b", "x" * 10_000, '["", ""].', "é", "' OR 1=1 --"):
        with pytest.raises(InvalidCursor):
            context.members.list(limit=5, order="name", after=hand_made)


def test_a_cursor_of_another_key_is_refused(full: Company, tenancy: Tenantry) -> None:
    """TI-06, TI-11"""
    other = Tenantry(store=tenancy._store, scheme=schemes.AGENCY, secret_keys=["another" * 10])
    both = Tenantry(store=tenancy._store, scheme=schemes.AGENCY, secret_keys=["another" * 10, SECRET])
    cursor = full.context().members.list(limit=5).next

    with pytest.raises(InvalidCursor):
        other.tenant(full.id, by=ADA).members.list(after=cursor)
    assert both.tenant(full.id, by=ADA).members.list(after=cursor)


def test_what_a_person_has_comes_in_pages(tenancy: Tenantry) -> None:
    companies = [Company(tenancy, tenancy.person(ADA).create_tenant(f"Company {number}")) for number in range(7)]
    for company in companies:
        company.invite(BOB)

    mine = tenancy.person(ADA).tenants(limit=5, total=True)
    waiting = tenancy.person(BOB).invitations(limit=5, total=True)

    assert (mine.total, waiting.total) == (7, 7)
    assert len([*mine, *tenancy.person(ADA).tenants(after=mine.next)]) == 7
    assert len([*waiting, *tenancy.person(BOB).invitations(after=waiting.next)]) == 7
    with pytest.raises(InvalidCursor):
        tenancy.person(someone("eve")).tenants(after=mine.next)
    with pytest.raises(InvalidCursor):
        tenancy.person(someone("bob", email="other@acme.test")).invitations(after=waiting.next)

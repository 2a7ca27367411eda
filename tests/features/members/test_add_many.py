"""Many users become members at once, each as if they had been added alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenantry import (
    SYSTEM,
    UNLIMITED,
    AlreadyMember,
    AuditEvent,
    Denied,
    Invalid,
    InvalidRows,
    InvitationAccepted,
    InvitationStatus,
    LimitReached,
    Membership,
    NewMember,
    NotFound,
    Plan,
    Principal,
    Tenantry,
    TenantryError,
    schemes,
)
from tenantry.kernel.clock import Clock
from tenantry.memory import MemoryStore
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tenantry.testing import FrozenClock
from tests.features.people import ADA, BOB, CAY, DAN, EVE, FAY, SECRET, Company, someone
from tests.features.test_statements import counting

BOSS = someone("boss")
SERVICE = Principal.service("importer")
ASKERS = (SYSTEM, ADA, CAY, BOB, FAY, EVE, SERVICE, someone("ada", active=False))
"""The host, an owner, an admin, a member, an admin of one workspace, a stranger, and an owner who is switched off."""


class Office(Company):
    """A tenant with members of every kind, workspaces of every kind, and invitations."""

    def __init__(self, tenancy: Tenantry, clock: FrozenClock) -> None:
        super().__init__(tenancy, tenancy.create_tenant("Acme", owner=ADA))
        self.justice = self.workspace("Justice")
        self.hidden = self.workspace("Hidden")
        self.context().workspaces.archive(self.hidden)
        self.add(CAY, "admin")
        self.add(BOB)
        self.add(FAY, workspaces={self.justice: "admin"})
        self.add(DAN)
        self.context().members.deactivate(DAN.user_id)
        self.clerk = self.context().roles.define("Clerk", permissions=["tenant-api:tenant:read"], level="tenant").id
        self.context().invitations.send("late@gov.test", expires_in=timedelta(minutes=5))
        self.context().invitations.send("zoe@gov.test")
        self.names = {
            self.general: "general",
            self.justice: "justice",
            self.hidden: "hidden",
            self.clerk: "clerk",
            self.id: "tenant",
        }

    def rows(self, elsewhere: str) -> Iterator[NewMember]:
        """Rows of every kind, each for a user of its own, unless that is what is wrong with it."""
        anything: Any
        for number, given in enumerate(
            [
                {},
                {"role": "admin"},
                {"role": "owner"},
                {"role": self.clerk, "name": "Clerk", "email": "clerk@acme.test"},
                {"workspaces": {self.justice: "viewer"}},
                {"role": "admin", "workspaces": {self.justice: "admin", self.general: "viewer"}},
                {"workspaces": None},
                {"name": "=1+1", "email": "+1@acme.test"},
                {"email": "ADA@acme.test"},
                {"email": "Zoe@GOV.test"},
                {"email": "late@gov.test"},
                {"role": "OWNER"},
                {"role": "editor"},
                {"role": ["admin"]},
                {"role": "rol_unknown"},
                {"workspaces": {self.justice: self.clerk}},
                {"workspaces": {self.hidden: "viewer"}},
                {"workspaces": {elsewhere: "viewer"}},
                {"workspaces": {"ws_unknown": "owner"}},
                {"workspaces": {1: "viewer"}},
                {"workspaces": [self.justice]},
                {"workspaces": dict.fromkeys(map(str, range(1_001)), "viewer")},
                {"name": ""},
                {"name": "a\u202eb"},
                {"name": "x" * 101},
                {"email": "nobody"},
                {"email": ""},
                {"email": "a@b.test,c@d.test"},
                {"role": "owner", "workspaces": {self.hidden: "admin"}, "email": "nobody"},
            ]
        ):
            anything = given
            yield NewMember(f"user_{number}", **anything)
        for user_id in (ADA.user_id, DAN.user_id, "", " ", None, 7, "a\nb", "x" * 256, "system", "service:importer"):
            anything = user_id
            yield NewMember(anything)

    def plain(self, value: object) -> str:
        """A text in which this office looks like any other."""
        shown = repr(value)
        for id, name in self.names.items():
            shown = shown.replace(id, name)
        return shown

    def events(self) -> list[str]:
        """What the trail says, without what is different each time."""
        found: Sequence[AuditEvent] = self.context(SYSTEM).audit.list(order="newest", limit=4)
        return [
            self.plain((e.action, e.principal, e.workspace_id, e.before, e.after))
            for e in found
            if not e.target.startswith("inv_") or e.action in ("invitation.superseded", "invitation.accepted")
        ]

    def addressed(self) -> list[tuple[str, str]]:
        return [(each.email, each.status.value) for each in self.context(SYSTEM).invitations.list()]


def told(office: Office, member: Membership) -> str:
    return office.plain(
        (member.user_id, member.name, member.email, member.status, member.joined_at, member.roles, member.workspaces)
    )


def alone(office: Office, by: Principal, row: NewMember) -> tuple[str, str]:
    """What becomes of a row that is added by `add`."""
    try:
        member = office.context(by).members.add(
            row.user_id, role=row.role, workspaces=row.workspaces, name=row.name, email=row.email
        )
    except TenantryError as error:
        return error.code, office.plain(str(error))
    return "done", told(office, member)


def in_a_list(office: Office, by: Principal, row: NewMember) -> tuple[str, str]:
    """What becomes of it as the only one of several."""
    try:
        [member] = office.context(by).members.add_many([row])
    except InvalidRows as error:
        [(number, alone)] = error.errors.items()
        assert number == 1
        return alone.code, office.plain(str(alone))
    except TenantryError as error:
        return error.code, office.plain(str(error))
    return "done", told(office, member)


@pytest.mark.parametrize("by", ASKERS, ids=lambda by: f"{by.user_id} {by.active}")
def test_one_row_is_what_the_single_command_is(tenancy: Tenantry, clock: FrozenClock, by: Principal) -> None:
    """PE-24, IN-03: result, refusal and audit."""
    elsewhere = tenancy.create_tenant("Beta", owner=BOSS).default_workspace_id
    one, other = Office(tenancy, clock), Office(tenancy, clock)
    clock.advance(timedelta(minutes=10))
    outcomes = set()

    for row, same in zip(one.rows(elsewhere), other.rows(elsewhere), strict=True):
        expected = alone(one, by, row)
        assert in_a_list(other, by, same) == expected
        assert other.events() == one.events()
        outcomes.add(expected[0])
    assert other.addressed() == one.addressed()
    assert sorted(other.user_ids()) == sorted(one.user_ids())
    if by in (SYSTEM, ADA, CAY):
        assert outcomes >= {"done", "invalid", "not_found", "already_member"}


def test_a_member_who_is_added_among_many_is_as_one_who_was_added_alone(acme: Company, clock: Clock) -> None:
    justice = acme.workspace("Justice")

    bob, cay = acme.context().members.add_many(
        [
            NewMember(BOB.user_id, role="admin", workspaces={justice: "viewer"}, name="Bob B.", email="Bob@Acme.test"),
            NewMember(CAY.user_id),
        ]
    )

    assert acme.member(BOB) == bob
    assert acme.member(CAY) == cay
    assert (bob.name, bob.email, bob.roles, bob.workspaces) == (
        "Bob B.",
        "Bob@Acme.test",
        ("admin",),
        {justice: ("viewer",)},
    )
    assert (cay.roles, cay.workspaces, cay.joined_at) == (("member",), {}, clock())
    assert acme.context().get().members == 3
    assert acme.context(BOB).can("workspace-api:member:read", workspace=justice)
    assert acme.trail()[-2:] == ["member.added", "member.added"]


def test_every_fault_of_every_row_is_told_and_nothing_is_done(tenancy: Tenantry, acme: Company) -> None:
    """IN-03"""
    acme.add(CAY, "admin")
    acme.add(BOB)
    before = acme.trail(), acme.user_ids()
    elsewhere = tenancy.create_tenant("Beta", owner=EVE).default_workspace_id
    odd: Any = {"user_id": "user_x"}
    rows = [
        NewMember("user_1"),
        NewMember("user_2", role="owner"),
        NewMember("user_3", role="boss"),
        NewMember("user_4", workspaces={elsewhere: "viewer"}),
        NewMember("user_5", email="nobody"),
        NewMember(BOB.user_id),
        NewMember("user_1", role="admin"),
        NewMember("user_5"),
        odd,
    ]

    with pytest.raises(InvalidRows) as refused:
        acme.context(CAY).members.add_many(rows)

    errors = refused.value.errors
    assert [(number, each.code, each.rule, each.field) for number, each in errors.items()] == [
        (2, "denied", "beyond_own_rights", None),
        (3, "invalid", "unknown_role", "role"),
        (4, "not_found", "not_found", None),
        (5, "invalid", "not_an_address", "email"),
        (6, "already_member", "already_member", "user_id"),
        (7, "already_member", "already_member", "user_id"),
        (8, "already_member", "already_member", "user_id"),
        (9, "invalid", "wrong_type", "rows"),
    ]
    faults = refused.value.data["faults"]
    assert [(each["row"], each["code"], each["rule"], each["field"]) for each in faults] == [
        (number, each.code, each.rule, each.field) for number, each in errors.items()
    ]
    assert [str(error) for number, error in errors.items() if number in (7, 8)] == [
        "Row 1 adds this user already.",
        "Row 5 adds this user already.",
    ]
    assert "8 of 9 rows" in str(refused.value)
    assert acme.user_ids() == before[1]
    assert acme.trail() == [*before[0], "access.denied"]


def test_who_may_add_nobody_is_told_so(acme: Company) -> None:
    acme.add(BOB)

    with pytest.raises(Denied):
        acme.context(BOB).members.add_many([NewMember(CAY.user_id), NewMember("", role="boss")])
    with pytest.raises(Denied):
        acme.context(BOB).members.add_many([])
    with pytest.raises(NotFound):
        acme.context(EVE).members.add_many([NewMember(CAY.user_id)])


def test_no_row_is_no_trace(acme: Company) -> None:
    before = acme.trail()

    assert acme.context().members.add_many([]) == []
    assert acme.trail() == before


@pytest.mark.parametrize("rows", [None, 7, "user_bob", b"", {"user_id": "user_bob"}, NewMember("user_bob")])
def test_rows_are_rows(acme: Company, rows: Any) -> None:
    """IN-08"""
    with pytest.raises(Invalid):
        acme.context().members.add_many(rows)


def test_there_are_at_most_so_many_rows() -> None:
    tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET])
    context = tenancy.tenant(tenancy.create_tenant("Acme", owner=ADA).id, by=ADA)

    with pytest.raises(Invalid) as refused:
        context.members.add_many(NewMember(f"user_{number}") for number in range(10_001))
    assert refused.value.field == "rows"
    with pytest.raises(Invalid, match="different workspaces"):
        context.members.add_many(
            NewMember(f"user_{number}", workspaces=dict.fromkeys((f"ws_{number}_{n}" for n in range(1_000)), "viewer"))
            for number in range(11)
        )
    assert context.get().members == 1


def test_rows_are_read_once_though_the_command_runs_again() -> None:
    """A generator would be empty by then."""
    others = iter([BOB])

    def switch() -> None:
        for other in others:
            tenancy.tenant(tenant.id, by=SYSTEM).members.add(other.user_id)

    store = MemoryStore(switch=switch)
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    others, waiting = iter(()), others
    tenant = tenancy.create_tenant("Acme", owner=ADA)
    others = waiting

    added = tenancy.tenant(tenant.id, by=ADA).members.add_many(NewMember(who.user_id) for who in (CAY, DAN))

    assert len(added) == 2
    assert Company(tenancy, tenant).user_ids() == [ADA.user_id, BOB.user_id, CAY.user_id, DAN.user_id]


def statements(store: SQLAlchemyStore, company: Company, rows: Sequence[NewMember]) -> int:
    with counting(store.engine) as executed:
        company.context().members.add_many(rows)
    return len(executed)


def test_it_takes_as_many_statements_for_many_as_for_few(sql_store: SQLAlchemyStore) -> None:
    """As far as one statement writes up to a thousand rows."""
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.create_tenant("Acme", owner=ADA))
    clerk = acme.context().roles.define("Clerk", permissions=["tenant-api:tenant:read"], level="tenant").id
    places = [acme.workspace(f"Client {number}") for number in range(20)]

    def rows(first: int, number: int) -> list[NewMember]:
        made = []
        for n in range(first, first + number):
            email = f"user_{n}@acme.test"
            if n % 5 < 2:
                acme.context().invitations.send(email)
            there = {places[n % 20]: "viewer" if n % 3 else "admin"}
            made.append(NewMember(f"user_{n}", role=clerk if n % 2 else "admin", workspaces=there, email=email))
        return made

    few, many = rows(0, 5), rows(100, 500)

    assert statements(sql_store, acme, few) == statements(sql_store, acme, many) <= 10
    assert acme.context().get().members == 506
    assert len(acme.context().invitations.list(status="accepted", limit=200)) == 200


def test_since_when_somebody_is_a_member_is_said_by_the_host(acme: Company, clock: Clock) -> None:
    then = datetime(2019, 5, 1, 8, tzinfo=UTC)

    [bob] = acme.context(SYSTEM).members.add_many([NewMember(BOB.user_id, joined_at=then)])

    assert bob.joined_at == acme.member(BOB).joined_at == then
    [added] = [event for event in acme.context().audit.list() if event.target == BOB.user_id]
    assert (added.occurred_at, added.after["joined_at"]) == (clock(), then.isoformat())


@pytest.mark.parametrize(
    "joined_at",
    [datetime(2019, 5, 1), datetime(2999, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), "2019-05-01"],  # noqa: DTZ001
    ids=str,
)
def test_a_time_that_cannot_be_is_refused(acme: Company, joined_at: Any) -> None:
    with pytest.raises(InvalidRows):
        acme.context(SYSTEM).members.add_many([NewMember(BOB.user_id, joined_at=joined_at)])
    assert acme.user_ids() == [ADA.user_id]


def test_nobody_else_says_so(acme: Company, clock: Clock) -> None:
    with pytest.raises(InvalidRows):
        acme.context(ADA).members.add_many([NewMember(BOB.user_id, joined_at=clock())])
    assert acme.user_ids() == [ADA.user_id]


def test_invitations_of_new_members_are_closed(acme: Company, clock: FrozenClock) -> None:
    """E83: nor does an old link bring somebody back who was removed since."""
    late = acme.context().invitations.send("late@gov.test", expires_in=timedelta(minutes=5))
    issued, other = acme.invite(BOB, "admin"), acme.invite(CAY)
    clock.advance(timedelta(minutes=10))

    acme.context().members.add_many(
        [NewMember(BOB.user_id, email="BOB@acme.test"), NewMember(EVE.user_id, email="late@gov.test")]
    )

    status = {each.id: each.status for each in acme.context().invitations.list()}
    assert status == {
        late.invitation.id: InvitationStatus.REVOKED,
        issued.invitation.id: InvitationStatus.ACCEPTED,
        other.invitation.id: InvitationStatus.PENDING,
    }
    assert sorted(acme.trail()[-4:]) == ["invitation.accepted", "invitation.superseded", "member.added", "member.added"]
    assert acme.tenancy.person(BOB).accept(issued.token).already_member
    acme.context().members.remove(BOB.user_id)
    with pytest.raises(InvitationAccepted):
        acme.tenancy.person(BOB).accept(issued.token)


def test_who_is_added_alone_has_no_invitation_left_either(acme: Company) -> None:
    """E83"""
    issued = acme.invite(BOB, "admin")

    acme.add(BOB)
    acme.context().members.remove(BOB.user_id)

    with pytest.raises(InvitationAccepted):
        acme.tenancy.person(BOB).accept(issued.token)


def test_a_removed_member_who_is_added_again_has_nothing_of_before(acme: Company) -> None:
    """E18"""
    acme.add(BOB, "admin", workspaces={acme.general: "admin"})
    old = acme.member(BOB)
    acme.context().members.remove(BOB.user_id)

    [new] = acme.context().members.add_many([NewMember(BOB.user_id)])

    assert new.id != old.id
    assert (new.roles, new.workspaces, new.name, new.email) == (("member",), {}, None, None)
    assert new._epoch > old._epoch


def test_who_is_deactivated_is_a_member_already(acme: Company) -> None:
    acme.add(BOB)
    acme.context().members.deactivate(BOB.user_id)

    with pytest.raises(InvalidRows) as refused:
        acme.context().members.add_many([NewMember(BOB.user_id)])
    assert refused.value.errors[1].code == AlreadyMember.code


@pytest.mark.parametrize(
    ("places", "counts_invitations", "fits"), [(4, True, True), (3, True, False), (3, False, True)]
)
def test_a_plan_has_places_for_all_of_them_or_for_none(
    store: Any, places: int, counts_invitations: bool, fits: bool
) -> None:
    """An invitation that is closed for it gives its place."""
    plan = Plan("Small", members=places, workspaces=UNLIMITED, counts_invitations=counts_invitations)
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], plan=plan)
    acme = Company(tenancy, tenancy.create_tenant("Acme", owner=ADA))
    acme.invite(BOB)
    acme.invite(DAN)
    rows = [NewMember(BOB.user_id, email=BOB.email), NewMember(CAY.user_id, email=CAY.email)]

    if fits:
        assert len(acme.context().members.add_many(rows)) == 2
    else:
        with pytest.raises(LimitReached):
            acme.context().members.add_many(rows)
        assert acme.user_ids() == [ADA.user_id]


def test_a_guest_notes_the_denial_of_a_row_itself(sql_store: SQLAlchemyStore) -> None:
    """PE-24: what `add` raises, `denied` has."""
    own = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(own, own.create_tenant("Acme", owner=ADA))
    acme.add(CAY, "admin")

    with sql_store.engine.connect() as connection:
        tenancy = own.using(SessionStore(connection))
        with pytest.raises(InvalidRows) as refused:
            tenancy.tenant(acme.id, by=CAY).members.add_many([NewMember(BOB.user_id, role="owner")])
        assert refused.value.denied is not None
        tenancy.record_denial(refused.value.denied)
        connection.commit()

    assert acme.trail()[-1] == "access.denied"


def test_a_row_checks_nothing_by_itself() -> None:
    known: Mapping[str, Any] = {"role": 7, "workspaces": 7, "name": 7, "email": 7, "joined_at": 7}
    anything: Any = None
    row = NewMember(anything, **known)
    assert row == NewMember(anything, **known)


def test_so_many_roles_at_once_are_refused_before_anything_is_read() -> None:
    """A mapping that many rows share is small, and what it would become is not."""
    tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.create_tenant("Acme", owner=ADA))
    everywhere = {f"ws_{number}": "viewer" for number in range(1_000)}

    with pytest.raises(Invalid, match="At most 100,000 roles in workspaces"):
        acme.context().members.add_many(NewMember(f"user_{number}", workspaces=everywhere) for number in range(101))

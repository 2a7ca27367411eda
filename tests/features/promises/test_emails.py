"""Addresses: one key for one mailbox, and nothing that could be read in two ways."""

from __future__ import annotations

import pytest

from tenantry import AlreadyInvited, Denied, Invalid, Principal, Tenantry
from tenantry.testing import FrozenClock
from tests.features.people import BOB, CAY, EVE, Company, someone

TWICE_READABLE = [
    "bob@acme.test\r\nBcc: eve@acme.test",
    "bob@acme.test\n",
    "bob\0@acme.test",
    "bob@acme.test\N{LINE SEPARATOR}",
    "bob@acme.test,eve@acme.test",
    "bob@acme.test;eve@acme.test",
    "Bob <bob@acme.test>",
    "<bob@acme.test>",
    "bob(eve)@acme.test",
    '"bob"@acme.test',
    '"bob@acme.test"@evil.test',
    "bob@[192.0.2.1]",
    "bob@[IPv6:2001:db8::1]",
    "bob@acme.test@evil.test",
    "bob",
    "@acme.test",
    "bob@",
    "bob@localhost",
    "bob@acme..test",
    "bob@.test",
    "bob @acme.test",
    "=?utf-8?q?bob?=@acme.test",
]
"""EM-10"""


@pytest.mark.parametrize("email", TWICE_READABLE)
def test_what_can_be_read_in_two_ways_is_refused_everywhere(acme: Company, email: str) -> None:
    """EM-10"""
    acme.add(BOB)
    for act in (
        lambda: acme.context().invitations.send(email),
        lambda: acme.context().members.add("user_new", email=email),
        lambda: acme.context().members.update(BOB.user_id, email=email),
    ):
        with pytest.raises(Invalid):
            act()

    assert not acme.context().invitations.list()


@pytest.mark.parametrize("email", TWICE_READABLE)
def test_a_person_with_such_an_address_is_nobodys_invitee(tenancy: Tenantry, acme: Company, email: str) -> None:
    """EM-10, IT-12: it is not refused, it matches nothing and is not stored."""
    acme.invite(BOB)
    person = Principal("user_x", email=email, email_verified=True)

    assert not tenancy.person(person).invitations()
    with pytest.raises(Denied):
        tenancy.person(person).accept(acme.invite(CAY).token)
    beta = Company(tenancy, tenancy.person(person).create_tenant("Beta"))
    assert beta.member(person).email is None


@pytest.mark.parametrize(
    ("email", "same"),
    [
        ("bob@ACME.TEST", "bob@acme.test"),
        ("bob@acme。test", "bob@acme.test"),
        ("bob@ａｃｍｅ.test", "bob@acme.test"),
        ("bob@müller.test", "bob@xn--mller-kva.test"),
        ("b\N{LATIN SMALL LETTER O WITH DIAERESIS}b@acme.test", "bo\N{COMBINING DIAERESIS}b@acme.test"),
    ],
)
def test_two_spellings_of_a_mailbox_are_one(tenancy: Tenantry, acme: Company, email: str, same: str) -> None:
    """EM-08, E54"""
    issued = acme.context().invitations.send(email)

    assert issued.invitation.email == email
    with pytest.raises(AlreadyInvited):
        acme.context().invitations.send(same)
    tenancy.person(Principal("user_x", email=same, email_verified=True)).accept(issued.token)


@pytest.mark.parametrize(
    ("email", "other"),
    [("bob@faß.test", "bob@fass.test"), ("bob@acme.test", "bob+x@acme.test"), ("b.ob@acme.test", "bob@acme.test")],
)
def test_two_mailboxes_are_two(acme: Company, email: str, other: str) -> None:
    """EM-07, EM-08"""
    for each in (email, other):
        acme.context().invitations.send(each)

    assert len(acme.context().invitations.list()) == 2


@pytest.mark.parametrize("email", ["bob@acme.test.", "bob@xn--example-.test", f"bob@{'a' * 64}.test", "bob@acme_.test"])
def test_what_is_no_domain_is_refused(acme: Company, email: str) -> None:
    """EM-08"""
    with pytest.raises(Invalid):
        acme.context().invitations.send(email)


def test_lengths_are_counted_in_octets(acme: Company) -> None:
    """EM-12"""
    domain = f"{'d' * 63}.{'d' * 63}.{'d' * 56}.test"
    send = acme.context().invitations.send

    assert len(f"{'b' * 64}@{domain}".encode()) == 254
    send(f"{'b' * 64}@{domain}")
    send(f"{'ö' * 32}@acme.test")
    for longer in (f"{'b' * 64}@d{domain}", f"{'b' * 65}@acme.test", f"{'ö' * 32}b@acme.test"):
        with pytest.raises(Invalid):
            send(longer)


@pytest.mark.parametrize(
    "name",
    [
        "Ada\N{RIGHT-TO-LEFT OVERRIDE}",
        "A\N{ZERO WIDTH SPACE}da",
        "A\N{SOFT HYPHEN}da",
        "Ada\r\nBcc: eve",
        "A\0da",
        "\U000e0041da",
        "Ada\ue000",
        "\N{COMBINING ACUTE ACCENT}Ada",
        "\N{HANGUL FILLER}",
        "A" * 101,
        " ",
    ],
)
def test_a_name_that_cannot_be_shown_safely_is_refused(tenancy: Tenantry, acme: Company, name: str) -> None:
    """EM-15, IN-04: of a tenant, a workspace, a member; a principal's is merely not stored."""
    acme.add(BOB)
    for act in (
        lambda: acme.context().update(name=name),
        lambda: acme.context().workspaces.create(name),
        lambda: acme.context().workspaces.update(acme.general, name=name),
        lambda: acme.context().members.add("user_new", name=name),
        lambda: acme.context().members.update(BOB.user_id, name=name),
        lambda: tenancy.person(CAY).create_tenant(name),
    ):
        with pytest.raises(Invalid):
            act()

    beta = Company(tenancy, tenancy.person(someone("eve", name=name)).create_tenant("Beta"))
    assert beta.member(EVE).name is None


def test_a_caller_who_may_not_read_members_learns_nothing_of_an_address(acme: Company, clock: FrozenClock) -> None:
    """EM-16"""
    acme.invite(CAY)
    acme.add(EVE)
    bob = acme.add(BOB)

    said = set()
    for email in ("eve@acme.test", "cay@acme.test", "unknown@acme.test", "bob@acme.test"):
        clock.advance(minutes=1)
        with pytest.raises(Denied) as refused:
            bob.invitations.send(email)
        said.add((str(refused.value), repr(refused.value.decision)))
        [event] = acme.context().audit.list(limit=1)
        said.add((event.action, repr(event.after)))
    assert len(said) == 2


def test_a_display_name_that_is_an_address_identifies_nobody(tenancy: Tenantry, acme: Company) -> None:
    """EM-17"""
    impostor = someone("eve", name="bob@acme.test", email="eve@acme.test")
    acme.add(impostor)

    issued = acme.invite(BOB)
    with pytest.raises(Denied):
        tenancy.person(impostor).accept(issued.token)

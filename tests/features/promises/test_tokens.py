"""Invitation tokens: one text, one invitation, one person, and nothing else that looks like it."""

from __future__ import annotations

import base64
import json
import pickle
import re
import zlib
from collections.abc import Iterator

import pytest
from itsdangerous import Signer, TimestampSigner, URLSafeSerializer
from sqlalchemy import select

from tenantry import Invalid, InvalidToken, TenantContext, Tenantry, TenantryError, schemes
from tenantry.kernel.tokens import KeyRing, new_nonce
from tenantry.ports import Store
from tenantry.sqlalchemy import SQLAlchemyStore, metadata
from tenantry.testing import FrozenClock
from tests.features.notices.postbox import Postbox
from tests.features.people import ADA, BOB, CAY, SECRET, Company

OLD, NEW = "an older secret of 32 bytes or more", "a newer secret of 32 bytes or more"


def damaged(token: str) -> Iterator[str]:
    """The token with each bit flipped, each end cut off, each part elsewhere."""
    for position, character in enumerate(token):
        for bit in range(7):
            yield token[:position] + chr(ord(character) ^ 1 << bit) + token[position + 1 :]
        yield token[:position]
        yield token[position + 1 :]
    payload, _, signature = token.partition(".")
    yield f"{signature}.{payload}"
    for start in range(0, len(payload), 8):
        yield payload[start:] + payload[:start] + "." + signature if start else f"{payload}..{signature}"
    yield from (token + more for more in (".", "=", "A", " ", "\n", token))


def test_damage_of_any_kind_is_one_outcome_and_changes_nothing(tenancy: Tenantry, acme: Company) -> None:
    """IT-01, IT-15"""
    issued = acme.invite(BOB)
    before, version = acme.trail(), acme.context().get()._version
    bob = tenancy.person(BOB)

    said = set()
    for token in damaged(issued.token):
        for act in (tenancy.inspect_invitation, bob.accept, bob.decline):
            with pytest.raises(InvalidToken) as refused:
                act(token)
            said.add((str(refused.value), repr(refused.value.data), refused.value.__cause__))

    assert len(said) == 1
    assert (acme.trail(), acme.context().get()._version) == (before, version)
    bob.accept(issued.token)


def foreign(tenant_id: str, invitation_id: str, nonce: bytes) -> Iterator[str]:
    """What other software, or other settings, would make of the same."""
    parts = [tenant_id, invitation_id, nonce.hex()]
    payload = json.dumps(parts)
    yield URLSafeSerializer(SECRET, salt="tenantry.invitation").dumps(parts)
    yield TimestampSigner(SECRET).sign(payload).decode()
    yield Signer(SECRET, salt=b"tenantry.invitation").sign(payload).decode()
    yield "." + base64.urlsafe_b64encode(zlib.compress(payload.encode())).decode()
    yield base64.b64encode(pickle.dumps(parts)).decode()
    yield f"!!python/object:builtins.list {parts}"
    yield KeyRing([SECRET]).sign_cursor(nonce * 3, context="")


def test_what_other_software_makes_is_refused(tenancy: Tenantry, acme: Company) -> None:
    """IT-14"""
    invitation = acme.invite(BOB).invitation

    for token in foreign(acme.id, invitation.id, bytes.fromhex(invitation._nonce)):
        with pytest.raises(InvalidToken):
            tenancy.person(BOB).accept(token)


def test_a_signed_token_for_nothing_looks_forged(tenancy: Tenantry, acme: Company) -> None:
    """IT-15, IT-13: tenant and invitation belong together."""
    beta = Company(tenancy, tenancy.person(ADA).create_tenant("Beta"))
    invitation = acme.invite(BOB).invitation
    nonce, keys = bytes.fromhex(invitation._nonce), KeyRing([SECRET])
    nobody = invitation.id[:-4] + "zzzz"

    said = set()
    for tenant_id, invitation_id in (
        (beta.id, invitation.id),
        (acme.id, nobody),
        (acme.id[:-4] + "zzzz", invitation.id),
    ):
        token = keys.sign_invitation(tenant_id, invitation_id, nonce)
        for act in (tenancy.inspect_invitation, tenancy.person(BOB).accept, tenancy.person(BOB).decline):
            with pytest.raises(InvalidToken) as refused:
                act(token)
            said.add((str(refused.value), repr(refused.value.data)))
    assert len(said) == 1


def test_keys_are_changed_without_losing_an_invitation(store: Store) -> None:
    """IT-05"""

    def door(*keys: str) -> Tenantry:
        return Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=keys)

    acme = Company(door(OLD), door(OLD).person(ADA).create_tenant("Acme"))
    issued = acme.invite(BOB)

    door(NEW, OLD).inspect_invitation(issued.token)
    with pytest.raises(InvalidToken):
        door(NEW).inspect_invitation(issued.token)
    again = door(NEW, OLD).tenant(acme.id, by=ADA).invitations.resend(issued.invitation.id)
    door(NEW).person(BOB).accept(again.token)


@pytest.mark.parametrize(
    "keys", [[], [""], "", SECRET, ["x" * 31], [SECRET, SECRET], [SECRET, ""], [None], None, [b"x" * 31]]
)
def test_a_weak_key_ring_is_refused_at_once(store: Store, keys: list[str]) -> None:
    """IT-05"""
    with pytest.raises(Invalid):
        Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=keys)


def test_what_is_stored_makes_no_link(sql_store: SQLAlchemyStore, caplog: pytest.LogCaptureFixture) -> None:
    """E51, IT-07: who reads the whole database, notices included, opens no invitation; it takes the key."""
    caplog.set_level("DEBUG")
    tenancy = Tenantry(store=sql_store, scheme=schemes.AGENCY, secret_keys=[SECRET], notices=True)
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    postbox = Postbox()
    issued = [acme.invite(BOB), acme.invite(CAY)]
    tenancy.jobs.dispatch_notices(postbox)
    issued.append(acme.context().invitations.resend(issued[0].invitation.id))
    sent = [delivery.token for delivery in postbox.got if delivery.token]
    assert len(sent) == 2

    with sql_store.engine.connect() as connection:
        dump = repr([connection.execute(select(table)).all() for table in metadata.tables.values()])
    said = dump + repr(issued) + repr(postbox.got) + "".join(repr(record.__dict__) for record in caplog.records)

    for token in [*sent, *(each.token for each in issued)]:
        assert token not in said
        assert token.partition(".")[2] not in said
    for row in (each.invitation for each in issued):
        guessed = KeyRing([OLD]).sign_invitation(acme.id, row.id, bytes.fromhex(row._nonce))
        for link in (guessed, row._nonce, row.id, bytes.fromhex(row._nonce).hex().upper()):
            with pytest.raises(InvalidToken):
                tenancy.person(BOB).accept(link)


def test_a_token_is_short_and_may_stand_in_a_url(acme: Company) -> None:
    """IT-17"""
    token = acme.invite(BOB).token

    assert len(token) <= 160
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)


def test_every_sending_draws_another_nonce(acme: Company, clock: FrozenClock) -> None:
    """IT-21 in kind"""
    all_sent = [first := acme.invite(BOB)]
    for _ in range(20):
        clock.advance(hours=1)
        all_sent.append(acme.context().invitations.resend(first.invitation.id))

    assert len({issued.token for issued in all_sent}) == len({issued.invitation._nonce for issued in all_sent}) == 21
    assert len(new_nonce()) == 16


def test_what_is_offered_comes_from_the_row_alone(tenancy: Tenantry, acme: Company) -> None:
    """IT-13: nothing in the call can change it."""
    issued = acme.invite(BOB)

    with pytest.raises(TypeError):
        tenancy.person(BOB).accept(issued.token, role="owner")  # type: ignore[call-arg]

    assert tenancy.person(BOB).accept(issued.token).membership.roles == ("member",)


def test_no_token_is_logged_recorded_or_told(
    tenancy: Tenantry, acme: Company, caplog: pytest.LogCaptureFixture
) -> None:
    """IT-07, AU-06"""
    caplog.set_level("DEBUG")
    context: TenantContext = acme.context()
    issued = acme.invite(BOB, workspaces={acme.general: "viewer"})
    again = context.invitations.resend(issued.invitation.id)
    told: list[object] = [issued, again, context.invitations.list(), tenancy.inspect_invitation(again.token)]
    for token in (issued.token, again.token, again.token + "x"):
        for act in (tenancy.person(ADA).accept, tenancy.person(BOB).accept, tenancy.person(BOB).decline):
            try:
                told.append(act(token))
            except TenantryError as error:
                told += [error, error.__dict__, error.__cause__]
    told += [record.__dict__ for record in caplog.records]
    told += list(context.audit.list())

    secrets = [*issued.token.split("."), *again.token.split("."), issued.invitation._nonce, again.invitation._nonce]
    assert not [secret for secret in secrets if secret in repr(told)]

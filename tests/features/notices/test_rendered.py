"""What commands owe can be rendered by the templates that come along, and holds no secret until then."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from attrs import asdict

from tenantry import SYSTEM, NoticeKind, Tenantry
from tenantry.audit.model import AUDIT_EVENTS
from tenantry.invitations.model import INVITATIONS
from tenantry.jinja import Templates
from tenantry.testing import FrozenClock
from tests.features.notices.postbox import Postbox, delivered, outbox
from tests.features.people import ADA, BOB, CAY, DAN, EVE, FAY, Company

LINK = "https://app.test/join/{token}"


def everything(acme: Company, clock: FrozenClock) -> None:
    """A notice of every kind is owed."""
    justice = acme.workspace("Justice")
    for who in (BOB, CAY, EVE):
        acme.add(who)
    context = acme.context()
    acme.tenancy.person(DAN).accept(acme.invite(DAN, workspaces={justice: "viewer"}).token)
    acme.tenancy.person(FAY).decline(acme.invite(FAY).token, "No time.\nSorry.")
    context.members.change_role(BOB.user_id, role="admin")
    context.workspaces.add_member(justice, CAY.user_id, role="member")
    context.members.remove(CAY.user_id, reason="Left the company")
    context.members.deactivate(BOB.user_id, reason="On leave")
    context.members.reactivate(BOB.user_id)
    context.invitations.revoke(context.invitations.send("ida@acme.test").invitation.id, reason="A mistake")
    context.members.transfer_ownership(to=EVE.user_id)
    context = acme.context(EVE)
    context.invitations.send(
        "guy@acme.test", message="Welcome!", expires_in=timedelta(days=3), workspaces={justice: "admin"}
    )
    clock.advance(days=1)


def test_every_kind_of_notice_is_told_and_rendered(tenancy: Tenantry, acme: Company, clock: FrozenClock) -> None:
    """L5"""
    templates = Templates(link=LINK)
    everything(acme, clock)
    got = delivered(tenancy)
    acme.context(SYSTEM).suspend("Unpaid")
    got += delivered(tenancy)

    assert {delivery.kind for delivery in got} == set(NoticeKind)
    for delivery in got:
        rendered = templates.render(delivery)
        assert "Acme" in rendered.text
        assert rendered.html is not None
        assert "Acme" in rendered.html
        assert "Acme" not in rendered.subject
    told = {(delivery.kind.value, delivery.email) for delivery in got}
    assert {
        ("accepted", ADA.email),
        ("declined", ADA.email),
        ("role_changed", BOB.email),
        ("workspace_assigned", CAY.email),
        ("removed", CAY.email),
        ("deactivated", BOB.email),
        ("revoked", "ida@acme.test"),
        ("ownership", EVE.email),
        ("invitation", "guy@acme.test"),
        ("reminder", "guy@acme.test"),
        ("suspension", EVE.email),
    } <= told


def test_a_secret_is_in_what_is_delivered_and_nowhere_else(
    tenancy: Tenantry, acme: Company, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    """I10, IT-07, AU-06"""
    caplog.set_level(logging.DEBUG)
    everything(acme, clock)
    postbox = Postbox()
    done = tenancy.jobs.dispatch_notices(postbox)
    tokens = [delivery.token for delivery in postbox.got if delivery.token]
    with tenancy._store.query(acme.id) as tx:
        secrets = [row._nonce for row in tx.records(INVITATIONS).list()] + tokens
        events = [asdict(event) for event in tx.records(AUDIT_EVENTS).list()]
    rendered = [Templates(link=LINK).render(delivery) for delivery in postbox.got]

    shown = [
        *(asdict(notice) for notice in outbox(acme)),
        *events,
        *acme.context(EVE).invitations.list(),
        *postbox.got,
        *rendered,
        done,
        caplog.text,
    ]

    assert tokens
    assert not [secret for secret in secrets if secret in repr(shown)]
    assert all(any(token in each.text for each in rendered) for token in tokens)

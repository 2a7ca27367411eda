"""What cannot be accepted as it is: `Invalid` and its leaves, by rule."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from attrs import evolve

from tenantry import SYSTEM, NewMember, Options, Plan, Principal, schemes
from tenantry.jinja import Templates
from tenantry.smtp import SMTPMailer
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore
from tests.features.people import ADA, BOB, EVE, FAY, SECRET

from .scene import Provocations, Scene, committing

__all__ = ["INPUTS"]

AT_TENANT, THERE = "tenant-api:member:read", "workspace-api:member:read"
LINK = "https://acme.test/join?token={token}"


def _autocommit(s: Scene) -> object:
    assert isinstance(s.store, SQLAlchemyStore)
    with s.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return s.started(store=SessionStore(connection)).person(ADA).create_tenant("Beta")


def _awaited(s: Scene) -> object:
    class Mailer:
        async def send(self, delivery: object) -> None: ...

    return s.tenancy.jobs.dispatch_notices(Mailer())


def _deactivated(s: Scene) -> object:
    s.context().members.deactivate(FAY.user_id)
    return s.context().members.plan_removal(BOB.user_id, reassign_to=FAY.user_id)


def _guest_store(s: Scene) -> object:
    with s.tenancy.transaction() as tx:
        return tx.jobs.purge()


def _level_missing(s: Scene) -> object:
    return s.context().roles.usage("admin")


def _misspelled(s: Scene) -> object:
    class Campaigns:
        name = "campaigns"

        def delete_tenants(self, *given: object) -> None: ...

        def joined(self, *given: object) -> None: ...

    return s.started(participants=[Campaigns()])


def _with_template(text: str) -> object:
    with TemporaryDirectory() as folder:
        Path(folder, "invitation.txt").write_text(text, encoding="utf-8")
        return _rendered(Templates(link=LINK, directory=folder))


def _rendered(templates: Templates) -> object:
    from tests.unit.notices.test_templates import delivery

    return templates.render(delivery())


def _mailer(**given: Any) -> object:
    return SMTPMailer("mail.test", 587, sender="hello@acme.test", templates=Templates(link=LINK), **given)


def _reentered(s: Scene) -> object:
    class Campaigns:
        name = "campaigns"

        def joined(self, changes: object, session: object) -> None:
            s.tenancy.person(ADA).tenants()

    return s.started_here(participants=[Campaigns()]).members.add(EVE.user_id)


def _open_here(s: Scene) -> object:
    with s.tenancy.transaction() as tx:
        tx.tenant(s.acme.id, by=ADA).update(name="Apex")
        return s.context().update(name="Apex")


def _transaction_over(s: Scene) -> object:
    with s.tenancy.transaction() as tx:
        pass
    return tx.tenant(s.acme.id, by=ADA).get()


def _tenant_mismatch(s: Scene) -> object:
    other = s.tenancy.person(EVE).create_tenant("Beta")
    with s.tenancy.transaction() as tx:
        tx.tenant(s.acme.id, by=ADA).get()
        return tx.tenant(other.id, by=EVE).get()


def _too_late(s: Scene) -> object:
    s.clock.advance(days=(datetime.max - datetime(2026, 1, 10)).days)  # noqa: DTZ001, DTZ901 - the last days there are
    return s.context().invitations.send("new@acme.test", expires_in=timedelta(days=20))


def _unknown_key(s: Scene) -> object:
    kept = s.context().audit.checkpoint()
    return s.started_here(audit_keys=["another key, of which nobody knows"]).audit.verify(checkpoint=kept)


def _nested(depth: int) -> dict[str, Any]:
    return {} if depth == 0 else {"a": _nested(depth - 1)}


INPUTS: Final[Provocations] = {
    ("Invalid", "asked_at_tenant"): lambda s: s.context().can(AT_TENANT, workspace=s.justice),
    ("Invalid", "asked_in_workspace"): lambda s: s.context().can(THERE),
    ("Invalid", "autocommit"): _autocommit,
    ("Invalid", "awaited"): _awaited,
    ("Invalid", "blank"): lambda s: s.context().workspaces.create(" "),
    ("Invalid", "contradiction"): lambda s: s.context().roles.update(s.clerk, inherits=[s.chief]),
    ("Invalid", "deactivated"): _deactivated,
    ("Invalid", "duplicate"): lambda s: s.started(secret_keys=[SECRET, SECRET]),
    ("Invalid", "empty"): lambda s: s.context().check_many([]),
    ("Invalid", "ends_transaction"): lambda s: committing(s, lambda session: session.commit()),
    ("Invalid", "exclusive"): lambda s: s.context().members.list(after="x", offset=1),
    ("Invalid", "guest_store"): _guest_store,
    ("Invalid", "incomplete"): lambda s: _mailer(username="hello"),
    ("Invalid", "level_missing"): _level_missing,
    ("Invalid", "malformed"): lambda s: s.tenancy.locate("x", by=SYSTEM),
    ("Invalid", "matches_nothing"): lambda s: s.context().roles.define("X", permissions=["*:x:*"], level="tenant"),
    ("Invalid", "missing"): lambda s: Templates(link={}),
    ("Invalid", "misspelled"): _misspelled,
    ("Invalid", "mixed_scripts"): lambda s: s.context().roles.define(
        "\N{CYRILLIC CAPITAL LETTER A}dmin", permissions=[], level="tenant"
    ),
    ("Invalid", "no_default_role"): lambda s: s.started_here(
        scheme=evolve(schemes.AGENCY, default_workspace_role=None)
    ).members.add(EVE.user_id, workspaces=[s.justice]),
    ("Invalid", "no_engine"): lambda s: SQLAlchemyStore("sqlite+nosuch://"),
    ("Invalid", "no_letters"): lambda s: s.context().roles.define("!!!", permissions=[], level="tenant"),
    ("Invalid", "no_subject"): lambda s: _with_template("Hello!"),
    ("Invalid", "no_time_zone"): lambda s: s.tenancy.person(ADA).signed_in(datetime(2026, 1, 1)),  # noqa: DTZ001
    ("Invalid", "not_a_checkpoint"): lambda s: s.context().audit.verify(checkpoint="x"),
    ("Invalid", "not_a_choice"): lambda s: s.context().members.list(order="shoe size"),
    ("Invalid", "not_a_directory"): lambda s: Templates(link=LINK, directory="/nowhere"),
    ("Invalid", "not_a_link"): lambda s: Templates(link="ftp://acme.test/{token}"),
    ("Invalid", "not_a_person"): lambda s: s.tenancy.person(SYSTEM),
    ("Invalid", "not_a_slug"): lambda s: s.context().update(slug="a b"),
    ("Invalid", "not_an_address"): lambda s: s.context().invitations.send("nobody"),
    ("Invalid", "not_confirmed"): lambda s: s.context().delete(confirm="Apex"),
    ("Invalid", "not_for_owners"): lambda s: s.context().members.add_role(
        BOB.user_id, role="owner", ends_at=s.clock() + timedelta(days=1)
    ),
    ("Invalid", "not_held"): lambda s: s.context().members.remove_role(BOB.user_id, role="admin"),
    ("Invalid", "not_positive"): lambda s: Options(invitation_expires_in=timedelta(0)),
    ("Invalid", "oneself"): lambda s: s.context().members.transfer_ownership(to=ADA.user_id),
    ("Invalid", "only_system"): lambda s: s.tenancy.tenants(by=ADA),
    ("Invalid", "open_here"): _open_here,
    ("Invalid", "out_of_range"): lambda s: s.context().members.list(limit=0),
    ("Invalid", "owners_role"): lambda s: s.context().members.transfer_ownership(to=BOB.user_id, role="owner"),
    ("Invalid", "reentered"): _reentered,
    ("Invalid", "reserved"): lambda s: s.context().update(slug="admin"),
    ("Invalid", "same_role"): lambda s: s.context().roles.plan_delete(s.clerk, replacement=s.clerk),
    ("Invalid", "too_deep"): lambda s: s.context().workspaces.create("X", settings=_nested(9)),
    ("Invalid", "too_large"): lambda s: s.context().workspaces.create("X", settings={"a": "b" * 20_000}),
    ("Invalid", "too_late"): _too_late,
    ("Invalid", "too_long"): lambda s: s.context().workspaces.create("x" * 101),
    ("Invalid", "too_many"): lambda s: s.context().access(workspaces=[f"ws_{n}" for n in range(1_001)]),
    ("Invalid", "too_short"): lambda s: s.started(secret_keys=["short"]),
    ("Invalid", "transaction_over"): _transaction_over,
    ("Invalid", "undeliverable"): lambda s: s.started_here(
        options=Options(deliverable=lambda address: False)
    ).invitations.send("new@acme.test"),
    ("Invalid", "unencrypted"): lambda s: _mailer(username="hello", password="secret", security="none"),
    ("Invalid", "unknown_key"): _unknown_key,
    ("Invalid", "unknown_permission"): lambda s: s.started(
        plan=Plan("Pro", counters={"sites": 1}, counter_permissions={"sites": "a:b:c"})
    ),
    ("Invalid", "unknown_role"): lambda s: s.context().members.add(EVE.user_id, workspaces={s.justice: "boss"}),
    ("Invalid", "unprintable"): lambda s: s.context().workspaces.create("a\0b"),
    ("Invalid", "unreadable"): lambda s: _with_template("{% if %}"),
    ("Invalid", "unsupported_database"): lambda s: SQLAlchemyStore("mysql://db/app"),
    ("Invalid", "wrong_level"): lambda s: s.context().roles.define("X", permissions=[THERE], level="tenant"),
    ("Invalid", "wrong_type"): lambda s: Principal(7),  # type: ignore[arg-type]
    ("InvalidCursor", "invalid_cursor"): lambda s: s.context().members.list(after="x"),
    ("InvalidRows", "invalid_rows"): lambda s: s.context().members.add_many([NewMember(" "), NewMember(BOB.user_id)]),
    ("InvalidToken", "invalid_token"): lambda s: s.tenancy.inspect_invitation("x"),
    ("TenantMismatch", "tenant_mismatch"): _tenant_mismatch,
    ("UnknownPermission", "unknown_permission"): lambda s: s.context().can("a:b:c"),
}
"""By the name of the class, and the rule."""

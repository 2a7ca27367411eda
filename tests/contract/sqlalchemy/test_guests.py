# ruff: noqa: PT012 - what is refused is a transaction, and that is a block
"""A guest's part in the host's transaction."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from tenantry.errors import Busy, NotFound, OutcomeUnknown
from tenantry.members.model import MEMBERSHIPS
from tenantry.ports import Open, Passes
from tenantry.sqlalchemy import SessionStore, SQLAlchemyStore, metadata
from tenantry.testing.contract.world import founded, version, workspace
from tenantry.workspaces.model import WORKSPACES
from tests.contract.sqlalchemy.host import Note, impatient, notes, refused, rename, tenants


def test_what_the_host_rolls_back_never_was(engine: Engine) -> None:
    with Session(engine) as session:
        founded(SessionStore(session))
        session.rollback()
    assert tenants(engine) == []


def test_what_the_host_commits_is_kept(engine: Engine) -> None:
    with Session(engine) as session:
        world = founded(SessionStore(session))
        session.commit()
    assert [tenant.id for tenant in tenants(engine)] == [world.tenant.id]


def test_a_connection_is_a_host_too(engine: Engine) -> None:
    with engine.connect() as connection:
        founded(SessionStore(connection))
        connection.rollback()
        world = founded(SessionStore(connection))
        connection.commit()
    assert [tenant.id for tenant in tenants(engine)] == [world.tenant.id]


def test_a_registry_of_sessions_is_asked_each_time(engine: Engine) -> None:
    registry = scoped_session(sessionmaker(engine))
    store = SessionStore(registry)
    founded(store)
    registry.remove()
    world = founded(store)
    with store.query(world.tenant.id) as tx:
        assert tx.session is registry()
    registry.commit()
    registry.remove()
    assert [tenant.id for tenant in tenants(engine)] == [world.tenant.id]


def test_a_refused_command_leaves_the_hosts_transaction_as_it_was(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        store = SessionStore(session)
        session.add(Note(text="before"))
        refused(store, world)
        session.add(Note(text="after"))
        rename(store, world)
        session.commit()
    assert notes(engine) == 2
    assert [tenant.name for tenant in tenants(engine)] == ["Changed"]


def test_a_shut_gate_leaves_the_hosts_transaction_as_it_was(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        session.add(Note(text="before"))
        with (
            pytest.raises(NotFound),
            SessionStore(session).command(world.tenant.id, gate=Passes(MEMBERSHIPS, {"user_id": "nobody"})),
        ):
            pass
        session.commit()
    assert notes(engine) == 1


def test_a_refused_command_leaves_the_tenant_unlocked(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        refused(SessionStore(session), world)
        rename(impatient(engine), world)
        session.commit()
    assert [tenant.name for tenant in tenants(engine)] == ["Changed"]


def test_a_discarded_command_leaves_the_tenant_unlocked(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        with SessionStore(session).command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(workspace(world.tenant))
            tx.discard()
        rename(impatient(engine), world)
        session.commit()
    assert version(SQLAlchemyStore(engine), world.tenant) == world.tenant._version + 1


def test_a_command_keeps_the_tenant_locked_until_the_host_is_done(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        rename(SessionStore(session), world)
        with pytest.raises(Busy):
            rename(impatient(engine), world, "Too soon")
        session.commit()
    rename(impatient(engine), world, "Later")
    assert [tenant.name for tenant in tenants(engine)] == ["Later"]


def test_a_stranger_does_not_wait_for_the_lock(postgresql: Engine) -> None:
    world = founded(SQLAlchemyStore(postgresql))
    with Session(postgresql) as session:
        rename(SessionStore(session), world)
        with (
            pytest.raises(NotFound),
            impatient(postgresql).command(world.tenant.id, gate=Passes(MEMBERSHIPS, {"user_id": "nobody"})),
        ):
            pass


def test_the_hosts_listeners_hear_of_no_commit(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    heard: list[str] = []
    with Session(engine) as session:
        for name in ("before_commit", "after_commit", "after_rollback", "after_soft_rollback"):
            event.listen(session, name, lambda *_, name=name: heard.append(name))
        rename(SessionStore(session), world)
        refused(SessionStore(session), world)
        assert heard == []
        session.commit()
    assert heard == ["before_commit", "after_commit"]


def test_what_is_pending_in_the_session_is_written_before(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine, autoflush=False) as session:
        session.add(Note(text="pending"))
        with SessionStore(session).command(world.tenant.id, gate=Open()) as tx:
            assert tx.session is session
            assert session.connection().scalar(select(func.count()).select_from(Note)) == 1
        refused(SessionStore(session), world)
        session.commit()
    assert notes(engine) == 1


def test_a_listener_of_the_host_fails_in_its_own_words(engine: Engine) -> None:
    with Session(engine) as session:

        @event.listens_for(session, "before_flush")
        def fail(*_: object) -> None:
            raise OSError("the host's own")

        session.add(Note(text="pending"))
        with pytest.raises(OSError, match="the host's own"), SessionStore(session).command("ten_1", gate=Open()):
            pass


def test_a_session_of_several_engines_gives_the_one_of_our_tables(engine: Engine, tmp_path: Path) -> None:
    elsewhere = create_engine(f"sqlite:///{tmp_path}/elsewhere.db")
    ours = metadata.tables["tenantry_tenants"]
    with Session(elsewhere, binds={ours: engine}) as session:
        founded(SessionStore(session))
        session.commit()
    assert len(tenants(engine)) == 1
    elsewhere.dispose()


def test_a_transaction_within_the_hosts_is_undone_alone(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        rename(SessionStore(session), world, "Kept")
        with pytest.raises(LookupError), SessionStore(session).begin() as guest:
            rename(guest, world, "Undone")
            raise LookupError
        session.commit()
    assert [tenant.name for tenant in tenants(engine)] == ["Kept"]


def test_an_interrupted_command_is_undone(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        with pytest.raises(KeyboardInterrupt), SessionStore(session).command(world.tenant.id, gate=Open()) as tx:
            tx.records(WORKSPACES).add(workspace(world.tenant))
            raise KeyboardInterrupt
        session.commit()
    assert version(SQLAlchemyStore(engine), world.tenant) == world.tenant._version


def test_a_host_that_ends_the_transaction_within_a_command_is_told(engine: Engine) -> None:
    world = founded(SQLAlchemyStore(engine))
    with Session(engine) as session:
        with pytest.raises(OutcomeUnknown), SessionStore(session).command(world.tenant.id, gate=Open()) as tx:
            tx.session.rollback()
        session.rollback()
    assert version(SQLAlchemyStore(engine), world.tenant) == world.tenant._version

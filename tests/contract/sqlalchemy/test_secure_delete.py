"""What is erased is gone from the file of a SQLite database, where the engine is ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text

from tenantry import Origin, Principal, Tenantry, schemes
from tenantry.sqlalchemy import AsyncSQLAlchemyStore, SQLAlchemyStore
from tests.features.people import ADA, SECRET

BOB = Principal("user_bob", email="robert.the.erased@gov.test", email_verified=True, name="Robert the Erased")
PERSONAL = (b"robert.the.erased", b"Robert the Erased", b"Bobs-own-browser")


@pytest.fixture(autouse=True)
def _off_unless_asked_for() -> Iterator[None]:
    """Some builds of SQLite have it on."""

    def off(connection: Any, record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA secure_delete = OFF")
        cursor.close()

    event.listen(Engine, "connect", off)
    yield
    event.remove(Engine, "connect", off)


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "awaited"])
def test_no_byte_of_a_person_who_was_forgotten_is_left(tmp_path: Path, awaited: bool) -> None:
    file = tmp_path / "app.db"
    if awaited:
        asyncio.run(set_up(f"sqlite+aiosqlite:///{file}"))
    store = SQLAlchemyStore(f"sqlite:///{file}")
    store.create_all()
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET], notices=True)
    acme = tenancy.person(ADA).create_tenant("Acme")
    as_ada = tenancy.tenant(acme.id, by=ADA)
    issued = as_ada.invitations.send(str(BOB.email), role="admin")
    tenancy.person(BOB, origin=Origin(user_agent="Bobs-own-browser")).accept(issued.token)
    tenancy.person(BOB).signed_in()
    as_ada.members.update(BOB.user_id, name="Robert the Erased of old")
    checkpoint(store)
    assert all(value in contents(tmp_path) for value in PERSONAL[:2])

    tenancy.forget(BOB.user_id, emails=[str(BOB.email)])
    checkpoint(store)

    assert [value for value in PERSONAL if value in contents(tmp_path)] == []
    store.dispose()


async def set_up(url: str) -> None:
    store = AsyncSQLAlchemyStore(url)
    async with store.engine.connect() as connection:
        assert await connection.scalar(text("PRAGMA secure_delete")) == 1
    await store.dispose()


def test_a_hosts_own_engine_stays_as_it_is(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/host.db")
    store = SQLAlchemyStore(engine)
    with store.query("ten_1"), engine.connect() as connection:
        assert connection.scalar(text("PRAGMA secure_delete")) == 0
    engine.dispose()


def checkpoint(store: SQLAlchemyStore) -> None:
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def contents(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))

"""The harness itself: what the other tests take for granted."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests import scale

LOWER_FIRST = text("SELECT 'a' < 'B'")


def ask(url: str) -> object:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return connection.scalar(LOWER_FIRST)


def test_postgresql_compares_text_as_bytes(postgres_url: str) -> None:
    assert ask(postgres_url) is False


def test_postgresql_with_icu_compares_text_as_people_do(icu_postgres_url: str) -> None:
    assert ask(icu_postgres_url) is True


def test_the_same_url_serves_asyncpg(postgres_url: str) -> None:
    async def ask() -> object:
        engine = create_async_engine(postgres_url.replace("psycopg", "asyncpg"), poolclass=NullPool)
        async with engine.connect() as connection:
            return await connection.scalar(LOWER_FIRST)

    assert asyncio.run(ask()) is False


@pytest.mark.parametrize(
    ("percent", "full", "expected"), [(1, 10_000, 100), (1, 300, 20), (1, 5, 5), (100, 300, 300), (100, 5, 5)]
)
def test_everyday_runs_do_a_hundredth_but_at_least_twenty(
    monkeypatch: pytest.MonkeyPatch, percent: int, full: int, expected: int
) -> None:
    monkeypatch.setattr(scale, "SCALE", percent)
    assert scale.rounds(full) == expected


@pytest.mark.parametrize(("percent", "expected"), [(1, 50), (100, 10_000), (199, 19_950)])
def test_everyday_runs_can_be_told_how_often(monkeypatch: pytest.MonkeyPatch, percent: int, expected: int) -> None:
    monkeypatch.setattr(scale, "SCALE", percent)
    assert scale.rounds(10_000, everyday=50) == expected


def test_seeds_are_as_many_as_rounds_and_begin_where_they_are_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "SCALE", 1)
    monkeypatch.setattr(scale, "SEED", 7)
    assert scale.seeds(10_000) == range(7, 107)

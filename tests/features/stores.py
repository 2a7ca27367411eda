"""The stores of the feature tests, which are made once and emptied for each test."""

from __future__ import annotations

from tenantry.sqlalchemy import SQLAlchemyStore, metadata


def emptied(store: SQLAlchemyStore) -> SQLAlchemyStore:
    """The store without a tenant in it."""
    with store.engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return store

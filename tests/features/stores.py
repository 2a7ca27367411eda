"""The stores of the feature tests, which are made once and emptied for each test."""

from __future__ import annotations

from sqlalchemy import exists, literal, select, union_all

from tenantry.sqlalchemy import SQLAlchemyStore, metadata

TABLES = list(reversed(metadata.sorted_tables))
FILLED = union_all(*(select(literal(number)).where(exists().select_from(each)) for number, each in enumerate(TABLES)))
"""The positions of the tables that hold rows."""


def emptied(store: SQLAlchemyStore) -> SQLAlchemyStore:
    """The store without a tenant in it. One statement finds the few tables that have something to delete."""
    with store.engine.connect() as connection:
        filled = connection.scalars(FILLED).all()
        for number in sorted(filled):
            connection.execute(TABLES[number].delete())
        connection.commit()
    return store

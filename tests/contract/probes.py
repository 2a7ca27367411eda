"""Tables for the collections that the suite brings along, next to ours and in nobody's migrations."""

from __future__ import annotations

from sqlalchemy import MetaData

from tenantry.sqlalchemy.tables import _choice, _document, _key, _number, _text, keep
from tenantry.testing.contract.probes import DOMAINS, READINGS, DomainStatus

__all__ = ["probes"]

probes = MetaData()

keep(
    DOMAINS,
    (_key("tenant_id"), _key("id"), _key("name"), _choice("status", DomainStatus), _text("note", optional=True)),
    probes,
)
keep(
    READINGS,
    (
        _key("tenant_id"),
        _key("id"),
        _key("kind"),
        _key("device"),
        _key("workspace_id", optional=True),
        _number("amount", optional=True),
        _key("source", optional=True),
        _document("figures"),
    ),
    probes,
)

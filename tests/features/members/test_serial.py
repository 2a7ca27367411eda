"""Two commands about one member at once are one after the other, and the trail has them in that order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tenantry import NotFound, Tenantry, schemes
from tenantry.ports import Store
from tests.features.people import ADA, BOB, SECRET, Company
from tests.scale import rounds

ROLE, END = "member.role_changed", "member.removed"


def test_a_role_changed_while_the_member_is_removed(store: Store) -> None:
    """E30"""
    tenancy = Tenantry(store=store, scheme=schemes.AGENCY, secret_keys=[SECRET])
    acme = Company(tenancy, tenancy.person(ADA).create_tenant("Acme"))
    with ThreadPoolExecutor(2) as threads:
        for _ in range(rounds(1_000)):
            acme.add(BOB)
            start = Barrier(2, timeout=30)

            def run(command: Callable[[], object], start: Barrier = start) -> str:
                start.wait()
                try:
                    command()
                except NotFound as error:
                    return error.code
                return "done"

            removing = threads.submit(run, lambda: acme.context().members.remove(BOB.user_id))
            changing = threads.submit(run, lambda: acme.context().members.change_role(BOB.user_id, role="admin"))
            outcome = changing.result()
            assert removing.result() == "done"
            assert acme.user_ids() == [ADA.user_id]
            last = [(event.action, event.before.get("roles")) for event in acme.context().audit.list(limit=2)]
            if outcome == "done":
                assert last == [(END, ["admin"]), (ROLE, ["member"])]
            else:
                assert last[0] == (END, ["member"])
                assert last[1][0] == "member.added"

"""The example for FastAPI, over real HTTP, on SQLite and PostgreSQL."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from examples.fastapi_app.app import create_app
from examples.fastapi_app.database import User
from examples.fastapi_app.tenancy import Context
from tenantry import OutcomeUnknown, Stale
from tenantry.sqlalchemy import metadata
from tests.postgres import Server

KEY = "a secret of the tests, and of nobody else"
SYNCHRONOUS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
ASYNCHRONOUS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}

SignIn = Callable[[str | None], httpx.Client]
"""Gives the client of a user, or of somebody who has not signed in."""


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of the application."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none"))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield "http://{}:{}".format(*listening.getsockname())
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def signing_in(address: str) -> Iterator[SignIn]:
    with ExitStack() as stack:

        def sign_in(user_id: str | None) -> httpx.Client:
            headers = {"X-User": user_id} if user_id else {}
            client = httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False)
            return stack.enter_context(client)

        yield sign_in


def with_failures(app: FastAPI) -> FastAPI:
    """The application with two endpoints more, which go wrong after a command."""

    @app.post("/tenants/{tenant_id}/fail")
    async def fail(context: Context) -> None:
        await context.workspaces.create("Never")
        raise RuntimeError("the host fails")

    @app.post("/tenants/{tenant_id}/stale")
    async def stale(context: Context) -> None:
        await context.workspaces.create("Never")
        raise Stale("Somebody else was faster.")

    @app.post("/tenants/{tenant_id}/unknown")
    async def unknown(context: Context) -> None:
        raise OutcomeUnknown("The database did not answer.")

    return app


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this module's own, to be reached synchronously."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('fastapi') / 'app.db'}"
    else:
        server: Server = request.getfixturevalue("postgres_server")
        with server.database() as url:
            yield url


def awaited(url: str) -> str:
    """The same database, to be awaited."""
    parsed = make_url(url)
    return parsed.set(drivername=ASYNCHRONOUS[parsed.get_backend_name()]).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def address(url: str) -> Iterator[str]:
    with served(with_failures(create_app(awaited(url), KEY))) as address:
        yield address


@pytest.fixture
def sign_in(address: str) -> Iterator[SignIn]:
    with signing_in(address) as sign_in:
        yield sign_in


@pytest.fixture
def ada(sign_in: SignIn) -> httpx.Client:
    return sign_in("ada")


@pytest.fixture
def bob(sign_in: SignIn) -> httpx.Client:
    return sign_in("bob")


@pytest.fixture
def acme(ada: httpx.Client) -> str:
    """The path of a new tenant of Ada's."""
    return f"/tenants/{ok(ada.post('/tenants', json={'name': 'Acme'}), 201)['id']}"


def ok(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json() if response.content else None


def problem(response: httpx.Response) -> tuple[int, str, dict[str, Any]]:
    """What a problem document says: status, code and data."""
    assert response.headers["Content-Type"] == "application/problem+json", response.text
    said = response.json()
    assert set(said) == {"type", "title", "status", "detail", "code", "data"}
    assert said["type"] == f"https://acme.test/problems/{said['code'].replace('_', '-')}"
    assert said["status"] == response.status_code
    assert said["detail"]
    return said["status"], said["code"], said["data"]


def names(response: httpx.Response) -> list[str]:
    return [item["name"] for item in ok(response)["items"]]


def test_from_a_new_tenant_to_a_checked_permission(ada: httpx.Client, bob: httpx.Client, acme: str) -> None:
    museum = ok(ada.post(f"{acme}/workspaces", json={"name": "City Museum"}), 201)
    assert names(ada.get(f"{acme}/workspaces")) == ["General", "City Museum"]

    offer = {"email": "Bob@ACME.test", "workspaces": {museum["id"]: "member"}, "message": "Welcome!"}
    issued = ok(ada.post(f"{acme}/invitations", json=offer), 201)
    assert issued["invitation"]["status"] == "pending"

    shown = ok(httpx.get(f"{ada.base_url}/invitations/{issued['token']}", trust_env=False))
    assert shown["workspaces"] == [{"name": "City Museum", "role": "Member"}]
    assert (shown["tenant_name"], shown["invited_by"], shown["message"]) == ("Acme", "Ada", "Welcome!")
    assert shown["invitation_id"] in [waiting["invitation_id"] for waiting in ok(bob.get("/invitations"))["items"]]

    accepted = ok(bob.post("/invitations/accept", json={"token": issued["token"]}))
    assert accepted["membership"]["workspaces"] == {museum["id"]: ["member"]}
    assert accepted["already_member"] is False
    tenant_id = accepted["membership"]["tenant_id"]
    assert acme == f"/tenants/{tenant_id}"
    assert tenant_id in [mine["tenant"]["id"] for mine in ok(bob.get("/tenants"))["items"]]
    assert ok(bob.get(acme))["members"] == 2

    question = {"permission": "campaign-api:campaign:create", "workspace": museum["id"]}
    answer = ok(bob.get(f"{acme}/check", params=question))
    assert answer == {"allowed": True, "code": "allowed", "reasons": ["Role 'member', granted here."]}
    campaign = ok(bob.post(f"{acme}/workspaces/{museum['id']}/campaigns", json={"name": "Night"}), 201)
    assert ok(ada.get(f"{acme}/workspaces/{museum['id']}/campaigns")) == [campaign]


def test_members_are_listed_by_page_and_filter_changed_and_removed(
    ada: httpx.Client, bob: httpx.Client, acme: str
) -> None:
    token = ok(ada.post(f"{acme}/invitations", json={"email": "bob@acme.test"}), 201)["token"]
    ok(bob.post("/invitations/accept", json={"token": token}))

    page = ok(ada.get(f"{acme}/members", params={"page": 2, "page_size": 1}))
    assert ([each["user_id"] for each in page["items"]], page["total"], page["next"]) == (["bob"], 2, None)
    first = ok(ada.get(f"{acme}/members", params={"page_size": 1}))
    assert names(ada.get(f"{acme}/members", params={"page_size": 1, "after": first["next"]})) == ["Bob"]
    assert names(ada.get(f"{acme}/members", params={"role": "owner"})) == ["Ada"]
    assert names(ada.get(f"{acme}/members", params={"search": "BOB"})) == ["Bob"]
    assert names(ada.get(f"{acme}/members", params={"status": "deactivated"})) == []

    assert ok(ada.patch(f"{acme}/members/bob", json={"role": "admin"}))["roles"] == ["admin"]
    ok(ada.delete(f"{acme}/members/bob"), 204)
    assert problem(bob.get(f"{acme}/members")) == (404, "not_found", {"rule": "not_found", "kind": "tenant"})


def test_an_invitation_is_sent_again_declined_and_withdrawn(ada: httpx.Client, bob: httpx.Client, acme: str) -> None:
    first = ok(ada.post(f"{acme}/invitations", json={"email": "bob@acme.test"}), 201)
    path = f"{acme}/invitations/{first['invitation']['id']}"
    second = ok(ada.post(f"{path}/resend"))
    assert problem(bob.post("/invitations/accept", json={"token": first["token"]}))[:2] == (409, "invitation_replaced")

    ok(bob.post("/invitations/decline", json={"token": second["token"], "reason": "No time."}), 204)
    assert problem(ada.delete(path))[:2] == (409, "invitation_declined")

    third = ok(ada.post(f"{acme}/invitations", json={"email": "bob@acme.test"}), 201)
    assert ok(ada.delete(f"{acme}/invitations/{third['invitation']['id']}"))["status"] == "revoked"
    listed = ada.get(f"{acme}/invitations")
    assert [each["status"] for each in ok(listed)["items"]] == ["declined", "revoked"]
    assert "nonce" not in listed.text
    assert third["token"] not in listed.text


def test_each_family_of_errors_is_a_problem_document(
    ada: httpx.Client, bob: httpx.Client, sign_in: SignIn, acme: str
) -> None:
    assert problem(bob.get(acme)) == (404, "not_found", {"rule": "not_found", "kind": "tenant"})
    assert problem(ada.get("/tenants/ten_unknown")) == (404, "not_found", {"rule": "not_found", "kind": "tenant"})

    assert problem(ada.post("/tenants", json={"name": " "})) == (422, "invalid", {"field": "name", "rule": "blank"})
    assert problem(ada.get("/invitations/forged"))[:2] == (422, "invalid_token")
    assert problem(ada.get(f"{acme}/check", params={"permission": "a:b:c"}))[:2] == (422, "unknown_permission")

    token = ok(ada.post(f"{acme}/invitations", json={"email": "bob@acme.test"}), 201)["token"]
    status, code, data = problem(sign_in("cleo").post("/invitations/accept", json={"token": token}))
    assert (status, code, data["decision"]) == (403, "not_the_invitee", "other_address")

    status, code, data = problem(ada.post(f"{acme}/invitations", json={"email": "bob@acme.test"}))
    assert (status, code, data["rule"]) == (409, "already_invited", "already_invited")
    assert problem(ada.post(f"{acme}/leave"))[:2] == (409, "last_owner")

    stale = ada.post(f"{acme}/stale")
    assert problem(stale)[:2] == (409, "stale")
    assert stale.headers["Retry-After"] == "1"


def test_what_fastapi_refuses_is_a_problem_document_too(ada: httpx.Client, sign_in: SignIn) -> None:
    assert problem(sign_in(None).get("/tenants"))[:2] == (401, "unauthorized")
    assert problem(sign_in("nobody").get("/tenants"))[:2] == (401, "unauthorized")
    assert problem(ada.get("/nowhere"))[:2] == (404, "not_found")
    assert problem(ada.put("/tenants"))[:2] == (405, "method_not_allowed")


def test_an_unknown_field_is_refused_and_what_was_sent_is_not_repeated(ada: httpx.Client) -> None:
    """PE-13"""
    refused = ada.post("/invitations/accept", json={"token": "secret", "is_owner": "secret"})

    assert problem(refused) == (
        422,
        "invalid_request",
        {"faults": [{"field": "body.is_owner", "message": "Extra inputs are not permitted"}]},
    )
    assert "secret" not in refused.text


def test_a_refusal_says_why_and_is_in_the_audit_trail(ada: httpx.Client, bob: httpx.Client, acme: str) -> None:
    """AU-01, AU-10"""
    token = ok(ada.post(f"{acme}/invitations", json={"email": "bob@acme.test"}), 201)["token"]
    ok(bob.post("/invitations/accept", json={"token": token}))

    status, code, data = problem(bob.post(f"{acme}/workspaces", json={"name": "Mine"}))

    assert (status, code, data["decision"]) == (403, "denied", "permission_missing")
    assert data["reasons"] == ["No role of this principal here holds tenant-api:workspace:create."]
    newest = ok(ada.get(f"{acme}/audit"))["items"][0]
    assert (newest["action"], newest["principal"], newest["address"]) == ("access.denied", "bob", "127.0.0.1")
    assert newest["after"]["permission"] == "tenant-api:workspace:create"


def test_the_audit_trail_says_where_a_request_came_from(ada: httpx.Client, acme: str) -> None:
    """AU-10"""
    ok(ada.post(f"{acme}/workspaces", json={"name": "Odd"}, headers={b"User-Agent": b"odd\t\x85" + b"x" * 999}), 201)

    newest = ok(ada.get(f"{acme}/audit"))["items"][0]
    assert (newest["address"], newest["user_agent"]) == ("127.0.0.1", "odd" + "x" * 509)


def test_a_command_and_what_the_host_writes_are_kept_together_or_not_at_all(ada: httpx.Client, acme: str) -> None:
    """RC-19"""
    ok(ada.post(f"{acme}/clients", json={"name": "City Museum", "campaign": "Night"}), 201)
    before = ok(ada.get(f"{acme}/audit"))["total"]

    taken = ada.post(f"{acme}/clients", json={"name": "Corner Bakery", "campaign": "Night"})

    assert problem(taken)[:2] == (409, "conflict")
    assert names(ada.get(f"{acme}/workspaces")) == ["General", "City Museum"]
    assert ok(ada.get(f"{acme}/audit"))["total"] == before + 1  # that the trail was read


@pytest.mark.parametrize(("failure", "status"), [("fail", 500), ("stale", 409)])
def test_a_host_that_fails_after_a_command_undoes_it(ada: httpx.Client, acme: str, failure: str, status: int) -> None:
    """RC-19"""
    assert problem(ada.post(f"{acme}/{failure}"))[0] == status
    assert names(ada.get(f"{acme}/workspaces")) == ["General"]
    assert ok(ada.get(acme))["workspaces"] == 1


def test_of_two_people_who_accept_one_link_at_once_one_joins(
    url: str, ada: httpx.Client, sign_in: SignIn, acme: str
) -> None:
    """RC-02: the host may have two accounts with one address; the invitation serves one of them."""
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        session.merge(User(id="bobby", name="Bobby", email="bob@acme.test"))
    contenders = [sign_in("bob"), sign_in("bobby")]

    for _ in range(5):  # a mailbox is sent no more in an hour
        token = ok(ada.post(f"{acme}/invitations", json={"email": "bob@acme.test"}), 201)["token"]
        ready = threading.Barrier(2)

        def accept(client: httpx.Client, token: str = token, ready: threading.Barrier = ready) -> httpx.Response:
            ready.wait()
            return client.post("/invitations/accept", json={"token": token})

        with ThreadPoolExecutor(2) as pool:
            won, lost = sorted(pool.map(accept, contenders), key=lambda response: response.status_code)
        winner = ok(won)["membership"]["user_id"]
        assert problem(lost)[:2] == (409, "invitation_accepted")
        assert ok(ada.get(f"{acme}/members"))["total"] == 2
        ok(ada.delete(f"{acme}/members/{winner}"), 204)


def test_a_database_that_fails_is_a_problem_document_that_tells_nothing_of_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    with served(create_app(awaited(url), KEY)) as address, signing_in(address) as sign_in:
        ada = sign_in("ada")
        assert ok(ada.get("/health")) == {"status": "ok"}
        metadata.drop_all(create_engine(url, poolclass=NullPool))

        failed = ada.post("/tenants", json={"name": "Acme"})

        assert problem(failed)[:2] == (503, "unavailable")
        assert failed.headers["Retry-After"] == "1"
        assert "tenantry_" not in failed.text


def test_nobody_is_asked_to_send_again_what_may_have_been_kept(ada: httpx.Client, acme: str) -> None:
    """CR-02: the first may have been kept, and so a second one may be one too many."""
    unknown = ada.post(f"{acme}/unknown")

    assert problem(unknown)[:2] == (500, "outcome_unknown")
    assert "Retry-After" not in unknown.headers
    assert "Look before you do it again" in unknown.json()["detail"]


def test_a_commit_of_the_hosts_own_that_fails_promises_nothing(tmp_path: Path) -> None:
    app = create_app(awaited(f"sqlite:///{tmp_path / 'app.db'}"), KEY)
    with served(app) as address, signing_in(address) as sign_in:
        ada = sign_in("ada")
        assert ok(ada.get("/health")) == {"status": "ok"}
        engine = app.state.sessions.kw["bind"].sync_engine

        @event.listens_for(engine, "commit")
        def fail(connection: object) -> None:
            raise OperationalError("COMMIT", {}, OSError("no answer"))

        failed = ada.post("/tenants", json={"name": "Acme"})

        assert failed.status_code == 500
        assert "nothing was done" not in failed.text
        assert "Retry-After" not in failed.headers


def test_the_openapi_document_tells_of_every_field_and_of_problems(ada: httpx.Client) -> None:
    document = ok(ada.get("/openapi.json"))

    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert all("application/problem+json" in each["responses"]["default"]["content"] for each in operations)
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert "expires_at" in document["components"]["schemas"]["InvitationOut"]["properties"]
    assert ada.get("/docs").status_code == 200

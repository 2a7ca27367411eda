"""Messages are what the templates say; what people wrote stays where it was put."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from tenantry import Delivery, Invalid, NoticeKind
from tenantry.jinja import Templates

LINK = "https://app.test/join/{token}"
TOKEN = "abc.DEF-_1"
NOT_JOINED = "\u200c"
TEMPLATES = Templates(link=LINK)


def delivery(kind: str = "invitation", *, name: str | None = "Bob", text: str = "Ada", **data: Any) -> Delivery:
    """A delivery in which everything that people write is this text."""
    offer = {
        "inviter": text,
        "role": text,
        "workspaces": [text, "Justice"],
        "message": text,
        "expires_at": "2026-11-27T18:20:05.123456+00:00",
    }
    told: dict[str, dict[str, Any]] = {
        "invitation": offer,
        "reminder": offer,
        "accepted": {"invitee": text, "reason": None},
        "declined": {"invitee": text, "reason": text},
        "role_changed": {"roles": [text]},
        "workspace_assigned": {"workspace": text, "roles": [text]},
        "removed": {"reason": text},
        "deactivated": {"reason": text},
        "revoked": {"reason": text},
        "ownership": {"gained": True, "other": text},
        "suspension": {"reason": text},
    }
    token = TOKEN if kind in ("invitation", "reminder") else None
    return Delivery(
        key="ntc_1",
        kind=NoticeKind(kind),
        tenant_id="ten_1",
        email="bob@gov.test",
        name=name,
        data={"tenant": text, **told[kind], **data},
        token=token,
    )


class Tags(HTMLParser):
    """Every tag and where each link leads."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src", "action")]

    def handle_data(self, data: str) -> None:
        self.text += data


def shape(source: str) -> list[str]:
    """The tags of a message, but for line breaks, of which a message of several lines has more."""
    return [tag for tag in Tags(source).tags if tag != "br"]


def rendered(each: Delivery, **settings: Any) -> tuple[str, str, str]:
    templates = Templates(**{"link": LINK} | settings) if settings else TEMPLATES
    message = templates.render(each)
    assert message.html is not None
    return message.subject, message.text, message.html


def test_an_invitation_has_its_link_in_text_and_html() -> None:
    subject, text, page = rendered(delivery(message="Welcome!\nSee you."))

    assert subject == "You are invited"
    until = (
        "The invitation is good until 2026-11-27 18:20 UTC. It is for you alone: please do not pass this message on."
    )
    assert text.split("\n\n") == [
        "Hello Bob,",
        "Ada invites you to join Ada as Ada.",
        "It comes with access to:\n- Ada\n- Justice",
        "Ada wrote:\n> Welcome!\n> See you.",
        "See the invitation:\nhttps://app.test/join/abc.DEF-_1",
        until,
        "If you do not expect it, do nothing.\n",
    ]
    assert Tags(page).links == ["https://app.test/join/abc.DEF-_1"]
    assert "Welcome!<br>" in page


@pytest.mark.parametrize("kind", [kind.value for kind in NoticeKind])
def test_what_is_not_known_is_left_out(kind: str) -> None:
    unknown: dict[str, Any] = {
        "inviter": None,
        "message": None,
        "workspaces": [],
        "reason": None,
        "other": None,
        "roles": [],
    }

    subject, text, page = rendered(delivery(kind, name=None, **unknown))

    assert text.startswith("Hello,\n\n")
    for part in (subject, text, page):
        assert "None" not in part
        assert "\n\n\n" not in part
    assert "Hello,</p>" in page


@pytest.mark.parametrize(
    ("gained", "other", "said"),
    [
        (True, "Eve", "You are now an owner of Ada, in place of Eve."),
        (True, None, "You are now an owner of Ada."),
        (False, "Eve", "You are no longer an owner of Ada; Eve is now."),
        (False, None, "You are no longer an owner of Ada."),
    ],
)
def test_ownership_is_told_to_both(gained: bool, other: str | None, said: str) -> None:
    assert rendered(delivery("ownership", gained=gained, other=other))[1].splitlines()[2] == said


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "Bob\r\nBcc: eve@evil.test\r\n\r\nSubject: x",
    "Subject: Subject: You have won",
    "evil.example",
    "http://evil.example/a?b=c",
    "mailto:eve@evil.test",
    "\u202egnp.exe\u202c\u2066\u200b\u2028line\u2029\x85\x0b\x0c\x1c",
    "&lt;b&gt;",
    "a" * 3_000,
]


@pytest.mark.parametrize("kind", [kind.value for kind in NoticeKind])
@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_wrote_is_text_and_stays_in_its_place(kind: str, text: str) -> None:
    """IN-05, IN-06, E84, IN-04"""
    harmless, hostile = rendered(delivery(kind)), rendered(delivery(kind, text=text, name=text))

    assert hostile[0] == harmless[0]
    assert shape(hostile[2]) == shape(harmless[2])
    assert Tags(hostile[2]).links == Tags(harmless[2]).links
    quoted = [line for line in hostile[1].splitlines() if not line.startswith(">")]
    assert len(quoted) == len([line for line in harmless[1].splitlines() if not line.startswith(">")])
    for part in hostile[1:]:
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029\x85\x0b\x0c\x1c\r]", part)
        assert "eve@evil.test" not in part
        assert "evil.example" not in part


@given(st.text())
def test_no_text_whatever_changes_a_message(text: str) -> None:
    """IN-05, IN-06, IT-07"""
    harmless, hostile = TEMPLATES.render(delivery()), TEMPLATES.render(delivery(text=text, name=text or None))

    assert hostile.subject == harmless.subject
    assert hostile.html is not None
    assert harmless.html is not None
    assert Tags(hostile.html).links == Tags(harmless.html).links
    assert set(Tags(hostile.html).tags) <= set(Tags(harmless.html).tags)
    assert hostile.text.count(TOKEN) == 1


def test_no_mail_program_makes_a_link_of_a_name() -> None:
    """IN-06: an invisible character stands where a link would be read."""
    _, text, page = rendered(delivery(text="Go to http://evil.example/x or mail eve@evil.test. J. Doe, 3.5"))

    plain = html.unescape(re.sub("<[^>]*>", "", page))
    for part in (text, plain):
        assert f"http:{NOT_JOINED}/{NOT_JOINED}/{NOT_JOINED}evil.{NOT_JOINED}example/{NOT_JOINED}x" in part
        assert f"eve@{NOT_JOINED}evil.{NOT_JOINED}test. J. Doe" in part
    assert NOT_JOINED not in "".join(re.findall("https://app.test\\S+", text))


# --- links


@pytest.mark.parametrize(
    "link",
    [
        "https://app.test/join/{token}",
        "https://app.test:8443/join?t={token}#top",
        "http://localhost:5000/{token}",
        "http://127.0.0.1/{token}",
        "http://[::1]:80/{token}",
    ],
)
def test_a_link_is_an_address_with_a_place_for_the_token(link: str) -> None:
    assert link.replace("{token}", TOKEN) in rendered(delivery(), link=link)[1]


@pytest.mark.parametrize(
    "link",
    [
        "https://app.test/join",
        "http://app.test/{token}",
        "http://localhost.evil.test/{token}",
        "//app.test/{token}",
        "/join/{token}",
        "javascript:alert('{token}')",
        "https:///{token}",
        "https:app.test/{token}",
        "https://app.test\\@evil.test/{token}",
        "https://app.test@evil.test/{token}",
        "https://{token}.test/",
        "https://app.test/{token}/{token}",
        "https://app.test/{tenant}/{token}",
        "https://app.test/{token}\n",
        "https://app.test/ {token}",
        "https://[app.test/{token}",
        "",
        None,
        7,
        b"https://app.test/{token}",
        {},
        {"invitation": "https://app.test/"},
        {"invitation": LINK, "removed": LINK},
        {"invitation": LINK, "removed": "http://app.test"},
        {"invitation": LINK, "other": LINK},
        {"reminder": LINK},
        {"invitation": LINK, "removed": lambda token: "https://app.test"},
    ],
)
def test_what_is_no_safe_link_is_refused(link: Any) -> None:
    """IT-20"""
    with pytest.raises(Invalid) as caught:
        Templates(link=link)
    assert caught.value.field == "link"


def test_a_function_makes_a_link_of_a_token() -> None:
    assert (
        "https://app.test/T/abc.DEF-_1\n" in rendered(delivery(), link=lambda token: f"https://app.test/T/{token}")[1]
    )


def test_what_a_function_makes_is_checked_too() -> None:
    with pytest.raises(Invalid, match="https"):
        rendered(delivery(), link=lambda token: f"http://app.test/{token}")


def test_each_kind_may_have_a_link_of_its_own() -> None:
    links = {"invitation": LINK, "role_changed": "https://app.test/home"}

    assert Tags(rendered(delivery("reminder"), link=links)[2]).links == ["https://app.test/join/abc.DEF-_1"]
    assert Tags(rendered(delivery("role_changed"), link=links)[2]).links == ["https://app.test/home"]
    assert "\nhttps://app.test/home\n" in rendered(delivery("role_changed"), link=links)[1]
    assert Tags(rendered(delivery("removed"), link=links)[2]).links == []


# --- templates of the host


def test_a_host_replaces_single_templates(tmp_path: Path) -> None:
    (tmp_path / "invitation.txt").write_text("Subject: {{ tenant }} wants you\r\n\r\nCome: {{ link }}\r\n")
    (tmp_path / "removed.txt").write_text("Subject: Bye\n{% for each in places.values() %}{{ each[0] }}{% endfor %}")
    (tmp_path / "layout.html").write_text("<h1>Ours</h1>{% block content %}{% endblock %}")

    subject, text, page = rendered(delivery(), directory=tmp_path)

    assert (subject, text) == ("Ada wants you", "Come: https://app.test/join/abc.DEF-_1\n")
    assert page.startswith("<h1>Ours</h1>")
    assert "Ada invites you" in page
    assert rendered(delivery("removed", places={"a": ["b\nc"]}), directory=str(tmp_path))[1] == "b c\n"
    assert rendered(delivery("accepted"), directory=tmp_path)[0] == "Your invitation was accepted"


def test_a_subject_of_the_host_is_one_line_whatever_is_in_it(tmp_path: Path) -> None:
    """IN-05"""
    (tmp_path / "removed.txt").write_text("Subject: No more {{ tenant }}\n\nBye.")

    subject, _, _ = rendered(delivery("removed", text="A\r\nBcc: eve@evil.test"), directory=tmp_path)

    assert subject == f"No more A Bcc: eve@{NOT_JOINED}evil.{NOT_JOINED}test"


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("Hello", Invalid),
        ("Subject: Hello {{ tenent }}", UndefinedError),
        ("Subject: {{ tenant.__class__.__mro__ }}", SecurityError),
        ("Subject: {{ workspaces.append('x') }}", SecurityError),
    ],
)
def test_a_template_that_cannot_be_filled_fails_the_try(tmp_path: Path, template: str, error: type[Exception]) -> None:
    (tmp_path / "invitation.txt").write_text(template)

    with pytest.raises(error):
        rendered(delivery(), directory=tmp_path)


def test_a_template_that_cannot_be_read_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "removed.html").write_text("{% if %}")

    with pytest.raises(Invalid, match=r"removed\.html cannot be read"):
        Templates(link=LINK, directory=tmp_path)


@pytest.mark.parametrize("directory", ["nowhere", 7, b"."])
def test_a_directory_has_to_be_there(directory: Any) -> None:
    with pytest.raises(Invalid, match="directory"):
        Templates(link=LINK, directory=directory)


def test_templates_show_nothing_of_themselves() -> None:
    assert repr(Templates(link=LINK)) == "<Templates>"


def test_without_jinja_the_error_says_what_to_install() -> None:
    without = "import sys; sys.modules['jinja2'] = None; import tenantry.jinja"
    done = subprocess.run([sys.executable, "-c", without], check=False, capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    assert last == "ImportError: tenantry.jinja needs Jinja2: install tenantry[jinja]."

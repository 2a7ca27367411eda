"""What is named like a secret is hidden, and an id is no name."""

from __future__ import annotations

import pytest

from tenantry.audit.secrets import HIDDEN, without_secrets


@pytest.mark.parametrize("name", ["api_key", "apiKey", "X-Auth-Token", "pin", "key_01m804fvzceywv5kn2wvz1j0sb"])
def test_what_is_named_like_a_secret_is_hidden(name: str) -> None:
    assert without_secrets({name: "hunter2"}) == {name: HIDDEN}


@pytest.mark.parametrize("id", ["ws_01m804fvzceywv5kn2key1j0sb", "ws_01m804pwd7eywv5kn2wvz1j0sb"])
def test_an_id_that_spells_a_word_is_an_id(id: str) -> None:
    assert without_secrets({"workspaces": {id: "viewer"}}) == {"workspaces": {id: "viewer"}}

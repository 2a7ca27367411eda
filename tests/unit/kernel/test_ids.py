"""An id is new, says what it names, and sorts by creation."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tenantry.errors import Invalid
from tenantry.kernel import ids
from tests.scale import rounds

PREFIXES = ["ten", "ws", "mem", "inv", "grt", "evt", "rol"]


class TestNew:
    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_is_an_id_of_its_prefix_and_of_no_other(self, prefix: str) -> None:
        made = ids.new(prefix)
        assert [each for each in PREFIXES if ids.is_id(made, each)] == [prefix]
        assert len(made) == len(prefix) + 27

    def test_is_a_uuid_of_version_7_and_of_this_moment(self) -> None:
        """RFC 9562, section 5.7."""
        before = time.time_ns() // 1_000_000
        made = uuid.UUID(bytes=ids.to_bytes(ids.new("ten")))
        after = time.time_ns() // 1_000_000
        assert made.version == 7
        assert made.variant == uuid.RFC_4122
        assert before <= (made.int >> 80) <= after + 1

    def test_ids_sort_as_text_by_creation(self) -> None:
        made = [ids.new("evt") for _ in range(rounds(1_000_000))]
        assert made == sorted(made)
        assert len(set(made)) == len(made)

    def test_ids_sort_also_while_the_clock_stands_or_goes_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = time.time_ns()
        instants = iter([now] * 500 + [now - 3_600 * 10**9] * 500 + [now + 10**9] * 500)
        monkeypatch.setattr(time, "time_ns", lambda: next(instants))
        made = [ids.new("evt") for _ in range(1_500)]
        assert made == sorted(made)
        assert len(set(made)) == 1_500

    def test_a_counter_that_runs_over_moves_on_to_the_next_instant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sequence = ids._Sequence()
        monkeypatch.setattr(time, "time_ns", lambda: 5_000_000)
        assert sequence.next()[0] == 5
        sequence._counter = 2**42 - 2
        assert sequence.next() == (5, 2**42 - 1)
        milliseconds, counter = sequence.next()
        assert milliseconds == 6
        assert counter < 2**41

    def test_threads_never_make_the_same_id(self) -> None:
        def make(_: int) -> list[str]:
            return [ids.new("ws") for _ in range(rounds(200_000))]

        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(make, range(8)))
        assert all(each == sorted(each) for each in made)
        assert len({one for each in made for one in each}) == 8 * rounds(200_000)

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    def test_a_child_process_starts_its_own_sequence(self) -> None:
        """Neither the parent's counter nor a lock that another of its threads held goes along."""
        script = (
            "import os; from tenantry.kernel import ids; ids.new('ten'); ids._sequence._lock.acquire()\n"
            "child = os.fork()\n"
            "if child == 0: ids.new('ten'); os._exit(7)\n"
            "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7"
        )
        subprocess.run([sys.executable, "-c", script], check=True, timeout=30)


class TestIsId:
    MADE = "ten_01m7we69dpe5ga4707hs9zwe6b"

    def test_knows_the_one_spelling(self) -> None:
        assert ids.is_id(self.MADE, "ten")
        assert ids.is_id("ten_" + "0" * 26, "ten")
        assert ids.is_id("ten_7" + "z" * 25, "ten")

    @pytest.mark.parametrize(
        "value",
        [
            None,
            7,
            True,
            b"ten_01m7we69dpe5ga4707hs9zwe6b",
            [],
            "",
            "ten",
            "ten_",
            "_" + MADE[4:],
            MADE[4:],
            MADE.upper(),
            *("ws" + MADE[3:], "TEN" + MADE[3:], " " + MADE, MADE + "\n", MADE + "0", MADE[:-1], "ten__" + MADE[4:]),
            *("ten_8" + "z" * 25, "ten_" + "i" * 26, "ten_" + "l" * 26, "ten_" + "o" * 26, "ten_" + "u" * 26),
            *("ten_" + "０" * 26, "ten_" + "0" * 25 + "\0", "ten_" + "0" * 25 + "\ud800", type("S", (str,), {})(MADE)),
        ],
        ids=count(),
    )
    def test_knows_no_other(self, value: object) -> None:
        """IN-08: anything may be asked."""
        assert not ids.is_id(value, "ten")


class TestBytes:
    def test_and_back(self) -> None:
        for prefix in PREFIXES:
            made = ids.new(prefix)
            assert len(ids.to_bytes(made)) == 16
            assert ids.from_bytes(prefix, ids.to_bytes(made)) == made

    def test_at_the_ends(self) -> None:
        assert ids.from_bytes("ten", bytes(16)) == "ten_" + "0" * 26
        assert ids.from_bytes("ten", b"\xff" * 16) == "ten_7" + "z" * 25

    def test_are_those_of_typeid(self) -> None:
        """A vector of the TypeID specification."""
        data = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057").bytes
        assert ids.from_bytes("prefix", data) == "prefix_01h455vb4pex5vsknk084sn02q"
        assert ids.to_bytes("prefix_01h455vb4pex5vsknk084sn02q") == data

    @pytest.mark.parametrize(
        "value", [None, 7, b"", "", "ten", "ten_", "ten_8" + "0" * 25, "ten_" + "U" * 26], ids=count()
    )
    def test_of_what_is_no_id_are_refused(self, value: str) -> None:
        with pytest.raises(Invalid):
            ids.to_bytes(value)

    @pytest.mark.parametrize("data", [None, b"", bytes(15), bytes(17), "0" * 16, bytearray(16)])
    def test_of_another_length_are_refused(self, data: bytes) -> None:
        with pytest.raises(Invalid):
            ids.from_bytes("ten", data)

"""Threads that take turns: every interleaving of a race comes from a seed, and can be had again by it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["Scheduler"]

T = TypeVar("T")


class Scheduler:
    """Runs callables in threads, one at a time; at each step of a store, a seed decides who goes on.

    Threads left to themselves hardly ever meet inside a `MemoryStore`. Given a scheduler's `switch`, it lets another
    thread go on before each step of a transaction, so that a hundred seeds are a hundred different races.

    Example:
        >>> from tenantry.memory import MemoryStore
        >>> scheduler = Scheduler()
        >>> store = MemoryStore(switch=scheduler.switch)
        >>> scheduler.run([lambda: store.tries, lambda: 1 // 0], seed=7)
        [64, ZeroDivisionError('integer division or modulo by zero')]
    """

    def __init__(self) -> None:
        self._here = threading.local()
        self._turns: dict[int, threading.Semaphore] = {}
        self._trace: list[int] = []
        self._random = random.Random()  # noqa: S311 - chooses who goes on, hides nothing
        self._done = threading.Event()

    @property
    def trace(self) -> Sequence[int]:
        """Which callable was let go on each time, in the newest run: the interleaving."""
        return tuple(self._trace)

    def run(self, works: Sequence[Callable[[], T]], *, seed: int) -> list[T | BaseException]:
        """What each of them returned or raised, in their order.

        Args:
            works: What shall race. A thread is started for each; none of them waits for another but in `switch`.
            seed: The same one gives the same interleaving, if the callables do the same.
        """
        outcomes: dict[int, T | BaseException] = {}
        self._turns = {number: threading.Semaphore(0) for number in range(len(works))}
        self._trace.clear()
        self._random.seed(seed)
        self._done.clear()
        for number, work in enumerate(works):
            threading.Thread(target=self._live, args=(number, work, outcomes), daemon=True).start()
        self._hand_on()
        self._done.wait()
        return [outcomes[number] for number in range(len(works))]

    def switch(self) -> None:
        """Let one of the threads go on, perhaps this one; it returns when this one is let go on again.

        Whoever is not in a run, such as the test that makes things ready for it, goes on at once.
        """
        number = getattr(self._here, "number", None)
        if number is not None:
            turn = self._turns[number]
            self._hand_on()
            turn.acquire()

    def _live(self, number: int, work: Callable[[], T], outcomes: dict[int, T | BaseException]) -> None:
        self._here.number = number
        self._turns[number].acquire()
        try:
            outcomes[number] = work()
        except BaseException as error:  # noqa: BLE001 - it is handed over
            outcomes[number] = error
        del self._turns[number]
        self._hand_on()

    def _hand_on(self) -> None:
        """Wake one of those who live; with none left, whoever waits for the run."""
        if self._turns:
            number = self._random.choice(sorted(self._turns))
            self._trace.append(number)
            self._turns[number].release()
        else:
            self._done.set()

"""The threads of a server: daemons, started when a task finds nobody idle, and gone when the server is."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from mock_servers.silence import silence

Task = Callable[[], None]
"""What a thread does; it raises nothing."""

_MOST_IDLE: Final = 4
"""Threads that are kept for the next task; a burst leaves no more."""


class ThreadPool:
    """Does each task in a thread of its own, a silent one if asked to. Safe from any thread."""

    def __init__(self, name: str, *, is_silent: bool = True) -> None:
        self._name = name
        self._is_silent = is_silent
        self._changed = threading.Condition()
        self._tasks: deque[Task] = deque()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._is_over = False

    def submit(self, task: Task) -> None:
        """Have a task done, now; a forgotten stop holds up no exit, since every thread is a daemon."""
        with self._changed:
            self._tasks.append(task)
            if self._idle >= len(self._tasks):
                self._changed.notify()
                return
            thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            thread.start()  # under the lock, so that `join` finds only threads that have started
            self._threads.add(thread)

    def end(self) -> None:
        """Let every thread go once its task is done."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def join(self) -> None:
        """Wait until no thread is left but, perhaps, the one that calls."""
        with self._changed:
            threads = self._threads - {threading.current_thread()}
        for thread in threads:
            thread.join()

    def has(self, thread: threading.Thread) -> bool:
        """Whether a thread is one of these."""
        with self._changed:
            return thread in self._threads

    def _work(self) -> None:
        with silence(holds=self._is_silent):
            while (task := self._next()) is not None:
                task()
                del task  # what it holds is free while this thread is idle

    def _next(self) -> Task | None:
        with self._changed:
            self._idle += 1
            while not self._tasks and not self._is_over and self._idle <= _MOST_IDLE:
                self._changed.wait()
            self._idle -= 1
            if self._tasks:
                return self._tasks.popleft()
            self._threads.discard(threading.current_thread())
            return None


class Lane:
    """Does tasks, so many at once as there is room. Kinds take turns; of one kind the first comes first.

    Safe from any thread.
    """

    def __init__(self, pool: ThreadPool, room: int) -> None:
        self._pool = pool
        self._changed = threading.Lock()
        self._room = room
        self._tasks: dict[str, deque[Task]] = {}
        self._inside: set[int] = set()

    def submit(self, task: Task, kind: str = "") -> None:
        """Have a task done in a thread of its own, once there is room for one more."""
        with self._changed:
            self._tasks.setdefault(kind, deque()).append(task)
            following = self._enter()
        self._send(following)

    @contextlib.contextmanager
    def extra_worker(self) -> Iterator[None]:
        """Give up the place of this thread for the length of a block, in which its task only waits."""
        if threading.get_ident() not in self._inside:
            yield
            return
        with self._changed:
            self._room += 1
            following = self._enter()
        self._send(following)
        try:
            yield
        finally:
            with self._changed:
                self._room -= 1

    def _enter(self) -> Task | None:
        if not self._tasks or self._room <= 0:
            return None
        self._room -= 1
        kind = next(iter(self._tasks))
        tasks = self._tasks.pop(kind)
        task = tasks.popleft()
        if tasks:
            self._tasks[kind] = tasks  # behind the others
        return task

    def _send(self, task: Task | None) -> None:
        if task is not None:
            self._pool.submit(partial(self._work, task))

    def _work(self, task: Task | None) -> None:
        self._inside.add(threading.get_ident())
        while task is not None:
            task()
            with self._changed:
                self._room += 1
                task = self._enter()
        self._inside.discard(threading.get_ident())

"""Stores bytes in a Valkey or Redis, for the processes of many hosts.

Each step is one script, which is never interrupted.

No command is repeated automatically: one whose answer was lost may have been executed, and repeated it would report
that another caller was first.
"""

from __future__ import annotations

import random
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final, TypeAlias

import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthorizationError
from redis.retry import Retry

from mock_servers.state.codec import Format
from mock_servers.state.durable import Change, DurableBackend, Held, Part, Step, rewritten
from mock_servers.state.table import Kind, NoAnswerError, StateError, UnreachableStateError, UnusableStateError

_TO_CONNECT: Final = 1.0
_TO_ANSWER: Final = 10.0
"""Seconds. Our own scripts take milliseconds, but with `appendfsync always` each waits for the disk: for seconds while
others write much to that one.
"""

_TO_DO_ALL: Final = 60.0
"""Seconds for a script over whole tables. No request waits for one."""

_SAFE_POLICY: Final = "noeviction"

# A place has these keys: `values` (hash), `order` (sorted set of the hash's keys), `last` (its highest score),
# `entries` (hash: a key's index entries, a line each), `index:…` (a sorted set each), `generation`.
# A script that is refused for lack of memory fails at its first write, and has done nothing.
_LIBRARY: Final = """
local prefix, seed, taken = KEYS[1], ARGV[1], 1
local function take() taken = taken + 1 return ARGV[taken] end
local function take_raw()
    local marked = take()
    return string.sub(marked, 1, 1) == '=' and string.sub(marked, 2)
end
local function take_all(take_one)
    local all = {}
    for n = 1, tonumber(take()) do all[n] = take_one() end
    return all
end
local function take_held()
    local place, key = take(), take()
    return {place = place, key = key, raw = take_raw()}
end
local function take_change()
    local change = take_held()
    change.limit = tonumber(take())
    change.lines = take_all(take)
    return change
end
local function take_part()
    local place, generation = take(), take_raw()
    return {place = place, generation = generation, changes = take_all(take_change)}
end

local function name(place, part) return prefix .. ':' .. place .. ':' .. part end
local function held(place, key) return redis.call('HGET', name(place, 'values'), key) end
local function changed(place)
    -- It begins anywhere: a place that was dropped and made anew has no generation that anybody remembers.
    if redis.call('INCR', name(place, 'generation')) == 1 then
        redis.call('SET', name(place, 'generation'), seed)
    end
end
local function leave_indexes(place, key)
    local lines = redis.call('HGET', name(place, 'entries'), key)
    if lines then
        for line in string.gmatch(lines, '[^\\n]+') do redis.call('ZREM', name(place, 'index:' .. line), key) end
        redis.call('HDEL', name(place, 'entries'), key)
    end
end
local function remove(place, key)
    leave_indexes(place, key)
    redis.call('HDEL', name(place, 'values'), key)
    redis.call('ZREM', name(place, 'order'), key)
end
local function forget_oldest(place, limit)
    local oldest = math.max(math.floor(limit / 10), 1)
    for _, key in ipairs(redis.call('ZRANGE', name(place, 'order'), 0, oldest - 1)) do remove(place, key) end
end
local function set(place, key, change)
    local order = name(place, 'order')
    local score = redis.call('ZSCORE', order, key)
    if not score then
        score = redis.call('INCR', name(place, 'last'))
        redis.call('ZADD', order, score, key)
        redis.call('SADD', prefix .. ':places', place)
    end
    redis.call('HSET', name(place, 'values'), key, change.raw)
    leave_indexes(place, key)
    for _, line in ipairs(change.lines) do redis.call('ZADD', name(place, 'index:' .. line), score, key) end
    if #change.lines > 0 then
        redis.call('HSET', name(place, 'entries'), key, table.concat(change.lines, '\\n'))
    end
    if change.limit and redis.call('ZCARD', order) > change.limit then forget_oldest(place, change.limit) end
end
local function make(change)
    local place, key = change.place, change.key
    local before = held(place, key)
    if change.raw then set(place, key, change) elseif before then remove(place, key) end
    if change.raw or before then changed(place) end
    return before
end
local function empty(place)
    for _, lines in ipairs(redis.call('HVALS', name(place, 'entries'))) do
        for line in string.gmatch(lines, '[^\\n]+') do redis.call('DEL', name(place, 'index:' .. line)) end
    end
    redis.call('DEL', name(place, 'values'), name(place, 'order'), name(place, 'entries'))
    changed(place)
end
local function replace(parts)
    for _, part in ipairs(parts) do
        empty(part.place)
        for _, change in ipairs(part.changes) do make(change) end
    end
end
local function values(place, keys)
    local found = {}
    for first = 1, #keys, 1000 do
        local some = redis.call('HMGET', name(place, 'values'), unpack(keys, first, math.min(first + 999, #keys)))
        for _, raw in ipairs(some) do found[#found + 1] = raw end
    end
    return found
end
local function below(start)
    local found = {}
    for _, place in ipairs(redis.call('SMEMBERS', prefix .. ':places')) do
        if string.sub(place, 1, #start) == start then found[#found + 1] = place end
    end
    return found
end
"""

_COMMIT: Final = """
local found, same = {}, true
for n, expected in ipairs(take_all(take_held)) do
    found[n] = held(expected.place, expected.key)
    same = same and found[n] == expected.raw
end
if not same then return {0, found} end
for n, change in ipairs(take_all(take_change)) do found[n] = make(change) end
return {1, found}
"""
_COUNT: Final = """
local mark, change = take(), take_change()
local before = held(change.place, change.key)
local number = before and tonumber(string.match(before, '%d+$')) + 1 or 1
change.raw = mark .. string.format('%.0f', number)
make(change)
return number
"""
_NEWEST: Final = """
local place = take()
return values(place, redis.call('ZREVRANGE', name(place, 'order'), 0, tonumber(take()) - 1))
"""
_FIND: Final = """
local place = take()
local keys = redis.call('ZRANGE', name(place, 'index:' .. take()), 0, tonumber(take()) - 1)
return {keys, values(place, keys)}
"""
_READ: Final = """
local parts = {}
for n, place in ipairs(take_all(take)) do
    local keys = redis.call('ZRANGE', name(place, 'order'), 0, -1)
    parts[n] = {redis.call('GET', name(place, 'generation')), keys, values(place, keys)}
end
return parts
"""
_REPLACE: Final = "replace(take_all(take_part))"
_SIZES: Final = """
local places, sizes = below(take()), {}
table.sort(places)
for n, place in ipairs(places) do sizes[n] = redis.call('HLEN', name(place, 'values')) end
return {places, sizes}
"""
_DROP: Final = """
for _, place in ipairs(below(take())) do
    empty(place)
    redis.call('DEL', name(place, 'generation'), name(place, 'last'))
    redis.call('SREM', prefix .. ':places', place)
end
"""
_BEGIN: Final = """
local kind = redis.call('TYPE', prefix).ok
if kind == 'none' then redis.call('HSET', prefix, 'format', take()) end
return (kind == 'none' or kind == 'hash') and redis.call('HGET', prefix, 'format')
"""
_REWRITE: Final = """
local format, parts = take(), take_all(take_part)
for _, part in ipairs(parts) do
    if redis.call('GET', name(part.place, 'generation')) ~= part.generation then return 0 end
end
replace(parts)
redis.call('HSET', prefix, 'format', format)
return 1
"""
_SCRIPTS: Final = (_COMMIT, _COUNT, _NEWEST, _FIND, _READ, _REPLACE, _SIZES, _DROP, _BEGIN, _REWRITE)

_Words: TypeAlias = Iterable[bytes | str | int]
"""The arguments of a script, one after the other."""


class ValkeyMedium:
    """Bytes by place and key in a Valkey, below a prefix of its own; `shown` is its URL without a password.

    `patient` is a client that waits for scripts over whole tables.
    """

    is_near: Final = False

    def __init__(self, client: redis.Redis, patient: redis.Redis, prefix: str, shown: str) -> None:
        self._client: Any = client  # its types also promise an awaitable
        self._patient = patient
        self._prefix = prefix
        self._shown = shown
        self._scripts = {text: client.register_script(f"{_LIBRARY}{text}") for text in _SCRIPTS}

    def get(self, place: str, key: bytes) -> bytes | None:
        """Return the bytes at a key."""
        with self._reported():
            found: bytes | None = self._client.hget(self._name(place, "values"), key)
            return found

    def commit(self, expected: Sequence[Held], changes: Sequence[Change]) -> Step:
        """Make all changes if exactly what is expected is there; otherwise make none."""
        done, found = self._run(_COMMIT, *_all(map(_held, expected)), *_all(map(_change, changes)))
        return Step(done=bool(done), found=found)

    def count(self, place: str, key: bytes, mark: bytes, limit: int | None) -> int:
        """Add one to the number at a key, stored after `mark`, and return it."""
        number: int = self._run(_COUNT, mark, *_change(Change(place, key, None, limit=limit)))
        return number

    def newest(self, place: str, most: int) -> Sequence[bytes]:
        """Return the newest values, the newest first, and no more than `most`."""
        found: list[bytes] = self._run(_NEWEST, place, most)
        return found

    def find(self, place: str, index: str, value: bytes, most: int | None) -> Sequence[tuple[bytes, bytes]]:
        """Return the keys and values at an index entry, the oldest first, and no more than `most`."""
        keys, values = self._run(_FIND, place, _line(index, value), most or 0)  # which ends at the last one if it is 0
        return list(zip(keys, values, strict=True))

    def size(self, place: str) -> int:
        """Return how many values a place has."""
        with self._reported():
            size: int = self._client.hlen(self._name(place, "values"))
            return size

    def generation(self, place: str) -> bytes | None:
        """Return a number that differs after each change of the place."""
        with self._reported():
            generation: bytes | None = self._client.get(self._name(place, "generation"))
            return generation

    def read(self, places: Sequence[str]) -> Sequence[Part]:
        """Return the content of places at one moment."""
        found = self._run_patiently(_READ, len(places), *places)
        return [Part(generation, list(zip(keys, values, strict=True))) for generation, keys, values in found]

    def replace(self, content: Mapping[str, Sequence[Change]]) -> None:
        """Replace the content of these places."""
        self._run_patiently(_REPLACE, *_all(_part(place, None, changes) for place, changes in content.items()))

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """Return how many values each non-empty place below a prefix has, at one moment."""
        return {place.decode(): size for place, size in zip(*self._run(_SIZES, prefix), strict=True) if size}

    def drop(self, prefix: str) -> None:
        """Remove all places below a prefix."""
        self._run_patiently(_DROP, prefix)

    def probe(self) -> None:
        """Write something that is never read."""
        with self._reported():
            self._client.hset(self._prefix, "probe", "1")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._patient.close()

    # at the start

    def check(self, format_: Format) -> int:
        """Return the format of the store; a new one gets the present one. Raises UnusableStateError."""
        with self._reported():
            policy = self._client.info("memory").get("maxmemory_policy")
        if policy != _SAFE_POLICY:
            raise UnusableStateError(
                f"has maxmemory-policy {policy}, so it may forget used values: set it to {_SAFE_POLICY}"
            )
        found = self._run(_BEGIN, format_.number)
        if found is None:
            raise UnusableStateError(
                f"has a key {self._prefix} of another program: choose another prefix, as in ?prefix=team-a"
            )
        if int(found) > format_.number:
            raise UnusableStateError(
                f"was written by a newer version (format {int(found)}, this one knows {format_.number}): "
                "install that version, or choose another prefix"
            )
        return int(found)

    def bring_up(self, kinds: Mapping[str, Kind[Any]], format_: Format) -> None:
        """Rewrite all values in one step, and start again while another process writes meanwhile."""
        while True:
            places = [place for place in self.sizes("") if place.rpartition("/")[2] in kinds]
            parts = [
                _part(place, part.generation, rewritten(place, part.entries, kinds, format_))
                for place, part in zip(places, self.read(places), strict=True)
            ]
            if self._run_patiently(_REWRITE, format_.number, *_all(parts)):
                return

    def _run(self, script: str, *words: bytes | str | int, client: redis.Redis | None = None) -> Any:
        with self._reported():
            return self._scripts[script](keys=[self._prefix], args=[random.getrandbits(48), *words], client=client)

    def _run_patiently(self, script: str, *words: bytes | str | int) -> Any:
        return self._run(script, *words, client=self._patient)

    def _name(self, place: str, part: str) -> str:
        return f"{self._prefix}:{place}:{part}"

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (redis.RedisError, OSError) as error:
            said = " ".join(str(error).split()).partition(" script: ")[0]
            kind = NoAnswerError if _is_without_answer(error) else UnreachableStateError
            raise kind(f"{self._shown}: {said or type(error).__name__}") from None


def open_valkey(
    url: str,
    prefix: str,
    kinds: Mapping[str, Kind[Any]],
    *,
    shown: str,
    tls: Mapping[str, Any] = {},
    format_: Format | None = None,
) -> DurableBackend:
    """Return the tables in a Valkey, below a prefix, converted to this format; `tls` are files of certificates.

    Raises UnusableStateError, or NoAnswerError while no server answers; then nothing was changed.
    """
    format_ = format_ or Format()
    client, patient = (
        redis.Redis.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=_TO_CONNECT,
            socket_timeout=seconds,
            **tls,
        )
        for seconds in (_TO_ANSWER, _TO_DO_ALL)
    )
    medium = ValkeyMedium(client, patient, prefix, shown)
    try:
        if medium.check(format_) < format_.number:
            medium.bring_up(kinds, format_)
        medium.probe()
    except NoAnswerError:
        medium.close()
        raise
    except StateError as error:
        medium.close()
        said = str(error) if isinstance(error, UnreachableStateError) else f"{shown} {error}"
        raise UnusableStateError(said) from None
    return DurableBackend(medium, format_)


def _is_without_answer(error: Exception) -> bool:
    """Whether no server has answered, or one that still starts; one that refuses a client or TLS has answered."""
    if isinstance(error, redis.AuthenticationError | AuthorizationError):
        return False
    is_of_connection = isinstance(error, redis.ConnectionError | redis.TimeoutError | OSError)
    return is_of_connection and not isinstance(error.__context__, ssl.SSLError)


def _all(items: Iterable[_Words]) -> _Words:
    listed = list(items)
    return [len(listed), *chain.from_iterable(listed)]


def _raw(raw: bytes | None) -> bytes:
    return b"-" if raw is None else b"=" + raw


def _held(held: Held) -> _Words:
    return held.place, held.key, _raw(held.raw)


def _change(change: Change) -> _Words:
    limit = "" if change.limit is None else change.limit
    return change.place, change.key, _raw(change.raw), limit, *_all([_line(*entry)] for entry in change.indexed)


def _part(place: str, generation: bytes | None, changes: Iterable[Change]) -> _Words:
    return place, _raw(generation), *_all(map(_change, changes))


def _line(index: str, value: bytes) -> bytes:
    """Return the text for a value of an index; JSON has no line breaks of its own."""
    return index.encode() + b":" + value

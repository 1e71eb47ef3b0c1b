"""The hosts that the mock may call for key sets, APIs and logout URLs: this machine, private networks, listed hosts.

Every address of a name is checked, and the checked address is the one that is called: a name that resolves to another
address at its second look-up gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Literal

_PRIVATE_NAMES: Final = re.compile(r"[^.]+|.+\.(localhost|local|internal|test|lan|home\.arpa)", re.IGNORECASE)
_NEAR: Final = tuple(
    map(ipaddress.ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"))
)
_NEVER: Final = tuple(
    (ipaddress.ip_network(network), words)
    for network, words in {
        "0.0.0.0/8": "no address of anybody",
        "::/128": "no address of anybody",
        "169.254.0.0/16": "link-local, where clouds keep their metadata",
        "fe80::/10": "link-local",
        "fec0::/10": "site-local, which is no longer used",
        "fd00:ec2::/32": "where a cloud keeps its metadata",
        "fd20:ce::254/128": "where a cloud keeps its metadata",
        "100.100.100.200/32": "where a cloud keeps its metadata",
        "168.63.129.16/32": "where a cloud keeps its metadata",
        "192.0.0.192/32": "where a cloud keeps its metadata",
        "224.0.0.0/4": "multicast",
        "ff00::/8": "multicast",
        "240.0.0.0/4": "reserved",
        "64:ff9b:1::/48": "translated to another network",
    }.items()
)
_BY_LAST_BITS: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))


class ForbiddenHostError(Exception):
    """The mock does not call this host. The message says why, and what can be done."""


def addresses(host: str, allow_hosts: Collection[str] = ()) -> Sequence[str]:
    """Return the addresses of a host that may be called, in the order in which to try them.

    Raises ForbiddenHostError when one of them may not be; OSError or UnicodeError for an unknown name.
    """
    is_listed, literal = host in allow_hosts, _literal(host)
    if literal is None and not is_listed and not _PRIVATE_NAMES.fullmatch(host):
        raise _foreign(host)  # without asking a name server, which would learn of it
    found = [host] if literal is not None else _looked_up(host)
    for address in found:
        _judge(host, address, is_listed=is_listed)
    return found


def connected(host: str, port: int, allow_hosts: Collection[str], timeout: float) -> socket.socket:
    """Return a connection to the first address of a host that answers. Raises what `addresses` does, OSError."""
    *others, last = addresses(host, allow_hosts)
    for address in others:
        try:
            return socket.create_connection((address, port), timeout=timeout)
        except OSError:
            continue
    return socket.create_connection((last, port), timeout=timeout)


def _looked_up(host: str) -> list[str]:
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _judge(host: str, address: str, *, is_listed: bool) -> None:
    reach, words = _reach(ipaddress.ip_address(address.partition("%")[0]))
    if reach == "never":
        where = host if host == address else f"{host} resolves to {address}, which"
        raise ForbiddenHostError(f"{where} is {words}: this mock never calls it")
    if reach == "foreign" and not is_listed:
        raise _foreign(host)


def _reach(address: IPv4Address | IPv6Address) -> tuple[Literal["near", "foreign", "never"], str]:
    """Return the kind of an address. One that wraps another has that one's kind, and is near only if it is mapped."""
    inner = _wrapped(address)
    if inner is not None:
        reach, words = _reach(inner)
        is_mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
        return (reach, words) if is_mapped or reach != "near" else ("never", "a private address of another network")
    words = next((words for network, words in _NEVER if address in network), "")
    if words:
        return "never", words
    return ("near" if any(address in network for network in _NEAR) else "foreign"), ""


def _wrapped(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for: mapped, by 6to4, by NAT64 or, long ago, compatible."""
    if isinstance(address, IPv4Address) or int(address) <= 1:
        return None
    by_last_bits = any(address in network for network in _BY_LAST_BITS)
    return (
        address.ipv4_mapped or address.sixtofour or (IPv4Address(int(address) & 0xFFFFFFFF) if by_last_bits else None)
    )


def _foreign(host: str) -> ForbiddenHostError:
    return ForbiddenHostError(f"this mock calls loopback and private hosts only; list {host!r} in allow_hosts")

"""Keeps the bot out of private networks: what a feed's address leads to is checked when the socket is made.

A check of the name alone, or of a resolver's answer, can be got round (a second resolution, an address spelt in octal,
a redirect). The connector asks for a socket only once the numeric address is final: nothing gets past this place.
"""

import errno
import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import AddrInfoType

from bot.errors import ConfigError

_Network = IPv4Network | IPv6Network

_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291: nothing else has been given out
# What the registries of special addresses (RFC 6890) and clouds reserve, and ipaddress does not know in every version.
_RESERVED = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments; a cloud's metadata service among them
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("168.63.129.16/32"),  # a cloud's host, seen from its guests
    IPv6Network("2001::/23"),  # protocol assignments, Teredo included
    IPv6Network("2002::/16"),  # 6to4: carries an IPv4 address, which may be private
    IPv6Network("3fff::/20"),  # documentation
)


class BlockedAddressError(OSError):
    """The address lies in a network that feeds may not lead to."""

    def __init__(self, address: str) -> None:
        super().__init__(errno.EACCES, f"blocked address {address}")


class Guard:
    """Makes sockets to public addresses only.

    ``allow`` holds what is let through all the same, each with a port or for every port: addresses (``127.0.0.1``,
    ``[::1]:8080``), networks (``10.0.0.0/8``), and host names (``news.lan:8080``), which ``allows_host`` answers for.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        """Raises ConfigError for an entry that is neither a host nor an address nor a network."""
        self._networks: list[tuple[_Network, int | None]] = []
        self._hosts: set[tuple[str, int | None]] = set()
        for entry in allow:
            place, port = _split_port(entry.strip())
            try:
                self._networks.append((ip_network(place, strict=False), port))
            except ValueError:
                if not _HOST.fullmatch(place):
                    raise ConfigError(
                        f"{entry!r} cannot be allowed: give a host, an address or a network, such as news.lan, "
                        "127.0.0.1:8080 or 10.0.0.0/8"
                    ) from None
                self._hosts.add((place.lower(), port))

    def allows_host(self, host: str, port: int) -> bool:
        """Whether the configuration lets this very host name through, whatever it resolves to."""
        return bool(self._hosts) and not self._hosts.isdisjoint(((host.lower(), None), (host.lower(), port)))

    def allows(self, address: str, port: int) -> bool:
        """Whether a numeric address may be connected to."""
        try:
            numeric = ip_address(address.partition("%")[0])  # a zone id never makes an address public
        except ValueError:
            return False
        for network, only in self._networks:
            if only in (None, port) and network.version == numeric.version and numeric in network:
                return True
        return _is_public(numeric)

    def make_socket(self, found: AddrInfoType) -> socket.socket:
        """Make a socket for a resolved address; the connector's ``socket_factory``.

        Raises:
            BlockedAddressError: the address is private, loopback, link-local, multicast or reserved.
        """
        family, kind, protocol, _, place = found
        if not self.allows(str(place[0]), int(place[1])):
            raise BlockedAddressError(str(place[0]))
        return socket.socket(family, kind, protocol)


def _split_port(entry: str) -> tuple[str, int | None]:
    place, colon, port = entry.rpartition(":")
    if colon and port.isascii() and port.isdigit() and (place.endswith("]") or ":" not in place):
        return place.strip("[]"), int(port)
    return entry.strip("[]"), None


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return _is_public(address.ipv4_mapped)
        if address in _NAT64:
            return _is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _GLOBAL_UNICAST:
            return False
    reserved = any(address in network for network in _RESERVED if network.version == address.version)
    return address.is_global and not (reserved or address.is_multicast or address.is_reserved)

"""Where a sensor listens, as people type it: PORT or ADDRESS:PORT."""

from __future__ import annotations

from ipaddress import ip_address

from sensors.blocks import SensorError

HOST = "127.0.0.1"


def listen_address(argument: str, port: int, expected: str) -> tuple[str, int]:
    """(host, port); `port` is the usual one. Raises SensorError, which ends with what was `expected`."""
    host, _, given = argument.rpartition(":")
    host = {"": HOST, "localhost": HOST}.get(host, host.strip("[]"))
    error = SensorError(f"{argument!r} is nothing to listen on; {expected}")
    try:
        address = str(ip_address(host))
    except ValueError as wrong:
        raise error from wrong
    if given and not (given.isascii() and given.isdigit() and 0 < int(given) < 65536):
        raise error
    return address, int(given or port)


def is_everywhere(host: str) -> bool:
    """Whether the whole network may connect."""
    return ip_address(host).is_unspecified

"""Time zones by either of their names: IANA (`Europe/Stockholm`) and Windows (`W. Europe Standard
Time`).

The pairs come from the Unicode CLDR table that tzlocal carries; it is loaded only when a name is
not IANA's.
"""

from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from hotpatch_cli.schedule.recurrence import quoted

LONGEST_NAME = 64
"""Characters; the longest IANA and Windows names have about half of that."""

_NOT_ZONES = ("posix/", "right/", "posixrules", "localtime", "Factory")


class UnknownZone(ValueError):  # noqa: N818 - says what is the case, not that something broke
    """No zone has this name; the message gives the nearest names."""


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo:
    """The zone of an IANA or Windows name; letter case matters for the first, not for the second.

    Raises UnknownZone. The name may be hostile: a path, empty, very long, or not text of a zone at
    all.
    """
    if not 0 < len(name) <= LONGEST_NAME:
        raise UnknownZone(
            f"a time zone name of {len(name)} characters: expected one like Europe/Stockholm"
        )
    zone = known_zone(name)
    if zone is None:
        raise UnknownZone(f"no time zone is called {quoted(name)}; {_advice(name)}")
    return zone


def known_zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA or Windows name, or None; quicker than find_zone where a name is expected
    to fail.
    """
    return _iana_zone(name) or _windows_zone(name)


def iana_name(zone: ZoneInfo | str) -> str:
    """The IANA name of a zone, or of a zone given by either name. Raises UnknownZone."""
    return (find_zone(zone) if isinstance(zone, str) else zone).key


def windows_name(iana: str) -> str | None:
    """The Windows name that stands for an IANA zone, as CLDR pairs them; None where Windows has
    none.
    """
    return _iana_to_windows().get(iana)


def _iana_zone(name: str) -> ZoneInfo | None:
    """The zone database's own answer; a name that is a path, a folder or no text is simply not in
    it.
    """
    if name.startswith(_NOT_ZONES):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _windows_zone(name: str) -> ZoneInfo | None:
    iana = _windows_to_iana().get(name.casefold())
    return ZoneInfo(iana) if iana else None


def _advice(name: str) -> str:
    """The nearest names, compared without letter case, whole or by the last part of an IANA's."""
    from difflib import get_close_matches

    from tzlocal.windows_tz import win_tz

    names = sorted(available_timezones())
    known = {zone.rpartition("/")[2].casefold(): zone for zone in names}
    known |= {zone.casefold(): zone for zone in (*names, *win_tz)}
    nearest = dict.fromkeys(known[near] for near in get_close_matches(name.casefold(), known))
    return (
        f"did you mean {' or '.join(nearest)}?"
        if nearest
        else "expected one like Europe/Stockholm or UTC"
    )


@cache
def _windows_to_iana() -> dict[str, str]:
    from tzlocal.windows_tz import win_tz

    return {windows.casefold(): iana for windows, iana in win_tz.items()}


def _iana_to_windows() -> dict[str, str]:
    from tzlocal.windows_tz import tz_win

    return tz_win

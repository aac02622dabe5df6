"""Fleets that can't restart in time, one for each kind of cause."""

from typing import NamedTuple

HEAD = """
defaults:
  platform: arc
  timezone: Europe/Stockholm
  os: Windows Server 2025 Standard
  build: 26100.7392
  arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}
  window: saturday
  reboot_minutes: 35
windows:
  saturday: {days: [Sat], start: 22:00, duration: 4h}
"""


class Case(NamedTuple):
    """A fleet without its head, the options of `plan`, and what is said of its only conflict.

    `causes` are kinds and names without those of windows, `helps` kinds that are said to help,
    `told` parts of the sentences. `out` are all machines that aren't scheduled.
    """

    body: str
    machines: str
    causes: tuple[tuple[str, str | None], ...]
    helps: tuple[str, ...]
    told: tuple[str, ...]
    options: tuple[str, ...] = ("--deadline", "14d")
    out: str | None = None
    head: str = HEAD


def _machines(count: int, rest: str = "") -> str:
    return "machines:\n" + "".join(
        f"- {{name: m{number}{rest and ', ' + rest}}}\n" for number in range(count)
    )


_NO_ZONE = HEAD.replace("  timezone: Europe/Stockholm\n", "")
_NO_SYSTEM = HEAD.replace("  os: Windows Server 2025 Standard\n", "").replace(
    "  build: 26100.7392\n", ""
)
_ONE = "machines: [{name: a}]"
CASES = {
    "freeze over all openings": Case(
        f"freezes: [{{name: year-end, from: 2026-01-15, to: 2026-01-31}}]\n{_ONE}",
        "a",
        (("freeze", "year-end"), ("deadline", None)),
        ("freeze", "deadline", "opening"),
        ("year-end (from Thu 2026-01-15 to Sat 2026-01-31) blocks 2 openings of saturday",),
    ),
    "freeze that cuts an opening": Case(
        f"freezes: [{{name: sunday, from: 2026-01-18, to: 2026-01-18}}]\n{_ONE}",
        "a",
        (("freeze", "sunday"), ("deadline", None)),
        ("freeze", "opening", "reboot_minutes", "deadline"),
        (
            "shortens 1 opening of saturday before Tue 2026-01-20 18:00 UTC to 2 h at most",
            "The restart of a takes 3 h",
        ),
        ("--deadline", "7d"),
        head=HEAD.replace("reboot_minutes: 35", "reboot_minutes: 180"),
    ),
    "window too short": Case(
        _ONE,
        "a",
        (),
        ("window", "opening", "reboot_minutes"),
        ("The restart of a takes 5 h; the longest opening of saturday", "lasts 4 h"),
        head=HEAD.replace("reboot_minutes: 35", "reboot_minutes: 300"),
    ),
    "group too slow": Case(
        "groups: {sql: {max_unavailable: 1, settle: 30m}}\n" + _machines(5, "groups: [sql]"),
        "m0 m1 m2 m3 m4",
        (("group", "sql"), ("deadline", None)),
        ("capacity", "settle", "window", "opening", "deadline"),
        ("5 members of sql", "take 4 h 55 min", "offers 4 h, room for 4 at most; 1 can't restart"),
        ("--deadline", "7d"),
    ),
    "soak past the deadline": Case(
        "rings: [{name: canary, soak: 10d}, {name: broad}]\n"
        "machines: [{name: a, ring: canary}, {name: b, ring: broad}]",
        "a b",
        (("ring", "broad"), ("deadline", None)),
        ("soak", "deadline", "opening"),
        ("The ring broad starts 10 days after the last restart of the ring canary.",),
    ),
    "pin outside its window": Case(
        "machines: [{name: a, reboot_at: 2026-01-17T12:00+01:00}]",
        "a",
        (("pinned", "a"),),
        ("pinned",),
        ("a is pinned to Sat 2026-01-17 12:00 +0100",),
    ),
    "pin inside a freeze": Case(
        "freezes: [{name: audit, from: 2026-01-17, to: 2026-01-18}]\n"
        "machines: [{name: a, reboot_at: 2026-01-17T22:30+01:00}]",
        "a",
        (("pinned", "a"), ("freeze", "audit")),
        ("pinned", "freeze"),
        ("a is pinned to Sat 2026-01-17 22:30 +0100", "The freeze audit"),
    ),
    "two pins in one group": Case(
        "groups: {db: {max_unavailable: 1}}\nmachines:\n"
        "- {name: a, groups: [db], reboot_at: 2026-01-17T22:30+01:00}\n"
        "- {name: b, groups: [db], reboot_at: 2026-01-17T22:45+01:00}\n",
        "a b",
        (("group", "db"), ("pinned", "a"), ("pinned", "b")),
        ("pinned", "capacity"),
        ("a is pinned to Sat 2026-01-17 22:30", "b is pinned to Sat 2026-01-17 22:45"),
    ),
    "max_concurrent": Case(
        "limits: {max_concurrent: 1}\n" + _machines(7),
        "m0 m1 m2 m3 m4 m5 m6",
        (("resource", "restarts at once"), ("deadline", None)),
        ("capacity", "window", "opening", "deadline"),
        ("7 machines restart one at a time (`max_concurrent: 1`)", "1 can't restart"),
        ("--deadline", "7d"),
    ),
    "per_region": Case(
        "limits: {per_region: 1}\n" + _machines(7, "region: uksouth"),
        "m0 m1 m2 m3 m4 m5 m6",
        (("resource", "region uksouth"), ("deadline", None)),
        ("capacity", "window", "opening", "deadline"),
        ("7 machines in region uksouth restart one at a time (`per_region: 1`)",),
        ("--deadline", "7d"),
    ),
    "per_tag": Case(
        "limits: {per_tag: {rack: 1}}\n" + _machines(7, "tags: {rack: A}"),
        "m0 m1 m2 m3 m4 m5 m6",
        (("resource", "tag rack=A"), ("deadline", None)),
        ("capacity", "window", "opening", "deadline"),
        ("7 machines with the tag rack=A restart one at a time (`per_tag: {rack: 1}`)",),
        ("--deadline", "7d"),
    ),
    "no zone": Case(
        "machines: [{name: a}, {name: b, timezone: Europe/Paris}]",
        "a",
        (("fact", "HP413"),),
        ("fact",),
        ("Specify `timezone` for a, such as Europe/Paris.",),
        head=_NO_ZONE,
    ),
    "no system": Case(
        "machines: [{name: a}, {name: b, os: Windows Server 2025 Standard, build: 26100.7392}]",
        "a",
        (("fact", "HP402"),),
        ("fact",),
        ("Specify `os` for a.",),
        head=_NO_SYSTEM,
    ),
    "predecessor without a window": Case(
        "groups: {sql: {}, app: {after: [sql]}}\n"
        "machines: [{name: s, groups: [sql], window: []}, {name: a, groups: [app]}]",
        "s",
        (("fact", "HP501"),),
        ("fact",),
        ("Specify `window: saturday` for s.", "1 machine depends on s and isn't scheduled: a."),
        out="s a",
    ),
    "ring behind one without a window": Case(
        "rings: [{name: canary, soak: 1h}, {name: broad}]\n"
        "machines: [{name: s, ring: canary, window: []}, {name: a, ring: broad}]",
        "s",
        (("fact", "HP501"),),
        ("fact",),
        ("Specify `window: saturday` for s.", "1 machine depends on s and isn't scheduled: a."),
        out="s a",
    ),
    "predecessor that doesn't fit": Case(
        "groups: {sql: {}, app: {after: [sql]}}\nmachines:\n"
        "- {name: s, groups: [sql], reboot_minutes: 300}\n- {name: a, groups: [app]}\n",
        "s",
        (),
        ("window", "opening", "reboot_minutes"),
        ("The restart of s takes 5 h", "1 machine depends on s and isn't scheduled: a."),
        out="s a",
    ),
    "deadline before the first opening": Case(
        _ONE,
        "a",
        (("deadline", None),),
        ("deadline", "opening"),
        ("a has no opening of saturday before Fri 2026-01-16", "Extend the deadline by 2 days"),
        ("--deadline", "3d"),
    ),
    "until before the first opening": Case(
        _ONE,
        "a",
        (("deadline", None),),
        ("deadline", "opening"),
        ("a has no opening of saturday before", "Plan until Sat 2026-01-17, 2 days longer"),
        ("--until", "2026-01-15"),
    ),
    "chain of groups past the deadline": Case(
        "groups: {db: {}, app: {after: [db]}, web: {after: [app]}}\nmachines:\n"
        "- {name: d, groups: [db]}\n- {name: a, groups: [app]}\n- {name: w, groups: [web]}\n",
        "d a w",
        (("after", "app"), ("after", "web"), ("deadline", None)),
        ("window", "opening", "deadline"),
        (
            "The group app starts after the last restart of db.",
            "The group web starts after the last restart of app.",
        ),
        ("--deadline", "14d"),
        head=HEAD.replace("reboot_minutes: 35", "reboot_minutes: 150"),
    ),
    "member of two groups of which one starts after the other": Case(
        "groups: {db: {}, app: {after: [db]}}\n"
        "machines: [{name: all-in-one, groups: [db, app]}, {name: a, groups: [app]}]",
        "all-in-one",
        (("after", "app"),),
        ("after",),
        (
            "all-in-one is a member of db and of app",
            "It would have to start after its own restart.",
        ),
        out="all-in-one a",
    ),
}

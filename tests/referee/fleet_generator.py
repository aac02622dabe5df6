"""Seeded fleets for the referee: half of them roomy, half so crowded that not everything fits."""

from datetime import date, timedelta
from random import Random
from typing import Any

from fleet_reading import DAYS, Case, length, read

SEASONS = (("2026-01-05", "2026-01-13"), ("2025-10-03", "2025-10-14"), ("2026-01-14", "2026-01-13"))
"""As-of dates and release days. In the weeks after the second, clocks change in many zones; the
third looks back at its release.
"""
ZONES = ("Europe/Stockholm", "UTC", "Asia/Kolkata", "Australia/Sydney", "America/New_York")
WEIGHTS = (0, 0.1, 0.25, 0.5, 1, 1, 1, 1, 2, 2.5, 3, 5, 10)
MINUTES = (5, 10, 15, 15, 20, 30, 35, 45, 60, 90, 120)
SHARES = (1, 1, 1, 2, "10%", "34%", "50%", "100%")
READY = {"platform": "arc", "os": "Windows Server 2025 Datacenter", "build": "26100.4946"}


def case(seed: int) -> Case:
    """The fleet of a seed. Odd seeds are crowded."""
    pick = Random(seed)  # noqa: S311 - the same fleets every time
    made = _Builder(pick, crowded=seed % 2 == 1).case()
    return _pinned(made, pick) if pick.random() < 0.3 else made


def _pinned(made: Case, pick: Random) -> Case:
    """The case with a machine pinned to a moment, usually one in its openings."""
    rules = read(made)
    number = pick.randrange(len(rules.restarts))
    restart = rules.restarts[number]
    spans = [(start, end - restart.minutes) for _, start, end in restart.openings]
    spans = [(first, last) for first, last in spans if first <= last]
    at = 5 * pick.randrange(rules.deadline // 5)
    if spans and pick.random() < 0.85:
        at = pick.randint(*pick.choice(spans))
    moment = rules.release + timedelta(minutes=at)
    machines = [
        {**machine, "reboot_at": moment.isoformat()} if machine["name"] == restart.name else machine
        for machine in made.fleet["machines"]
    ]
    return made._replace(fleet={**made.fleet, "machines": machines})


class _Builder:
    def __init__(self, pick: Random, *, crowded: bool) -> None:
        self.pick, self.crowded = pick, crowded
        self.as_of, self.release_day = pick.choices(SEASONS, (5, 3, 2))[0]
        self.late = self.as_of > self.release_day
        # A day of the as-of date is a day in UTC only where all zones are UTC.
        self.zones = ("UTC",) if self.late else pick.sample(ZONES, pick.choice((1, 1, 2)))
        self.days = pick.choice((2, 3, 4, 7) if crowded else (14, 21, 28))

    def case(self) -> Case:
        pick = self.pick
        windows = {f"w{n}": self._window() for n in range(pick.choice((1, 1, 2, 3)))}
        if len(windows) > 1 and pick.random() < 0.3:
            windows["w1"] = self._overlapping(windows["w0"])
        groups = self._groups(pick.randint(0, 3))
        rings = self._rings(pick.choice((0, 0, 2, 3)))
        many = pick.randint(5 if self.crowded else 4, 14)
        machines = [self._machine(n, windows, [*groups]) for n in range(many)]
        self._stages(machines, rings)
        self._exceptions(machines)
        fleet: dict[str, Any] = {
            "defaults": dict(READY),
            "windows": windows,
            "groups": groups,
            "rings": rings,
            "limits": self._limits(),
            "freezes": self._freezes([*groups], rings),
            "machines": machines,
        }
        hours = self.days * 24 - pick.choice((0, 0, 0, 5))
        return Case(fleet, self.as_of, self.release_day, hours)

    def _day(self, least: int, most: int) -> date:
        return date.fromisoformat(self.release_day) + timedelta(self.pick.randint(least, most))

    def _window(self) -> dict[str, Any]:
        pick = self.pick
        window: dict[str, Any] = {}
        if pick.random() < 0.2:
            window["patch_tuesday"] = pick.randint(1, self.days - 1)
        else:
            first = self._day(1, min(self.days - 1, 7))
            some = pick.sample(DAYS, pick.choice((1, 2) if self.crowded else (1, 2, 4)))
            # At least one opening lies before most deadlines.
            window["days"] = sorted({DAYS[first.weekday()], *some[1:]}, key=DAYS.index)
        window["start"] = f"{pick.randint(0, 23):02}:{pick.choice(['00', '15', '30', '50'])}"
        lengths = (45, 60, 60, 90, 120, 180) if self.crowded else (90, 120, 240, 360)
        window["duration"] = f"{pick.choice(lengths)}m"
        if pick.random() < 0.3:
            window["timezone"] = pick.choice(self.zones)
        return window

    def _overlapping(self, window: dict[str, Any]) -> dict[str, Any]:
        """A window that opens while another is open."""
        hour, minute = map(int, window["start"].split(":"))
        later = hour * 60 + minute + self.pick.choice((10, 20, 40, 60))
        start = f"{later // 60 % 24:02}:{later % 60:02}"
        return {**window, "start": start, "duration": self.pick.choice(("45m", "60m", "120m"))}

    def _groups(self, many: int) -> dict[str, Any]:
        pick, groups = self.pick, {}
        for number in range(many):
            rule: dict[str, Any] = {"max_unavailable": pick.choice(SHARES)}
            if pick.random() < 0.35:
                rule["settle"] = pick.choice(("5m", "10m", "30m", "2h"))
            if number and pick.random() < (0.6 if self.crowded else 0.25):
                rule["after"] = [f"g{pick.randrange(number)}"]
            groups[f"g{number}"] = rule
        return groups

    def _rings(self, many: int) -> list[dict[str, Any]]:
        soaks = ("10m", "30m", "1h", "24h") if self.crowded else ("30m", "24h", "2d", "3d")
        rings: list[dict[str, Any]] = [{"name": f"r{n}"} for n in range(many)]
        for ring in rings[:-1]:
            if self.pick.random() < 0.8:
                ring["soak"] = self.pick.choice(soaks)
        return rings

    def _machine(self, number: int, windows: dict[str, Any], groups: list[str]) -> dict[str, Any]:
        pick = self.pick
        own = pick.sample([*windows], 1 if pick.random() < 0.75 else min(2, len(windows)))
        longest = max(length(windows[name]["duration"]) for name in own)
        # Few restarts are too long for all windows: those say little about the search.
        fitting = MINUTES if pick.random() < 0.02 else [m for m in MINUTES if m <= longest]
        machine: dict[str, Any] = {
            "name": f"m{number:02}",
            "timezone": pick.choice(self.zones),
            "window": own,
            "reboot_minutes": pick.choice(fitting),
            "groups": pick.sample(groups, min(len(groups), pick.choice((0, 1, 1, 1, 2)))),
        }
        if pick.random() < 0.7:
            machine["weight"] = pick.choice(WEIGHTS)
        if pick.random() < 0.6:
            machine["region"] = pick.choice(("eu", "us"))
        if pick.random() < 0.4:
            machine["tags"] = {"rack": pick.choice("AB")}
        return machine

    def _stages(self, machines: list[dict[str, Any]], rings: list[dict[str, Any]]) -> None:
        """Put machines into rings, so that no ring is empty."""
        for number, machine in enumerate(machines):
            if rings and (number < len(rings) or self.pick.random() < 0.75):
                machine["ring"] = rings[min(number, self.pick.randrange(len(rings)))]["name"]
        for ring, machine in zip(rings, machines, strict=False):
            machine["ring"] = ring["name"]

    def _exceptions(self, machines: list[dict[str, Any]]) -> None:
        """Some machines are done. None of the first, which keep a ring from being empty,
        is done.
        """
        pick = self.pick
        for machine in machines[3:]:
            if not self.late and pick.random() < 0.06:
                machine["done"] = True

    def _limits(self) -> dict[str, Any]:
        pick = self.pick
        limits: dict[str, Any] = {}
        if pick.random() < (0.7 if self.crowded else 0.3):
            limits["max_concurrent"] = pick.choice((1, 1, 2, 3))
        if pick.random() < 0.3:
            limits["per_region"] = pick.choice((1, 2))
        if pick.random() < 0.3:
            limits["per_tag"] = {"rack": 1}
        return limits

    def _freezes(self, groups: list[str], rings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        pick, freezes = self.pick, []
        for number in range(pick.choice((0, 0, 1, 2) if self.crowded else (0, 0, 1))):
            first = self._day(0, self.days)
            last = first + timedelta(pick.choice((0, 0, 1)))
            narrow: list[dict[str, Any]] = [{}, {"regions": ["eu"]}, {"tags": {"rack": "A"}}]
            narrow += [{"groups": groups[:1]}] if groups else []
            narrow += [{"rings": [rings[-1]["name"]]}] if rings else []
            dates = {"from": str(first), "to": str(last)}
            freezes.append({"name": f"f{number}", **dates, **pick.choice(narrow)})
        return freezes

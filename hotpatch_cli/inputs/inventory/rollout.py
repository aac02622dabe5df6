"""The groups, rings and limits of an inventory: in which order, and how many at once."""

import re
from typing import Any

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field
from hotpatch_cli.documents.tree import Log, quoted
from hotpatch_cli.inputs.field_types import NAMES, TEXT
from hotpatch_cli.model import GroupRule, Limits, Ring

_MOST = 1_000_000


def _read_share(value: object, mark: int, log: Log) -> str | None:
    text = c.text_of(value, mark, log, "a number or a percentage")
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,6})(%?)", text.strip())
    if match and 0 < int(match[1]) <= (100 if match[2] else _MOST):
        return text.strip()
    log.add(mark, f"{quoted(text)} isn't a number of at least 1 or a percentage from 1% to 100%.")
    return None


def _group(max_unavailable: str | None = None, **rest: Any) -> GroupRule:
    share = max_unavailable or ""
    if share.endswith("%"):
        return GroupRule(percent=int(share[:-1]), **rest)
    return GroupRule(max_unavailable=int(share) if share else None, **rest)


def _limits(per_tag: dict[str, int] | None = None, **rest: Any) -> Limits:
    return Limits(per_tag=tuple((per_tag or {}).items()), **rest)


_COUNT = c.number(1, _MOST)
GROUP_FIELDS: dict[str, Field] = {
    "max_unavailable": Field(
        Codec(_read_share, {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}),
        "members that can be down at once: a number or a percentage",
    ),
    "settle": Field(c.duration, "pause after each member's restart"),
    "after": Field(NAMES.codec, "groups that must finish first"),
}
RING_FIELDS: dict[str, Field] = {
    "name": Field(TEXT.codec, "name of the ring", required=True),
    "soak": Field(c.duration, "pause between the ring's last restart and the next ring"),
}
LIMIT_FIELDS: dict[str, Field] = {
    "max_concurrent": Field(_COUNT, "concurrent restarts"),
    "per_region": Field(_COUNT, "concurrent restarts per region"),
    "per_tag": Field(c.table(_COUNT), "concurrent restarts for each value of a tag"),
}
GROUPS = c.table(c.record(_group, GROUP_FIELDS, "a group"))
RINGS = c.listing(c.record(Ring, RING_FIELDS, "a ring"))
LIMITS = c.record(_limits, LIMIT_FIELDS, "limits")

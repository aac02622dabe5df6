"""Which part of which Azure is asked: subscriptions or management groups of a cloud, as the name of
a source.
"""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from hotpatch_cli.errors import refuse

SCHEME = "azure:"
CLOUDS = ("public", "usgovernment", "china")
_KEYS = ("subscription", "management-group", "cloud")


class AzureScope(NamedTuple):
    """Subscriptions (ids or names) or management groups of a cloud; neither means all that the user
    may read.
    """

    name: str
    subscriptions: tuple[str, ...] = ()
    management_groups: tuple[str, ...] = ()
    cloud: str = CLOUDS[0]

    @classmethod
    def named(cls, name: str) -> "AzureScope":
        """The scope that a source's name stands for. Raises InputError."""
        query = name[len(SCHEME) :].removeprefix("?")
        try:
            pairs = parse_qsl(query, strict_parsing=bool(query), max_num_fields=10_000)
        except ValueError:
            raise refuse(
                name, "This is no scope of Azure.", "Write it as azure:?subscription=ID."
            ) from None
        if unknown := next((key for key, _ in pairs if key not in _KEYS), None):
            raise refuse(name, f"{unknown!r} is not known here.", f"Known are {', '.join(_KEYS)}.")
        found = {
            key: tuple(dict.fromkeys(value for name, value in pairs if name == key))
            for key in _KEYS
        }
        clouds = found["cloud"] or CLOUDS[:1]
        if found["subscription"] and found["management-group"]:
            raise refuse(
                name,
                "Subscriptions and management groups are two ways to say where.",
                "Keep one of them.",
            )
        if len(clouds) > 1 or clouds[0] not in CLOUDS:
            raise refuse(name, f"The clouds are {', '.join(CLOUDS)}.", "Name one of them.")
        return cls(name, found["subscription"], found["management-group"], clouds[0])


def source_name(
    subscriptions: tuple[str, ...], management_groups: tuple[str, ...], cloud: str
) -> str:
    """The name of a live source."""
    pairs = [("subscription", subscription) for subscription in subscriptions]
    pairs += [("management-group", group) for group in management_groups]
    pairs += [("cloud", cloud)] if cloud != CLOUDS[0] else []
    return f"{SCHEME}?{urlencode(pairs)}" if pairs else SCHEME

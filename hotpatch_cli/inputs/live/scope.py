"""Which part of which Azure is asked: subscriptions or management groups of a cloud, as the name of
a source.
"""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from hotpatch_cli.documents.tree import quoted
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
        """The scope in a source's name. Raises InputError."""
        query = name[len(SCHEME) :].removeprefix("?")
        try:
            pairs = parse_qsl(
                query,
                keep_blank_values=True,
                strict_parsing=bool(query),
                max_num_fields=10_000,
            )
        except ValueError:
            raise refuse(
                name, "The Azure scope isn't valid.", "Use the format azure:?subscription=ID."
            ) from None
        if unknown := next((key for key, _ in pairs if key not in _KEYS), None):
            raise refuse(
                name,
                f"Unknown key {quoted(unknown)} in the Azure scope.",
                f"Keys: {', '.join(_KEYS)}.",
            )
        if empty := next((key for key, value in pairs if not value.strip()), None):
            raise refuse(
                f"--{empty}",
                "The value is empty.",
                "Specify a name or an ID, or leave the option out to read everything.",
            )
        found = {
            key: tuple(dict.fromkeys(value for name, value in pairs if name == key))
            for key in _KEYS
        }
        clouds = found["cloud"] or CLOUDS[:1]
        if found["subscription"] and found["management-group"]:
            raise refuse(
                name,
                "Subscriptions and management groups can't be combined.",
                "Keep one of the two.",
            )
        if len(clouds) > 1 or clouds[0] not in CLOUDS:
            cloud = quoted(" and ".join(clouds))
            raise refuse(name, f"Unknown cloud {cloud}.", f"Clouds: {', '.join(CLOUDS)}.")
        return cls(name, found["subscription"], found["management-group"], clouds[0])


def source_name(
    subscriptions: tuple[str, ...], management_groups: tuple[str, ...], cloud: str
) -> str:
    """The name of a live source."""
    pairs = [("subscription", subscription) for subscription in subscriptions]
    pairs += [("management-group", group) for group in management_groups]
    pairs += [("cloud", cloud)] if cloud != CLOUDS[0] else []
    return f"{SCHEME}?{urlencode(pairs)}" if pairs else SCHEME

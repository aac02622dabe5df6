"""Images without a machine: URNs on the command line, or one a line on standard input."""

from collections.abc import Iterable

from hotpatch_cli.documents.files import read_text
from hotpatch_cli.errors import InputError, Problem, refuse
from hotpatch_cli.inputs.field_types import parse_image
from hotpatch_cli.knowledge.image_aliases import load_image_aliases
from hotpatch_cli.model import Facts, Fleet, Location, Machine, Platform


class FixedOrigin:
    """An origin with one place for all fields."""

    __slots__ = ("place",)

    def __init__(self, place: Location) -> None:
        self.place = place

    def locate(self, field: str) -> Location:  # noqa: ARG002  an image has one place
        """The place."""
        return self.place


def load_images(
    arguments: Iterable[str], platform: Platform, *, allow_empty: bool = False
) -> Fleet:
    """The images of the command line, as URNs, ids, or aliases of Azure CLI; `-` means the lines of
    standard input, where # begins a comment.

    Raises InputError with every problem found, also where there is no image at all, unless it's
    allowed.
    """
    machines, problems = [], []
    for place, text in _texts(arguments, allow_empty=allow_empty):
        try:
            facts = Facts(platform=platform, image=parse_image(_without_alias(text)))
        except ValueError as error:
            problems.append(Problem(place.file, place.line, place.column, str(error)))
        else:
            machines.append(Machine(name=text, label=text, facts=facts, origin=FixedOrigin(place)))
    if problems:
        raise InputError(problems)
    if not machines and not allow_empty:
        raise refuse(
            "image",
            "No image specified.",
            "Specify publisher:offer:sku, or - to read images from standard input.",
        )
    return Fleet(tuple(machines))


def _without_alias(text: str) -> str:
    """The URN of an alias of Azure CLI; any other text as it is."""
    if not text.isalnum():  # a URN or an id: no need to load the aliases
        return text
    alias = load_image_aliases().get(text.lower())
    return alias.urn if alias else text


def _texts(arguments: Iterable[str], *, allow_empty: bool) -> list[tuple[Location, str]]:
    found = []
    for number, argument in enumerate(arguments, 1):
        if argument == "-":
            name, text = read_text("-", allow_empty=allow_empty)
            lines = [
                (line, content.split("#")[0].strip())
                for line, content in enumerate(text.splitlines(), 1)
            ]
            found += [(Location(name, line, 1), content) for line, content in lines if content]
        else:
            found.append((Location(f"argument {number}"), argument))
    return found

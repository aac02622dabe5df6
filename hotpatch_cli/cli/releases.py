"""`hotpatch releases`: the release data, and how it stays fresh."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.options.common import (
    ConfigOption,
    NoColor,
    Output,
    Product,
    Quiet,
    ReleaseFiles,
)
from hotpatch_cli.cli.request import RequestCommand, RequestGroup, format_option, option, switch
from hotpatch_cli.cli.words import chosen_format, known_product

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from hotpatch_cli.release_import import ReleasePage

app = typer.Typer(add_completion=False, invoke_without_command=True)

Yes = Annotated[bool, switch("--yes -y", "Keep what is new without asking.")]
DryRun = Annotated[bool, switch("--dry-run", "Show the difference only.")]
_MAX_BYTES = 20 * 1024 * 1024


@app.callback(cls=RequestGroup, epilog="Example: hotpatch releases --product ws2025 --format csv")
class ReleasesRequest(NamedTuple):
    """List the release data with the day on which it was read; import a page of Microsoft, or fetch
    it.
    """

    product: Product = "all"
    form: Annotated[str, format_option("outputs.formats.RELEASE_FORMATS")] = "table"
    output: Output = "-"
    releases: ReleaseFiles = None
    no_color: NoColor = False

    def run(self) -> None:
        """Write the release data. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.session import knowledge_of
        from hotpatch_cli.outputs.formats import RELEASE_FORMATS

        render = chosen_format(RELEASE_FORMATS, self.form)
        product = known_product(self.product)
        knowledge = knowledge_of(self)
        rows = tuple(row for row in knowledge.releases if product in ("all", row.product))
        view = screen(self.output, no_color=self.no_color)
        deliver(render(knowledge._replace(releases=rows), view), self.output)


@app.command(
    "import",
    cls=RequestCommand,
    epilog="Example: hotpatch releases import windows-server-release-info.md --dry-run",
)
class ReleaseImportRequest(NamedTuple):
    """Read a page of Microsoft, show what is new in it, and keep that in the user's data folder."""

    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Release-information page (Markdown, HTML) or MSRC CVRF (JSON)."
        ),
    ]
    yes: Yes = False
    dry_run: DryRun = False
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Take the page in. Raises InputError."""
        from hotpatch_cli.documents.files import read_text

        _take_in(_page(*read_text(self.file)), self)


@app.command("update", cls=RequestCommand, epilog="Example: hotpatch releases update --yes")
class ReleaseUpdateRequest(NamedTuple):
    """Fetch Microsoft's release-information page, show what is new, and keep it in the user's data
    folder.
    """

    url: Annotated[
        str,
        option("--url", "URL", "Another address of the page."),
    ] = ""
    timeout: Annotated[float, option("--timeout", None, "Seconds to wait.", min=0.1, max=600)] = 30
    yes: Yes = False
    dry_run: DryRun = False
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Take in what is at the address. Raises InputError."""
        from hotpatch_cli.release_import import PAGE_URL

        address = self.url or f"{PAGE_URL}?accept=text/markdown"
        _take_in(_page(address, _fetched(address, self.timeout)), self)


def _fetched(address: str, timeout: float) -> str:
    """The text at an address, whole. Raises InputError with what to do when it is out of reach."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    from hotpatch_cli import __version__
    from hotpatch_cli.errors import refuse

    if not address.lower().startswith(("https://", "http://")):
        raise refuse(
            address, "This is not an address of the web.", "Write one that begins with https://."
        )
    remedy = "Open it in a browser, save it, and run `hotpatch releases import FILE`. "
    remedy += "Nothing was changed."
    try:
        request = Request(  # noqa: S310  checked above
            address, headers={"Accept": "text/markdown", "User-Agent": f"hotpatch/{__version__}"}
        )
        with urlopen(request, timeout=timeout) as answer:  # noqa: S310  checked above
            data = _whole(answer, timeout)
    except HTTPError as error:
        error.close()
        raise refuse(address, f"The server answered {error.code}.", remedy) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise refuse(
            address, f"The page cannot be fetched: {str(reason) or type(error).__name__}.", remedy
        ) from None
    return data.decode("utf-8", "replace")


def _whole(answer: "HTTPResponse", timeout: float) -> bytes:
    """The body of an answer. Raises OSError where it is cut, too large, or still coming after all
    the time there is.
    """
    from time import monotonic

    began, parts, size = monotonic(), [], 0
    while part := answer.read1(65536):
        parts.append(part)
        size += len(part)
        if size > _MAX_BYTES:
            raise OSError(f"it is larger than {_MAX_BYTES // 2**20} MB")
        if monotonic() - began > timeout:
            raise OSError(f"it did not come within {timeout:g} seconds")
    length = answer.headers.get("Content-Length", "")
    if length.isdigit() and size < int(length):
        raise OSError(f"the connection broke after {size} of {length} bytes")
    return b"".join(parts)


def _page(name: str, text: str) -> "ReleasePage":
    """The rows of a page. Raises InputError where its layout is not understood."""
    import json

    from hotpatch_cli.errors import refuse
    from hotpatch_cli.release_import import read_cvrf, read_learn_page

    try:
        is_json = text.lstrip().startswith(("{", "["))
        return read_cvrf(json.loads(text)) if is_json else read_learn_page(text)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise refuse(
            name,
            f"The layout of this page is not understood: {why}.",
            "Nothing was changed; look for a new version.",
        ) from None


def _take_in(page: "ReleasePage", request: ReleaseImportRequest | ReleaseUpdateRequest) -> None:
    """Show the difference, and keep what is new once that is agreed to."""
    from hotpatch_cli.cli.atomic_write import write_whole
    from hotpatch_cli.cli.console import deliver, say, screen
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.knowledge import user_data
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.knowledge.release_rows import release_of, row_of
    from hotpatch_cli.outputs.releases import render_difference
    from hotpatch_cli.release_import import merge_rows

    merged = merge_rows(map(row_of, load_knowledge().releases), page.rows)
    deliver(render_difference(page, merged, screen("-", no_color=request.no_color)), "-")
    if not merged.differs or request.dry_run:
        return
    if not request.yes and not _agreed():
        raise refuse("releases", "Nothing was kept.", "Add --yes to keep what is new.")
    path = user_data.folder() / user_data.NAME
    before = user_data.imported(path) if path.is_file() else ()
    fresh = (*merged.new, *(after for _, after in merged.changed))
    rows = merge_rows(map(row_of, before), fresh).rows
    _make_folder(path.parent)
    write_whole(path, user_data.as_text(map(release_of, rows)))
    say(f"Kept in {path}.", quiet=request.quiet)


def _agreed() -> bool:
    return sys.stdin.isatty() and typer.confirm("Keep what is new?", err=True)


def _make_folder(folder: Path) -> None:
    from hotpatch_cli.errors import refuse

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refuse(
            str(folder), f"The folder cannot be made: {error.strerror}.", "Set HOTPATCH_DATA."
        ) from None

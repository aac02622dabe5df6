"""`hotpatch releases`: the release data and its updates."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import (
    ConfigOption,
    NoColor,
    Output,
    Product,
    Quiet,
    ReleaseFiles,
)
from hotpatch_cli.cli.output_targets import renderer_for
from hotpatch_cli.cli.request import RequestCommand, RequestGroup, format_option, option, switch
from hotpatch_cli.cli.words import known_product
from hotpatch_cli.outputs.phrases import counted

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from hotpatch_cli.release_import import ReleasePage

app = typer.Typer(add_completion=False, invoke_without_command=True)

Yes = Annotated[bool, switch("--yes -y", "Save new releases without asking.")]
DryRun = Annotated[bool, switch("--dry-run", "Show the difference, but don't save it.")]
_MAX_BYTES = 20 * 1024 * 1024


@app.callback(cls=RequestGroup)
class ReleasesRequest(NamedTuple):
    """List the release data with its read date; import a Microsoft page, or update from it."""

    product: Product = "all"
    form: Annotated[str, format_option("outputs.formats.RELEASE_FORMATS")] = "table"
    output: Output = "-"
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the release data. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.session import knowledge_of
        from hotpatch_cli.outputs.formats import RELEASE_FORMATS

        render = renderer_for(self, RELEASE_FORMATS)
        product = known_product(self.product)
        knowledge = knowledge_of(self)
        rows = tuple(row for row in knowledge.releases if product in ("all", row.product))
        view = screen(self.output, no_color=self.no_color)
        deliver(render(knowledge._replace(releases=rows), view), self.output)
        conclude("", [self.output], quiet=self.quiet)


@app.command("import", cls=RequestCommand)
class ReleaseImportRequest(NamedTuple):
    """Read a Microsoft page, show its new releases, and save them in your data folder."""

    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Release information page (Markdown, HTML) or MSRC CVRF (JSON)."
        ),
    ]
    yes: Yes = False
    dry_run: DryRun = False
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Import the page. Raises InputError."""
        from hotpatch_cli.documents.files import read_text

        _take_in(_page(*read_text(self.file)), self)


@app.command("update", cls=RequestCommand)
class ReleaseUpdateRequest(NamedTuple):
    """Download Microsoft's release information page, show its new releases, and save them in your
    data folder.
    """

    url: Annotated[
        str,
        option("--url", "URL", "Another address of the page."),
    ] = ""
    timeout: Annotated[float, option("--timeout", "SECONDS", "Time limit.", min=0.1, max=600)] = 30
    yes: Yes = False
    dry_run: DryRun = False
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Import the page at the address. Raises InputError."""
        from hotpatch_cli.release_import import PAGE_URL

        address = self.url or f"{PAGE_URL}?accept=text/markdown"
        _take_in(_page(address, _fetched(address, self.timeout)), self)


def _fetched(address: str, timeout: float) -> str:
    """The whole text at an address. Raises InputError, with a fix, where it can't be reached."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    from hotpatch_cli import __version__
    from hotpatch_cli.errors import refuse

    if not address.lower().startswith(("https://", "http://")):
        raise refuse(address, "This isn't a web address.", "Specify one that begins with https://.")
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
            address, f"Can't download the page: {str(reason) or type(error).__name__}.", remedy
        ) from None
    return data.decode("utf-8", "replace")


def _whole(answer: "HTTPResponse", timeout: float) -> bytes:
    """The body of an answer. Raises OSError where it's incomplete, too large, or too slow."""
    from time import monotonic

    began, parts, size = monotonic(), [], 0
    while part := answer.read1(65536):
        parts.append(part)
        size += len(part)
        if size > _MAX_BYTES:
            raise OSError(f"it's larger than {_MAX_BYTES // 2**20} MB")
        if monotonic() - began > timeout:
            raise OSError(f"the request timed out after {timeout:g} seconds")
    length = answer.headers.get("Content-Length", "")
    if length.isdigit() and size < int(length):
        raise OSError(f"the connection closed after {size} of {length} bytes")
    return b"".join(parts)


def _page(name: str, text: str) -> "ReleasePage":
    """The rows of a page. Raises InputError for an unknown layout."""
    import json

    from hotpatch_cli.errors import refuse
    from hotpatch_cli.release_import import read_cvrf, read_learn_page

    try:
        is_json = text.lstrip().startswith(("{", "["))
        return read_cvrf(json.loads(text)) if is_json else read_learn_page(text)
    except (ValueError, RecursionError) as error:
        why = "it's nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise refuse(
            name,
            f"The layout of this page isn't supported: {why}.",
            "Nothing was changed. Check for a new version of hotpatch.",
        ) from None


def _take_in(page: "ReleasePage", request: ReleaseImportRequest | ReleaseUpdateRequest) -> None:
    """Show the difference, and save new releases once the user agrees."""
    from hotpatch_cli.cli.atomic_write import write_whole
    from hotpatch_cli.cli.console import deliver, screen
    from hotpatch_cli.documents.new_file import one_at_a_time
    from hotpatch_cli.documents.run_files import files_of_run
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.knowledge import user_data
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.knowledge.release_rows import release_of, row_of
    from hotpatch_cli.outputs.releases import render_difference
    from hotpatch_cli.release_import import merge_rows

    merged = merge_rows(map(row_of, load_knowledge().releases), page.rows)
    deliver(render_difference(page, merged, screen("-", no_color=request.no_color)), "-")
    if not merged.differs or request.dry_run:
        why = "--dry-run" if merged.differs else "no new releases"
        conclude(f"Nothing was saved ({why})", quiet=request.quiet)
        return
    if not request.yes and not _agreed():
        raise refuse("releases", "Nothing was saved.", "To save the new releases, add --yes.")
    path = user_data.folder() / user_data.NAME
    files_of_run().amend(str(path))
    _make_folder(path.parent)
    fresh = (*merged.new, *(after for _, after in merged.changed))
    with one_at_a_time(path.parent):
        before = user_data.imported(path) if user_data.file() else ()
        rows = merge_rows(map(row_of, before), fresh).rows
        write_whole(path, user_data.as_text(map(release_of, rows)))
    saved = f"{counted(len(merged.new), 'new release')}, {len(merged.changed):,} changed"
    conclude(saved, [str(path)], quiet=request.quiet)


def _agreed() -> bool:
    return sys.stdin.isatty() and typer.confirm("Save the new releases?", err=True)


def _make_folder(folder: Path) -> None:
    from hotpatch_cli.errors import refuse

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refuse(
            str(folder),
            f"Can't create the folder: {error.strerror}.",
            "Set HOTPATCH_DATA to a folder that you can write to.",
        ) from None

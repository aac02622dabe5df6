"""`hotpatch releases`: the release data, and how it stays fresh."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hotpatch_cli.cli.options.common import NoColor, Output, Quiet, ReleaseFiles

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from hotpatch_cli.release_import import ReleasePage

app = typer.Typer(add_completion=False, invoke_without_command=True)

Yes = Annotated[
    bool,
    typer.Option("--yes", "-y", envvar="HOTPATCH_YES", help="Keep what is new without asking."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", envvar="HOTPATCH_DRY_RUN", help="Show the difference only.")
]
_MAX_BYTES = 20 * 1024 * 1024


@app.callback(epilog="Example: hotpatch releases --product ws2025 --format csv")
def releases(
    context: typer.Context,
    product: Annotated[
        str,
        typer.Option(
            "--product", metavar="NAME", envvar="HOTPATCH_PRODUCT", help="ws2022, ws2025 or all"
        ),
    ] = "all",
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="FORMAT", envvar="HOTPATCH_FORMAT", help="table, json, csv"
        ),
    ] = "table",
    output: Output = "-",
    files: ReleaseFiles = None,
    no_color: NoColor = False,
) -> None:
    """List the release data with the day on which it was read; import a page of Microsoft, or fetch
    it.
    """
    if context.invoked_subcommand is not None:
        return
    from hotpatch_cli.cli.console import deliver, screen
    from hotpatch_cli.cli.options.gate import known_word
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.outputs.formats import RELEASE_FORMATS

    render = RELEASE_FORMATS[known_word(form, tuple(RELEASE_FORMATS), "--format")]
    wanted = known_word(product, ("all", "ws2022", "ws2025"), "--product")
    knowledge = load_knowledge(release_files=files or ())
    rows = tuple(row for row in knowledge.releases if wanted in ("all", row.product))
    deliver(render(knowledge._replace(releases=rows), screen(output, no_color=no_color)), output)


@app.command(
    "import", epilog="Example: hotpatch releases import windows-server-release-info.md --dry-run"
)
def import_command(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Release-information page (Markdown, HTML) or MSRC CVRF (JSON)."
        ),
    ],
    yes: Yes = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Read a page of Microsoft, show what is new in it, and keep that in the user's data folder."""
    from hotpatch_cli.documents.files import read_text

    name, text = read_text(file)
    _take_in(_page(name, text), yes=yes, dry_run=dry_run, quiet=quiet, no_color=no_color)


@app.command(epilog="Example: hotpatch releases update --yes")
def update(
    url: Annotated[
        str,
        typer.Option(
            "--url",
            metavar="URL",
            envvar="HOTPATCH_RELEASES_URL",
            help="Another address of the page.",
        ),
    ] = "",
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout", min=0.1, max=600, envvar="HOTPATCH_TIMEOUT", help="Seconds to wait."
        ),
    ] = 30,
    yes: Yes = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Fetch Microsoft's release-information page, show what is new, and keep it in the user's data
    folder.
    """
    from hotpatch_cli.release_import import PAGE_URL

    address = url or f"{PAGE_URL}?accept=text/markdown"
    page = _page(address, _fetched(address, timeout))
    _take_in(page, yes=yes, dry_run=dry_run, quiet=quiet, no_color=no_color)


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
    remedy = "Open it in a browser, save it, and run `hotpatch releases import FILE`. Nothing was changed."
    try:
        request = Request(
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
    told = answer.headers.get("Content-Length", "")
    if told.isdigit() and size < int(told):
        raise OSError(f"the connection broke after {size} of {told} bytes")
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
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise refuse(
            name,
            f"The layout of this page is not understood: {reason}.",
            "Nothing was changed; look for a new version.",
        ) from None


def _take_in(page: "ReleasePage", *, yes: bool, dry_run: bool, quiet: bool, no_color: bool) -> None:
    """Show the difference, and keep what is new once that is agreed to."""
    from hotpatch_cli.cli.console import deliver, say, screen, write_whole
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.knowledge import user_data
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.knowledge.release_rows import release_of, row_of
    from hotpatch_cli.outputs.releases import render_difference
    from hotpatch_cli.release_import import merge_rows

    merged = merge_rows(map(row_of, load_knowledge().releases), page.rows)
    deliver(render_difference(page, merged, screen("-", no_color=no_color)), "-")
    if not merged.differs or dry_run:
        return
    if not yes and not _agreed():
        raise refuse("releases", "Nothing was kept.", "Add --yes to keep what is new.")
    path = user_data.folder() / user_data.NAME
    before = user_data.imported(path) if path.is_file() else ()
    fresh = (*merged.new, *(after for _, after in merged.changed))
    rows = merge_rows(map(row_of, before), fresh).rows
    _make_folder(path.parent)
    write_whole(path, user_data.as_text(map(release_of, rows)))
    say(f"Kept in {path}.", quiet=quiet)


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

"""Azure itself as a source: what Resource Graph answers, read by the same readers as an export of
it.

A live source has a name, as a file has: `azure:`, or `azure:?subscription=A&subscription=B`. It can
be used wherever a file can, together with files. Only queries are sent; nothing is written.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar

from hotpatch_cli.documents.tree import Document
from hotpatch_cli.errors import refuse
from hotpatch_cli.inputs.live.rows import LiveDocument
from hotpatch_cli.inputs.live.scope import AzureScope

Watcher = Callable[[str, int, int], None]
"""Receives progress: the query, the rows read, and the total."""


def _unwatched() -> AbstractContextManager[Watcher]:
    return nullcontext(lambda _about, _done, _total: None)


watching: ContextVar[Callable[[], AbstractContextManager[Watcher]]] = ContextVar(
    "watching", default=_unwatched
)
"""Who watches while rows are read: the command line shows a bar."""


def open_document(name: str) -> Document:
    """All data of Azure on the machines in a scope, as one document. Raises InputError."""
    from hotpatch_cli.inputs.live.service import Service

    scope = AzureScope.named(name)
    with watching.get()() as watch, Service.of(scope, watch) as service:
        rows = service.everything()
    if not rows:
        remedy = "Specify another scope, or request the Reader role."
        raise refuse(
            name, "These subscriptions contain no machine that you have permission to read.", remedy
        )
    return LiveDocument(name, rows)

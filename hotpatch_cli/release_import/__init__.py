"""Microsoft's release pages become plain rows, and rows are merged with those known before.

An inner library: text and JSON values go in, rows come out; nothing is read, fetched or printed.
"""

from hotpatch_cli.release_import.cvrf import read_cvrf
from hotpatch_cli.release_import.learn_page import PAGE_URL, read_learn_page
from hotpatch_cli.release_import.merge import MergedRows, merge_rows
from hotpatch_cli.release_import.rows import PageSource, ReleasePage, ReleaseRow

__all__ = [
    "PAGE_URL",
    "MergedRows",
    "PageSource",
    "ReleasePage",
    "ReleaseRow",
    "merge_rows",
    "read_cvrf",
    "read_learn_page",
]

"""YAML, JSON and CSV read as positioned trees, and codecs that turn trees into values.

Every scalar stays the text of the file; types are from the codec, never from the syntax.
"""

from hotpatch_cli.documents.codec import Codec, Field, record
from hotpatch_cli.documents.files import parse, read_document
from hotpatch_cli.documents.problems import InputError, Problem
from hotpatch_cli.documents.tree import Document, Log, Mapping

__all__ = [
    "Codec",
    "Document",
    "Field",
    "InputError",
    "Log",
    "Mapping",
    "Problem",
    "parse",
    "read_document",
    "record",
]

"""HCL: a Packer template in HashiCorp's language, brought to the tree of its JSON form.

Parsed by python-hcl2, which comes with the extra `hcl`. It keeps no places: they're looked up in
the text.
"""

import re
from typing import Any

from hotpatch_cli.documents.files import read_text
from hotpatch_cli.documents.tree import Document, Mapping
from hotpatch_cli.errors import InputError, Problem, missing_package, refuse

_MAX_CHARACTERS = 200_000
_NEAR = 100
"""How many words like that of a block, as in comments, may come before it."""
_KEPT = re.compile(
    r"image_\w+|os_type|custom_managed_image_name|source|type|name|default|sensitive"
)


def open_document(name: str) -> Document:
    """The tree of a Packer template. Raises InputError; of Terraform's own files, with the way to a
    plan.
    """
    if name.lower().endswith((".tf", ".tfvars")):
        said = "Terraform configuration isn't supported. hotpatch reads plans and state."
        raise refuse(name, said, "Run: terraform plan -out p && terraform show -json p > plan.json")
    shown, text = read_text(name)
    if len(text) > _MAX_CHARACTERS:
        raise refuse(
            shown, f"The file has more than {_MAX_CHARACTERS} characters of HCL.", "Split the file."
        )
    document = Document(shown, text)
    document.root = _tree(_parsed(shown, text), text)
    return document


def _parsed(name: str, text: str) -> dict[str, Any]:
    try:
        import hcl2
        from lark.exceptions import LarkError
    except ImportError:
        raise missing_package(name, "Reading HCL", "hcl") from None
    try:
        return hcl2.loads(text if text.endswith("\n") else text + "\n")
    except (
        LarkError,
        ValueError,  # a number of 4,301 digits
        RecursionError,
    ) as error:  # their messages repeat the text, which can contain secrets
        line, column = getattr(error, "line", None), getattr(error, "column", None)
        known = isinstance(line, int) and line > 0
        place = (line, column) if known else (None, None)
        raise InputError(
            [Problem(name, *place, "Invalid HCL.", "For details, run `packer validate`.")]
        ) from None


def _tree(parsed: dict[str, Any], text: str) -> Mapping:
    """The blocks that count, as Packer's JSON form has them."""
    root = Mapping()
    for kind, depth in (("source", 2), ("variable", 1), ("locals", 0)):
        merged = Mapping()
        blocks = parsed.get(kind)  # `variable = 1` is no block
        places = _Blocks(text, kind)
        for block in blocks if isinstance(blocks, list) else ():
            places.lay(merged, block, depth, 0, f"{kind}\\b")
        root.put(kind, merged, merged.mark, merged.mark)
    return root


class _Blocks:
    """Converts the parser's blocks to mappings, with their places in the text."""

    def __init__(self, text: str, kind: str) -> None:
        self.text = text
        self._heads = [found.start() for found in re.finditer(rf"{kind}\b", text)]
        self._at = 0

    def head(self, pattern: str) -> int:
        """The offset of the block with these labels; else the start of the text. Blocks come in the
        order of the text: the search is near the last one.
        """
        head = re.compile(pattern)
        for number in range(self._at, min(self._at + _NEAR, len(self._heads))):
            if head.match(self.text, self._heads[number]):
                self._at = number
                return self._heads[number]
        return 0

    def lay(self, target: Mapping, block: Any, depth: int, mark: int, pattern: str) -> None:
        """Put the labels of a block, then its plain settings, into a mapping."""
        for key, value in block.items() if isinstance(block, dict) else ():
            name = _unquoted(key)
            if depth:
                self.labelled(target, name, value, depth, rf'{pattern}\s+"?{re.escape(name)}"?')
            elif (
                isinstance(value, str | bool)
                and name not in target
                and (_KEPT.fullmatch(name) or "locals" in pattern)
            ):
                at = self.find(rf"^[ \t]*{re.escape(name)}[ \t]*=[ \t]*", mark)
                target.put(name, _unquoted(value) if isinstance(value, str) else value, at, at)
                if "locals" in pattern:  # there can be many
                    mark = at

    def labelled(self, target: Mapping, name: str, block: Any, depth: int, pattern: str) -> None:
        """Put the content of a label into the mapping of that label."""
        at = self.head(pattern)
        inner = target.get(name)
        if inner is None:
            target.put(name, inner := Mapping(at), at, at)
        self.lay(inner, block, depth - 1, at, pattern)

    def find(self, pattern: str, start: int) -> int:
        """The offset behind a setting's equal sign, or of a block; else the start."""
        found = re.compile(pattern, re.MULTILINE).search(self.text, start)
        if found is None:
            return start
        return found.end() if found[0].rstrip().endswith("=") else found.start()


def _unquoted(text: str) -> str:
    """A word of the parser without the quotes that it keeps; a bare reference is one in ${}."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text

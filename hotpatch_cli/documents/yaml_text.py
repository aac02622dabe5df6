"""YAML as a positioned tree, built from the C parser's events.

PyYAML's constructors guess types (26100.10 becomes 26100.1, 22:00 becomes 1320, NO becomes false)
and keep the last of two equal keys. Therefore, only its parser is used.
"""

from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import MAX_DEPTH, Document, Log, Mapping, Sequence

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE = "<<\0"  # the merge key, which no key of a file equals: YAML has no code 0
_MAX_ALIASED = 64 * 2**20  # characters that aliases may stand for, all together


def parse_yaml(file: str, text: str) -> Document:
    """The tree of a YAML text of one document. Raises InputError with every problem found."""
    import yaml

    document = Document(file, text)
    builder = _Builder(document)
    parser = _parser(text)
    try:
        builder.build(parser.get_event)
    except _LimitError:
        pass  # the builder noted why
    except yaml.reader.ReaderError as error:
        builder.log.add(
            error.position,
            f"YAML doesn't allow the character {_named(error.character)}.",
            "Remove it.",
        )
    except yaml.MarkedYAMLError as error:
        _note_syntax(builder.log, error)
    finally:
        parser.dispose()
    builder.log.finish()
    return document


def _parser(text: str) -> Any:
    """The C parser; the Python parser only if PyYAML was built without it."""
    import yaml

    if yaml.__with_libyaml__:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the parser under CLoader, without its constructor

        return CParser(text)
    return yaml.Loader(text)


def _named(character: Any) -> str:
    """A character that can't be shown, by its number. The parsers return a number or a text."""
    return f"U+{character if isinstance(character, int) else ord(character):04X}"


def _note_syntax(log: Log, error: Any) -> None:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "the text isn't YAML"
    if log.document.text[mark.index : mark.index + 1] == "\t":
        log.add(mark.index, "YAML doesn't allow tabs for indentation.", "Use spaces.")
    elif "end of stream" in problem and "quoted scalar" in (error.context or ""):
        log.add(error.context_mark.index, "This quote is never closed.", "Close it.")
    else:
        context = f" ({error.context})" if error.context else ""
        log.add(
            mark.index,
            f"Invalid YAML: {problem}{context}.",
            "Check quotes, colons, and indentation around here.",
        )


class _LimitError(Exception):
    """The rest of the text isn't read because of a limit, which is in the log."""


class _Level(NamedTuple):
    """The state of a container while one of its children is read."""

    node: Any
    key: str | None
    key_mark: int
    anchor: str | None
    before: int


class _Builder:
    """Turns events into nodes with an explicit stack, so that depth costs no recursion."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.log = Log(document)
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.strings: dict[str, str] = {}
        self.aliased = 0
        self.documents = 0

    def build(self, get_event: Any) -> None:  # noqa: PLR0912  one loop over a file's every word: no calls in it
        """Read the stream to its end; the tree is in document.root afterwards.

        `key` is the key before its value, or None before a key. It's empty where there are no keys.
        """
        import yaml

        scalar, share, nulls = yaml.ScalarEvent, self.strings.setdefault, _NULLS
        marked = "&" in self.document.text or "!" in self.document.text
        root = Sequence()
        node: Any = root
        key: str | None = ""
        key_mark = 0
        stack: list[_Level] = []
        while (event := get_event()) is not None:
            kind = type(event)
            if kind is scalar:
                value, mark = event.value, event.start_mark.index
                if marked and (event.tag is not None or event.anchor is not None):
                    self._note_marks(event)
                if key is None:
                    merges = value == "<<" and event.implicit[0]  # in quotes it's a key like others
                    key, key_mark = (_MERGE if merges else share(value, value)), mark
                    continue
                value = None if value in nulls and event.implicit[0] else share(value, value)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                mark = event.start_mark.index
                self._check_start(event, len(stack))
                stack.append(_Level(node, key, key_mark, event.anchor, mark + self.aliased))
                node, key = (
                    (Mapping(mark), None)
                    if kind is yaml.MappingStartEvent
                    else (Sequence(mark), "")
                )
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                level = stack.pop()
                value = self._closed(node, level, event.end_mark.index)
                mark = value.mark
                node, key, key_mark = level.node, level.key, level.key_mark
            elif kind is yaml.AliasEvent:
                value, mark = self._alias(event), event.start_mark.index
            else:
                self._count_documents(event)
                continue
            if key is None:
                key, key_mark = self._odd_key(value, mark), mark
            elif type(node) is Sequence:
                node.put(value, mark)
            else:
                if key in node:
                    self._note_repeated(node, key, key_mark)
                else:
                    node[key] = value
                    node.marks.append(key_mark << 32 | mark)
                key = None
        for self.document.root, self.document.root_mark in zip(root, root.marks, strict=True):
            pass

    def _note_marks(self, event: Any) -> None:
        """The tag or the anchor of a scalar."""
        value = event.value
        if event.tag is not None:
            self._refuse_tag(event.start_mark.index)
        if event.anchor is not None:
            self.anchors[event.anchor] = (
                None if event.implicit[0] and value in _NULLS else value,
                len(value) + 1,
            )

    def _refuse_tag(self, mark: int) -> None:
        self.log.add(mark, "YAML tags (!...) aren't supported.", "Remove the tag.")

    def _check_start(self, event: Any, depth: int) -> None:
        if event.tag is not None:
            self._refuse_tag(event.start_mark.index)
        if depth >= MAX_DEPTH:
            self.log.add(
                event.start_mark.index,
                f"The nesting is deeper than {MAX_DEPTH} levels.",
                "Flatten the file.",
            )
            raise _LimitError

    def _closed(self, node: Any, level: _Level, end: int) -> Any:
        if type(node) is Mapping and _MERGE in node:
            node = self._merge(node)
        if level.anchor:
            self.anchors[level.anchor] = (node, end + self.aliased - level.before)
        return node

    def _alias(self, event: Any) -> Any:
        mark = event.start_mark.index
        value, size = self.anchors.get(event.anchor, (None, 0))
        if not size:
            message = f"The alias *{event.anchor[:60]} has no anchor before it."
            self.log.add(mark, message, f"Define &{event.anchor[:60]} above it.")
        self.aliased += size
        if self.aliased > _MAX_ALIASED:
            self.log.add(
                mark, "The aliases repeat too much of the file.", "Replace some with their values."
            )
            raise _LimitError
        return value

    def _merge(self, node: Mapping) -> Mapping:
        """The merge key `<<`: the mapping's own keys win over those of its mappings."""
        named = node[_MERGE]
        result = Mapping(node.mark)
        for key, value, key_mark, value_mark in node.placed():
            if key != _MERGE:
                result.put(key, value, key_mark, value_mark)
        for source in named if isinstance(named, Sequence) else [named]:
            if not isinstance(source, Mapping):
                self.log.add(node.at(_MERGE), "`<<` requires a mapping or a list of mappings.")
                continue
            for key, value, key_mark, value_mark in source.placed():
                if key not in result:
                    result.put(key, value, key_mark, value_mark)
        return result

    def _count_documents(self, event: Any) -> None:
        import yaml

        self.documents += isinstance(event, yaml.DocumentStartEvent)
        if self.documents > 1:
            self.log.add(
                event.start_mark.index, "The file has a second document.", "Split the file."
            )
            raise _LimitError

    def _odd_key(self, value: Any, mark: int) -> str:
        """A key that is an alias of a text; anything else is a problem."""
        if value is None or isinstance(value, str):
            return value or ""
        self.log.add(mark, "A key must be text.", "Specify one word before the colon.")
        return ""

    def _note_repeated(self, node: Mapping, key: str, mark: int) -> None:
        first = self.document.position(node.key_mark(key)).line
        self.log.add(
            mark, f"The key '{key[:60]}' is defined twice (first on line {first}).", "Keep one."
        )

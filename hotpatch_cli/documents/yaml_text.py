"""YAML as a positioned tree, built from the C parser's events.

PyYAML's constructors guess types (26100.10 becomes 26100.1, 22:00 becomes 1320, NO becomes false) and let
the last of two equal keys win; so nothing of them is used, only the parser.
"""

from typing import Any

from hotpatch_cli.documents.tree import MAX_DEPTH, Document, Log, Mapping, Sequence

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
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
        builder.log.add(error.position, f"YAML does not allow the character {error.character!r}.", "Remove it.")
    except yaml.MarkedYAMLError as error:
        _note_syntax(builder.log, error)
    finally:
        parser.dispose()
    builder.log.finish()
    return document


def _parser(text: str) -> Any:
    """The C parser; the Python one only where PyYAML was built without it."""
    import yaml

    if yaml.__with_libyaml__:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the parser under CLoader, without its constructor

        return CParser(text)
    return yaml.Loader(text)


def _note_syntax(log: Log, error: Any) -> None:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "the text is not YAML"
    if "'\\t'" in problem or "tab" in problem.lower():
        log.add(mark.index, "A tab stands where YAML wants spaces.", "Indent with spaces.")
    elif "quoted scalar" in (error.context or "") and error.context_mark:
        log.add(error.context_mark.index, "This quote is never closed.", "Close it.")
    else:
        context = f" ({error.context})" if error.context else ""
        log.add(mark.index, f"Not YAML: {problem}{context}.", "Check quotes, colons and indentation around here.")


class _LimitError(Exception):
    """The rest of the text is not read: a limit was passed, and the log says which."""


class _Builder:
    """Turns events into nodes with an explicit stack, so that depth costs no recursion."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.log = Log(document)
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.strings: dict[str, str] = {}
        self.aliased = 0
        self.documents = 0

    def build(self, get_event: Any) -> None:
        """Read the stream to its end; the tree stands in document.root afterwards.

        Nine events of ten are scalars, so their way is written out here, with as little as possible on it.
        """
        import yaml

        scalar, share = yaml.ScalarEvent, self.strings.setdefault
        marked = "&" in self.document.text or "!" in self.document.text
        current: _Open = _OpenDocument(self.document)
        stack = [current]
        while (event := get_event()) is not None:
            kind = type(event)
            if kind is scalar:
                value = event.value
                if marked and (event.tag is not None or event.anchor is not None):
                    self._note_marks(event)
                if value in _NULLS and event.implicit[0]:
                    current.take(None, event.start_mark.index)
                elif current.key is None:
                    current.key, current.key_mark = share(value, value), event.start_mark.index
                else:
                    current.take(share(value, value), event.start_mark.index)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                current = self._open(event, kind is yaml.MappingStartEvent, len(stack))
                stack.append(current)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                node = self._close(stack.pop(), event.end_mark.index)
                current = stack[-1]
                current.take(node, node.mark)
            elif kind is yaml.AliasEvent:
                current.take(self._alias(event), event.start_mark.index)
            elif kind is yaml.DocumentStartEvent:
                self._count_document(event)

    def _note_marks(self, event: Any) -> None:
        """The tag or the anchor of a scalar."""
        value = event.value
        if event.tag is not None:
            self._refuse_tag(event.start_mark.index)
        if event.anchor is not None:
            self.anchors[event.anchor] = (None if event.implicit[0] and value in _NULLS else value, len(value) + 1)

    def _refuse_tag(self, mark: int) -> None:
        self.log.add(mark, "YAML tags (!...) are not read here.", "Remove the tag.")

    def _open(self, event: Any, is_mapping: bool, depth: int) -> "_Open":  # noqa: FBT001  one of two kinds
        mark = event.start_mark.index
        if event.tag is not None:
            self._refuse_tag(mark)
        if depth > MAX_DEPTH:
            self.log.add(mark, f"Nested deeper than {MAX_DEPTH} levels.", "Flatten the file.")
            raise _LimitError
        opened = _OpenMapping(Mapping(mark), self.log) if is_mapping else _OpenSequence(Sequence(mark))
        opened.anchor, opened.before = event.anchor, mark + self.aliased
        return opened

    def _close(self, opened: "_Open", end: int) -> Mapping | Sequence:
        node: Mapping | Sequence = opened.node
        if isinstance(node, Mapping) and "<<" in node:
            node = self._merge(node)
        if opened.anchor:
            self.anchors[opened.anchor] = (node, end + self.aliased - opened.before)
        return node

    def _alias(self, event: Any) -> Any:
        mark = event.start_mark.index
        value, size = self.anchors.get(event.anchor, (None, 0))
        if not size:
            self.log.add(mark, f"The alias *{event.anchor[:60]} has no anchor before it.")
        self.aliased += size
        if self.aliased > _MAX_ALIASED:
            self.log.add(mark, "Aliases repeat more of this file than is read.", "Write the values out.")
            raise _LimitError
        return value

    def _merge(self, node: Mapping) -> Mapping:
        """The merge key `<<`: what it names lies under the mapping's own keys."""
        named = node["<<"]
        result = Mapping(node.mark)
        for key, value, key_mark, value_mark in node.placed():
            if key != "<<":
                result.put(key, value, key_mark, value_mark)
        for source in named if isinstance(named, Sequence) else [named]:
            if not isinstance(source, Mapping):
                self.log.add(node.at("<<"), "`<<` takes a mapping or a list of mappings.")
                continue
            for key, value, key_mark, value_mark in source.placed():
                if key not in result:
                    result.put(key, value, key_mark, value_mark)
        return result

    def _count_document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self.log.add(event.start_mark.index, "A second document in one file.", "Split the file.")
            raise _LimitError


class _Open:
    """A node whose end has not been read: takes what stands in it.

    `key` is the key that waits for its value; what has no keys always holds an empty one.
    """

    __slots__ = ("anchor", "before", "key", "key_mark", "node")

    def __init__(self, node: Any) -> None:
        self.node = node
        self.key: str | None = ""
        self.key_mark = 0
        self.anchor: str | None = None
        self.before = 0

    def take(self, value: Any, mark: int) -> None:
        """Add a key or a value."""
        raise NotImplementedError


class _OpenDocument(_Open):
    __slots__ = ()

    def take(self, value: Any, mark: int) -> None:
        self.node.root, self.node.root_mark = value, mark


class _OpenSequence(_Open):
    __slots__ = ()

    def take(self, value: Any, mark: int) -> None:
        self.node.put(value, mark)


class _OpenMapping(_Open):
    __slots__ = ("log",)

    def __init__(self, node: Mapping, log: Log) -> None:
        super().__init__(node)
        self.key = None
        self.log = log

    def take(self, value: Any, mark: int) -> None:
        key, node = self.key, self.node
        if key is None:
            self._take_key(value, mark)
            return
        self.key = None
        if key in node:
            first = self.log.document.position(node.key_mark(key)).line
            self.log.add(self.key_mark, f"The key '{key[:60]}' stands twice (first on line {first}).", "Keep one.")
        else:
            node[key] = value
            node.marks.append(self.key_mark << 32 | mark)

    def _take_key(self, value: Any, mark: int) -> None:
        self.key, self.key_mark = "", mark
        if value is None or isinstance(value, str):
            self.key = value or ""
        else:
            self.log.add(mark, "A key must be text.", "Write one word before the colon.")

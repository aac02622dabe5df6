"""Mutation: which small faults in the rules would the fast tests notice?

    python tools/mutation.py                     # every package, a sample of each
    python tools/mutation.py servicing --seed 7 --sample 300

Each mutant is one change of one expression: a comparison turned, a number one higher, a condition
negated. The tests are collected once. A first run under coverage tells which tests touch which
line. Each mutant then runs in a process of its own, with the tests that touch its statement (of a
constant: any file that has it), the quickest first, until one fails. The sources on disk never
change.

Bodies of classes and what a module computes from other constants at import aren't changed, nor are
texts and what is raised. A mutant that means the same as the program is a row of
`mutation_equivalents.yaml`, with its reason, and isn't counted. Needs fork (Linux, macOS).
"""

import argparse
import ast
import contextlib
import copy
import functools
import gc
import hashlib
import importlib
import inspect
import json
import os
import random
import select
import signal
import sys
import textwrap
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

import pytest
import yaml

_ROOT = Path(__file__).resolve().parent.parent
_SOURCE = _ROOT / "hotpatch_cli"
PACKAGES = {
    "rules": ("eligibility",),
    "servicing": ("servicing",),
    "schedule": ("schedule",),
    "restarts": ("restarts.py",),
    "gate": ("gate/outcome.py",),
}
_EQUIVALENTS = Path(__file__).with_name("mutation_equivalents.yaml")
_LONGEST = 3600
# The tests that can notice: they run in this process, so that coverage sees what they touch.
_OPTIONS = ["-m", "not slow", "-n", "0", "-p", "no:cacheprovider", "-q", "--tb=no"]

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Mutant(NamedTuple):
    """One change: where it stands, what was there, and what stands there instead."""

    path: Path
    line: int
    statement: range  # The lines of the statement: without the body of an `if`, for one.
    owner: str  # The outermost function, as Class.function, or the constant of the module.
    constant: bool
    before: str
    after: str
    code: CodeType  # The whole module with the change.

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a row of the equivalents names: it outlives a move to another line."""
        return self.path.relative_to(_SOURCE).as_posix(), self.owner, self.before, self.after

    def __str__(self) -> str:
        place = f"{self.path.relative_to(_ROOT)}:{self.line}"
        return f"{place} {self.owner}\n    {self.before}\n    {self.after}"


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    """What may stand instead of an expression."""
    match node:
        case ast.Compare(ops=[*ops]):
            for index, operator in enumerate(ops):
                for other in _COMPARISONS.get(type(operator), ()):
                    changed = copy.copy(node)
                    changed.ops = [*ops[:index], other(), *ops[index + 1 :]]
                    yield changed
        case ast.BoolOp(op=operator, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
            for index in range(len(values)):
                rest = values[:index] + values[index + 1 :]
                yield ast.BoolOp(operator, rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(op=operator, left=left, right=right) if type(operator) in _ARITHMETIC:
            yield ast.BinOp(left, _ARITHMETIC[type(operator)](), right)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case _:
            yield from _values(node)


def _values(node: ast.expr) -> Iterator[ast.expr]:
    """What may stand instead of a constant, a call or an end of a slice."""
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in _CALLS:
            yield ast.Call(ast.Name(_CALLS[name], ast.Load()), args, keywords)
        case ast.Call(func=ast.Name(id="sorted" | "reversed"), args=[first, *_]):
            yield ast.Call(ast.Name("list", ast.Load()), [first], [])
        case ast.Slice(lower=lower, upper=upper, step=step):
            if lower is not None:
                yield ast.Slice(None, upper, step)
            if upper is not None:
                yield ast.Slice(lower, None, step)
        case _:
            pass


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """What may stand instead of a statement."""
    match node:
        case ast.If(test=test, body=body, orelse=orelse) if not isinstance(test, ast.Compare):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Return(value=ast.expr() as value) if not (
            isinstance(value, ast.Constant) and not value.value
        ):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign():
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case _:
            pass


_LEFT_ALONE = {"annotation", "returns", "decorator_list", "type_params", "bases"}


class _Place(NamedTuple):
    """A node that can change, and where its parent has it."""

    owner: str
    statement: ast.stmt
    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def _places(node: ast.AST, owner: str, statement: ast.stmt | None = None) -> Iterator[_Place]:
    """Every place of a tree that can change.

    Texts, types, and what is raised are left alone: a word in a message is no rule. `statement` is
    None outside of functions and of the constants of a module.
    """
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert):
        return
    for field, value in ast.iter_fields(node):
        if field in _LEFT_ALONE:
            continue
        many = isinstance(value, list)
        for index, child in enumerate(value if many else [value]):
            if not isinstance(child, ast.AST):
                continue
            name, within = owner, statement
            if statement is None and isinstance(child, ast.ClassDef | ast.FunctionDef):
                name = f"{owner}.{child.name}" if owner else child.name
            starts = isinstance(child, ast.FunctionDef) or (
                not owner and isinstance(child, ast.Assign)
            )
            if isinstance(child, ast.stmt) and (statement is not None or starts):
                within = child
            if within is not None:
                yield _Place(name, within, node, field, index if many else None, child)
            yield from _places(child, name, within)


def _targets(statement: ast.stmt) -> str:
    """The names that a statement assigns."""
    names = ast.walk(statement) if isinstance(statement, ast.Assign) else ()
    return " ".join(
        node.id for node in names if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


def _lines(statement: ast.stmt) -> range:
    """The lines of a statement without those of the statements in it. The default arguments of a
    function matter on all its lines.
    """
    body = None if isinstance(statement, ast.FunctionDef) else getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return range(statement.lineno, max(last, statement.lineno) + 1)


def _short(node: ast.AST) -> str:
    text = ast.unparse(node)
    if isinstance(node, ast.If):
        text = text.splitlines()[0]
    return textwrap.shorten(text, 160, placeholder=" ...")


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its lines."""
    tree = ast.parse(path.read_text("utf-8"), str(path))
    for place in list(_places(tree, "")):
        node = place.node
        others: Iterable[ast.AST] = ()
        if isinstance(node, ast.expr) and (place.owner or isinstance(node, ast.Constant)):
            others = _expressions(node)
        elif isinstance(node, ast.stmt) and place.owner:
            others = _statements(node)
        for other in others:
            ast.copy_location(other, node)
            ast.fix_missing_locations(other)
            # A number alone says nothing: it's shown in its expression.
            inside = isinstance(node, ast.Constant) and isinstance(place.parent, ast.expr)
            before = _short(place.parent if inside else node)
            place.put(other)
            after = _short(place.parent if inside else other)
            code = compile(tree, str(path), "exec")
            place.put(node)
            yield Mutant(
                path,
                getattr(node, "lineno", place.statement.lineno),
                _lines(place.statement),
                place.owner or _targets(place.statement),
                not place.owner,
                before,
                after,
                code,
            )


def _code_named(code: CodeType, qualified: str) -> CodeType | None:
    """The code of a function by its qualified name."""
    for constant in code.co_consts:
        if not isinstance(constant, CodeType):
            continue
        if constant.co_qualname == qualified:
            return constant
        if qualified.startswith(f"{constant.co_qualname}."):
            return _code_named(constant, qualified)
    return None


def _module_of(path: Path) -> ModuleType:
    parts = path.relative_to(_ROOT).with_suffix("").parts
    return importlib.import_module(".".join(parts).removesuffix(".__init__"))


def apply_mutant(mutant: Mutant) -> bool:
    """Change the program that runs in this process; False where nothing of it is in memory."""
    module = _module_of(mutant.path)
    _forget()
    if mutant.constant:
        return _change_constants(module, mutant)
    changed = False
    for function in _functions().get((str(mutant.path), mutant.owner), ()):
        new = _code_named(mutant.code, function.__code__.co_qualname)
        if new is None or function.__code__.co_freevars != new.co_freevars:
            continue
        is_owner = function.__code__.co_qualname == mutant.owner
        if is_owner and (function.__defaults__ or function.__kwdefaults__):
            fresh = _function_of(module, mutant)
            function.__defaults__ = fresh.__defaults__
            function.__kwdefaults__ = fresh.__kwdefaults__
        function.__code__ = new
        changed = True
    return changed


@functools.cache
def _functions() -> dict[tuple[str, str], list[FunctionType]]:
    """The functions of the program that are in memory, by file and outermost function."""
    found = defaultdict(list)
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType):
            code = thing.__code__
            if code.co_filename.startswith(str(_SOURCE)):
                owner = code.co_qualname.partition(".<locals>")[0]
                found[code.co_filename, owner].append(thing)
    return found


@functools.cache
def _caches() -> list[Any]:
    """What the program remembers of earlier calls; shipped knowledge is below all of it."""
    return [
        thing
        for thing in gc.get_objects()
        if isinstance(thing, functools._lru_cache_wrapper)
        and (thing.__module__ or "").startswith("hotpatch_cli")
        and not thing.__module__.startswith("hotpatch_cli.knowledge")
    ]


def _forget() -> None:
    for cached in _caches():
        cached.cache_clear()


def _function_of(module: ModuleType, mutant: Mutant) -> Any:
    """A function as the changed module defines it, with its default arguments."""
    fresh: dict[str, Any] = {**vars(module)}
    exec(mutant.code, fresh)  # noqa: S102 - our own source with one change, to get its defaults
    first, *rest = mutant.owner.split(".")
    found = fresh[first]
    for name in rest:
        found = vars(found)[name]
    found = getattr(found, "__func__", found)
    return inspect.unwrap(getattr(found, "func", getattr(found, "fget", found)))


def _change_constants(module: ModuleType, mutant: Mutant) -> bool:
    """Give every module that holds a constant of this one its new value."""
    fresh: dict[str, Any] = {**vars(module)}
    names = mutant.owner.split()
    if not names:
        return False
    exec(mutant.code, fresh)  # noqa: S102 - our own source with one change, to get its constants
    for name in names:
        old, new = getattr(module, name), fresh[name]
        for other in list(sys.modules.values()):
            space = getattr(other, "__dict__", {})
            for key in [key for key, value in space.items() if value is old and key == name]:
                setattr(other, key, new)
    return True


def files_with(mutant: Mutant) -> set[str]:
    """The file of a constant, and those that import it by its name."""
    module = _module_of(mutant.path)
    found = {str(mutant.path)}
    for name in mutant.owner.split():
        value = getattr(module, name)
        found |= {
            str(other.__file__)
            for other in list(sys.modules.values())
            if other.__name__.startswith("hotpatch_cli.") and vars(other).get(name) is value
        }
    return found


class _Measure(NamedTuple):
    """What each test touches, by its id: seconds, and lines by file. `sources` is a digest of these
    files.
    """

    sources: str
    tests: dict[str, tuple[float, dict[str, list[int]]]]

    @classmethod
    def kept(cls, file: Path | None, files: list[Path]) -> "_Measure":
        """What an earlier run measured, if the sources are still the same."""
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
        if file is not None and file.exists():
            sources, tests = json.loads(file.read_text("utf-8"))
            if sources == digest:
                return cls(digest, tests)
        return cls(digest, {})

    def tests_of(self, mutant: Mutant, items: list[pytest.Item]) -> list[pytest.Item]:
        """The tests that can notice a mutant, the quickest first."""
        wanted, path = set(mutant.statement), str(mutant.path)
        users = files_with(mutant) if mutant.constant else set()
        chosen = []
        for item in items:
            touched = self.tests[item.nodeid][1]
            if not users.isdisjoint(touched) or not wanted.isdisjoint(touched.get(path, ())):
                chosen.append(item)
        return sorted(chosen, key=lambda item: self.tests[item.nodeid][0])


def _run(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Whether a test passes in this process, now."""
    before = item.session.testsfailed
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    return item.session.testsfailed == before


def _pairs(items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    return zip_longest(items, items[1:])


def _without_shrinking(items: list[pytest.Item]) -> None:
    """A property that fails needs no smallest example here, and no example of an earlier run."""
    import hypothesis  # Imported by its plugin first, which rewrites its assertions.

    for item in items:
        test = getattr(item, "obj", None)
        old = getattr(test, "_hypothesis_internal_use_settings", None)
        if old is not None:
            phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
            new = hypothesis.settings(
                old,
                phases=phases,
                database=None,
                derandomize=True,
                deadline=None,
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            getattr(test, "__func__", test)._hypothesis_internal_use_settings = new


def _in_child(task: Callable[[], bytes], seconds: float) -> bytes | None:
    """What a task answers in a process of its own; None where it has no end."""
    receive, send = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(receive)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        answer = b"error"
        with contextlib.suppress(BaseException):
            answer = task()
        with os.fdopen(send, "wb") as pipe:
            pipe.write(answer)
        os._exit(0)
    os.close(send)
    parts: list[bytes] = []
    until = time.monotonic() + seconds
    with os.fdopen(receive, "rb", buffering=0) as pipe:
        while True:
            ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return None
            part = pipe.read(1 << 20)
            if not part:
                break
            parts.append(part)
    os.waitpid(pid, 0)
    return b"".join(parts)


def _measured(items: list[pytest.Item], files: list[Path]) -> bytes:
    """Run tests once and tell, as JSON, what each touches, how long it takes, and which fail."""
    import coverage  # Only a run needs it.

    cover = coverage.Coverage(include=[str(path) for path in files], data_file=None)
    cover.start()
    tests: dict[str, tuple[float, dict[str, list[int]]]] = {}
    failed = []
    for item, following in _pairs(items):
        cover.switch_context(item.nodeid)
        _forget()
        begin = time.perf_counter()
        if not _run(item, following):
            failed.append(item.nodeid)
        tests[item.nodeid] = time.perf_counter() - begin, {}
    cover.stop()
    for path in map(str, files):
        for line, contexts in cover.get_data().contexts_by_lineno(path).items():
            for context in filter(None, contexts):
                tests[context][1].setdefault(path, []).append(line)
    return json.dumps([tests, failed]).encode()


class _Runner:
    """A plugin of pytest: it runs mutants where pytest would run the tests."""

    def __init__(self, packages: Iterable[str], sample: int, seed: int, kept: Path | None) -> None:
        self.packages = packages
        self.sample = sample
        self.seed = seed
        self.kept = kept
        self.survivors = 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.config.pluginmanager.unregister(name="terminalreporter")
        items = session.items
        _without_shrinking(items)
        # What tests share is made here, once, and not in each process.
        shared = next((item for item in items if "hotpatch" in item.fixturenames), items[0])
        elsewhere = next((item for item in items if item.path.parent != shared.path.parent), None)
        _run(shared, elsewhere)
        _functions(), _caches()  # Once, before any process is made.
        measure = self._measure(items)
        for package in self.packages:
            self._judge(package, items, measure)
        return True

    def _measure(self, items: list[pytest.Item]) -> _Measure:
        begin = time.monotonic()
        every = [path for name in PACKAGES for path in _files(name)]
        measure = _Measure.kept(self.kept, every)
        fresh = [item for item in items if item.nodeid not in measure.tests]
        if fresh:
            answer = _in_child(lambda: _measured(fresh, every), _LONGEST)
            if not answer:
                sys.exit("The tests have no end")
            tests, failed = json.loads(answer)
            if failed:
                names = "\n".join(failed[:5])
                sys.exit(f"{len(failed)} tests fail without any mutant:\n{names}")
            measure.tests.update(tests)
            if self.kept is not None:
                self.kept.write_text(json.dumps(measure), "utf-8")
        print(f"{len(fresh)} tests run once in {time.monotonic() - begin:.0f} s", flush=True)
        return measure

    def _judge(self, package: str, items: list[pytest.Item], measure: _Measure) -> None:
        begin = time.monotonic()
        known = _equivalents()
        everything = [mutant for path in _files(package) for mutant in mutants_of(path)]
        counted = [mutant for mutant in everything if mutant.key not in known]
        files = {mutant.key[0] for mutant in everything}
        for stale in sorted(known - {mutant.key for mutant in everything}):
            if stale[0] in files:
                print(f"no mutant is this row of the equivalents: {stale}", flush=True)
        order = random.Random(self.seed)  # noqa: S311 - a sample, no secret
        sample = order.sample(counted, min(self.sample, len(counted)))
        outcomes: Counter[str] = Counter()
        for mutant in sorted(sample, key=lambda mutant: (mutant.path, mutant.line)):
            tests = measure.tests_of(mutant, items)
            # A mutant that takes three times as long as the program has no end.
            limit = 20 + 3 * sum(measure.tests[test.nodeid][0] for test in tests)
            outcome = _outcome(mutant, tests, limit)
            outcomes[outcome] += 1
            if outcome not in {"killed", "endless"}:
                print(f"{outcome}: {mutant}", flush=True)
        judged = outcomes["killed"] + outcomes["endless"] + outcomes["survived"]
        share = 1 - outcomes["survived"] / judged if judged else 1.0
        self.survivors += outcomes["survived"]
        print(
            f"{package}: {len(everything)} mutants, {len(everything) - len(counted)} equivalent, "
            f"{len(sample)} sampled with seed {self.seed}: {outcomes['killed']} killed, "
            f"{outcomes['endless']} endless, {outcomes['survived']} survived, "
            f"{len(sample) - judged} not run, {share:.1%} noticed, "
            f"{time.monotonic() - begin:.0f} s",
            flush=True,
        )


def _outcome(mutant: Mutant, items: list[pytest.Item], limit: float) -> str:
    def task() -> bytes:
        try:
            if not apply_mutant(mutant):
                return b"not applied"
        except Exception:  # noqa: BLE001 - a module that can't be imported fails every test
            return b"killed"
        survived = all(_run(item, following) for item, following in _pairs(items))
        return b"survived" if survived else b"killed"

    answer = _in_child(task, limit)
    if answer is None:
        return "endless"
    return answer.decode() or "error"


def _files(package: str) -> list[Path]:
    roots = [_SOURCE / part for part in PACKAGES[package]]
    return [path for root in roots for path in (sorted(root.rglob("*.py")) or [root])]


def _equivalents() -> set[tuple[str, str, str, str]]:
    rows = yaml.safe_load(_EQUIVALENTS.read_text("utf-8")) or []
    return {(row["file"], row["owner"], row["before"], row["after"]) for row in rows}


def main() -> int:
    """Judge the packages that the command line names."""
    parser = argparse.ArgumentParser(description="Which small faults would the fast tests notice?")
    parser.add_argument("package", nargs="*", choices=[[], *PACKAGES], default=[])
    parser.add_argument("--sample", type=int, default=150, help="mutants of a package")
    parser.add_argument("--seed", type=int, default=1, help="which mutants")
    parser.add_argument("--tests", nargs="*", default=["tests"], help="folders of tests to run")
    parser.add_argument("--kept", type=Path, help="a file that keeps what the tests touch")
    options = parser.parse_args()
    packages = options.package or list(PACKAGES)
    runner = _Runner(packages, options.sample, options.seed, options.kept)
    pytest.main([*options.tests, *_OPTIONS], plugins=[runner])
    return 1 if runner.survivors else 0


if __name__ == "__main__":
    sys.exit(main())

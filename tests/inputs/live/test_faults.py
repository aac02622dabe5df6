"""Faults of a service and of the network: nothing lost, doubled, or leaked, and an end in time."""

import gzip
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic
from typing import Any

import pytest
from azure_stand import Answer, Azure, running, vm

from hotpatch_cli.inputs.live.client import Pace

DAY = ("--as-of", "2025-12-15", "-f", "json")
CLIENT = "hotpatch_cli.inputs.live.client.PACE"
ANSWER = "hotpatch_cli.inputs.live.answer.MOST_BYTES"


@pytest.fixture
def fleet(azure: Azure) -> Azure:
    """Azure with 25 machines in pages of ten."""
    azure.tables["resources"] = [vm(f"web{number:02}") for number in range(25)]
    azure.page = 10
    return azure


def names(done: Any) -> list[str]:
    """The names of a report, each as often as it's in it."""
    return [machine["name"] for machine in done.json["machines"]]


ALL = [f"web{number:02}" for number in range(25)]


def test_a_token_that_expires_midway(hotpatch: Any, fleet: Azure) -> None:
    """A token that is rejected between two pages is replaced once, and no machine is lost."""
    fleet.instead = [None, None, Answer(401, {"error": {"code": "ExpiredAuthenticationToken"}})]
    assert names(hotpatch("check", "--azure", *DAY)) == ALL
    tokens = [asked.headers["Authorization"] for asked in fleet.asked]
    assert tokens[:4] == ["Bearer loopback"] * 3 + ["Bearer loopback-2"]
    assert set(tokens[3:]) == {"Bearer loopback-2"}


@pytest.mark.parametrize("before", [0, 3])
def test_a_sign_in_that_stays_rejected(hotpatch: Any, fleet: Azure, before: int) -> None:
    """A new token that is rejected too ends the run with code 2 and the fix."""
    refused = Answer(401, {"error": {"code": "ExpiredAuthenticationToken"}})
    fleet.instead = [*[None] * before, refused, refused]
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert "ExpiredAuthenticationToken" in done.err
    assert "az login" in done.err
    assert len(fleet.asked) == before + 2


def past(hours: int) -> str:
    """A moment as HTTP writes it, so many hours from now."""
    return format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)


SOON = ["0", "-5", "nan", "inf", "1e999", "", "soon", past(-5), "Mon, 99 Foo 2025", "9" * 5000]


@pytest.mark.parametrize("asked", SOON, ids=range(len(SOON)))
def test_absurd_waits(hotpatch: Any, fleet: Azure, asked: str) -> None:
    """A wait that is none, past, or no number is replaced by the program's own pause."""
    hotpatch.monkeypatch.setattr(CLIENT, Pace(between=0))
    fleet.headers = {}
    fleet.instead = [None, Answer(429, {}, {"Retry-After": asked})]
    began = monotonic()
    assert names(hotpatch("check", "--azure", *DAY)) == ALL
    assert monotonic() - began < 10


@pytest.mark.parametrize("asked", ["121", "9e9", past(5)], ids=["seconds", "ages", "a moment"])
def test_long_waits(hotpatch: Any, fleet: Azure, asked: str) -> None:
    """A wait of more than two minutes is not begun: the run ends with code 2."""
    fleet.instead = [None, Answer(429, {}, {"Retry-After": asked})]
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert "throttling" in done.err
    assert len(fleet.asked) == 2


def test_one_byte_at_a_time(hotpatch: Any, fleet: Azure) -> None:
    """The limit of an answer holds for the whole of it, headers included."""
    hotpatch.monkeypatch.setattr(CLIENT, Pace(tries=1, answer=0.5, between=0))
    fleet.instead = [None, *[Answer(200, {}, drip=0.1)] * 9]
    began = monotonic()
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert "timed out" in done.err
    assert monotonic() - began < 5
    assert len(fleet.asked) == 3


def test_a_body_without_an_end(hotpatch: Any, fleet: Azure) -> None:
    """A body is read up to a bound, not into memory; it isn't asked for again."""
    hotpatch.monkeypatch.setattr(ANSWER, 1_000_000)
    fleet.instead = [None, Answer(200, endless=b" " * 65_536)]
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert "larger than" in done.err
    assert len(fleet.asked) == 2
    assert fleet.sent < 50_000_000


def bomb(times: int) -> bytes:
    """Zeros of 1 MB, packed, so many times."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(bytes(2**20)) for _ in range(times)]
    return b"".join(parts) + packer.flush()


def test_packed_answers(hotpatch: Any, fleet: Azure) -> None:
    """A packed answer is read, a broken or cut one asked for again, and a bomb refused."""
    packed = {"Content-Encoding": "gzip"}
    page = gzip.compress(b'{"totalRecords": 0, "count": 0, "data": []}')
    for broken in (page[:20], b"no gzip"):
        hotpatch.monkeypatch.setattr(CLIENT, Pace(between=0))
        fleet.instead = [None, Answer(200, broken, packed)]
        assert names(hotpatch("check", "--azure", *DAY)) == ALL
    fleet.instead = [None, None, None, None, Answer(200, page, packed)]
    assert names(hotpatch("check", "--azure", *DAY)) == ALL
    fleet.instead = [None, Answer(200, bomb(70), packed)]
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert "larger than 64 MB" in done.err


def test_an_unknown_packing(hotpatch: Any, fleet: Azure) -> None:
    """An answer in a packing that wasn't asked for is refused."""
    fleet.instead = [None, Answer(200, b"x", {"Content-Encoding": "br"})]
    assert "encoding is unknown" in hotpatch("check", "--azure", *DAY).err


@pytest.mark.parametrize("rows", ["the same row", "rows that go round"])
def test_fresh_tokens_without_an_end(hotpatch: Any, fleet: Azure, rows: str) -> None:
    """Pages of one row with ever new tokens end at the total that the service stated."""

    def one(result: dict[str, Any], asked: Any) -> Any:
        if asked.table != "resources":
            return result
        number = int(asked.token or 0)
        row = fleet.tables["resources"][0 if rows == "the same row" else number % 25]
        more = {"$skipToken": str(number + 1), "resultTruncated": "true"}
        return {"totalRecords": 25, "count": 1, "data": [row]} | more

    fleet.change = one
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert "of 25 received" in done.err
    assert len(fleet.asked) <= 1 + 3 * 26


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_goes_to_another_host(hotpatch: Any, fleet: Azure, status: int) -> None:
    """Redirects and links of a page to another host are not followed, so no token goes there."""
    with running() as other:
        fleet.instead = [None, Answer(status, "", {"Location": other.url + "/"})]
        done = hotpatch("check", "--azure", *DAY)
        assert (done.code, done.out) == (2, "")
        links = {"nextLink": other.url, "@odata.nextLink": other.url}
        fleet.change = lambda result, _: result | links
        assert names(hotpatch("check", "--azure", *DAY)) == ALL
        assert not other.asked


FIELDS = ("totalRecords", "count", "data", "$skipToken", "resultTruncated")
VALUES: tuple[Any, ...] = (None, True, -1, 1.5, "x", [[]], {"a": 1})


@pytest.mark.parametrize("field", FIELDS)
def test_wrong_types(hotpatch: Any, fleet: Azure, field: str) -> None:
    """A field of any type gives all machines or code 2 with one line, never a part of them."""
    for value in VALUES:
        if (field, value) == ("$skipToken", "x"):
            continue  # a token of Azure's own form is no wrong type
        fleet.change = lambda result, asked, value=value: (
            result | {field: value} if asked.table == "resources" else result
        )
        done = hotpatch("check", "--azure", *DAY)
        assert done.code in (0, 2), (value, done.err)
        assert done.code == 2 or names(done) == ALL, value
        assert done.code == 0 or (done.out, len(done.err.splitlines())) == ("", 1), value


@pytest.mark.parametrize("body", ["", "{", "[1,", "NaN", "{'a': 1}", b"\xff\xfe\x00", '"x"'])
def test_wrong_json(hotpatch: Any, fleet: Azure, body: str | bytes) -> None:
    """A body that is no JSON object is code 2 with one line."""
    fleet.instead = [None, Answer(200, body)]
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("option", ["--subscription", "--management-group"])
@pytest.mark.parametrize("value", ["", " ", "\t"])
def test_an_empty_scope(hotpatch: Any, azure: Azure, option: str, value: str) -> None:
    """An empty name is code 2, from the command line, a variable, or a source's name: it would
    read everything.
    """
    key = option.removeprefix("--")
    said = f"{option}: The value is empty."
    spelled = value.replace(" ", "%20").replace("\t", "%09")
    for arguments in (["--azure", option, value], [f"azure:?{key}={spelled}"]):
        done = hotpatch("check", *arguments, *DAY)
        assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
        assert said in done.err
    hotpatch.monkeypatch.setenv(f"HOTPATCH_{key.upper().replace('-', '_')}", value)
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert not azure.asked

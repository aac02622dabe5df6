"""The question of `--what-if`, as calendar, check and plan take it."""

from datetime import date

import pytest
import typer

from hotpatch_cli.cli.options.what_if import parse_what_if

AS_OF = date(2025, 12, 15)


def test_an_unplanned_baseline_is_supposed_for_both_products() -> None:
    """Without a product the month's Patch Tuesday gets a baseline of each product."""
    world = parse_what_if(["unplanned:2026-02"], AS_OF)
    assert [(row.product, row.date, row.kind) for row in world.releases] == [
        ("ws2022", date(2026, 2, 10), "unplanned-baseline"),
        ("ws2025", date(2026, 2, 10), "unplanned-baseline"),
    ]


def test_a_product_narrows_it() -> None:
    """With a product only that one has the baseline."""
    assert [row.product for row in parse_what_if(["unplanned:ws2025:2026-02"], AS_OF).releases] == [
        "ws2025"
    ]


def test_a_freeze_has_both_days_and_questions_add_up() -> None:
    """A freeze includes both days; several questions make one world."""
    world = parse_what_if(["freeze:2026-01-17..2026-01-18", "unplanned:2026-02"], AS_OF)
    assert [(each.from_day, each.to_day) for each in world.freezes] == [
        (date(2026, 1, 17), date(2026, 1, 18))
    ]
    assert len(world.releases) == 2
    assert world.texts == ("freeze:2026-01-17..2026-01-18", "unplanned:2026-02")


def test_nothing_is_asked() -> None:
    """Without the option there is no supposed world."""
    assert not parse_what_if(None, AS_OF)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("unplanned:2025-12", "were out on 2025-12-09"),
        ("unplanned:2026-04", "planned baseline anyway"),
        ("unplanned:2026-13", "names no month"),
        ("unplanned:ws2019:2026-02", "'ws2019' is no product"),
        ("unplanned:9999-02", "beyond all calendars"),
        ("freeze:2026-01-17", "no two days"),
        ("freeze:2026-01-17..2026-01-16", "ends before it begins"),
        ("freeze:2026-01-17..9999-01-16", "beyond all calendars"),
        ("freeze:soon..2026-01-16", "isn't a valid date"),
        ("baseline:2026-02", "no question"),
    ],
)
def test_other_questions_are_refused(text: str, said: str) -> None:
    """What cannot be meant is refused with what to write."""
    with pytest.raises(typer.BadParameter, match=said):
        parse_what_if([text], AS_OF)

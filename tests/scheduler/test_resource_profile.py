"""Resource profiles count as one would on paper."""

from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.scheduler.resource_profile import ResourceProfile, spread

STRETCHES = st.lists(
    st.tuples(st.integers(1, 13), st.integers(0, 20), st.integers(1, 8), st.booleans()), max_size=25
)


@given(st.integers(1, 13), STRETCHES)
def test_a_profile_counts_like_a_list(
    capacity: int, stretches: list[tuple[int, int, int, bool]]
) -> None:
    """After any takes and gives, a slot is busy for so many units exactly where a plain list has no
    room.
    """
    profile, taken, held = ResourceProfile(capacity), [0] * 40, []
    for units, start, hold, gives_back in stretches:
        span = range(start, start + hold)
        if all(taken[slot] + units <= capacity for slot in span):
            profile.take(units, start, hold)
            held.append((units, start, hold))
            for slot in span:
                taken[slot] += units
        if gives_back and held:
            units_back, start_back, hold_back = held.pop(0)
            profile.give(units_back, start_back, hold_back)
            for slot in range(start_back, start_back + hold_back):
                taken[slot] -= units_back
        for units_asked in range(1, capacity + 1):
            busy = profile.busy(units_asked, 3, 30)
            assert [busy >> slot & 1 for slot in range(30)] == [
                int(taken[slot + 3] + units_asked > capacity) for slot in range(30)
            ]


@given(st.integers(0, 2**20), st.integers(1, 9))
def test_spread_blocks_each_start_that_meets_a_busy_slot(busy: int, hold: int) -> None:
    """A start is blocked exactly if one of its slots is busy."""
    blocked = spread(busy, hold)
    assert all(
        (blocked >> start & 1) == int(busy >> start & ((1 << hold) - 1) > 0) for start in range(24)
    )

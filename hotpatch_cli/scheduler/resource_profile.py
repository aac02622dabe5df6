"""Resource profile: how much of one limit is taken, slot by slot, in the bits of whole numbers.

Bit t of a number is about slot t. A plane is one binary digit of the count in all slots at once, so
that taking a unit over any interval is one ripple addition, and finding the slots that are full is
reading one number.
The count starts so high that it overflows into `full` exactly where the capacity is reached.
"""


class ResourceProfile:
    """The units in use of a limit.

    Occupy only slots that are free by `busy`, and free only what was occupied.
    """

    __slots__ = ("full", "high", "planes")

    def __init__(self, capacity: int) -> None:
        digits = (capacity - 1).bit_length()
        offset = (1 << digits) - capacity
        self.full = 0
        self.planes = [0] * digits
        # Planes are kept relative to the offset, so that an unused profile is all zeros and takes
        # no memory.
        self.high = [bool(offset >> digit & 1) for digit in range(digits)]

    def busy(self, units: int, start: int, width: int) -> int:
        """The slots of [start, start + width), as bits, in which `units` more are too many."""
        mask = (1 << width) - 1
        full = self.full >> start & mask
        if units == 1:
            return full
        carry, more = 0, units - 1
        for digit, (plane, high) in enumerate(zip(self.planes, self.high, strict=True)):
            bits = plane >> start & mask
            if high:
                bits ^= mask
            carry = carry | bits if more >> digit & 1 else carry & bits
        return full | carry

    def take(self, units: int, start: int, hold: int) -> None:
        """Occupy `units` in [start, start + hold)."""
        slots = ((1 << hold) - 1) << start
        planes, high = self.planes, self.high
        for first in range(units.bit_length()):
            if units >> first & 1:
                carry = slots
                for digit in range(first, len(planes)):
                    plane = planes[digit]
                    planes[digit] = plane ^ carry
                    carry = carry & ~plane if high[digit] else carry & plane
                    if not carry:
                        break
                self.full |= carry

    def give(self, units: int, start: int, hold: int) -> None:
        """Free `units` in [start, start + hold)."""
        slots = ((1 << hold) - 1) << start
        planes, high = self.planes, self.high
        for first in range(units.bit_length()):
            if units >> first & 1:
                borrow = slots
                for digit in range(first, len(planes)):
                    plane = planes[digit]
                    planes[digit] = plane ^ borrow
                    borrow = borrow & plane if high[digit] else borrow & ~plane
                    if not borrow:
                        break
                self.full &= ~borrow


def spread(busy: int, hold: int) -> int:
    """The starts from which `hold` slots would meet a busy one."""
    done = 1
    while done < hold:
        step = min(done, hold - done)
        busy |= busy >> step
        done += step
    return busy

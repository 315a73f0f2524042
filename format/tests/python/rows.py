"""Rows as lines, and the clock that tells when they were.

Bytes become text in which every byte can be told; times of boot become times since the epoch where a clock is known.
"""

import bisect

from columns import STATUS
from cursor import U64


class Clock:
    """Pairs of BOOTTIME and REALTIME of one boot, as CLOCK items bring them."""

    def __init__(self):
        self.pairs = []

    def add(self, pairs):
        self.pairs = sorted({*self.pairs, *pairs})

    def realtime(self, time):
        """By the latest pair that is not younger; what is before all pairs by the first."""
        if not self.pairs:
            return None
        place = bisect.bisect_right(self.pairs, (time, U64))
        boottime, realtime = self.pairs[max(place - 1, 0)]
        return min(max(realtime + time - boottime, 0), U64)


def escaped(raw):
    """Printable ASCII but the backslash as it is, all else as \\xNN."""
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\x{byte:02x}" for byte in raw
    )


def row_line(kind, row, native, clock):
    return {
        "row": kind,
        "event": row.event,
        "time": row.time,
        "realtime": clock.realtime(row.time),
        "cpu": row.cpu,
        "sequence": row.sequence,
        "abi": row.abi,
        "shown": not row.abi & (0x80 if native else 1),
        "tid": row.thread,
        "pid": row.process,
        "start": row.start,
        "parameters": [
            [name, STATUS[status], escaped(value) if isinstance(value, bytes) else value]
            for name, _, status, value in row.parameters
        ],
    }

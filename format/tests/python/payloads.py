"""What is in the items that are no blocks: each function takes a payload and gives what it says.

Bytes at the end of SEGMENT and END belong to later minor versions and are passed over.
"""

from cursor import U64, Cursor, Malformed, inflate

MAJOR = 1
KINDS = (
    "SEGMENT SCHEMA CLOCK STATE LOST EVENTS REPAIR INDEX END DROPPED DERIVED SIGNATURE".split()
)  # from 1 on
SEGMENT, SCHEMA, CLOCK, STATE, LOST, EVENTS, REPAIR, INDEX, END, DROPPED, DERIVED, SIGNATURE = range(
    1, 1 + len(KINDS)
)
MAX_EVENTS = 4096  # of a table
MAX_PARAMETERS = 64  # of an event
MAX_STEPS = 64  # of a derivation
MAX_ARGUMENTS = 64 << 10  # bytes
MAX_SEGMENTS = 1_000_000  # of a capture


class Newer(Malformed):
    """A segment of a major version that this reader would misread."""


def segment(payload):
    cursor = Cursor(payload)
    major, minor = cursor.u16(), cursor.u16()
    if major > MAJOR:
        raise Newer(f"version {major}.{minor}; this reader knows {MAJOR}")
    dialect, follows = cursor.u8(), cursor.u8()
    cursor.take(2)
    if dialect > 1 or follows > 1:
        raise Malformed("a segment of an unknown dialect or place")
    header = {
        "version": [major, minor],
        "dialect": ["native", "falco"][dialect],
        "boot": bytes(cursor.take(16)).hex(),
        "number": cursor.u64(),
        "created": cursor.u64(),
    }
    previous = bytes(cursor.take(32)).hex()
    header["previous"] = previous if follows else None
    header["node"] = cursor.name()
    for field in ("recording", "capture"):
        header[field] = (cursor.u64() or None) if cursor.left() >= 8 else None
    return header


def schema(payload):
    """The table's own bytes, by whose CRC blocks name it, and the table: id to name and parameters."""
    cursor = Cursor(payload)
    table = inflate_rest(cursor)
    cursor = Cursor(table)
    events, last = {}, -1
    for _ in range(cursor.count(MAX_EVENTS, "events")):
        event = cursor.varint()
        if event <= last:
            raise Malformed("events whose ids do not ascend")
        last = event
        name = cursor.name()
        cursor.take(3)
        parameters = []
        for _ in range(cursor.count(MAX_PARAMETERS, "parameters")):
            parameter = cursor.name()
            wire, role = cursor.u8(), cursor.u8()
            if wire > 7:
                raise Malformed(f"wire type {wire}")
            parameters.append((parameter, wire, role))
        events[event] = (name, parameters)
    cursor.end()
    return table, events


def inflate_rest(cursor):
    length = cursor.varint()
    return inflate(cursor.rest(), length)


def clock(payload):
    if len(payload) % 16:
        raise Malformed("half a pair of clocks")
    cursor = Cursor(payload)
    return [(cursor.u64(), cursor.u64()) for _ in range(len(payload) // 16)]


def lost(payload):
    if len(payload) % 32:
        raise Malformed("half an interval of loss")
    cursor, intervals = Cursor(payload), []
    for _ in range(len(payload) // 32):
        cpu, lane, reason = cursor.u16(), cursor.u8(), cursor.u8()
        cursor.take(4)
        count, before, after = cursor.u64(), cursor.u64(), cursor.u64()
        intervals.append(
            {
                "cpu": cpu,
                "lane": lane,
                "reason": reason,
                "count": count,
                "before": before or None,
                "after": None if after == U64 else after,
            }
        )
    return intervals


def repair(payload):
    cursor = Cursor(payload)
    found = {
        "offset": cursor.varint(),
        "bytes": cursor.varint(),
        "file": cursor.name(),
        "words": cursor.name(),
    }
    cursor.end()
    return found


def dropped(payload):
    cursor, ranges = Cursor(payload), []
    for _ in range(cursor.count(MAX_SEGMENTS, "ranges")):
        directory, first, more = cursor.name(), cursor.varint(), cursor.varint()
        if first + more > U64:
            raise Malformed("a range whose end is no number")
        ranges.append({"directory": directory, "first": first, "last": first + more})
    cursor.end()
    return ranges


COUNTS = "kept for_state left_out changed entries_kept entries_left_out entries_changed".split()


def derived(payload):
    cursor, steps = Cursor(payload), []
    for _ in range(cursor.count(MAX_STEPS, "steps")):
        source = cursor.u8()
        if source > 1:
            raise Malformed(f"source {source} of a derivation")
        step = {
            "source": ["segment", "scap"][source],
            "number": cursor.varint(),
            "digest": bytes(cursor.take(32)).hex(),
            "program": cursor.name(),
            "operation": cursor.name(),
            "arguments": cursor.text(MAX_ARGUMENTS),
        }
        step.update((count, cursor.varint()) for count in COUNTS)
        steps.append(step)
    cursor.end()
    return steps


def index(payload):
    cursor = Cursor(inflate_rest(Cursor(payload)))
    entries = []
    for _ in range(cursor.count(cursor.left(), "items")):
        kind, offset, length = cursor.varint(), cursor.varint(), cursor.varint()
        smallest, more = cursor.varint(), cursor.varint()
        pairs = [
            (cursor.varint(), cursor.varint())
            for _ in range(cursor.count(cursor.left(), "events of an item"))
        ]
        entries.append((kind, offset, length, smallest, smallest + more, pairs))
    cursor.end()
    return entries


SEQUELS = ["unknown", "goes on", "ended", "lost its end", "missing when copied"]


def end(payload):
    """Totals, the link before END, the sequel, and the bytes of a mark, if one follows."""
    cursor = Cursor(payload)
    totals = {
        "items": cursor.u64(),
        "rows": cursor.u64(),
        "index": cursor.u64(),
        "smallest": cursor.u64(),
        "largest": cursor.u64(),
        "link": bytes(cursor.take(32)).hex(),
    }
    sequel = cursor.u8() if cursor.left() else 0
    totals["sequel"] = SEQUELS[sequel if sequel < len(SEQUELS) else 0]
    signed = cursor.at
    return totals, bytes(payload[:signed]), bytes(cursor.rest())

#!/usr/bin/env python3
"""Makes `kinds/`: a small recording once for each kind of damage.

Takes the recording of one scenario; what is done to it is a function below, by the name of its directory.
The captures are kept, so this runs where a kind is added: one that is there is left as it is.
Needs Python's `zstandard`, for the module of the format's second reader that finds items.
"""

import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "format/tests/python"))

from cursor import crc32c  # noqa: E402
from items import HEADER, header_at  # noqa: E402
from payloads import CLOCK, END, EVENTS, INDEX, SCHEMA, SEGMENT  # noqa: E402

BASE = HERE.parent / "scenarios/system-account/near-miss/capture"
FIRST, SECOND = "00000001.flc", "00000002.flc"


def places(data):
    """Where the items of a whole segment stand: kind, start, end."""
    at, found = 0, []
    while at < len(data):
        header = header_at(data, at)
        found.append((header.kind, at, at + header.whole()))
        at += header.whole()
    return found


def place(data, kind):
    return next((start, end) for found, start, end in places(data) if found == kind)


def sealed(item):
    """An item whose checksums are right again."""
    length = struct.unpack_from("<I", item, 20)[0]
    struct.pack_into("<I", item, 32, crc32c(bytes(item[HEADER : HEADER + length])))
    struct.pack_into("<I", item, 36, crc32c(bytes(item[:36])))
    struct.pack_into("<I", item, len(item) - 12, crc32c(bytes(item[:HEADER])))
    return item


def forged(data, kind, offset, form, value):
    """One value of an item's header or payload is another, and all checksums are right."""
    start, end = place(data, kind)
    item = bytearray(data[start:end])
    struct.pack_into(form, item, offset, value)
    return data[:start] + sealed(item) + data[end:]


def flipped(data, kind, offset):
    start, end = place(data, kind)
    at = start + offset if offset >= 0 else end + offset
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def without(data, kind):
    start, end = place(data, kind)
    return data[:start] + data[end:]


def renumbered(data):
    """Ordinals as if nothing had been cut out."""
    out = bytearray()
    for ordinal, (_, start, end) in enumerate(places(data)):
        item = bytearray(data[start:end])
        struct.pack_into("<Q", item, 24, ordinal)
        out += sealed(item)
    return bytes(out)


def swapped(data):
    start, end = place(data, CLOCK)
    other, last = place(data, EVENTS)
    return data[:start] + data[other:last] + data[end:other] + data[start:end] + data[last:]


def repeated(data):
    start, end = place(data, EVENTS)
    return data[:end] + data[start:end] + data[end:]


def item_behind(data):
    start, end = place(data, EVENTS)
    item = bytearray(data[start:end])
    struct.pack_into("<Q", item, 24, len(places(data)))
    return data + sealed(item)


def garbage(data):
    start, _ = place(data, EVENTS)
    return data[:start] + b"\xaa" * 64 + data[start:]


def first(change):
    return lambda one, two: {FIRST: change(one), SECOND: two}


def second(change):
    return lambda one, two: {FIRST: one, SECOND: change(two)}


KINDS = {
    "torn-tail": second(lambda two: two[: place(two, EVENTS)[1] - 20]),
    "no-end": second(lambda two: without(two, END)),
    "payload": first(lambda one: flipped(one, EVENTS, HEADER + 99)),
    "trailer": first(lambda one: flipped(one, EVENTS, -16)),
    "header-of-item": first(lambda one: flipped(one, EVENTS, 20)),
    "garbage": first(garbage),
    "item-cut-out": first(lambda one: without(one, EVENTS)),
    "item-twice": first(repeated),
    "items-swapped": first(swapped),
    "item-behind-end": first(item_behind),
    "bytes-behind-end": first(lambda one: one + b"something else"),
    "totals": first(lambda one: renumbered(without(one, EVENTS))),
    "segment-header": second(lambda two: flipped(two, SEGMENT, HEADER + 8)),
    "no-schema": second(lambda two: flipped(two, SCHEMA, HEADER + 50)),
    "no-clock": second(lambda two: without(two, CLOCK)),
    "index": first(lambda one: flipped(one, INDEX, HEADER + 9)),
    "malformed": first(lambda one: forged(one, SCHEMA, HEADER + 3, "<I", 0xFFFFFFFF)),
    "block": first(lambda one: forged(one, EVENTS, HEADER, "<B", 0xFE)),
    "unknown-critical": first(lambda one: forged(one, EVENTS, 16, "<H", 200)),
    "unknown-skippable": first(lambda one: forged(one, INDEX, 16, "<H", 200)),
    "newer-payload": first(lambda one: forged(one, EVENTS, 19, "<B", 1)),
    "newer-segment": second(lambda two: forged(two, SEGMENT, HEADER, "<H", 2)),
    "does-not-follow": second(lambda two: forged(two, SEGMENT, HEADER + 40, "<B", 0)),
    "other-boot": second(lambda two: forged(two, SEGMENT, HEADER + 8, "<B", 0)),
    "empty-segment": second(lambda two: b""),
    "no-segment": second(lambda two: b"no segment at all\n"),
    "first-missing": lambda one, two: {SECOND: two},
    "last-missing": lambda one, two: {FIRST: one},
    "names-swapped": lambda one, two: {FIRST: two, SECOND: one},
    "same-number": lambda one, two: {FIRST: one, SECOND: two, "00000003.flc": two},
    "other-name": lambda one, two: {FIRST: one, SECOND: two, "copy.flc": one},
    "only-empty": lambda one, two: {FIRST: b""},
    "only-garbage": lambda one, two: {FIRST: b"no segment at all\n"},
    "only-newer": lambda one, two: {FIRST: forged(one, SEGMENT, HEADER, "<H", 2)},
}


def main():
    one, two = ((BASE / name).read_bytes() for name in (FIRST, SECOND))
    for name, change in KINDS.items():
        directory = HERE / "kinds" / name
        if directory.exists():
            continue
        directory.mkdir(parents=True)
        for file, data in change(one, two).items():
            (directory / file).write_bytes(data)


if __name__ == "__main__":
    main()

"""The items of one segment, also where bytes of it are damaged.

Takes the bytes of a file, gives the items that are whole and the places that are not, by the names of FORMAT.md.
Knows the frame around an item and nothing of what is in it.
"""

import struct
from dataclasses import dataclass

from cursor import MAX_BLOCK, crc32c

MAGIC = b"\x89FLC\r\n\x1a\n"
TAIL_MAGIC = b"\x98flcend\n"
HEADER = 40
TRAILER = 16
ALIGN = 8


@dataclass
class Header:
    tag: bytes
    kind: int
    flags: int
    version: int
    length: int
    ordinal: int
    raw: bytes

    def critical(self):
        return bool(self.flags & 1)

    def padding(self):
        return -(HEADER + self.length) % ALIGN

    def whole(self):
        """Bytes of the item, from its header to its trailer."""
        return HEADER + self.length + self.padding() + TRAILER


@dataclass
class Item:
    offset: int
    header: Header
    payload: bytes
    raw: bytes


@dataclass
class Damage:
    """Bytes that are no item of the segment."""

    offset: int
    length: int
    what: str
    header: object = None  # of an item whose header was good and whose length was believed


def header_at(data, offset, tag=None):
    raw = bytes(data[offset : offset + HEADER])
    if len(raw) < HEADER or raw[:8] != MAGIC:
        return None
    if crc32c(raw[:36]) != int.from_bytes(raw[36:], "little"):
        return None
    _, found, kind, flags, version, length, ordinal, _, _ = struct.unpack("<8s8sHBBIQII", raw)
    if length > MAX_BLOCK or (tag is not None and found != tag):
        return None
    return Header(found, kind, flags, version, length, ordinal, raw)


def trailer_at(data, end):
    """Length and CRC that the trailer in front of `end` names, or None where none is."""
    raw = bytes(data[max(end - TRAILER, 0) : end])
    if len(raw) < TRAILER or raw[8:] != TAIL_MAGIC:
        return None
    return struct.unpack("<II", raw[:8])


def last_item(data):
    """Where the last item starts, by the trailer at the end of the file; None without one."""
    trailer = trailer_at(data, len(data))
    return len(data) - trailer[0] if trailer and trailer[0] <= len(data) else None


def segment_tag(data):
    """The first item's tag; if that is damaged, the last one's; failing that, the first one found."""
    at = last_item(data)
    first = header_at(data, 0) or (header_at(data, at) if at is not None else None)
    if first is None:
        first = header_at(data, next_header(data, 0, None))
    return first and first.tag


def next_header(data, at, tag):
    """Where the next header of the segment is, or the end of the file."""
    while True:
        at = data.find(MAGIC, at)
        if at < 0:
            return len(data)
        if at % ALIGN == 0 and header_at(data, at, tag):
            return at
        at += 1


def first_of(data, kind):
    """Where the first item of a kind starts, by the lengths in the headers alone; None where they end before."""
    at, tag = 0, None
    while True:
        header = header_at(data, at, tag)
        if header is None or header.kind == kind:
            return at if header else None
        at, tag = at + header.whole(), header.tag


def item_at(data, at, header):
    """The item of this header, or what is wrong with it; None where its length is not confirmed."""
    end = at + header.whole()
    if trailer_at(data, end) != (header.whole(), crc32c(header.raw)):
        return None
    payload = data[at + HEADER : at + HEADER + header.length]
    padding = data[at + HEADER + header.length : end - TRAILER]
    if crc32c(payload) == int.from_bytes(header.raw[32:36], "little") and not any(padding):
        return Item(at, header, payload, data[at:end])
    return Damage(at, end - at, "checksum")


def unreadable(data, at, after):
    """Bytes without a header: a torn tail where the file ends within one, or in zeros."""
    rest = data[at:after]
    if after == len(data) and (len(rest) < HEADER or not any(rest)):
        return Damage(at, len(rest), "torn tail")
    return Damage(at, len(rest), "no item")


def step(data, at, tag):
    """The item or the damage at this place."""
    header = header_at(data, at, tag) if tag else None
    if header is None:
        return unreadable(data, at, next_header(data, at + 1, tag) if tag else len(data))
    end = at + header.whole()
    if end > len(data):
        return Damage(at, next_header(data, at + 1, tag) - at, "torn tail")
    found = item_at(data, at, header)
    if found:
        found.header = header
        return found
    if end == len(data) or header_at(data, end, tag):
        return Damage(at, end - at, "checksum", header)
    return Damage(at, next_header(data, at + 1, tag) - at, "checksum")


def walk(data):
    """Items and damages in the order of their places, by bytes and by ordinals."""
    tag = segment_tag(data)
    at, expected = 0, 0
    while at < len(data):
        found = step(data, at, tag)
        if isinstance(found, Item):
            ordinal, length = found.header.ordinal, len(found.raw)
            if ordinal < expected:
                found = Damage(at, length, "repeated item")
            elif ordinal > expected:
                yield Damage(at, 0, "missing items")
            expected = max(expected, ordinal + 1)
        else:
            length = found.length
            if found.header:
                # Its ordinal is known, so that it is damaged and not missing.
                expected = max(expected, found.header.ordinal + 1)
        yield found
        at += length

"""Bytes that were read, taken from the front.

Owns the primitives of FORMAT.md: fixed integers, varints, zigzag, names, CRC-32C and zstd frames.
Every length is compared with a limit and with the bytes that are there before anything is taken;
whatever does not fit is a `Malformed`, which costs the item that it stands in and nothing else.
"""

import struct

import zstandard

U64 = (1 << 64) - 1
MAX_NAME = 255  # bytes
MAX_BLOCK = 64 << 20  # bytes that a block or an item may come to


class Malformed(Exception):
    """What was read is not what FORMAT.md says it is."""


def _table():
    """One step of CRC-32C for each value of two bytes, so that a file is walked two bytes at a time."""
    byte = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        byte.append(value)
    half = [(byte[word & 0xFF], word >> 8) for word in range(1 << 16)]
    return [(once >> 8) ^ byte[(once ^ high) & 0xFF] for once, high in half]


_STEP = _table()


def crc32c(data):
    crc = 0xFFFFFFFF
    whole = len(data) & ~1
    for (word,) in struct.iter_unpack("<H", data[:whole]):
        crc = _STEP[(crc ^ word) & 0xFFFF] ^ (crc >> 16)
    for byte in data[whole:]:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def unzigzag(value):
    return (value >> 1) ^ -(value & 1)


def inflate(stored, raw_length):
    """The bytes of a frame, which stand as they are where both lengths are equal."""
    if raw_length > MAX_BLOCK:
        raise Malformed(f"a frame of {raw_length} bytes")
    if len(stored) == raw_length:
        return bytes(stored)
    if raw_length == 0:
        raise Malformed("a frame of nothing that has bytes")
    try:
        unpacked = zstandard.ZstdDecompressor().decompress(
            bytes(stored), max_output_size=raw_length, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise Malformed(f"zstd: {error}") from None
    if len(unpacked) != raw_length:
        raise Malformed(f"a frame has {len(unpacked)} bytes and says {raw_length}")
    return unpacked


class Cursor:
    """A place in bytes that cannot be passed."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        if count > self.left():
            raise Malformed(f"{count} bytes are announced and {self.left()} are there")
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken

    def rest(self):
        return self.take(self.left())

    def end(self):
        if self.left():
            raise Malformed(f"{self.left()} bytes behind the end")

    def integer(self, width):
        return int.from_bytes(self.take(width), "little")

    def u8(self):
        return self.integer(1)

    def u16(self):
        return self.integer(2)

    def u32(self):
        return self.integer(4)

    def u64(self):
        return self.integer(8)

    def varint(self):
        value = 0
        for place in range(10):
            byte = self.u8()
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                if value > U64:
                    break
                return value
        raise Malformed("a varint of more than 64 bits")

    def count(self, limit, what):
        """A varint that counts something; more than `limit` of it are believed of nobody."""
        value = self.varint()
        if value > limit:
            raise Malformed(f"{value} {what}, at most {limit}")
        return value

    def name(self):
        return self.text(MAX_NAME)

    def text(self, limit):
        raw = bytes(self.take(self.count(limit, "bytes of text")))
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("a name that is not UTF-8") from None

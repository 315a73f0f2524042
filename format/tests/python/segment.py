"""One file of a capture: what is known of it before it is read on.

Takes the bytes of a file; gives its header, its end, its digest, and the items and damages in it.
"""

from blake3 import blake3

import items
import payloads
from cursor import Malformed
from payloads import CLOCK, DROPPED, END, SEGMENT

CHAIN = blake3(b"falco capture segment, version 1").digest()


class Segment:
    def __init__(self, file, data, place=0, listed=False):
        self.file = file
        self.data = data
        self.place = place  # which directory of a root it lies in
        self.listed = listed  # whether it was found in a directory, and not given by itself
        self.passed_over = None
        self.found = list(items.walk(data))
        self.header = self._first(SEGMENT, payloads.segment, [self._at(0)])
        # The last item, else the first END that lengths lead to: what stands behind an end does not hide it.
        ends = [self._at(items.last_item(data)), self._at(items.first_of(data, END))]
        self.end_item = next((one for one in ends if self._first(END, payloads.end, [one])), None)
        self.end = self._first(END, payloads.end, ends)
        self.missing_before = self.dropped_before = 0  # segments
        self.missing_after = False
        self.kept_name = file.rsplit("/", 1)[-1]
        if self.header is None and self._is_newer():
            self.passed_over = "newer segment"
        elif data and not any(isinstance(found, items.Item) for found in self.found):
            self.passed_over = "not a segment"

    def _at(self, offset):
        header = items.header_at(self.data, offset) if offset is not None else None
        return header and items.item_at(self.data, offset, header)

    @staticmethod
    def _first(kind, read, candidates):
        """What the first item of a kind says that can be read."""
        for item in candidates:
            if isinstance(item, items.Item) and (item.header.kind, item.header.version) == (kind, 0):
                try:
                    return read(item.payload)
                except Malformed:
                    continue
        return None

    def _is_newer(self):
        first = self._at(0)
        try:
            if isinstance(first, items.Item) and first.header.kind == SEGMENT:
                payloads.segment(first.payload)
        except payloads.Newer:
            return True
        except Malformed:
            pass
        return False

    def of_kind(self, kind, read):
        """What all good items of a kind say."""
        for item in self.found:
            said = self._first(kind, read, [item])
            if said is not None:
                yield said

    def number(self):
        if self.header:
            return self.header["number"]
        return self.named()

    def named(self):
        """The number that the file has for its name."""
        name = self.kept_name.removesuffix(".flc")
        return int(name) if name.isascii() and name.isdigit() else None

    def sequel(self):
        return self.end[0]["sequel"] if self.end else "unknown"

    def dropped(self):
        return [told for ranges in self.of_kind(DROPPED, payloads.dropped) for told in ranges]

    def clock(self):
        return next((pairs for pairs in self.of_kind(CLOCK, payloads.clock) if pairs), None)

    def digest(self):
        """The link after the last item: of a sealed segment by its END alone."""
        if self.end:
            return blake3(bytes.fromhex(self.end[0]["link"]) + self.end_item.raw).hexdigest()
        link = CHAIN
        for item in self.found:
            if isinstance(item, items.Item):
                link = blake3(link + item.raw).digest()
        return link.hex()

"""A capture in the order of its stream: what each item says, and each damage where it stands.

Takes segments, calls back with lines (dictionaries) to print.
"""

from blake3 import blake3

import items
import payloads
import signature
from block import NoSchema, open_block, read_block
from cursor import Malformed, crc32c
from payloads import (
    CLOCK,
    DERIVED,
    DROPPED,
    END,
    EVENTS,
    INDEX,
    KINDS,
    LOST,
    REPAIR,
    SCHEMA,
    SEGMENT,
    SIGNATURE,
    STATE,
)
from rows import Clock, row_line
from segment import CHAIN

BEFORE_ALL = (1 << 64) - 1


class Stream:
    def __init__(self, line, tables):
        self.line = line
        self.tables = dict(tables)
        self.damages = 0
        self.clock = Clock()
        self.spare = None  # pairs of the last clock that was read

    def damage(self, segment, offset, length, what, detail=""):
        self.damages += 1
        self.intact = False
        self.line(damage=what, file=segment.file, offset=offset, bytes=length, detail=detail)

    def capture(self, segments):
        before = None
        for index, segment in enumerate(segments):
            self.intact = True
            if segment.passed_over:
                self.damage(segment, 0, 0, segment.passed_over)
                continue
            self.tail(before)
            self.seam(before, segment)
            if not segment.data:
                self.damage(segment, 0, 0, "empty")
            self.segment(segment, segments[index:])
            before = segment
        self.tail(before)

    def tail(self, segment):
        if segment and segment.missing_after:
            self.damage(segment, len(segment.data), 0, "missing sequel")

    def seam(self, before, segment):
        beside = before is not None and before.place == segment.place
        if not beside:
            self.clock, self.spare = Clock(), None
        if segment.missing_before:
            if not before or before.sequel() != "missing when copied":
                self.damage(segment, 0, 0, "missing segments", segment.missing_before)
        elif beside and segment.header and not segment.dropped_before:
            if segment.header["previous"] != before.digest():
                self.damage(segment, 0, 0, "does not follow")

    def segment(self, segment, ahead):
        self.intact, self.ended, self.has_clock, self.repaired = True, False, False, False
        self.totals = {"items": 0, "rows": 0, "index": 0, "smallest": BEFORE_ALL, "largest": 0}
        self.link, self.digests = CHAIN, []
        for found in segment.found:
            if self.ended and isinstance(found, items.Item):
                self.damage(segment, found.offset, len(found.raw), "behind end")
            elif self.ended:
                self.damage(segment, found.offset, found.length, "bytes behind end")
            elif isinstance(found, items.Damage):
                self.damage(segment, found.offset, found.length, found.what)
            elif not self.item(segment, found, ahead):
                return
        if not self.ended and not segment.end:
            self.line(end="not sealed", file=segment.file)

    def item(self, segment, item, ahead):
        """Takes an item; False where nothing behind it may be read."""
        kind, offset, length = item.header.kind, item.offset, len(item.raw)
        self.count(kind, offset)
        try:
            if not 1 <= kind <= len(KINDS) or item.header.version != 0:
                if item.header.critical():
                    self.damage(segment, offset, len(segment.data) - offset, "unknown critical", kind)
                    return False
                self.line(item="skipped", file=segment.file, offset=offset, kind=kind)
            elif kind in (STATE, EVENTS):
                self.block(segment, item, ahead)
            else:
                self.say(segment, item, ahead)
        except Malformed as error:
            self.damage(segment, offset, length, "malformed", str(error))
        self.link = blake3(self.link + item.raw).digest()
        self.digests.append(blake3(item.raw).hexdigest())
        return True

    def count(self, kind, offset):
        """What END's totals are compared with."""
        totals = self.totals
        totals["items"] += kind != END
        if kind == INDEX or (kind == END and not totals["index"]):
            totals["index"] = offset
        elif kind != END:
            totals["index"] = 0

    def block(self, segment, item, ahead):
        kind, place = item.header.kind, (item.offset, len(item.raw))
        try:
            head, block, tables = open_block(item.payload, self.tables)
        except NoSchema as error:
            self.damage(segment, *place, "no schema", str(error))
            return
        except Malformed as error:
            self.damage(segment, *place, "block", str(error))
            return
        if kind == EVENTS and head.rows:
            self.totals["rows"] += head.rows
            self.totals["smallest"] = min(self.totals["smallest"], head.smallest)
            self.totals["largest"] = max(self.totals["largest"], head.largest)
        self.need_clock(segment, ahead)
        try:
            rows = read_block(head, block, tables)
        except Malformed as error:
            self.damage(segment, *place, "block", str(error))
            return
        native = not segment.header or segment.header["dialect"] == "native"
        for row in rows:
            self.line(**row_line(KINDS[kind - 1].lower(), row, native, self.clock))

    def need_clock(self, segment, ahead):
        """Rows come and no clock came before them: that of another segment stands in."""
        if self.has_clock:
            return
        self.has_clock = True
        beside = (one.clock() for one in ahead if not one.passed_over and one.place == segment.place)
        pairs = self.spare or next((pairs for pairs in beside if pairs), None)
        if not self.repaired:
            self.damage(segment, 0, 0, "no clock")
        if pairs:
            self.spare = pairs
            self.clock.add(pairs)
            self.line(item="CLOCK", file=segment.file, offset=None, said=pairs)

    def say(self, segment, item, ahead):
        kind, payload = item.header.kind, item.payload
        if kind == REPAIR:
            found = payloads.repair(payload)
            self.repaired, self.intact = True, False
            self.damages += 1
            self.line(damage="repaired", **found)
            return
        if kind == SEGMENT:
            said = segment.header
            if said is None:
                raise Malformed("a header that is not the segment's")
        elif kind == SCHEMA:
            table, events = payloads.schema(payload)
            self.tables[crc32c(table)] = events
            said = {"events": len(events), "fingerprint": crc32c(table)}
        elif kind == CLOCK:
            said = payloads.clock(payload)
            if said:
                self.has_clock, self.spare = True, said
                self.clock.add(said)
        elif kind == END:
            said = self.end(segment, item)
        elif kind in (SIGNATURE, INDEX):
            said = self.beside_evidence(kind, payload)
        else:
            said = {LOST: payloads.lost, DROPPED: payloads.dropped, DERIVED: payloads.derived}[kind](payload)
            if kind == LOST:
                self.need_clock(segment, ahead)
        self.line(item=KINDS[kind - 1], file=segment.file, offset=item.offset, said=said)

    def end(self, segment, item):
        said, signed, raw = payloads.end(item.payload)
        self.ended = True
        wrong = [name for name, value in self.totals.items() if said[name] != value]
        if wrong and self.intact:
            self.damage(segment, item.offset, 0, "totals", wrong[0])
        chain = said["link"] == self.link.hex()
        return {**said, "chain": chain, "mark": signature.of_end(signed, raw)}

    def beside_evidence(self, kind, payload):
        """INDEX and SIGNATURE: what is wrong with them costs no row, and is told as what they say."""
        try:
            if kind == SIGNATURE:
                return self.signature(payload)
            return {"items": len(payloads.index(payload))}
        except Malformed as error:
            return {"unreadable": str(error)}

    def signature(self, payload):
        """A SIGNATURE, and whether what it lists is what is here."""
        said = signature.checkpoint(payload)
        listed = said.pop("digests")
        here = self.digests[said["first"] : said["first"] + len(listed)]
        link = said["link"] == self.link.hex()
        return {**said, "listed": len(listed), "as listed": here == listed, "chain": link}

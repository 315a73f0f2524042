"""A block of rows: the payload of STATE and EVENTS.

Takes the payload and the tables that are known by fingerprint; gives rows in the order of the block.
"""

from collections import Counter
from dataclasses import dataclass

import columns
from cursor import MAX_BLOCK, U64, Cursor, Malformed, inflate, unzigzag

MAX_ROWS = 65_536


class NoSchema(Malformed):
    """The event table that a block names is not at hand."""


@dataclass
class Row:
    event: str
    time: int
    cpu: int
    sequence: int
    abi: int
    thread: int
    process: int
    start: int
    parameters: list  # (name, wire type, status, value)


@dataclass
class Head:
    fingerprint: int
    rows: int
    smallest: int
    largest: int
    raw: int
    events: list  # (id, rows)
    threads: int
    frames: list  # (raw length, stored length)


def read_head(cursor):
    flags = cursor.varint()
    if flags > 1:
        raise Malformed(f"flags {flags} of a block")
    fingerprint = cursor.u32()
    rows = cursor.count(MAX_ROWS, "rows")
    smallest = cursor.u64()
    largest = smallest + cursor.varint()
    if largest > U64:
        raise Malformed("a time of more than 64 bits")
    raw = cursor.varint()
    events, last = [], None
    for _ in range(cursor.count(rows, "events in a block")):
        step = cursor.varint()
        if last is not None and step == 0:
            raise Malformed("an event that stands twice in a head")
        last = step if last is None else last + step
        events.append((last, cursor.count(rows, "rows of an event")))
    if sum(count for _, count in events) != rows:
        raise Malformed("the events' rows are not the block's")
    threads = cursor.count(rows, "threads")
    frames = [(cursor.varint(), cursor.varint()) for _ in range(3)]
    return Head(fingerprint, rows, smallest, largest, raw, events, threads, frames)


class Budget:
    """What the raw lengths of a block may still come to."""

    def __init__(self):
        self.left = MAX_BLOCK

    def frame(self, cursor, raw, stored):
        self.left -= raw
        if self.left < 0:
            raise Malformed("a block of more than 64 MiB")
        return inflate(cursor.take(stored), raw)


def read_order(data, head):
    """The event, CPU and sequence number of each row."""
    cursor = Cursor(data)
    cpus = [(cursor.varint(), cursor.varint()) for _ in range(cursor.count(head.rows, "CPUs"))]
    events = columns.numbers(cursor, head.rows)
    places = columns.numbers(cursor, head.rows)
    gaps = cursor.count(head.rows, "gaps")
    distances = columns.numbers(cursor, gaps)
    jumps = columns.numbers(cursor, gaps)
    cursor.end()
    jump_at, position = {}, 0
    for distance, jump in zip(distances, jumps):
        position += distance
        jump_at[position] = unzigzag(jump)
    if position >= max(head.rows, 1):
        raise Malformed("a gap behind the last row")
    last, order = {}, []
    for row, (event, place) in enumerate(zip(events, places)):
        cpu, first = columns.pick(cpus, place)
        sequence = last[place] + 1 if place in last else first
        sequence = (sequence + jump_at.get(row, 0)) & U64
        last[place] = sequence
        order.append((event, cpu, sequence))
    return order


def read_threads(data, count):
    cursor = Cursor(data)
    tids, distances, starts = (columns.numbers(cursor, count) for _ in range(3))
    cursor.end()
    return [
        (tid, tid + unzigzag(distance), start)
        for tid, distance, start in zip(tids, distances, starts)
    ]


def read_columns(block, directory, head, tables, budget):
    """For each event of the head, the bytes of its columns."""
    cursor = Cursor(directory)
    shapes = []
    for event, rows in head.events:
        if event not in tables:
            raise Malformed(f"event {event} is not in the table")
        large = cursor.u8()
        if large > 1:
            raise Malformed("a column that is neither large nor small")
        limit = 3 + len(tables[event][1])
        lengths = []
        for _ in range(cursor.count(limit, "columns")):
            raw = cursor.varint()
            lengths.append((raw, cursor.varint() if large and raw else raw))
        if len(lengths) < 3:
            raise Malformed("an event without times, threads or ABIs")
        shapes.append((event, rows, large, lengths))
    read = []
    for event, rows, large, lengths in shapes:
        if large:
            parts = [budget.frame(block, raw, stored) for raw, stored in lengths]
        else:
            parts = [cursor.take(raw) for raw, _ in lengths]
        read.append((event, rows, parts))
    cursor.end()
    return read


def rows_of_event(name, parameters, count, parts, threads, smallest):
    times = columns.times(parts[0], count, smallest)
    places = whole_column(parts[1], count)
    abis = whole_column(parts[2], count)
    values = []
    for index, (_, wire, _) in enumerate(parameters):
        data = parts[3 + index] if 3 + index < len(parts) else b""
        values.append(columns.parameter(data, count, wire))
    for row in range(count):
        thread = columns.pick(threads, places[row])
        filled = [
            (parameter, wire, *values[index][row])
            for index, (parameter, wire, _) in enumerate(parameters)
        ]
        yield Row(name, times[row], 0, 0, abis[row], *thread, filled)


def whole_column(data, count):
    cursor = Cursor(data)
    values = columns.numbers(cursor, count)
    cursor.end()
    return values


def open_block(payload, schemas):
    """The head, the place behind it, and the table that it names: all that is known without decompressing."""
    block = Cursor(payload)
    head = read_head(block)
    if sum(stored for _, stored in head.frames) > block.left():
        raise Malformed("frames that are longer than the block")
    if head.fingerprint not in schemas:
        raise NoSchema(f"no table has the fingerprint {head.fingerprint:08x}")
    return head, block, schemas[head.fingerprint]


def read_block(head, block, tables):
    """The rows of a block that was opened."""
    budget = Budget()
    order, threads, directory = (budget.frame(block, *frame) for frame in head.frames)
    order = read_order(order, head)
    threads = read_threads(threads, head.threads)
    rows = []
    for event, count, parts in read_columns(block, directory, head, tables, budget):
        name, parameters = tables[event]
        rows.append(rows_of_event(name, parameters, count, parts, threads, head.smallest))
    block.end()
    rows = [list(of_event) for of_event in rows]
    counted = Counter(event for event, _, _ in order)
    if any(counted[place] != count for place, (_, count) in enumerate(head.events)):
        raise Malformed("the order record has other rows than the head")
    rows = [iter(of_event) for of_event in rows]
    ordered = []
    for place, cpu, sequence in order:
        row = next(rows[place])
        row.cpu, row.sequence = cpu, sequence
        ordered.append(row)
    return ordered

"""The forms of a column: numbers, times, and the values of a parameter.

Each function takes the column's bytes and how many entries it has, which the caller knows,
and returns a list of so many; a column that has fewer bytes than that is malformed.
"""

from cursor import U64, Cursor, Malformed, unzigzag

WIDTHS = {0: 1, 1: 2, 2: 4, 3: 8, 4: 4, 5: 8}  # of the fixed wire types
SIGNED = (4, 5)
STRINGS = (6, 7)
PRESENT, TRUNCATED, FAULT, ABSENT, FAULT_WITH_VALUE = range(5)
STATUS = ["present", "truncated", "fault", "absent", "fault with a value"]
PER_ROW = 255


def planes(cursor, count):
    """The lowest byte of every number, then the next byte of every number."""
    width = cursor.u8()
    if not 1 <= width <= 8:
        raise Malformed(f"planes of {width} bytes")
    numbers = [0] * count
    for place in range(width):
        shift = 8 * place
        numbers = [number | byte << shift for number, byte in zip(numbers, cursor.take(count))]
    return numbers


def numbers(cursor, count):
    if count == 0:
        return []
    form = cursor.u8()
    if form == 0:
        return [cursor.varint()] * count
    if form == 1:
        return planes(cursor, count)
    if form == 2:
        distinct = planes(cursor, cursor.count(count, "distinct numbers"))
        return [pick(distinct, index) for index in planes(cursor, count)]
    if form == 3:
        values = [cursor.varint()]
        for difference in planes(cursor, count - 1):
            values.append((values[-1] + unzigzag(difference)) & U64)
        return values
    raise Malformed(f"form {form} of a column of numbers")


def pick(values, index):
    if index >= len(values):
        raise Malformed(f"entry {index} of {len(values)}")
    return values[index]


def times(data, count, first):
    """The times of an event's rows; `first` is the smallest time of the block."""
    cursor = Cursor(data)
    form = cursor.u8()
    if form > 1:
        raise Malformed(f"form {form} of a column of times")
    widths = cursor.take(count)
    packed = bytes(cursor.rest())
    if len(packed) != (sum(max(width, 1) - 1 for width in widths) + 7) // 8:
        raise Malformed("the bits of a column of times are too few or too many")
    values, time, bit = [], first, 0
    for width in widths:
        if width > 64:
            raise Malformed(f"a difference of {width} bits")
        difference = 0
        if width:
            below = width - 1
            window = int.from_bytes(packed[bit // 8 : bit // 8 + 9], "little") >> bit % 8
            difference = 1 << below | window & ((1 << below) - 1)
            bit += below
        time = (time + (unzigzag(difference) if form else difference)) & U64
        values.append(time)
    return values


def parameter(data, count, wire):
    """Pairs of status and value, one for each row."""
    if not data:
        return [(ABSENT, None)] * count
    cursor = Cursor(data)
    status = cursor.u8()
    statuses = cursor.take(count) if status == PER_ROW else [status] * count
    if any(status > FAULT_WITH_VALUE for status in statuses):
        raise Malformed("a status that is none")
    if wire in STRINGS:
        if FAULT_WITH_VALUE in statuses:
            raise Malformed("a string with the status of a number")
        without = (ABSENT,)
        values = strings
    else:
        without = (FAULT, ABSENT)
        values = fixed
    having = sum(status not in without for status in statuses)
    found = iter(values(cursor, having, wire))
    cursor.end()
    return [(status, None if status in without else next(found)) for status in statuses]


def fixed(cursor, count, wire):
    bits = 8 * WIDTHS[wire]
    values = numbers(cursor, count)
    if any(value >> bits for value in values):
        raise Malformed(f"a number that has more than {bits} bits")
    return [unzigzag(value) for value in values] if wire in SIGNED else values


def strings(cursor, count, _wire):
    form = cursor.u8()
    if form == 0:
        return [bytes(cursor.take(length)) for length in numbers(cursor, count)]
    if form == 1:
        lengths = numbers(cursor, cursor.count(count, "distinct strings"))
        distinct = [bytes(cursor.take(length)) for length in lengths]
        return [pick(distinct, index) for index in numbers(cursor, count)]
    raise Malformed(f"form {form} of a column of strings")

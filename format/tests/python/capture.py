"""Files of a capture: a root, the directory of a boot, or one segment.

Gives the segments in the order of the stream, marked with what is missing beside them.
Follows no symbolic link below the path that it is given, and opens nothing but regular files.
"""

import os
import stat
from collections import Counter

from segment import Segment


def load(path):
    """All segments of a capture, in order."""
    if not os.path.isdir(path):
        return mark([Segment(os.path.basename(path), read(path))])
    places = [""] + [name for name in sorted(os.listdir(path)) if is_a(path, name, stat.S_ISDIR)]
    segments = []
    for place, directory in enumerate(places):
        segments += arranged(path, directory, place)
    return mark(segments)


def is_a(path, name, kind):
    return kind(os.lstat(os.path.join(path, name)).st_mode)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def arranged(root, directory, place):
    """The segments of one directory by number; those that are no part of it are marked."""
    path, segments, odd = os.path.join(root, directory), [], []
    for name in sorted(os.listdir(path)):
        if not name.endswith(".flc"):
            continue
        shown = f"{directory}/{name}" if directory else name
        if not is_a(path, name, stat.S_ISREG):
            odd.append(passed_over(shown, place, "unreadable"))
            continue
        segment = Segment(shown, read(os.path.join(path, name)), place, listed=True)
        if segment.named() is None:
            why = "other name" if segment.header else "not a segment"
            odd.append(passed_over(shown, place, why))
        else:
            segments.append(segment)
    segments = sorted(segments + odd, key=order)
    mark_others(segments, lambda header: (header["boot"], header["node"]))
    mark_others(segments, lambda header: header["capture"])
    mark_doubles(segments)
    return segments


def order(segment):
    """By number; files without one come first."""
    number = segment.number()
    return (-1 if number is None else number, segment.file)


def passed_over(file, place, why):
    segment = Segment(file, b"", place, listed=True)
    segment.passed_over = why
    return segment


def mark_others(segments, value):
    """What most segments have is the capture's; where two have as many, that of the first."""
    having = [one for one in segments if one.header and not one.passed_over]
    having = [(one, value(one.header)) for one in having if value(one.header) is not None]
    counts = Counter(found for _, found in having)
    if counts:
        own = counts.most_common(1)[0][0]
        for segment, found in having:
            if found != own:
                segment.passed_over = "other capture"


def mark_doubles(segments):
    """Of several with one number, the one that follows the chain, else the one that is named so."""
    groups = {}
    for segment in segments:
        if segment.number() is not None and not segment.passed_over:
            groups.setdefault(segment.number(), []).append(segment)
    before = None
    for number, group in sorted(groups.items()):
        best = max(group, key=lambda one: (follows(before, one), one.named() == number))
        for segment in group:
            if segment is not best:
                segment.passed_over = "same number"
        before = best if best.end else None


def follows(before, segment):
    if before is None or segment.header is None:
        return False
    return segment.header["previous"] == before.digest()


def mark(segments):
    """Numbers that are not there, and whether DROPPED explains them."""
    read_on = [segment for segment in segments if not segment.passed_over]
    gone = told_dropped(read_on)
    last = None
    for segment in read_on:
        beside = last if last and last.place == segment.place else None
        if last and not beside:
            mark_after(last, gone)
        first = ((beside.number() or 0) if beside else 0) + 1
        absent = range(first, segment.number() or 0)
        if len(absent):
            explained = covered(gone.get(segment.place, []), absent)
            segment.dropped_before = explained
            tied = beside and beside.sequel() != "missing when copied" and follows(beside, segment)
            tells = segment.header is None or segment.header["version"] >= [1, 1]
            if not tied and (first > 1 or (segment.listed and tells)):
                segment.missing_before = len(absent) - explained
        elif beside and other_recording(beside, segment):
            mark_after(beside, gone)
        last = segment
    if last:
        mark_after(last, gone)
    return segments


def other_recording(before, segment):
    runs = [one.header and one.header["recording"] for one in (before, segment)]
    return None not in runs and runs[0] != runs[1]


def mark_after(segment, gone):
    """The recording went on behind this segment, and nothing of it is there."""
    sequel, number = segment.sequel(), segment.number()
    if sequel not in ("goes on", "missing when copied") or number is None:
        return
    next_one = range(number + 1, number + 2)
    explained = covered(gone.get(segment.place, []), next_one)
    if not explained:
        segment.missing_after = segment.listed and sequel == "goes on"


def covered(ranges, numbers):
    """How many of these numbers the ranges hold; both may be long, so nothing is counted out."""
    at, count = numbers.start, 0
    for first, last in sorted(ranges):
        first, end = max(first, at), min(last + 1, numbers.stop)
        if first < end:
            count += end - first
            at = end
    return count


def told_dropped(segments):
    """What retention dropped, by place: a name is that of a directory of the root, "." the root's own."""
    places = {os.path.dirname(segment.file): segment.place for segment in segments}
    gone = {}
    for segment in segments:
        for told in segment.dropped():
            inside = os.path.dirname(segment.file)
            name = {"": inside, ".": "" if inside else None}.get(told["directory"], told["directory"])
            if name in places:
                gone.setdefault(places[name], []).append((told["first"], told["last"]))
    return gone

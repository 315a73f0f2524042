#!/usr/bin/env python3
"""Reads captures and prints a line of JSON for each row, each other item, and each damage.

Written from FORMAT.md alone, so that it shows whether a stranger could.

    reader.py [--tables FILE] PATH...

PATH is a segment, the directory of a boot, or a root with one for each boot.
--tables names a segment whose event tables are used for blocks whose own is lost.
Exits with 0 where everything was read, 3 where something is damaged or missing, 2 where nothing could be read.
"""

import argparse
import json
import os
import sys

try:
    import capture
    import payloads
    from cursor import crc32c
    from stream import Stream
except ImportError as error:
    sys.exit(f"{error}; install what is missing with: pip install zstandard blake3")


def line(**fields):
    print(json.dumps(fields))


def tables_of(path):
    """The event tables of a segment, by their fingerprints."""
    segment = capture.load(path)[0] if path else None
    said = segment.of_kind(payloads.SCHEMA, payloads.schema) if segment else []
    return {crc32c(table): events for table, events in said}


def read(path, tables):
    """Prints what a capture holds; how it ended is the exit code."""
    try:
        segments = capture.load(path)
    except (OSError, payloads.Newer) as error:
        line(refused=str(error))
        return 2
    if all(segment.passed_over or not segment.data for segment in segments):
        line(refused="no capture")
        return 2
    stream = Stream(line, tables)
    stream.capture(segments)
    return 3 if stream.damages else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tables", help="a segment whose event tables stand in for lost ones")
    parser.add_argument("paths", nargs="+", metavar="PATH")
    arguments = parser.parse_args()
    tables, codes = tables_of(arguments.tables), set()
    for path in arguments.paths:
        if len(arguments.paths) > 1:
            line(capture=path)
        codes.add(read(path, tables))
    return min(codes - {0}, default=0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        # Whoever read has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

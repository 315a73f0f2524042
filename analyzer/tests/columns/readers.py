"""Reads exports with DuckDB, pyarrow and Polars, and compares with what was exported.

In: JSON on standard input: the directories of an export without partitions and of one by hour, and what the tables have. Out: a line for each comparison that fails, and at the end how many passed and failed.
"""

import glob
import json
import os
import sys

import duckdb
import polars
import pyarrow
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet

# What each type of a table is called by each reader. DuckDB has no lengths of time in nanoseconds: it reads them as whole numbers.
TYPES = {
    "bool": ("BOOLEAN", "bool", polars.Boolean),
    "int64": ("BIGINT", "int64", polars.Int64),
    "uint64": ("UBIGINT", "uint64", polars.UInt64),
    "float64": ("DOUBLE", "double", polars.Float64),
    "text": ("VARCHAR", "string", polars.String),
    "bytes": ("BLOB", "binary", polars.Binary),
    "timestamp[ns, UTC]": (
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS", "TIMESTAMP_NS WITH TIME ZONE"),
        "timestamp[ns, tz=UTC]",
        polars.Datetime("ns", "UTC"),
    ),
    "duration[ns]": ("BIGINT", "duration[ns]", polars.Duration("ns")),
    "list of text": ("VARCHAR[]", ("list<item: string>", "list<element: string>"), polars.List(polars.String)),
    "list of int64": ("BIGINT[]", ("list<item: int64>", "list<element: int64>"), polars.List(polars.Int64)),
    "map of text to text": (
        "MAP(VARCHAR, VARCHAR)",
        "map<string ('keys'), string ('values') ('args')>",
        polars.Map(polars.String, polars.String),
    ),
}

passed = failed = 0


def check(what, found, expected):
    """Counts a comparison, and tells of one that fails."""
    global passed, failed
    is_one_of = isinstance(expected, tuple) and found in expected
    if is_one_of or found == expected:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what}: {found!r}, expected {expected!r}")


def check_types(reader, table, columns, found, place):
    for (name, kind), other in zip(columns, found):
        check(f"{reader}: type of {table}.{name}", other, TYPES[kind][place])


def facts(events):
    """What is compared of the values."""
    return {
        key: events[key]
        for key in ("first_ns", "last_ns", "positions", "names", "no_descriptor")
    }


def with_duckdb(asked):
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    for table, expected in asked["tables"].items():
        file = os.path.join(asked["none"], f"{table}.parquet")
        described = database.sql(f"DESCRIBE SELECT * FROM '{file}'").fetchall()
        check(f"DuckDB: columns of {table}", [row[0] for row in described], [name for name, _ in expected["columns"]])
        check_types("DuckDB", table, expected["columns"], [row[1] for row in described], 0)
        (rows,) = database.sql(f"SELECT count(*) FROM '{file}'").fetchall()[0]
        check(f"DuckDB: rows of {table}", rows, expected["rows"])
    for name, source in (
        ("file", f"'{asked['none']}/events.parquet'"),
        ("partitions", f"read_parquet('{asked['hour']}/events/**/*.parquet', hive_partitioning = true)"),
    ):
        row = database.sql(
            "SELECT epoch_ns(min(evt_time)), epoch_ns(max(evt_time)), sum(position)::BIGINT,"
            " list_sort(list(DISTINCT proc_name)), count(*) FILTER (fd_num IS NULL)"
            f" FROM {source}"
        ).fetchall()[0]
        first, last, positions, names, no_descriptor = row
        found = {
            # A time with a zone has microseconds there.
            "first_ns": first // 1000,
            "last_ns": last // 1000,
            "positions": positions,
            "names": [one for one in names if one is not None],
            "no_descriptor": no_descriptor,
        }
        expected = facts(asked["events"])
        expected["first_ns"] //= 1000
        expected["last_ns"] //= 1000
        check(f"DuckDB: values, {name}", found, expected)
    found = database.sql(
        "SELECT DISTINCT date::VARCHAR, hour::INT, node FROM"
        f" read_parquet('{asked['hour']}/events/**/*.parquet', hive_partitioning = true) ORDER BY ALL"
    ).fetchall()
    check("DuckDB: partitions", [list(row) for row in found], asked["partitions"])


def with_pyarrow(asked):
    for table, expected in asked["tables"].items():
        file = pyarrow.parquet.ParquetFile(os.path.join(asked["none"], f"{table}.parquet"))
        schema = file.schema_arrow
        check(f"pyarrow: columns of {table}", schema.names, [name for name, _ in expected["columns"]])
        check_types("pyarrow", table, expected["columns"], [str(field.type) for field in schema], 1)
        check(f"pyarrow: rows of {table}", file.read().num_rows, expected["rows"])
        check(f"pyarrow: table in the metadata of {table}", file.metadata.metadata[b"falco.table"], table.encode())
    partitioned = pyarrow.dataset.dataset(os.path.join(asked["hour"], "events"), partitioning="hive")
    for name, events in (
        ("file", pyarrow.parquet.read_table(os.path.join(asked["none"], "events.parquet"), partitioning=None)),
        ("partitions", partitioned.to_table()),
    ):
        times = pyarrow.compute.min_max(events["evt_time"].cast("int64"))
        found = {
            "first_ns": times["min"].as_py(),
            "last_ns": times["max"].as_py(),
            "positions": pyarrow.compute.sum(events["position"]).as_py(),
            "names": sorted(events["proc_name"].drop_null().unique().to_pylist()),
            "no_descriptor": events["fd_num"].null_count,
        }
        check(f"pyarrow: values, {name}", found, facts(asked["events"]))
    rows = partitioned.to_table(columns=["date", "hour", "node"]).group_by(["date", "hour", "node"]).aggregate([])
    found = sorted([str(row["date"]), int(row["hour"]), row["node"]] for row in rows.to_pylist())
    check("pyarrow: partitions", found, asked["partitions"])


def with_polars(asked):
    for table, expected in asked["tables"].items():
        frame = polars.read_parquet(os.path.join(asked["none"], f"{table}.parquet"))
        check(f"Polars: columns of {table}", frame.columns, [name for name, _ in expected["columns"]])
        check_types("Polars", table, expected["columns"], frame.dtypes, 2)
        check(f"Polars: rows of {table}", frame.height, expected["rows"])
    files = os.path.join(asked["hour"], "events", "**", "*.parquet")
    partitioned = polars.scan_parquet(files, hive_partitioning=True).collect()
    for name, events in (
        ("file", polars.read_parquet(os.path.join(asked["none"], "events.parquet"))),
        ("partitions", partitioned),
    ):
        found = {
            "first_ns": events["evt_time"].dt.timestamp("ns").min(),
            "last_ns": events["evt_time"].dt.timestamp("ns").max(),
            "positions": events["position"].sum(),
            "names": sorted(events["proc_name"].drop_nulls().unique().to_list()),
            "no_descriptor": events["fd_num"].null_count(),
        }
        check(f"Polars: values, {name}", found, facts(asked["events"]))
    rows = partitioned.select("date", "hour", "node").unique().rows()
    found = sorted([str(date), int(hour), node] for date, hour, node in rows)
    check("Polars: partitions", found, asked["partitions"])


asked = json.load(sys.stdin)
check("a file for each partition", bool(glob.glob(os.path.join(asked["hour"], "events", "date=*", "hour=*", "node=*", "*"))), True)
with_duckdb(asked)
with_pyarrow(asked)
with_polars(asked)
print(f"{passed} passed, {failed} failed, by DuckDB {duckdb.__version__}, pyarrow {pyarrow.__version__}, Polars {polars.__version__}")
sys.exit(failed > 0)

//! What exports of another schema end with: rows as in `table`.

use super::table::Case;

pub(super) const CASES: &[Case] = &[
    (
        &[
            "export",
            "jsonl",
            "whole",
            "-o",
            "ocsf.jsonl",
            "--schema",
            "ocsf",
            "-r",
            "rules.yaml",
        ],
        0,
        "records, from",
    ),
    (
        &[
            "export", "parquet", "whole", "-o", "ocsf", "--schema", "ocsf",
        ],
        0,
        "Wrote ocsf/process_activity.parquet",
    ),
    (
        &["export", "jsonl", "whole", "-o", "-", "-r", "rules.yaml"],
        2,
        "go with --schema ocsf",
    ),
    (
        &[
            "export",
            "jsonl",
            "whole",
            "-o",
            "-",
            "--schema",
            "ocsf",
            "--classes",
            "2004",
        ],
        2,
        "name them with --rules",
    ),
    (
        &[
            "export",
            "jsonl",
            "whole",
            "-o",
            "-",
            "--schema",
            "ocsf",
            "--classes",
            "1002",
        ],
        2,
        "1007 (process_activity)",
    ),
    (
        &["export", "csv", "whole", "-o", "-", "--schema", "ocsf"],
        2,
        "`export jsonl`",
    ),
    (
        &[
            "export",
            "jsonl",
            "holes",
            "-o",
            "holes.ocsf.jsonl",
            "--schema",
            "ocsf",
        ],
        3,
        "issing",
    ),
    (
        &[
            "export",
            "parquet",
            "holes",
            "-o",
            "holes.ocsf",
            "--schema",
            "ocsf",
        ],
        3,
        "issing",
    ),
];

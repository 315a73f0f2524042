//! What every command ends with: a row for each command and state.

/// A command, its code, and words of what it says.
pub(super) type Case = (&'static [&'static str], i32, &'static str);

pub(super) const CLEAN: &[Case] = &[
    (&["info", "whole"], 0, "Lost: nothing\n"),
    (&["verify", "whole"], 0, "whole: intact"),
    (&["repair", "whole", "-o", "repaired"], 0, "Wrote repaired"),
    (&["events", "whole"], 0, "execve"),
    (
        &["profile", "whole", "-r", "rules.yaml"],
        0,
        "Program started",
    ),
    (
        &["replay", "whole", "-r", "rules.yaml"],
        0,
        "Lost: nothing\n",
    ),
    (
        &["export", "scap", "whole", "-o", "a.scap"],
        0,
        "Lost: nothing\n",
    ),
    (
        &["export", "parquet", "whole", "-o", "tables"],
        0,
        "Lost: nothing\n",
    ),
    (
        &["export", "jsonl", "whole", "-o", "a.jsonl"],
        0,
        "Lost: nothing\n",
    ),
    (
        &[
            "export",
            "csv",
            "whole",
            "-o",
            "a.csv",
            "--table",
            "processes",
        ],
        0,
        "rows of processes",
    ),
    (
        &["export", "arrow", "whole", "-o", "a.arrow"],
        0,
        "rows of events",
    ),
    (
        &["import", "whole.scap", "-o", "imported"],
        0,
        "Lost: nothing\n",
    ),
    (
        &["redact", "whole", "--key", "key", "-o", "redacted"],
        0,
        "Lost: nothing\n",
    ),
    (&["test", "tests/whole-passes"], 0, "passed"),
    (
        &["test", "init", "whole", "-r", "rules.yaml", "-o", "made"],
        0,
        "made: expects ",
    ),
    (
        &[
            "explain",
            "whole",
            "-r",
            "rules.yaml",
            "--rule",
            "Program started",
        ],
        0,
        "Verdict: ",
    ),
    (
        &[
            "diff",
            "--old",
            "rules.yaml",
            "--new",
            "rules.yaml",
            "whole",
        ],
        0,
        "othing differs",
    ),
    (&["coverage", "tests/whole-passes"], 0, "Program started"),
    (&["rules", "check", "rules.yaml"], 0, "ok"),
    (&["rules", "check", "warned.yaml"], 0, "warning"),
    (&["rules", "fmt", "--check", "fine.yaml"], 0, ""),
    (&["rules", "list", "-r", "rules.yaml"], 0, "Program started"),
    (
        &["rules", "describe", "-r", "rules.yaml"],
        0,
        "Program started",
    ),
    (&["rules", "fields"], 0, "proc.name"),
    (&["rules", "events"], 0, "execve"),
    (&["--help"], 0, "Exit codes"),
    (&["--version"], 0, "falco-analyze"),
];

pub(super) const FOUND: &[Case] = &[
    (
        &["replay", "whole", "-r", "rules.yaml", "--exit-code"],
        1,
        "Alerts: ",
    ),
    (&["test", "tests/whole-differs"], 1, "FAILED"),
    (
        &["diff", "--old", "rules.yaml", "--new", "fine.yaml", "whole"],
        1,
        "Program started",
    ),
    (
        &["coverage", "tests/whole-passes", "--fail-under", "100"],
        1,
        "Program started",
    ),
    (
        &["rules", "check", "warned.yaml", "--deny-warnings"],
        1,
        "warning",
    ),
    (&["rules", "fmt", "--check", "odd.yaml"], 1, "odd.yaml"),
];

pub(super) const FAILED: &[Case] = &[
    (&["info", "nowhere"], 2, "nowhere does not exist"),
    (&["verify", "nowhere"], 2, "nowhere does not exist"),
    (&["verify", "whole.scap"], 2, "falco-analyze import"),
    (
        &["repair", "nowhere", "-o", "copy"],
        2,
        "nowhere does not exist",
    ),
    (
        &["repair", "whole", "-o", "-"],
        2,
        "standard output is one stream",
    ),
    (&["events", "nowhere"], 2, "nowhere does not exist"),
    (
        &["profile", "nowhere", "-r", "rules.yaml"],
        2,
        "nowhere does not exist",
    ),
    (
        &["profile", "whole", "-r", "bad.yaml"],
        2,
        "nothing was replayed",
    ),
    (&["events", "whole", "evt.type ="], 2, "does not compile"),
    (
        &["events", "whole", "-o", "/dev/full"],
        2,
        "cannot write /dev/full: No space left",
    ),
    (
        &["replay", "nowhere", "-r", "rules.yaml"],
        2,
        "nowhere does not exist",
    ),
    (
        &["replay", "whole", "-r", "bad.yaml"],
        2,
        "nothing was replayed",
    ),
    (
        &[
            "replay",
            "whole",
            "-r",
            "rules.yaml",
            "--rule",
            "Program startd",
        ],
        2,
        "did you mean",
    ),
    (
        &["replay", "whole", "-r", "rules.yaml", "-o", "/dev/full"],
        2,
        "cannot write /dev/full: No space left",
    ),
    (
        &["export", "scap", "nowhere", "-o", "b.scap"],
        2,
        "nowhere does not exist",
    ),
    (
        &["export", "scap", "whole", "-o", "/dev/full"],
        2,
        "/dev/full is no file",
    ),
    (
        &["export", "scap", "whole", "-o", "nowhere/b"],
        2,
        "cannot write nowhere/b",
    ),
    (
        &["export", "parquet", "nowhere", "-o", "more"],
        2,
        "nowhere does not exist",
    ),
    (
        &["export", "parquet", "whole", "-o", "-"],
        2,
        "export jsonl",
    ),
    (
        &[
            "export", "parquet", "whole", "-o", "more", "--tables", "event",
        ],
        2,
        "did you mean 'events'?",
    ),
    (
        &[
            "export",
            "parquet",
            "whole",
            "-o",
            "more",
            "--partition",
            "week",
        ],
        2,
        "hour",
    ),
    (
        &["export", "parquet", "whole", "-o", "/dev/full"],
        2,
        "/dev/full is not a directory",
    ),
    (
        &["export", "jsonl", "nowhere", "-o", "more"],
        2,
        "nowhere does not exist",
    ),
    (
        &["export", "csv", "whole", "-o", "/dev/null"],
        2,
        "is there already",
    ),
    (
        &["export", "arrow", "whole", "-o", "more", "--table", "event"],
        2,
        "did you mean 'events'?",
    ),
    (
        &["import", "nowhere", "-o", "more"],
        2,
        "nowhere does not exist",
    ),
    (
        &["import", "whole", "-o", "more"],
        2,
        "is a capture already",
    ),
    (
        &["import", "whole.scap", "-o", "/dev/full"],
        2,
        "/dev/full is not a directory",
    ),
    (
        &["import", "whole.scap", "-o", "-"],
        2,
        "standard output is one stream",
    ),
    (
        &["import", "whole.scap", "-o", "rules.yaml"],
        2,
        "rules.yaml is not a directory",
    ),
    (
        &["import", "whole.scap", "-o", "/proc/more"],
        2,
        "cannot write /proc/more",
    ),
    (
        &["redact", "whole", "--key", "nowhere", "-o", "more"],
        2,
        "there is no key nowhere",
    ),
    (
        &["repair", "whole", "-o", "rules.yaml"],
        2,
        "rules.yaml is not a directory",
    ),
    (&["test", "tests/broken"], 2, "broken"),
    (
        &[
            "explain",
            "nowhere",
            "-r",
            "rules.yaml",
            "--rule",
            "Program started",
        ],
        2,
        "nowhere does not exist",
    ),
    (
        &[
            "explain",
            "whole",
            "-r",
            "rules.yaml",
            "--rule",
            "Program startd",
        ],
        2,
        "did you mean",
    ),
    (
        &["diff", "--old", "rules.yaml", "--new", "bad.yaml", "whole"],
        2,
        "bad.yaml",
    ),
    (
        &[
            "diff",
            "--old",
            "rules.yaml",
            "--new",
            "rules.yaml",
            "nowhere",
        ],
        2,
        "nowhere does not exist",
    ),
    (&["coverage", "tests/broken"], 2, "broken"),
    (
        &["test", "init", "whole", "-r", "rules.yaml"],
        2,
        "whole is there already",
    ),
    (&["rules", "check", "bad.yaml"], 2, "bad.yaml"),
    (
        &["rules", "check", "rules.yaml", "-o", "/dev/full"],
        2,
        "cannot write /dev/full: No space",
    ),
    (&["rules", "fmt", "bad.yaml", "nowhere"], 2, "nowhere"),
    (&["rules", "list", "-r", "bad.yaml"], 2, "bad.yaml"),
    (
        &["rules", "describe", "-r", "rules.yaml", "Program"],
        2,
        "no rule is named",
    ),
    (
        &["rules", "fields", "--source", "no"],
        2,
        "there is no source",
    ),
    (&["nonsense"], 2, "nonsense"),
    (&["replay"], 2, "CAPTURE"),
];

pub(super) const INCOMPLETE: &[Case] = &[
    (&["info", "holes"], 3, "issing"),
    (&["verify", "holes"], 3, "issing"),
    (&["events", "holes"], 3, "issing"),
    (&["profile", "holes", "-r", "rules.yaml"], 3, "issing"),
    (&["events", "holes", "-n", "1"], 3, "issing"),
    (&["replay", "holes", "-r", "rules.yaml"], 3, "issing"),
    (&["export", "scap", "holes", "-o", "c.scap"], 3, "issing"),
    (
        &["export", "parquet", "holes", "-o", "holes-tables"],
        3,
        "issing",
    ),
    (&["export", "jsonl", "holes", "-o", "c.jsonl"], 3, "issing"),
    (&["export", "csv", "holes", "-o", "c.csv"], 3, "issing"),
    (&["export", "arrow", "holes", "-o", "c.arrow"], 3, "issing"),
    (
        &["import", "holes.scap", "-o", "holes-imported"],
        3,
        "Damaged",
    ),
    (
        &["redact", "holes", "--key", "key", "-o", "holes-redacted"],
        3,
        "issing",
    ),
    (&["test", "tests/holes-passes"], 3, "INCONCLUSIVE"),
    (
        &[
            "explain",
            "holes",
            "-r",
            "rules.yaml",
            "--rule",
            "Program started",
        ],
        3,
        "issing",
    ),
    (
        &[
            "diff",
            "--old",
            "rules.yaml",
            "--new",
            "rules.yaml",
            "holes",
        ],
        3,
        "issing",
    ),
    (&["coverage", "tests/holes-passes"], 3, "issing"),
    (
        &[
            "test",
            "init",
            "holes",
            "-r",
            "rules.yaml",
            "-o",
            "made-of-holes",
        ],
        3,
        "the captures lack something",
    ),
];

pub(super) const SEVERAL: &[Case] = &[
    // Findings before doubts about them.
    (
        &["replay", "holes", "-r", "rules.yaml", "--exit-code"],
        1,
        "issing",
    ),
    (
        &[
            "replay",
            "whole",
            "holes",
            "-r",
            "rules.yaml",
            "--exit-code",
        ],
        1,
        "issing",
    ),
    (&["test", "tests/holes-differs"], 1, "FAILED"),
    (
        &["test", "tests/holes-passes", "tests/whole-differs"],
        1,
        "INCONCLUSIVE",
    ),
    // What failed before all.
    (&["info", "holes", "nowhere"], 2, "nowhere"),
    (
        &[
            "replay",
            "holes",
            "nowhere",
            "-r",
            "rules.yaml",
            "--exit-code",
        ],
        2,
        "nowhere",
    ),
    (&["test", "tests"], 2, "FAILED"),
    (
        &[
            "rules",
            "check",
            "warned.yaml",
            "bad.yaml",
            "--deny-warnings",
        ],
        2,
        "warned.yaml",
    ),
    (
        &["rules", "fmt", "--check", "odd.yaml", "nowhere"],
        2,
        "odd.yaml",
    ),
    // One that is whole excuses none that is not.
    (&["info", "whole", "holes"], 3, "issing"),
    (&["verify", "whole", "holes"], 3, "issing"),
    (
        &["test", "tests/whole-passes", "tests/holes-passes"],
        3,
        "INCONCLUSIVE",
    ),
];

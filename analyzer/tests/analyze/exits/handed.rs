//! What commands end with that make answers to hand over: sums and reports.

use super::table::Case;

pub(super) const CLEAN: &[Case] = &[
    (
        &["summary", "whole", "-r", "rules.yaml"],
        0,
        "Lost: nothing\n",
    ),
    (
        &["report", "whole", "-r", "rules.yaml", "-o", "a.html"],
        0,
        "Lost: nothing\n",
    ),
];

pub(super) const FAILED: &[Case] = &[
    (&["summary", "nowhere"], 2, "nowhere does not exist"),
    (
        &["summary", "whole", "-r", "bad.yaml"],
        2,
        "nothing was replayed",
    ),
    (
        &["summary", "whole", "-r", "rules.yaml", "-o", "/dev/full"],
        2,
        "cannot write /dev/full: No space left",
    ),
    (
        &["report", "nowhere", "-o", "b.html"],
        2,
        "nowhere does not exist",
    ),
    (
        &["report", "whole", "-r", "bad.yaml", "-o", "b.html"],
        2,
        "nothing was replayed",
    ),
    (
        &["report", "whole", "-r", "rules.yaml", "-o", "a.html"],
        2,
        "is there already",
    ),
];

pub(super) const INCOMPLETE: &[Case] = &[
    (&["summary", "holes", "-r", "rules.yaml"], 3, "issing"),
    (
        &["report", "holes", "-r", "rules.yaml", "-o", "holes.html"],
        3,
        "issing",
    ),
];

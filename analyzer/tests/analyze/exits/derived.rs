//! What the commands end with that make captures from captures.

use super::table::Case;

pub(super) const CLEAN: &[Case] = &[
    (
        &["slice", "whole", "-o", "sliced", "--pid", "200"],
        0,
        "Lost: nothing\n",
    ),
    (
        &[
            "slice",
            "whole.scap",
            "-o",
            "sliced-scap",
            "--where",
            "evt.type = execve",
        ],
        0,
        "Wrote sliced-scap: 1 of ",
    ),
    (&["verify", "sliced"], 0, "Derived: slice"),
    (&["info", "sliced"], 0, "Derived: slice"),
];

pub(super) const FAILED: &[Case] = &[
    (
        &["slice", "nowhere", "-o", "cut", "--pid", "1"],
        2,
        "nowhere does not exist",
    ),
    (
        &["slice", "whole", "-o", "-", "--pid", "200"],
        2,
        "standard output is one stream",
    ),
    (
        &["slice", "whole", "-o", "whole", "--pid", "200"],
        2,
        "is not empty",
    ),
    (
        &["slice", "whole", "-o", "whole/part", "--pid", "200"],
        2,
        "lies within whole, which is read",
    ),
    (
        &["slice", "whole", "-o", "cut"],
        2,
        "say what to keep: --pid",
    ),
    (
        &["slice", "whole", "-o", "cut", "--pid", "bash"],
        2,
        "'bash' is no process id",
    ),
    (
        &["slice", "whole", "-o", "cut", "--pid", "4711"],
        2,
        "no process 4711 is in the captures",
    ),
    (
        &["slice", "whole", "-o", "cut", "--container", "3ad7b26ded6d"],
        2,
        "nothing was written",
    ),
    (
        &[
            "slice",
            "whole",
            "-o",
            "cut",
            "--where",
            "evt.type = reboot",
        ],
        2,
        "nothing was written",
    ),
    (
        &["slice", "whole", "-o", "cut", "--where", "evt.type ="],
        2,
        "the filter does not compile",
    ),
];

pub(super) const INCOMPLETE: &[Case] = &[
    // What was not found may be in what is missing, which is told all the same.
    (
        &[
            "slice",
            "holes",
            "-o",
            "none",
            "--where",
            "evt.type = chroot",
        ],
        2,
        "issing",
    ),
    (
        &["slice", "holes", "-o", "none", "--pid", "99"],
        2,
        "issing",
    ),
    (
        &["slice", "holes", "-o", "holes-sliced", "--pid", "200"],
        3,
        "issing",
    ),
    // What the capture lacks, the slice lacks.
    (&["info", "holes-sliced"], 3, "issing"),
    (&["verify", "holes-sliced"], 3, "issing"),
];

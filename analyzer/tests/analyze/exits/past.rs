//! The same of the tools in the past tense, of tops, and of what people try.

use super::table::Case;

pub(super) const CLEAN: &[Case] = &[
    (&["ps", "whole"], 0, "Lost: nothing\n"),
    (&["lsof", "whole"], 0, "Lost: nothing\n"),
    (&["netstat", "whole"], 0, "Lost: nothing\n"),
    (&["who", "whole"], 0, "Lost: nothing\n"),
    (&["containers", "whole"], 0, "Lost: nothing\n"),
    (&["mounts", "whole"], 0, "Lost: nothing\n"),
    (&["users", "whole"], 0, "Lost: nothing\n"),
    (&["top", "procs", "whole"], 0, "Lost: nothing\n"),
];

pub(super) const FAILED: &[Case] = &[
    (&["ps", "nowhere"], 2, "nowhere does not exist"),
    (&["lsof", "nowhere"], 2, "nowhere does not exist"),
    (&["netstat", "nowhere"], 2, "nowhere does not exist"),
    (&["who", "nowhere"], 2, "nowhere does not exist"),
    (&["containers", "nowhere"], 2, "nowhere does not exist"),
    (&["mounts", "nowhere"], 2, "nowhere does not exist"),
    (&["users", "nowhere"], 2, "nowhere does not exist"),
    (&["top", "files", "nowhere"], 2, "nowhere does not exist"),
    (&["top", "whole"], 2, "possible values: procs"),
    (&["search", "whole"], 2, "falco-analyze events CAPTURE"),
    (&["info", "--query", "x"], 2, "falco-analyze events CAPTURE"),
    (&["ps", "whole", "--at", "2040-01-01"], 2, "they span 2"),
    (&["lsof", "whole", "--pid", "4711"], 2, "no process 4711"),
];

pub(super) const INCOMPLETE: &[Case] = &[
    (&["ps", "holes"], 3, "issing"),
    (&["lsof", "holes"], 3, "issing"),
    (&["netstat", "holes"], 3, "issing"),
    (&["who", "holes"], 3, "issing"),
    (&["containers", "holes"], 3, "issing"),
    (&["mounts", "holes"], 3, "issing"),
    (&["users", "holes"], 3, "issing"),
    (&["top", "errors", "holes"], 3, "issing"),
];

//! DataFusion's errors as one line: the root of the matter, without how it got there.

use datafusion::common::DataFusionError;

/// The message of an error's root.
pub(crate) fn one_line(error: &DataFusionError) -> String {
    let text = error.find_root().strip_backtrace();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

//! Exit codes: what each means, and the one place that chooses.

use std::process::ExitCode;

/// Recorded, sealed, nothing lost.
pub const CLEAN: u8 = 0;
/// Asked whether a recorder is at work: none is.
pub const NOT_RECORDING: u8 = 1;
/// Nothing could be recorded, or the command line is wrong.
pub const ERROR: u8 = 2;
/// Recorded, but not everything: events were lost, or the disk did not take them.
pub const INCOMPLETE: u8 = 3;

/// The code of a recording: the command's own where there was one, for scripts rely on it; the summary tells the rest.
pub fn of_recording(command: Option<u8>, complete: bool) -> ExitCode {
    ExitCode::from(command.unwrap_or(if complete { CLEAN } else { INCOMPLETE }))
}

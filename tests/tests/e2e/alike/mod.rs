//! A recording of a bit of everything and its own export: the alerts of both, and that a program of 2022 reads the export.
//!
//! ```text
//! workload   the live recording
//! rows       the export, in memory
//! alerts     what rules say of the recording, of the export, and of the export's import
//! old_reader a program of 2022 that reads the export
//! ```

mod alerts;
mod old_reader;
mod rows;
mod workload;

use crate::live::recorder_or_skip;

#[test]
fn a_recording_and_its_export_alert_alike() {
    let test = "a_recording_and_its_export_alert_alike";
    let Some(_guard) = recorder_or_skip(test) else {
        return;
    };
    let recorded = workload::record();
    let capture = recorded.capture();
    alerts::check(test, &capture, &rows::export(&capture));
    old_reader::check(test, &capture);
}

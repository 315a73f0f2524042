//! The tables `events`, `losses` and `segments`, and their export: captures are synthesised, the library and the program read them.

#[path = "../analyze/support/capture.rs"]
#[expect(
    clippy::allow_attributes,
    reason = "which parts are used differs between tests"
)]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod capture;
mod demand;
mod encoded;
mod export;
mod full_disk;
mod held;
mod lives;
mod ocsf;
mod page;
mod readers;
mod rows;
mod states;
mod support;
mod tables;
mod written;

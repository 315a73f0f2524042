//! SQL over synthesised captures and their exports: the library by `.slt` cases, the program from outside.

#[path = "../../../tests/analyze/support/capture.rs"]
#[expect(
    clippy::allow_attributes,
    reason = "which parts are used differs between tests"
)]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod capture;
mod cases;
mod listed;
mod outputs;
mod program;
mod pushed;
mod reading;
mod shell;
mod sources;

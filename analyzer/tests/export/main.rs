//! `export scap` from outside: what was read from a `.scap` file reads back the same, our own captures alert the same, and a program of 2022 reads what is written for it.

#[path = "../analyze/support/capture.rs"]
#[expect(
    clippy::allow_attributes,
    reason = "which parts are used differs between tests"
)]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod capture;
mod command;
mod legacy;
mod native;
mod round_trip;
mod support;

//! Parity: what Falco 0.44.1 says of a capture, held against what we say of it.
//!
//! The reference data is named by the environment variable `FALCO_REFERENCE`; without it these tests say so and pass.
//! Every value must agree, or its difference stands in [`known`] with the reason; the tables of `PARITY.md` come from here.
//! `FALCO_BLESS=1` writes those tables; `PARITY_CAPTURE` and `PARITY_COLUMN` narrow a report to what contains their text.

mod alerts;
mod broad;
mod claims;
mod fields;
mod filters;
mod known;
mod ledger;
mod reference;
mod regression;
mod replay;
mod semantic;
mod several;
mod why;

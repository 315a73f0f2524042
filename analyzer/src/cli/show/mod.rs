//! How answers that are lists are shown: a sheet of rows with a form for people and forms for programs.
//!
//! ```text
//! screen  what standard output can show: its width, whether it takes block characters
//! sheet   rows with typed values → text, JSON or CSV
//! table   rows of text → aligned columns within the width of a screen
//! spark   numbers over time → one line that is as high as they are
//! units   bytes, durations, times and large numbers as people read them
//! ```
//!
//! In: values, which may be anybody's. Out: lines that a terminal may take, and bytes for programs with every value as it is.
//! What is shown, and in which order, is decided by commands.

mod screen;
mod sheet;
mod spark;
mod table;
mod units;

pub(crate) use screen::Screen;
pub(crate) use sheet::{Column, Form, Sheet, Value, number};
pub(crate) use spark::sparkline;
pub(crate) use table::Head;
pub(crate) use units::duration;

//! Where alerts go: one module per form.
//!
//! In: [`Alert`]s in their final order. Out: bytes on a writer.
//! An output decides the form and nothing else: it does not filter, order or count.

mod json;
mod text;

use std::io;

pub use json::{JsonLines, alert_to_json};
pub use text::{Text, TextForm, push_alert_text};

use crate::alert::Alert;

/// A form in which alerts are written.
pub trait Output {
    /// Writes one alert.
    ///
    /// # Errors
    /// When the writer fails; a closed pipe among them.
    fn alert(&mut self, alert: &Alert<'_>) -> io::Result<()>;

    /// Writes what is still held back.
    ///
    /// # Errors
    /// When the writer fails.
    fn finish(&mut self) -> io::Result<()>;
}

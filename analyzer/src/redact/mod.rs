//! Redaction: names, texts and addresses of a capture replaced, so that it can be shared.
//!
//! ```text
//! key      the secret that replacements follow from
//! letters  the letters of a word by their kinds
//! permute  a word as another one of the same shape
//! address  an address as another one, networks kept
//! pieces   a text taken apart: words, numbers, addresses, what stands between
//! keep     what stays as it is: the words of every Linux machine, those of rules, those that a file names
//! words    a word replaced, unless it or a part of it is kept
//! text     a text replaced, piece by piece
//! place    what every kind of parameter holds, and so what becomes of it
//! socket, bytes, container   values that are more than a text
//! table    the names of events and parameters that a capture brings along
//! note     what stands in no row: words about damage, names of files, boots
//! value    the value of a parameter replaced
//! rewrite  a whole capture replaced, while it is written
//! tally    what was replaced, and what was kept and why
//! ```
//!
//! In: a key, and what to keep. Out: for every value of a capture another one of the same structure, or the same.
//! Equal words have equal replacements wherever they stand, different words have different ones, and only who has the key can tell which is which.
//! What is written where, and what of the original a copy still names, is the affair of who derives captures.

mod address;
mod bytes;
mod container;
mod keep;
mod key;
mod letters;
mod note;
mod permute;
mod pieces;
mod place;
mod rewrite;
mod socket;
mod table;
mod tally;
mod text;
mod value;
mod words;

pub use keep::{Keep, KeepError};
pub use key::{Key, KeyError, new_key};
pub use rewrite::{Redaction, Sample};
pub use tally::Tally;
pub use value::Redactor;

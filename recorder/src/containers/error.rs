//! Why a runtime gave no answer.

use std::error::Error;
use std::io;

use thiserror::Error;

/// The most of a runtime's words that people are shown, in characters.
const SHOWN_MAX: usize = 300;

/// A runtime's words as they may be shown on a terminal: short, and without anything that the terminal would obey.
pub(crate) fn harmless(words: &str) -> String {
    let words = words.trim().chars().take(SHOWN_MAX);
    words
        .map(|character| {
            if character.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                character
            }
        })
        .collect()
}

/// What went wrong with a question.
#[derive(Debug, Error)]
pub enum AskError {
    /// Nobody listens, or we may not speak.
    #[error("cannot connect")]
    Connect(#[source] io::Error),
    /// A file broke, or the system refused what is needed to ask.
    #[error("cannot read the answer")]
    Io(#[source] io::Error),
    /// The exchange did not go as the protocol says.
    #[error("the exchange broke")]
    Protocol(#[source] Box<dyn Error + Send + Sync>),
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// The answer is longer than any honest one.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The answer is not what the protocol says.
    #[error("the answer is malformed: {0}")]
    Malformed(&'static str),
    /// The runtime said no.
    #[error("refused with status {code}: {message}")]
    Refused {
        /// The protocol's own number.
        code: i32,
        /// The runtime's words, cut.
        message: String,
    },
    /// The runtime answers and does not know this container.
    #[error("not known there")]
    NotFound,
    /// The runtime answers and does not offer this interface.
    #[error("this interface is not offered there")]
    NotOffered,
}

impl AskError {
    /// An error of a library that speaks the protocol.
    pub(super) fn protocol(error: impl Error + Send + Sync + 'static) -> AskError {
        AskError::Protocol(Box::new(error))
    }

    /// Whether the runtime itself is at fault, or out of reach: asking it about other containers would be no use now.
    /// One that answered is not, whatever it answered: a container that is described at too great a length must not hide the others.
    pub(super) fn is_of_runtime(&self) -> bool {
        use AskError::{Connect, Io, Protocol, Timeout};
        matches!(self, Connect(_) | Io(_) | Protocol(_) | Timeout)
    }

    /// Whether there simply is no such runtime on this host.
    pub(super) fn is_absence(&self) -> bool {
        match self {
            AskError::Connect(error) => matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ),
            AskError::NotOffered => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_shown_without_what_a_terminal_obeys() {
        let check = |words: &str, shown: &str| assert_eq!(harmless(words), shown);
        check(" containerd 1.7\n", "containerd 1.7");
        check(
            "a\u{1b}]0;b\u{7}\r\u{9b}c",
            "a\u{fffd}]0;b\u{fffd}\u{fffd}\u{fffd}c",
        );
        check(&"ä".repeat(1 << 20), &"ä".repeat(SHOWN_MAX));
    }
}

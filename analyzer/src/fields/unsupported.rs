//! Falco's fields that this source does not have, each with the reason. The reference lists them beside those it has.

/// A field that is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Falco's name.
    pub name: &'static str,
    /// Why.
    pub reason: &'static str,
}

const fn not(name: &'static str, reason: &'static str) -> Unsupported {
    Unsupported { name, reason }
}

/// All of them, in the order of Falco's reference.
pub const UNSUPPORTED: &[Unsupported] = &[not(
    "evt.around",
    "It is true within a distance of its argument, which no comparison of two values says.",
)];

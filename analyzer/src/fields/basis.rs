//! What a field's value is a function of, so that whoever asks for many events computes it once for each state that they meet.
//!
//! A field says it where it is declared. Text of every basis but [`Basis::Event`] is told once for many rows.

/// What a value is a function of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Basis {
    /// Of the event and everything around it.
    Event,
    /// Of the event too, but it is one of a few words.
    Word,
    /// Of the thread alone.
    Thread,
    /// Of the thread and the leader of its process.
    Process,
    /// Of these and the leader's parent.
    Parent,
    /// Of these and all ancestors.
    Lineage,
    /// Of any threads: those that lead its groups are found by number.
    Threads,
    /// Of the thread's container, and what is said of it.
    Container,
    /// Of what stands behind the event's descriptor.
    Descriptor,
}

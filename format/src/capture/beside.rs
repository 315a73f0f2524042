//! What is absent in front of a segment and behind it: the marks alone, which `holes` puts there.

/// What is absent in front of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Before {
    /// Segments that nothing explains.
    pub(super) missing: u64,
    /// Segments that retention dropped.
    pub(super) dropped: u64,
    /// There were segments before it, and nobody can say what became of them: it was given by itself, or is of before recorders told.
    pub(super) is_unknown: bool,
}

/// What is absent behind a segment that is the last of its directory or of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum After {
    /// Nothing that is known.
    #[default]
    Nothing,
    /// The recording went on, and nothing explains that what followed is not there.
    Missing,
    /// So many segments behind it were dropped by retention.
    Dropped(u64),
    /// The recording went on, and the segment was given by itself.
    NotGiven,
    /// The recording goes on: the next segment is just being begun.
    BeingWritten,
}

//! Which tables there are, and what each is.
//!
//! In: nothing. Out: names and descriptions. Their columns stand in `declared` and `layout`.

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// A row for each interval in which events were lost.
    Losses,
    /// A row for each segment.
    Segments,
    /// A row for each stretch, end or segment that is missing.
    Gaps,
    /// A row for each event.
    Events,
}

impl Table {
    /// Every table, in the order in which they are listed and exported. `events` is last: where it is, an export is whole.
    pub const ALL: [Table; 4] = [Table::Losses, Table::Segments, Table::Gaps, Table::Events];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Table::Losses => "losses",
            Table::Segments => "segments",
            Table::Gaps => "gaps",
            Table::Events => "events",
        }
    }

    /// The table of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Table> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// What it holds.
    #[must_use]
    pub fn doc(self) -> &'static str {
        match self {
            Table::Losses => {
                "One row for each interval in which events were lost: between which events, how many, and why."
            }
            Table::Segments => {
                "One row for each segment: its times, events, bytes, losses and damage."
            }
            Table::Gaps => {
                "One row for each stretch in which nobody recorded, each missing end and each run of missing segments."
            }
            Table::Events => {
                "One row for each event, as Falco's fields show it, with its place in the evidence."
            }
        }
    }
}

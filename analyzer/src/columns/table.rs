//! Which tables there are, and what each is.
//!
//! In: nothing. Out: names and descriptions. Their columns stand in `declared` and `layout`.

/// What the files of an export end in.
pub const EXPORT_EXTENSION: &str = "parquet";

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// A row for each interval in which events were lost, and for each damaged place.
    Losses,
    /// A row for each segment.
    Segments,
    /// A row for each stretch, end or segment that is missing.
    Gaps,
    /// A row for each program that a process ran.
    Processes,
    /// A row for each open of a file, and for each call that makes, moves, changes or removes one.
    Files,
    /// A row for each connection.
    Connections,
    /// A row for each socket that waits for others.
    Listeners,
    /// A row for each container.
    Containers,
    /// A row for each user.
    Users,
    /// A row for each event.
    Events,
}

impl Table {
    /// Every table, in the order in which they are listed and exported. `events` is last: where it is, an export is whole.
    pub const ALL: [Table; 10] = [
        Table::Losses,
        Table::Segments,
        Table::Gaps,
        Table::Processes,
        Table::Files,
        Table::Connections,
        Table::Listeners,
        Table::Containers,
        Table::Users,
        Table::Events,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Table::Losses => "losses",
            Table::Segments => "segments",
            Table::Gaps => "gaps",
            Table::Processes => "processes",
            Table::Files => "files",
            Table::Connections => "connections",
            Table::Listeners => "listeners",
            Table::Containers => "containers",
            Table::Users => "users",
            Table::Events => "events",
        }
    }

    /// The table of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Table> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Whether its rows are told from items alone, so that nothing is decoded for them.
    #[must_use]
    pub fn is_told_by_items(self) -> bool {
        matches!(self, Table::Losses | Table::Segments | Table::Gaps)
    }

    /// What it holds.
    #[must_use]
    pub fn doc(self) -> &'static str {
        match self {
            Table::Losses => {
                "One row for each interval in which events were lost, and for each place where bytes are damaged: between which events, how many, and why."
            }
            Table::Segments => {
                "One row for each segment: its times, events, bytes, losses and damage."
            }
            Table::Gaps => {
                "One row for each stretch in which nobody recorded, each missing end and each run of missing segments."
            }
            Table::Processes => {
                "One row for each program that a process ran, from its exec or the birth of the process to the next exec or the end, with what was known of it then."
            }
            Table::Files => {
                "One row for each open of a file, with how it ended and when its last descriptor was closed, and one for each call that makes, moves, changes or removes a file."
            }
            Table::Connections => {
                "One row for each connection of a process, from its begin to the last close of its descriptors, and for each that failed."
            }
            Table::Listeners => {
                "One row for each socket that waits for others: those that listen, and datagram sockets that are bound."
            }
            Table::Containers => {
                "One row for each container of a boot: what its runtime said of it, and when something of it was seen."
            }
            Table::Users => {
                "One row for each user of the node and of its containers, as they were known where a boot ends."
            }
            Table::Events => {
                "One row for each event, as Falco's fields show it, with its place in the evidence."
            }
        }
    }
}

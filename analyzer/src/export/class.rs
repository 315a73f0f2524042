//! Classes of the Open Cybersecurity Schema Framework, and their activities: numbers and names as they are published.
//!
//! In: nothing. Out: names and numbers. Which events are of which class, `ocsf` says.

/// A class of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// What is done to files.
    File,
    /// What processes do to processes.
    Process,
    /// What a rule says of an event.
    Finding,
    /// What goes over the network.
    Network,
}

/// An activity of a class, by its number and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Activity(pub u8, pub &'static str);

impl Class {
    /// Every class, in the order of their numbers within categories.
    pub const ALL: [Class; 4] = [Class::File, Class::Process, Class::Finding, Class::Network];

    /// Its number.
    #[must_use]
    pub fn uid(self) -> u16 {
        match self {
            Class::File => 1001,
            Class::Process => 1007,
            Class::Finding => 2004,
            Class::Network => 4001,
        }
    }

    /// The number of its category.
    #[must_use]
    pub fn category(self) -> u16 {
        self.uid() / 1_000
    }

    /// What it is called.
    #[must_use]
    pub fn caption(self) -> &'static str {
        match self {
            Class::File => "File System Activity",
            Class::Process => "Process Activity",
            Class::Finding => "Detection Finding",
            Class::Network => "Network Activity",
        }
    }

    /// What its category is called.
    pub(crate) fn category_caption(self) -> &'static str {
        match self {
            Class::File | Class::Process => "System Activity",
            Class::Finding => "Findings",
            Class::Network => "Network Activity",
        }
    }

    /// Its name in the schema, and that of its file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Class::File => "file_activity",
            Class::Process => "process_activity",
            Class::Finding => "detection_finding",
            Class::Network => "network_activity",
        }
    }
}

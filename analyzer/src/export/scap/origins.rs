//! What each section of an export is made from, in the order in which they are begun.
//!
//! In: what is exported. Out: the origin of the next section, for the block that tells it.

use std::collections::BTreeMap;

use falco_format::BootId;

use crate::pipeline::{Input, Opened};
use crate::scap::origin::{Origin, boots_of};

/// What the sections of an export are made from.
pub(super) enum Origins {
    /// Of a capture, for each boot.
    Boots(BTreeMap<BootId, Origin>),
    /// Of a file that was exported before, for each section that is still to come.
    Sections(std::vec::IntoIter<Origin>),
}

impl Origins {
    /// Of what is exported.
    pub(super) fn of(input: &Input) -> Origins {
        match &input.opened {
            Opened::Capture(capture) => Origins::Boots(boots_of(capture)),
            // What cannot be read is told by who reads the file itself.
            Opened::Scap(file) => Origins::Sections(file.origins().unwrap_or_default().into_iter()),
        }
    }

    /// What the next section is made from, which is of this boot.
    pub(super) fn next(&mut self, boot_id: BootId) -> Option<Origin> {
        match self {
            Origins::Boots(boots) => boots.get(&boot_id).cloned(),
            Origins::Sections(sections) => sections.next(),
        }
    }
}

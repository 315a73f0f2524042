//! An alert: what a rule says of one event, and which event that was.
//!
//! Owns the finished alert and where its evidence comes from.
//! In: built by the rule pass. Out: read by the outputs and by the comparison of expected alerts.
//! An alert names its event by (boot, CPU, time since boot), which re-segmentation cannot change; never by a segment, block or row.

use std::sync::Arc;

use falco_rules::Rule;
use serde_json::Value as Json;

/// Where events come from: one node, one boot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The node's name: what the snapshot calls it, else what the segment's header does.
    pub node: String,
    /// The kernel's boot id, as it prints it.
    pub boot_id: String,
}

/// One rule's match on one event.
pub struct Alert<'r> {
    /// When the event ended, in nanoseconds since the epoch.
    pub time_ns: u64,
    /// The node and boot.
    pub origin: Arc<Origin>,
    /// The rule.
    pub rule: &'r Rule,
    /// The rule's output with its fields filled in.
    pub message: String,
    /// The fields of the output and the provenance, sorted by key.
    pub fields: Vec<(String, Json)>,
    /// Whether everything the alert rests on was recorded: false after a loss, damage, or before the first snapshot.
    pub complete: bool,
}

/// Keys in `output_fields` that name the evidence.
pub mod evidence {
    /// The boot id.
    pub const BOOT: &str = "evidence.boot";
    /// Nanoseconds since boot: with boot and CPU the event's name for ever.
    pub const BOOTTIME: &str = "evidence.boottime";
    /// Whether nothing was lost before the event that the alert may rest on.
    pub const COMPLETE: &str = "evidence.complete";
    /// The CPU.
    pub const CPU: &str = "evidence.cpu";
    /// The fields of the rule whose values the stream only knew later, sorted; in the healing mode alone.
    pub const HEALED: &str = "evidence.healed";
    /// The node's name.
    pub const NODE: &str = "evidence.node";
}

/// A boot id as the kernel prints it: hexadecimal digits in groups of 8, 4, 4, 4 and 12.
#[must_use]
pub fn boot_id_text(boot_id: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in boot_id.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_ids_print_as_the_kernel_prints_them() {
        let id = [
            0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 1, 2, 3, 4, 5, 6, 0xff,
        ];
        assert_eq!(boot_id_text(&id), "01234567-89ab-cdef-0001-0203040506ff");
    }
}

//! An alert: what a rule says of one event, and which event that was.
//!
//! Owns the finished alert and where its evidence comes from.
//! In: built by the rule pass. Out: read by the outputs and by the comparison of expected alerts.
//! An alert names its event by (boot, CPU, time since boot), which re-segmentation cannot change; never by a segment, block or row.

use std::sync::Arc;

use falco_format::{BootId, UnixNanos};
use falco_rules::Rule;
use serde_json::Value as Json;

/// Where events come from: one node, one boot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The node's name: what the snapshot calls it, else what the segment's header does.
    pub node: String,
    /// The kernel's boot id; none before a segment told it.
    pub boot_id: Option<BootId>,
}

/// One rule's match on one event.
pub struct Alert<'r> {
    /// When the event ended, in nanoseconds since the epoch.
    pub time: UnixNanos,
    /// The node and boot.
    pub origin: Arc<Origin>,
    /// The thread that did it, where the source has threads.
    pub thread: Option<u32>,
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
    /// The event's time in nanoseconds, by the name that it has in Falco; every alert has it.
    pub const TIME: &str = "evt.time";
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
    /// The alert's own name: see [`super::evidence_id`].
    pub const ID: &str = "evidence.id";
    /// The node's name.
    pub const NODE: &str = "evidence.node";
    /// When the snapshot was taken that the state began with, for spans of time whose state does not begin with the capture.
    pub const STATE_FROM: &str = "evidence.state_from";
}

/// How many digits of a digest name a rule: only the rules that match one event must be told apart.
const RULE_DIGITS: usize = 8;

/// The name of an alert, by which other commands take it: `BOOT-CPU-BOOTTIME-RULE`.
///
/// BOOT are the first eight digits of the boot id, as in the names of boots' directories, CPU and BOOTTIME (in nanoseconds) are decimal, RULE are the first eight digits of the BLAKE3 digest of the rule's name.
/// It is the same for any block size, any re-segmentation of the stream and any other rules beside this one.
/// Two events of an import that have the same CPU and time share it: a `.scap` file holds nothing else that would tell them apart for ever.
#[must_use]
pub fn evidence_id(boot_id: Option<BootId>, cpu: u16, boottime_ns: u64, rule: &str) -> String {
    let digest = blake3::hash(rule.as_bytes()).to_hex();
    let boot = boot_id.map_or_else(String::new, BootId::short);
    let rule = digest.get(..RULE_DIGITS).unwrap_or_default();
    format!("{boot}-{cpu}-{boottime_ns}-{rule}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_named_by_its_event_and_its_rule() {
        let boot = "01234567-89ab-cdef-0001-0203040506ff".parse().ok();
        let name = |cpu, time, rule| evidence_id(boot, cpu, time, rule);
        let first = name(3, 1_000_000_007, "Write below etc");
        // The digest is BLAKE3's own of these bytes, as `b3sum` prints it.
        assert_eq!(first, "01234567-3-1000000007-7988c6a4");
        assert_ne!(first, name(3, 1_000_000_007, "Write below etc "));
        assert_ne!(first, name(2, 1_000_000_007, "Write below etc"));
        assert_ne!(first, name(3, 1_000_000_008, "Write below etc"));
    }
}

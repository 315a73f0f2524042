//! A report to hand over: alerts with why each matched, the processes behind them, what those did, and the evidence that all of it rests on.
//!
//! ```text
//! collect   events → alerts with who and why, as a collector of a pass
//! gathered  alerts in the order of the stream → what a report keeps, within bounds
//! texts     texts, each kept once, within a bound
//! acts      what the processes behind alerts did to files, programs and connections: a second pass
//! evidence  captures, rules, completeness and the command, by which others check the answer
//! data      all of it as JSON for the page
//! plain     the same as a document without scripts, as Markdown, JSON lines and CSV
//! page      one HTML file: the document, the data, and the program that shows it
//! escape    what keeps hostile text a text, in HTML, in scripts, in Markdown
//! ```
//!
//! In: captures and rules. Out: text; files are for the command line to write.
//! Memory is bounded: so many alerts, texts, processes and acts are kept as constants of these files say; what is beyond is counted, and the report says so.

mod acts;
mod collect;
mod data;
mod escape;
mod evidence;
mod gathered;
mod page;
mod plain;
mod texts;

pub use acts::{Acts, ActsOf, Deed, Looking, Portion};
pub use collect::{Explained, Reported, Reporting};
pub use evidence::{CaptureProof, Evidence, RuleFileProof};
pub use gathered::{ALERTS_KEPT_MAX, Gathered};
pub use page::page;
pub use plain::{STATIC_MAX, csv, json_lines, markdown};

/// All that a report is made of.
pub struct Report<'r> {
    /// The alerts.
    pub gathered: Gathered<'r>,
    /// What the processes behind them did.
    pub acts: Acts,
    /// Their sums.
    pub summary: crate::summary::Summary,
    /// What it rests on.
    pub evidence: Evidence,
    /// The zone in which times are printed.
    pub zone: crate::time::Zone,
}

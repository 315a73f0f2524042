//! `falco-analyze verify` and `falco-analyze repair`: is a capture what was written, and a clean copy of what is left.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use falco_analyze::completeness::{Completeness, Evidence};
use falco_analyze::continuity::{CpuContinuity, RecordingCpu, continuity};
use falco_analyze::derive::told;
use falco_analyze::pipeline::Input;
use falco_analyze::survey::survey;
use falco_analyze::unfinished::UnfinishedDirectory;
use falco_format::text::{Lines, count, plain};
use falco_format::{Capture, ChainLink, ChainState, SegmentVerdict, VerifyReport, recover, verify};

use super::args::{one_of, open_captures, writer};
use super::exit::{EvidenceArgs, Outcome};
use super::notice;
use super::output::{admit_directory, admit_outside};
use super::progress;
use super::vouched::VouchedArgs;

const VERIFY_EXAMPLES: &str = "\
Recomputes every checksum and the chain of digests over items and segments, decodes every block, and compares missing sequence numbers with the losses that the recorder told of.
What the chain proves: that nothing was changed, removed or inserted after the digest that you compare it with. A capture is intact when everything that is there is what was written. It has holes where something is not there and the capture says so itself: losses that were counted, recorders that were killed, pauses between recordings.
The chain is proved as a whole: there is no --since.
Signatures and digests that left the node say that nobody who came later has written all this anew: with --key, everything that the keys have signed; with --anchors and --expect, everything before the digest. Told are valid, UNSIGNED, SIGNED IN PART, or BROKEN, and at which item of which segment.
Exit codes: 0 intact, 2 error, 3 not intact, not what was signed or anchored, or evidence is missing.

Examples:
  falco-analyze verify capture/
  falco-analyze verify capture/ --key node.pub --anchors anchors.jsonl
  falco-analyze verify capture/ --expect DIGEST";

const REPAIR_EXAMPLES: &str = "\
Writes everything readable into a new capture; the damaged one stays as it is. What was lost is noted in the copy. The copy appears under its name only when it is whole.
Exit codes: 0 nothing was lost, 2 error, 3 something was.

Example:
  falco-analyze repair damaged/ -o clean/";

/// Check that captures are what was written
#[derive(clap::Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(crate) struct Args {
    /// Captures: segments, directories of them, or `-` for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    #[command(flatten)]
    vouched: VouchedArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
}

/// Write a clean copy of what is readable of a damaged capture
#[derive(clap::Args)]
#[command(after_help = REPAIR_EXAMPLES)]
pub(crate) struct RepairArgs {
    /// Capture: a directory of segments, or one segment file; of a root with several, each goes into a numbered directory
    capture: PathBuf,
    /// Directory for the copy; must not exist or be empty
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// Verifies.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let mut writer = writer();
    let mut outcomes = Vec::new();
    let mut vouched = args.vouched.read()?;
    for input in open_captures(&args.captures)? {
        let capture = own_capture(&input)?;
        let name = input.path.display();
        let (report, cpus) =
            progress::during("verifying", name, || (verify(capture), continuity(capture)));
        let tally = survey(input.items()).total;
        let completeness = Completeness::of(std::slice::from_ref(&input));
        // What was left out of a derived capture is missing as well, and was not lost.
        let is_derived = told::is_derived(capture);
        let agrees = if report.is_repaired() || is_derived {
            CpuContinuity::agrees_after_repair
        } else {
            CpuContinuity::agrees
        };
        let is_continuous = cpus.values().all(agrees);
        let is_intact = report.is_intact() && is_continuous;
        let evidence = completeness.evidence(&tally);
        let mut text = Lines::new();
        text.line(format_args!(
            "{}: {}, {}",
            plain(&input.path),
            verdict(is_intact, report.is_repaired(), evidence),
            count(report.rows, "row")
        ));
        told::push(capture, &mut text);
        push_segments(&report, &mut text);
        if !(is_derived && is_continuous) {
            push_disagreements(&cpus, &mut text);
        }
        completeness.push_but_damage(&tally, &mut text);
        let is_vouched = vouched.tell(capture, &report, &mut text);
        writer.write_all(text.as_str().as_bytes())?;
        outcomes.push(args.evidence.outcome(evidence));
        outcomes.push(if is_intact && is_vouched {
            Outcome::Clean
        } else {
            Outcome::Incomplete
        });
    }
    writer.flush()?;
    if !vouched.finish()? {
        outcomes.push(Outcome::Incomplete);
    }
    Ok(Outcome::of(outcomes))
}

/// What is there is what was written, or not; and whether something is not there.
fn verdict(is_intact: bool, is_repaired: bool, evidence: Evidence) -> &'static str {
    match (is_intact, is_repaired, evidence) {
        (false, ..) => "NOT INTACT",
        (true, true, _) => "repaired, intact",
        (true, false, Evidence::Whole) => "intact",
        (true, false, Evidence::Paused | Evidence::Incomplete) => "intact, with holes",
    }
}

fn push_disagreements(cpus: &BTreeMap<RecordingCpu, CpuContinuity>, out: &mut Lines) {
    let disagreeing = cpus.iter().filter(|(_, found)| !found.agrees());
    for ((recording, cpu), found) in disagreeing {
        out.line(format_args!(
            "  CPU {cpu}, recording {}: {} missing, {} repeated; the recorder told of {} lost",
            recording.saturating_add(1),
            count(found.missing, "row"),
            found.repeated,
            found.told_in_all()
        ));
    }
}

/// The capture of an input; files of Falco's have nothing that could be verified or copied item by item.
fn own_capture(input: &Input) -> Result<&Capture> {
    input.capture().with_context(|| {
        format!(
            "{} is a .scap file, which has no checksums: `falco-analyze import` makes a capture of it, `falco-analyze info` tells whether it is whole",
            input.path.display()
        )
    })
}

fn push_segments(report: &VerifyReport, out: &mut Lines) {
    for segment in &report.segments {
        out.line(format_args!(
            "  {}: {}, {}, {}, digest {}",
            segment.name,
            count(segment.items, "item"),
            chain_text(segment.chain),
            link_text(segment),
            segment.digest
        ));
    }
    for damage in &report.damage {
        out.line(format_args!("  damaged: {damage}"));
    }
}

fn chain_text(chain: ChainState) -> &'static str {
    match chain {
        ChainState::Sealed => "sealed",
        ChainState::NotSealed => "not sealed",
        ChainState::Broken => "BROKEN: not the items that its end vouches for",
    }
}

fn link_text(segment: &SegmentVerdict) -> &'static str {
    match segment.link {
        ChainLink::First => "the first of its capture",
        ChainLink::Follows => "follows the one before it",
        ChainLink::Differs => "DOES NOT FOLLOW the one before it",
        ChainLink::Unknown => "the one before it is not there",
    }
}

/// Repairs.
pub(crate) fn repair(args: &RepairArgs) -> Result<Outcome> {
    admit_directory(&args.output, "give the name of a directory")?;
    admit_outside(&args.output, std::slice::from_ref(&args.capture))?;
    let inputs = open_captures(&[&args.capture])?;
    let mut outcome = Outcome::Clean;
    for (place, input) in inputs.iter().enumerate() {
        let output = one_of(&args.output, place, inputs.len());
        let capture = own_capture(input)?;
        let copy = UnfinishedDirectory::begin(&output)
            .with_context(|| format!("{} cannot take the copy", output.display()))?;
        let name = input.path.display();
        let report = progress::during("copying", name, || recover(capture, copy.temporary()))?;
        copy.finish()
            .with_context(|| format!("cannot write {}", output.display()))?;
        let mut text = Lines::new();
        text.line(format_args!(
            "Wrote {}: {}, {}, {}",
            plain(&output),
            count(report.segments, "segment"),
            count(report.items_copied, "item"),
            count(report.rows, "event")
        ));
        if !report.damage.is_empty() {
            text.line(format_args!(
                "Not copied: {}",
                count(report.damage.len() as u64, "damaged place")
            ));
            outcome = Outcome::Incomplete;
        }
        for damage in &report.damage {
            text.line(format_args!("  {damage}"));
        }
        notice::tell(&text);
    }
    Ok(outcome)
}

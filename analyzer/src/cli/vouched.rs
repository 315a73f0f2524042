//! What `verify` says of signatures and anchors: whether a capture is what was signed, and what left the node as it was made.
//!
//! In: the options with what the examiner has, and a capture. Out: lines of text, and whether everything agrees.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use falco_format::text::{Lines, count, plain};
use falco_format::{
    Anchor, Capture, Digest, Extent, Proof, SegmentProof, TrustedKey, VerifyReport,
    certificates_beside, compare_anchors, prove,
};

use super::notice;

/// The most bytes of a file of anchors: with one every ten seconds, years.
const ANCHORS_BYTES_MAX: u64 = 4 << 30;
/// The longest line that is read of it; an anchor has some four hundred bytes.
const LINE_BYTES_MAX: usize = 64 << 10;
/// The most bytes of a public key's file.
const KEY_BYTES_MAX: u64 = 4096;
/// How many faults of a segment are told one by one.
const FAULTS_TOLD: usize = 20;

/// What the examiner has.
#[derive(clap::Args)]
pub(super) struct VouchedArgs {
    /// Compare signatures with this public key, which `falco-record keygen` wrote as KEY.pub and somebody kept elsewhere; may be given several times
    #[arg(long, value_name = "PUB")]
    key: Vec<PathBuf>,
    /// Compare digests with those that left the node (`falco-record run --anchor`): a file of them, or a log that they stand in
    #[arg(long, value_name = "FILE")]
    anchors: Vec<PathBuf>,
    /// Say whether a segment has this digest, such as the one that the recorder printed at its end
    #[arg(long, value_name = "DIGEST")]
    expect: Option<Digest>,
}

/// What was read of it.
pub(super) struct Vouched {
    keys: Vec<TrustedKey>,
    anchors: Vec<Anchor>,
    has_anchors: bool,
    expect: Option<Digest>,
    is_expected_found: bool,
    /// Anchors of the captures that were looked at.
    met: u64,
}

impl VouchedArgs {
    /// Reads what was named.
    pub(super) fn read(&self) -> Result<Vouched> {
        let keys = self.key.iter().map(|path| read_key(path));
        let mut keys = keys.collect::<Result<Vec<_>>>()?;
        let mut anchors = Vec::new();
        for path in &self.anchors {
            anchors.extend(read_anchors(path)?);
        }
        // A key that left the node with a digest is as good as one that was kept from the beginning, for what came after.
        if !keys.is_empty() {
            keys.extend(anchors.iter().filter_map(|anchor| anchor.key));
            keys.sort_unstable_by_key(|key| (key.epoch, key.public));
            keys.dedup();
        }
        Ok(Vouched {
            keys,
            anchors,
            has_anchors: !self.anchors.is_empty(),
            expect: self.expect,
            is_expected_found: false,
            met: 0,
        })
    }
}

fn read_key(path: &Path) -> Result<TrustedKey> {
    let name = path.display();
    let mut text = String::new();
    let file = File::open(path).with_context(|| format!("cannot read the key {name}"))?;
    let read = file.take(KEY_BYTES_MAX).read_to_string(&mut text);
    read.with_context(|| format!("cannot read the key {name}"))?;
    if text.starts_with("falco-record secret key") {
        bail!(
            "{name} is the secret key: give the public one, {name}.pub, as it was kept elsewhere"
        );
    }
    text.parse()
        .with_context(|| format!("cannot read the key {name}"))
}

/// The anchors in a file; other lines are counted.
fn read_anchors(path: &Path) -> Result<Vec<Anchor>> {
    let name = path.display();
    let failed = || format!("cannot read the anchors {name}");
    let file = File::open(path).with_context(failed)?;
    let mut reader = BufReader::new(file.take(ANCHORS_BYTES_MAX));
    let (mut anchors, mut others) = (Vec::new(), 0_u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut part = reader.by_ref().take(LINE_BYTES_MAX as u64);
        if part.read_until(b'\n', &mut line).with_context(failed)? == 0 {
            break;
        }
        match Anchor::of_line(&String::from_utf8_lossy(&line)) {
            Ok(anchor) => anchors.push(anchor),
            Err(_) => others = others.saturating_add(1),
        }
    }
    if anchors.is_empty() {
        bail!(
            "{name} has no anchor: lines of JSON are needed, as `falco-record run --anchor` writes them"
        );
    }
    if others > 0 {
        let lines = count(others, "line");
        notice::complain(format!(
            "{name}: {lines} that hold no anchor were passed over"
        ));
    }
    Ok(anchors)
}

impl Vouched {
    /// Says what signatures, anchors and the expected digest say of a capture. Returns whether nothing contradicts them.
    pub(super) fn tell(
        &mut self,
        capture: &Capture,
        report: &VerifyReport,
        out: &mut Lines,
    ) -> bool {
        let is_signed = self.tell_signatures(capture, out);
        let is_anchored = !self.has_anchors || self.tell_anchors(capture, out);
        if let Some(expected) = self.expect {
            let found = report.segments.iter().find(|one| one.digest == expected);
            self.is_expected_found |= found.is_some();
            if let Some(segment) = found {
                out.line(format_args!(
                    "expected digest: that of {}",
                    plain(&segment.name)
                ));
            }
        }
        is_signed && is_anchored
    }

    /// What can only be said when all captures were looked at.
    pub(super) fn finish(&self) -> Result<bool> {
        if self.has_anchors && self.met == 0 {
            bail!("none of the anchors is of what was given: they are of other captures");
        }
        let is_missing = self.expect.is_some() && !self.is_expected_found;
        if is_missing {
            notice::complain(
                "no segment has the expected digest: what had it was changed, or is not here",
            );
        }
        Ok(!is_missing)
    }

    fn tell_signatures(&self, capture: &Capture, out: &mut Lines) -> bool {
        let proof = prove(capture, &self.keys, certificates_beside(capture));
        let epochs: Vec<u64> = proof
            .segments
            .iter()
            .filter_map(|one| one.key)
            .map(|key| key.epoch)
            .collect();
        let (first, last) = (epochs.iter().min(), epochs.iter().max());
        let span = match (first, last) {
            (Some(first), Some(last)) if first != last => format!("epochs {first} to {last}"),
            (Some(first), _) => format!("epoch {first}"),
            _ => String::new(),
        };
        let is_whole = is_vouched_for(capture, &proof);
        match (proof.is_signed(), self.keys.is_empty(), proof.holds(), is_whole) {
            (false, true, true, _) => out.line(format_args!("signatures: none")),
            (false, false, true, _) => out.line(format_args!("signatures: UNSIGNED: nothing is signed, though a key is given")),
            (_, _, false, _) => out.line(format_args!("signatures: BROKEN, {span}")),
            (true, true, ..) => out.line(format_args!("signatures: {span}, compared with no key that was kept elsewhere: give it with --key")),
            (true, false, _, true) => out.line(format_args!("signatures: valid, {span}")),
            (true, false, _, false) => out.line(format_args!("signatures: valid, {span}, but SIGNED IN PART")),
        };
        for segment in &proof.segments {
            tell_segment(segment, proof.is_signed(), out);
        }
        if self.keys.is_empty() {
            proof.holds()
        } else {
            proof.holds() && is_whole
        }
    }

    fn tell_anchors(&mut self, capture: &Capture, out: &mut Lines) -> bool {
        let report = compare_anchors(capture, &self.anchors);
        let met = report.agreeing.saturating_add(report.faults.len() as u64);
        self.met = self.met.saturating_add(met);
        let verdict = if report.holds() {
            "agree"
        } else {
            "CONTRADICTED"
        };
        out.line(format_args!(
            "anchors: {verdict}, {} that agree, {} of other captures",
            count(report.agreeing, "anchor"),
            report.of_others
        ));
        for (anchor, fault) in report.faults.iter().take(FAULTS_TOLD) {
            out.line(format_args!(
                "  segment {} of boot {}, anchored with {}: {fault}",
                anchor.segment,
                anchor.boot_id.short(),
                count(anchor.items, "item")
            ));
        }
        tell_rest(report.faults.len(), out);
        for name in &report.unanchored {
            out.line(format_args!(
                "  {}: no digest of it was anchored",
                plain(name)
            ));
        }
        report.holds()
    }
}

/// Whether signatures reach as far as they can: of a segment that is being written, not to its end.
fn is_vouched_for(capture: &Capture, proof: &Proof) -> bool {
    let is_live = |name: &str| {
        let mut segments = capture.segments().iter();
        segments.any(|segment| segment.name() == name && segment.is_live())
    };
    proof.segments.iter().all(|segment| match segment.extent {
        Extent::Whole => true,
        Extent::UpTo { .. } => is_live(&segment.name),
        Extent::Nothing => false,
    })
}

fn tell_segment(segment: &SegmentProof, is_signed: bool, out: &mut Lines) {
    let name = plain(&segment.name);
    match segment.extent {
        Extent::Whole => {}
        Extent::UpTo { items, of } => {
            out.line(format_args!("  {name}: signed up to item {items} of {of}"));
        }
        Extent::Nothing if is_signed => out.line(format_args!("  {name}: not signed")),
        Extent::Nothing => {}
    }
    for fault in segment.faults.iter().take(FAULTS_TOLD) {
        out.line(format_args!(
            "  {name}, offset {}: {}",
            fault.offset, fault.what
        ));
    }
    tell_rest(segment.faults.len(), out);
}

fn tell_rest(faults: usize, out: &mut Lines) {
    let rest = faults.saturating_sub(FAULTS_TOLD);
    if rest > 0 {
        out.line(format_args!("  and {rest} more"));
    }
}

//! Where a derived capture comes from, as DERIVED items carry it: what it was made from and what was cut or changed, step by step.
//!
//! In: the digest of a source, an operation with its arguments, and what became of the rows. Out: an item's payload, and the same again.
//! What an operation does is the analyzer's matter; here its arguments are text. A key that something was changed with is never among them.

use std::fmt;

use crate::bytes::{Cursor, Malformed, put_length, put_name, put_varint};
use crate::checksum::Digest;
use crate::limits::{DERIVATION_STEPS_MAX, DERIVATION_TEXT_MAX, NAME_MAX};

/// What a capture was made from: one step after the other, the first from evidence as it was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derivation {
    /// The steps, in the order in which they were made.
    pub steps: Vec<DerivationStep>,
}

/// One step: from a segment or a file to a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivationStep {
    /// What it was made from.
    pub source: DerivationSource,
    /// The program that made it, with its version.
    pub tool: String,
    /// What was done: `slice`, `redact`.
    pub operation: String,
    /// With what arguments, as an object of JSON.
    pub arguments: String,
    /// What became of the rows of this segment. All zero where the segment's end is missing.
    pub counts: DerivationCounts,
}

/// What a segment was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DerivationSource {
    /// A segment of a capture.
    Segment {
        /// Its number.
        number: u64,
        /// The digest that the segment after it names: with it, all that came before in its chain is named as well.
        digest: Digest,
    },
    /// A `.scap` file.
    ScapFile {
        /// Which section of it, from 1.
        section: u64,
        /// The SHA-256 of the file as it was given.
        sha256: [u8; 32],
    },
}

/// What became of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DerivationCounts {
    /// Events that are kept to be seen.
    pub kept: u64,
    /// Events that are kept for the state alone.
    pub for_state: u64,
    /// Events that are left out.
    pub left_out: u64,
    /// Events, of those that are kept to be seen or for the state, of which something was changed.
    pub changed: u64,
    /// Rows of snapshots that are kept.
    pub entries_kept: u64,
    /// Rows of snapshots that are left out.
    pub entries_left_out: u64,
    /// Rows of snapshots, of those that are kept, of which something was changed.
    pub entries_changed: u64,
}

impl DerivationCounts {
    /// Adds those of another segment.
    pub fn add(&mut self, other: &DerivationCounts) {
        let DerivationCounts {
            kept,
            for_state,
            left_out,
            changed,
            entries_kept,
            entries_left_out,
            entries_changed,
        } = other;
        let pairs = [
            (&mut self.kept, kept),
            (&mut self.for_state, for_state),
            (&mut self.left_out, left_out),
            (&mut self.changed, changed),
            (&mut self.entries_kept, entries_kept),
            (&mut self.entries_left_out, entries_left_out),
            (&mut self.entries_changed, entries_changed),
        ];
        for (sum, more) in pairs {
            *sum = sum.saturating_add(*more);
        }
    }

    fn numbers(&self) -> [u64; 7] {
        [
            self.kept,
            self.for_state,
            self.left_out,
            self.changed,
            self.entries_kept,
            self.entries_left_out,
            self.entries_changed,
        ]
    }
}

impl fmt::Display for DerivationSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DerivationSource::Segment { number, digest } => {
                write!(f, "segment {number} with digest {digest}")
            }
            DerivationSource::ScapFile { section, sha256 } => {
                write!(f, "section {section} of a .scap file with SHA-256 ")?;
                sha256.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl Derivation {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let steps = self.steps.get(..DERIVATION_STEPS_MAX);
        let steps = steps.unwrap_or(&self.steps);
        let mut out = Vec::new();
        put_length(&mut out, steps.len());
        for step in steps {
            let (kind, number, digest) = match &step.source {
                DerivationSource::Segment { number, digest } => (0, *number, digest.0),
                DerivationSource::ScapFile { section, sha256 } => (1, *section, *sha256),
            };
            out.push(kind);
            put_varint(&mut out, number);
            out.extend_from_slice(&digest);
            put_name(&mut out, &step.tool, NAME_MAX);
            put_name(&mut out, &step.operation, NAME_MAX);
            put_name(&mut out, &step.arguments, DERIVATION_TEXT_MAX);
            for number in step.counts.numbers() {
                put_varint(&mut out, number);
            }
        }
        out
    }

    pub(crate) fn decode(payload: &[u8]) -> Result<Derivation, Malformed> {
        let mut cursor = Cursor::new(payload);
        let count = cursor.length(DERIVATION_STEPS_MAX)?;
        let mut steps = Vec::new();
        for _ in 0..count {
            steps.push(decode_step(&mut cursor)?);
        }
        cursor.finish()?;
        Ok(Derivation { steps })
    }
}

fn decode_step(cursor: &mut Cursor<'_>) -> Result<DerivationStep, Malformed> {
    let at = cursor.malformed();
    let kind = cursor.u8()?;
    let (number, digest) = (cursor.varint()?, cursor.array()?);
    let source = match kind {
        0 => DerivationSource::Segment {
            number,
            digest: Digest(digest),
        },
        1 => DerivationSource::ScapFile {
            section: number,
            sha256: digest,
        },
        _ => return Err(at),
    };
    Ok(DerivationStep {
        source,
        tool: cursor.name(NAME_MAX)?,
        operation: cursor.name(NAME_MAX)?,
        arguments: cursor.name(DERIVATION_TEXT_MAX)?,
        counts: DerivationCounts {
            kept: cursor.varint()?,
            for_state: cursor.varint()?,
            left_out: cursor.varint()?,
            changed: cursor.varint()?,
            entries_kept: cursor.varint()?,
            entries_left_out: cursor.varint()?,
            entries_changed: cursor.varint()?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derivation() -> Derivation {
        let step = |source, operation: &str| DerivationStep {
            source,
            tool: "falco-analyze 0.1.0".to_owned(),
            operation: operation.to_owned(),
            arguments: r#"{"pid":[42]}"#.to_owned(),
            counts: DerivationCounts {
                kept: 7,
                entries_changed: 300,
                ..DerivationCounts::default()
            },
        };
        let segment = DerivationSource::Segment {
            number: 300,
            digest: Digest([7; 32]),
        };
        let file = DerivationSource::ScapFile {
            section: 1,
            sha256: [9; 32],
        };
        Derivation {
            steps: vec![step(file, "slice"), step(segment, "redact")],
        }
    }

    #[test]
    fn payloads_come_back_and_cut_ones_are_refused() {
        let whole = derivation();
        let payload = whole.encode();
        assert_eq!(Derivation::decode(&payload), Ok(whole));
        for length in 0..payload.len() {
            assert!(Derivation::decode(&payload[..length]).is_err(), "{length}");
        }
        assert!(Derivation::decode(&[&payload[..], &[0]].concat()).is_err());
        let mut other_kind = payload;
        other_kind[1] = 2;
        assert!(Derivation::decode(&other_kind).is_err());
    }

    /// Forged lengths, texts that are none, and numbers without end.
    #[test]
    fn forged_payloads_are_refused_or_bounded() {
        let check = |payload: &[u8], is_taken: bool| {
            let decoded = Derivation::decode(payload);
            assert_eq!(decoded.is_ok(), is_taken, "{payload:?}");
        };
        let head = |steps: &[u8]| [steps, &[0, 1], &[7; 32]].concat();
        let step = |texts: [&[u8]; 3]| {
            let texts = texts.map(|text| {
                let mut out = Vec::new();
                put_length(&mut out, text.len());
                [&out[..], text].concat()
            });
            [head(&[1]), texts.concat(), vec![0; 7]].concat()
        };
        let long = vec![b'x'; DERIVATION_TEXT_MAX];
        check(&step([b"tool", b"slice", b"{}"]), true);
        check(&step([b"\x1b[2J", b"\r\n", &long]), true);
        check(
            &step([b"tool", b"slice", &[&long[..], b"x"].concat()]),
            false,
        );
        check(&step([b"tool", &[b'x'; NAME_MAX + 1], b"{}"]), false);
        check(&step([b"tool", b"\xff\xfe", b"{}"]), false);
        // More steps than may be, and lengths that are longer than all memory.
        let endless = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        check(&[65], false);
        check(&endless, false);
        check(&[head(&[1]), endless.to_vec()].concat(), false);
        check(&[], false);
        check(&[0], true);
    }

    #[test]
    fn counts_add_up_field_by_field() {
        let mut sum = DerivationCounts {
            kept: u64::MAX,
            for_state: 1,
            ..DerivationCounts::default()
        };
        let more = DerivationCounts {
            kept: 1,
            for_state: 2,
            left_out: 3,
            changed: 4,
            entries_kept: 5,
            entries_left_out: 6,
            entries_changed: 7,
        };
        sum.add(&more);
        assert_eq!(sum.numbers(), [u64::MAX, 3, 3, 4, 5, 6, 7]);
    }
}

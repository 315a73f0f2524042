//! The first item of a segment: which capture it belongs to.

use crate::boot::BootId;
use crate::bytes::{Cursor, Malformed, put_name};
use crate::checksum::Digest;
use crate::clock::UnixNanos;
use crate::limits::NAME_MAX;

/// A version of the format. A reader reads every minor version of a major one it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FormatVersion {
    /// Changes when an older reader would misread.
    pub major: u16,
    /// Changes when there is more to read.
    pub minor: u16,
}

impl FormatVersion {
    /// What this build writes.
    pub const CURRENT: FormatVersion = FormatVersion { major: 1, minor: 3 };
}

impl std::fmt::Display for FormatVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Whose words the values of parameters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The kernel's: raw flags, raw addresses.
    Native,
    /// Falco's: an import of its captures.
    Falco,
}

/// Which capture a segment belongs to, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The version it was written in.
    pub version: FormatVersion,
    /// The kernel's boot id.
    pub boot_id: BootId,
    /// The node's name.
    pub node: String,
    /// Whose words its values are.
    pub dialect: Dialect,
    /// Its number in the capture, from 1.
    pub segment_number: u64,
    /// The digest of the segment before it; `None` in the first.
    pub previous: Option<Digest>,
    /// When it was created; 0 where nobody knows.
    pub created_realtime: UnixNanos,
    /// A number that all segments of one run of a writer share and those of another run do not: where it changes, nobody recorded in between. `None` before version 1.1.
    pub recording: Option<u64>,
    /// The number of the first recording of the directory that it was written to, which all segments of a directory share and those of another one do not. `None` before version 1.1.
    pub capture: Option<u64>,
}

/// A header's payload that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHeader {
    /// A newer major version, whose layout is unknown from here on.
    Newer(FormatVersion),
    /// Bytes that cannot be.
    Malformed,
}

impl From<Malformed> for BadHeader {
    fn from(_: Malformed) -> Self {
        BadHeader::Malformed
    }
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.version.major.to_le_bytes());
        out.extend_from_slice(&self.version.minor.to_le_bytes());
        out.push(match self.dialect {
            Dialect::Native => 0,
            Dialect::Falco => 1,
        });
        out.push(u8::from(self.previous.is_some()));
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&self.boot_id.0);
        out.extend_from_slice(&self.segment_number.to_le_bytes());
        out.extend_from_slice(&self.created_realtime.0.to_le_bytes());
        out.extend_from_slice(&self.previous.unwrap_or(Digest([0; 32])).0);
        put_name(&mut out, &self.node, NAME_MAX);
        out.extend_from_slice(&self.recording.unwrap_or(0).to_le_bytes());
        out.extend_from_slice(&self.capture.unwrap_or(0).to_le_bytes());
        out
    }

    /// Reads a header. What a newer minor version appended is not looked at.
    pub(crate) fn decode(payload: &[u8]) -> Result<SegmentHeader, BadHeader> {
        let mut cursor = Cursor::new(payload);
        let version = FormatVersion {
            major: cursor.u16()?,
            minor: cursor.u16()?,
        };
        if version.major > FormatVersion::CURRENT.major {
            return Err(BadHeader::Newer(version));
        }
        let dialect = match cursor.u8()? {
            0 => Dialect::Native,
            1 => Dialect::Falco,
            _ => return Err(BadHeader::Malformed),
        };
        let has_previous = cursor.u8()? != 0;
        cursor.take(2)?;
        let boot_id = BootId(cursor.array()?);
        let segment_number = cursor.u64()?;
        let created_realtime = UnixNanos(cursor.u64()?);
        let previous = Digest(cursor.array()?);
        let node = cursor.name(NAME_MAX)?;
        Ok(SegmentHeader {
            version,
            boot_id,
            node,
            recording: number(&mut cursor),
            capture: number(&mut cursor),
            dialect,
            segment_number,
            previous: has_previous.then_some(previous),
            created_realtime,
        })
    }
}

/// A number that older versions do not have; 0 stands for none.
fn number(cursor: &mut Cursor<'_>) -> Option<u64> {
    cursor.u64().ok().filter(|number| *number != 0)
}

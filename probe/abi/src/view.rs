//! A frame's bytes, read and written on the host's side.
//!
//! Bytes in, a [`FrameView`] out, which has checked that there is a whole header; lengths are checked when the values are asked for.
//! The probe is trusted to be ours, not to be right: no bytes make a reader panic or look beyond them.

use core::mem::offset_of;

use crate::frame::{FrameHeader, HEADER_LEN, ParamDesc};
use crate::{EventId, Lane, ParamStatus};

/// Bytes of a descriptor.
const DESC_LEN: usize = size_of::<ParamDesc>();

/// Bytes are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// How many there are.
    pub found: usize,
    /// How many there should be, at least.
    pub expected: usize,
}

/// One value of a frame: its status, and its bytes as they stand there (integers take eight).
pub type FrameValue<'a> = (ParamStatus, &'a [u8]);

/// A frame with a whole header. Bytes behind its own length are no part of it: rings pad.
#[derive(Clone, Copy, Debug)]
pub struct FrameView<'a> {
    header: &'a [u8; HEADER_LEN],
    frame: &'a [u8],
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    found.copied().unwrap_or([0; N])
}

/// Declares a reader per field of the header, and the header's way from and to bytes, of one list.
macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $field:ident: $type:ident;)*) => {
        impl FrameView<'_> {
            $(
                $(#[doc = $doc])+
                pub fn $field(&self) -> $type {
                    $type::from_le_bytes(array_at(self.header, offset_of!(FrameHeader, $field)))
                }
            )*
        }

        impl FrameHeader {
            /// The header as it stands in a frame.
            pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
                let mut bytes = [0; HEADER_LEN];
                $(
                    let value = self.$field.to_le_bytes();
                    let places = bytes.iter_mut().skip(offset_of!(FrameHeader, $field));
                    places.zip(value).for_each(|(place, byte)| *place = byte);
                )*
                bytes
            }

            /// A header of zeros.
            pub const EMPTY: FrameHeader = FrameHeader { $($field: 0,)* reserved: [0; 5], reserved2: 0 };
        }
    };
}

fields! {
    /// `CLOCK_BOOTTIME` in nanoseconds.
    time: u64;
    /// When the thread started.
    start: u64;
    /// Sequence number per CPU.
    sequence: u64;
    /// Thread id.
    tid: u32;
    /// Process id.
    pid: u32;
    /// Bytes of the whole frame, as it says.
    length: u32;
    /// The event's id, as a number.
    event: u16;
    /// The CPU.
    cpu: u16;
    /// The ABI, as a byte.
    abi: u8;
    /// The lane, as a byte.
    lane: u8;
    /// How many parameters follow, as it says.
    params: u8;
    /// The syscall's number, -1 for none.
    syscall: i32;
}

impl<'a> FrameView<'a> {
    /// A view of a frame; an error where not even the header is whole.
    pub fn new(frame: &'a [u8]) -> Result<FrameView<'a>, Short> {
        let header = frame.first_chunk().ok_or(Short {
            found: frame.len(),
            expected: HEADER_LEN,
        })?;
        Ok(FrameView { header, frame })
    }

    /// The event's id.
    pub fn event_id(&self) -> EventId {
        EventId(self.event())
    }

    /// The lane, if the byte is one.
    pub fn known_lane(&self) -> Option<Lane> {
        Lane::from_u8(self.lane())
    }

    /// The values in order; an error where the frame is shorter than it says, or than its descriptors take.
    pub fn values(&self) -> Result<FrameValues<'a>, Short> {
        let length = self.length() as usize;
        let values_at = usize::from(self.params())
            .saturating_mul(DESC_LEN)
            .saturating_add(HEADER_LEN);
        let short = Short {
            found: self.frame.len(),
            expected: length.max(values_at),
        };
        Ok(FrameValues {
            descriptors: self.frame.get(HEADER_LEN..values_at).ok_or(short)?,
            values: self.frame.get(values_at..length).ok_or(short)?,
        })
    }

    /// The bytes of one value; `None` where it is not there, or the frame is broken before it.
    pub fn value(&self, param: usize) -> Option<&'a [u8]> {
        let mut values = self.values().ok()?;
        values.nth(param)?.ok().map(|(_, bytes)| bytes)
    }
}

/// The values of a frame; an error where values end before their descriptors do.
#[derive(Clone, Debug)]
pub struct FrameValues<'a> {
    descriptors: &'a [u8],
    values: &'a [u8],
}

impl<'a> FrameValues<'a> {
    /// Bytes behind the values taken so far.
    pub fn rest(&self) -> &'a [u8] {
        self.values
    }
}

impl<'a> Iterator for FrameValues<'a> {
    type Item = Result<FrameValue<'a>, Short>;

    fn next(&mut self) -> Option<Self::Item> {
        let (descriptor, behind) = self.descriptors.split_at_checked(DESC_LEN)?;
        self.descriptors = behind;
        let descriptor = ParamDesc(u16::from_le_bytes(array_at(descriptor, 0)));
        let length = usize::from(descriptor.length());
        let Some((bytes, behind)) = self.values.split_at_checked(length) else {
            // What follows cannot be told apart any more.
            self.descriptors = &[];
            return Some(Err(Short {
                found: self.values.len(),
                expected: length,
            }));
        };
        self.values = behind;
        Some(Ok((descriptor.status(), bytes)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let count = self.descriptors.len() / DESC_LEN;
        (usize::from(count > 0), Some(count))
    }
}

/// Writes a frame part by part: the header with its length and count put right, descriptors, values.
///
/// For those who make frames without a kernel.
pub fn write(header: FrameHeader, values: &[FrameValue<'_>], mut put: impl FnMut(&[u8])) {
    let bytes: usize = values.iter().map(|(_, bytes)| bytes.len()).sum();
    let length = HEADER_LEN
        .saturating_add(values.len().saturating_mul(DESC_LEN))
        .saturating_add(bytes);
    let header = FrameHeader {
        length: u32::try_from(length).unwrap_or(u32::MAX),
        params: u8::try_from(values.len()).unwrap_or(u8::MAX),
        ..header
    };
    put(&header.to_bytes());
    for (status, bytes) in values {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        put(&ParamDesc::new(*status, length).0.to_le_bytes());
    }
    values.iter().for_each(|(_, bytes)| put(bytes));
}

//! Takes a frame of the probe apart, as `falco_abi::frame` describes it. The probe is trusted to be ours, not to be right: every length is checked.

use std::mem::offset_of;

use falco_abi::frame::HEADER_LEN;
use falco_abi::{EventId, FrameHeader, ParamDesc};

use crate::row::{FrameError, RawParam, RowMeta};

/// A frame's header and its values, still at eight bytes per integer.
pub(super) struct Split<'a> {
    pub(super) event: EventId,
    pub(super) meta: RowMeta,
    descriptors: &'a [u8],
    values: &'a [u8],
}

/// Splits a frame. Bytes behind the frame's own length are ignored: rings pad.
pub(super) fn split_frame(frame: &[u8]) -> Result<Split<'_>, FrameError> {
    let short = |expected| FrameError::Short {
        found: frame.len(),
        expected,
    };
    let header: &[u8; HEADER_LEN] = frame.first_chunk().ok_or(short(HEADER_LEN))?;
    let length = u32_at(header, offset_of!(FrameHeader, length)) as usize;
    let params = usize::from(u8_at(header, offset_of!(FrameHeader, params)));
    let values_at = params
        .saturating_mul(size_of::<ParamDesc>())
        .saturating_add(HEADER_LEN);
    let expected = length.max(values_at);
    let descriptors = frame.get(HEADER_LEN..values_at).ok_or(short(expected))?;
    let values = frame.get(values_at..length).ok_or(short(expected))?;
    Ok(Split {
        event: EventId(u16_at(header, offset_of!(FrameHeader, event))),
        meta: RowMeta {
            time: u64_at(header, offset_of!(FrameHeader, time)),
            cpu: u16_at(header, offset_of!(FrameHeader, cpu)),
            abi: u8_at(header, offset_of!(FrameHeader, abi)),
            tid: u32_at(header, offset_of!(FrameHeader, tid)),
            pid: u32_at(header, offset_of!(FrameHeader, pid)),
            start: u64_at(header, offset_of!(FrameHeader, start)),
            sequence: u64_at(header, offset_of!(FrameHeader, sequence)),
        },
        descriptors,
        values,
    })
}

impl<'a> Split<'a> {
    /// How many parameters the frame has.
    pub(super) fn params(&self) -> usize {
        self.descriptors.len() / size_of::<ParamDesc>()
    }

    /// The parameters; an error where values end before their descriptors do.
    pub(super) fn values(&self) -> impl Iterator<Item = Result<RawParam<'a>, FrameError>> {
        let mut rest = self.values;
        self.descriptors
            .chunks_exact(size_of::<ParamDesc>())
            .map(move |descriptor| {
                let descriptor = ParamDesc(u16_at(descriptor, 0));
                let length = usize::from(descriptor.length());
                let (bytes, behind) = rest.split_at_checked(length).ok_or(FrameError::Short {
                    found: rest.len(),
                    expected: length,
                })?;
                rest = behind;
                Ok(RawParam {
                    status: descriptor.status(),
                    bytes,
                })
            })
    }
}

fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let found = bytes.get(offset..).and_then(|rest| rest.first_chunk());
    found.copied().unwrap_or([0; N])
}

fn u8_at(bytes: &[u8], offset: usize) -> u8 {
    u8::from_le_bytes(array_at(bytes, offset))
}

fn u16_at(bytes: &[u8], offset: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, offset))
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, offset))
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, offset))
}

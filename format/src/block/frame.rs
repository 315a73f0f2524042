//! Takes a frame of the probe apart: its header as a row's facts, its values as parameters.

use falco_abi::EventId;
use falco_abi::view::{FrameValues, FrameView, Short};

use crate::ids::{Pid, Tid};
use crate::row::{FrameError, RawParam, RowMeta};

/// A frame's header and its values, still at eight bytes per integer.
pub(super) struct Split<'a> {
    pub(super) event: EventId,
    pub(super) meta: RowMeta,
    pub(super) params: usize,
    values: FrameValues<'a>,
}

/// Splits a frame.
pub(super) fn split_frame(frame: &[u8]) -> Result<Split<'_>, FrameError> {
    let view = FrameView::new(frame).map_err(short)?;
    Ok(Split {
        event: view.event_id(),
        meta: RowMeta {
            time: view.time(),
            cpu: view.cpu(),
            abi: view.abi(),
            tid: Tid(view.tid()),
            pid: Pid(view.pid()),
            start: view.start(),
            sequence: view.sequence(),
        },
        params: usize::from(view.params()),
        values: view.values().map_err(short)?,
    })
}

fn short(Short { found, expected }: Short) -> FrameError {
    FrameError::Short { found, expected }
}

impl<'a> Split<'a> {
    /// The parameters; an error where values end before their descriptors do.
    pub(super) fn values(&self) -> impl Iterator<Item = Result<RawParam<'a>, FrameError>> {
        let values = self.values.clone();
        values.map(|value| {
            let (status, bytes) = value.map_err(short)?;
            Ok(RawParam { status, bytes })
        })
    }
}

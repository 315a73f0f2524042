//! One event as it lies in its block: header, lengths of parameters, parameters.
//!
//! Old blocks do not say how many parameters an event has; then the greatest count of the type's parameters whose lengths fill the event is right.

use super::block::EventLayout;
use super::cursor::{Cursor, Malformed};
use crate::dialect::catalog::{self, FalcoEvent, LARGE};

/// Bytes of an event's header without the count of its parameters: time, thread, length, type.
pub(crate) const HEADER_LEN: usize = 22;
/// Bytes of the count.
pub(crate) const COUNT_LEN: usize = 4;
/// The most parameters of an event: twice as many as any type has, so that newer writers' fit.
pub(crate) const PARAMS_MAX: usize = 64;

/// The parameters of an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Params<'a> {
    /// As they lie in the file: lengths of so many bytes each, and the values one after the other.
    Stored {
        lengths: &'a [u8],
        width: usize,
        values: &'a [u8],
    },
    /// Put together.
    List(&'a [&'a [u8]]),
}

impl<'a> Params<'a> {
    /// Whether bytes are left that no parameter has: a length is smaller than it was, or the event longer.
    pub(crate) fn leaves_bytes(&self) -> bool {
        match self {
            Params::Stored {
                lengths,
                width,
                values,
            } => total(lengths, *width) < values.len(),
            Params::List(_) => false,
        }
    }

    pub(crate) fn count(&self) -> usize {
        match self {
            Params::Stored { lengths, width, .. } => {
                lengths.len().checked_div(*width).unwrap_or_default()
            }
            Params::List(list) => list.len(),
        }
    }

    /// Each in turn.
    pub(crate) fn iter(&self) -> ParamsIter<'a> {
        ParamsIter(*self)
    }

    pub(crate) fn get(&self, index: usize) -> Option<&'a [u8]> {
        self.iter().nth(index)
    }
}

/// Goes over parameters.
pub(crate) struct ParamsIter<'a>(Params<'a>);

impl<'a> Iterator for ParamsIter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match &mut self.0 {
            Params::Stored {
                lengths,
                width,
                values,
            } => {
                let (length, lengths_left) = lengths.split_at_checked(*width)?;
                let (value, values_left) = values.split_at_checked(length_of(length))?;
                (*lengths, *values) = (lengths_left, values_left);
                (!length.is_empty()).then_some(value)
            }
            Params::List(list) => {
                let (value, left) = list.split_first()?;
                *list = left;
                Some(value)
            }
        }
    }
}

/// What an event's parameters are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    /// Of a type that is known.
    Known(&'static FalcoEvent, Params<'a>),
    /// Of a type that is not: how many it says to have, and the bytes behind.
    Unknown(u32, &'a [u8]),
}

/// One event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawEvent<'a> {
    pub(crate) cpu: u16,
    pub(crate) flags: u32,
    /// Nanoseconds since the epoch.
    pub(crate) time: u64,
    pub(crate) tid: u64,
    pub(crate) code: u16,
    pub(crate) body: Body<'a>,
}

/// The count of parameters where the block has none.
pub(crate) const NO_COUNT: u32 = u32::MAX;

/// Takes the body of an event block apart.
pub(crate) fn parse(layout: EventLayout, body: &[u8]) -> Result<RawEvent<'_>, Malformed> {
    let mut cursor = Cursor::new(body);
    let cpu = cursor.u16()?;
    let flags = if layout.has_flags { cursor.u32()? } else { 0 };
    let (time, tid) = (cursor.u64()?, cursor.u64()?);
    let length = cursor.u32()? as usize;
    let code = cursor.u16()?;
    let behind = length.checked_sub(HEADER_LEN).ok_or(Malformed)?;
    let mut cursor = Cursor::new(cursor.take(behind)?);
    let count = if layout.has_count {
        Some(cursor.u32()?)
    } else {
        None
    };
    let body = match (catalog::event_of_code(code), count) {
        (None, _) => Body::Unknown(count.unwrap_or(NO_COUNT), cursor.rest()),
        (Some(event), Some(count)) => {
            let count = usize::try_from(count).map_err(|_| Malformed)?;
            Body::Known(event, params(event, count, cursor.rest())?)
        }
        (Some(event), None) => Body::Known(event, params_that_fit(event, cursor.rest())?),
    };
    Ok(RawEvent {
        cpu,
        flags,
        time,
        tid,
        code,
        body,
    })
}

/// Bytes that each length of a parameter takes.
fn length_width(event: &FalcoEvent) -> usize {
    if event.has(LARGE) { 4 } else { 2 }
}

fn length_of(bytes: &[u8]) -> usize {
    match bytes {
        [low, high] => usize::from(u16::from_le_bytes([*low, *high])),
        [a, b, c, d] => u32::from_le_bytes([*a, *b, *c, *d]) as usize,
        _ => 0,
    }
}

fn params<'a>(event: &FalcoEvent, count: usize, bytes: &'a [u8]) -> Result<Params<'a>, Malformed> {
    if count > PARAMS_MAX {
        return Err(Malformed);
    }
    let width = length_width(event);
    let lengths_len = count.saturating_mul(width);
    let (lengths, values) = bytes.split_at_checked(lengths_len).ok_or(Malformed)?;
    if total(lengths, width) > values.len() {
        return Err(Malformed);
    }
    Ok(Params::Stored {
        lengths,
        width,
        values,
    })
}

fn total(lengths: &[u8], width: usize) -> usize {
    let lengths = lengths.chunks_exact(width).map(length_of);
    lengths.fold(0, usize::saturating_add)
}

fn params_that_fit<'a>(event: &FalcoEvent, bytes: &'a [u8]) -> Result<Params<'a>, Malformed> {
    let width = length_width(event);
    let fills = |count: &usize| {
        bytes
            .split_at_checked(count.saturating_mul(width))
            .is_some_and(|(lengths, values)| total(lengths, width) == values.len())
    };
    let count = (0..=event.params.len()).rev().find(fills);
    params(event, count.ok_or(Malformed)?, bytes)
}

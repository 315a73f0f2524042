//! A window that moves over a stream: what is asked for stands in memory at once, and no more than that and a chunk.

use std::io;

use super::source::Plain;

/// The most bytes that may be asked for at once.
pub(super) const WINDOW_MAX: usize = 2 << 20;
/// What the window holds: twice its limit, so that bytes are seldom moved.
const CAPACITY: usize = 2 * WINDOW_MAX;
/// How much is thrown away at once where bytes are skipped.
const SKIP_CHUNK: usize = 256 << 10;

/// The stream and what of it is in memory.
pub(super) struct Window {
    stream: Plain,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Place in the stream of the byte at `start`.
    offset: u64,
    is_ended: bool,
    failure: Option<String>,
}

impl Window {
    /// A window over a stream; over one that could not be opened it ends at once.
    pub(super) fn new(stream: io::Result<Plain>) -> Self {
        let (stream, failure) = match stream {
            Ok(stream) => (stream, None),
            Err(error) => (Box::new(io::empty()) as Plain, Some(error.to_string())),
        };
        Window {
            stream,
            buffer: vec![0; CAPACITY],
            start: 0,
            end: 0,
            offset: 0,
            is_ended: failure.is_some(),
            failure,
        }
    }

    /// Place in the stream of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Why the stream ended before its end, if it did.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The next bytes: as many as wanted, at most [`WINDOW_MAX`], or all that are left.
    pub(super) fn peek(&mut self, wanted: usize) -> &[u8] {
        let wanted = wanted.min(WINDOW_MAX);
        if self.end.saturating_sub(self.start) < wanted {
            self.fill(wanted);
        }
        let end = self.start.saturating_add(wanted).min(self.end);
        self.buffer.get(self.start..end).unwrap_or_default()
    }

    /// Goes on by so many bytes of those that were seen.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end.saturating_sub(self.start));
        self.start = self.start.saturating_add(count);
        self.offset = self.offset.saturating_add(count as u64);
    }

    /// Goes on by so many bytes, seen or not, and returns how many there were.
    pub(super) fn skip(&mut self, count: u64) -> u64 {
        let mut left = count;
        while left > 0 {
            let chunk = usize::try_from(left).unwrap_or(SKIP_CHUNK).min(SKIP_CHUNK);
            let seen = self.peek(chunk).len();
            if seen == 0 {
                break;
            }
            self.consume(seen);
            left = left.saturating_sub(seen as u64);
        }
        count.saturating_sub(left)
    }

    fn fill(&mut self, wanted: usize) {
        if self.start.saturating_add(wanted) > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        while !self.is_ended && self.end.saturating_sub(self.start) < wanted {
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.stream.read(room) {
                Ok(0) => self.is_ended = true,
                Ok(count) => self.end = self.end.saturating_add(count).min(self.buffer.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.is_ended = true;
                    self.failure = Some(error.to_string());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_window_goes_over_a_stream_that_is_longer_than_itself() {
        let total = 3 * CAPACITY as u64 + 7;
        let mut window = Window::new(Ok(Box::new(io::repeat(5).take(total))));
        assert_eq!(window.peek(10), [5; 10]);
        window.consume(4);
        assert_eq!(window.offset(), 4);
        assert_eq!(window.peek(usize::MAX).len(), WINDOW_MAX);
        assert_eq!(window.skip(total - 10), total - 10);
        assert_eq!(window.peek(100).len(), 6);
        assert_eq!(window.skip(100), 6);
        assert_eq!((window.offset(), window.failure()), (total, None));
    }

    #[test]
    fn a_failing_stream_ends_and_says_why() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("no more"))
            }
        }
        let stream = io::repeat(1).take(3).chain(Failing);
        let mut window = Window::new(Ok(Box::new(stream)));
        assert_eq!(window.peek(10), [1; 3]);
        assert_eq!(window.failure(), Some("no more"));
    }
}

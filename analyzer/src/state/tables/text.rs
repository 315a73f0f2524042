//! Text that many share, and areas of texts.

use std::sync::Arc;

/// A string that many share: names, paths, arguments. Any bytes.
pub type Text = Arc<[u8]>;

/// The strings of an area in which each is followed by a NUL. The last one may have lost its NUL to a limit.
pub(crate) fn strings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    let empty = bytes.is_empty();
    bytes.split(|&byte| byte == 0).take_while(move |_| !empty)
}

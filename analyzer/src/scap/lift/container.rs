//! The oldest container event as the document that newer ones carry.

use bumpalo::Bump;
use serde_json::json;

use crate::scap::event::Params;

/// The document of a container's id, type, name and image, with the NUL that ends strings in captures.
pub(super) fn json<'b>(params: &Params<'b>, arena: &'b Bump) -> &'b [u8] {
    let text = |index| String::from_utf8_lossy(without_nul(params.get(index).unwrap_or_default()));
    let ty = params.get(1).and_then(|bytes| bytes.first_chunk().copied());
    let document = json!({
        "container": {
            "id": text(0),
            "type": ty.map_or(0, u32::from_le_bytes),
            "name": text(2),
            "image": text(3),
        }
    });
    let mut bytes = document.to_string().into_bytes();
    bytes.push(0);
    arena.alloc_slice_copy(&bytes)
}

fn without_nul(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(&[0]).unwrap_or(bytes)
}

//! The bytes that are signed: each kind of statement begins with words of its own, so that none is ever taken for another.

use super::public::PublicKey;

/// What begins a statement about items of a segment.
const CHECKPOINT: &[u8] = b"falco capture checkpoint, version 1\n";
/// What begins a statement about the end of a segment.
const END: &[u8] = b"falco capture end, version 1\n";
/// What begins a statement about the next key.
const KEY: &[u8] = b"falco capture key, version 1\n";

fn statement(words: &[u8], epoch: u64, public: &PublicKey, body: &[u8]) -> Vec<u8> {
    [words, &epoch.to_le_bytes(), &public.0, body].concat()
}

/// That these items stand in a segment: the body of a checkpoint.
pub(super) fn checkpoint_statement(epoch: u64, public: &PublicKey, body: &[u8]) -> Vec<u8> {
    statement(CHECKPOINT, epoch, public, body)
}

/// That a segment ends so: the payload of END up to its signature, whose digest stands for all items before it.
pub(crate) fn end_statement(epoch: u64, public: &PublicKey, body: &[u8]) -> Vec<u8> {
    statement(END, epoch, public, body)
}

/// That this is the key of the epoch; said by the key of the epoch before.
pub(super) fn key_statement(epoch: u64, public: &PublicKey) -> Vec<u8> {
    statement(KEY, epoch, public, &[])
}

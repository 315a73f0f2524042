//! The payload of a SIGNATURE item: which items stand in which segment, signed.

use super::key::EpochKey;
use super::mark::Mark;
use super::statement::checkpoint_statement;
use crate::boot::BootId;
use crate::bytes::{Cursor, Malformed};
use crate::checksum::Digest;
use crate::limits::SIGNED_ITEMS_MAX;

/// The payload of a SIGNATURE item: which items stand in which segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) boot_id: BootId,
    pub(crate) capture: u64,
    pub(crate) segment_number: u64,
    /// The link before this item: it stands for all items of the segment so far.
    pub(crate) link: Digest,
    /// Place in the segment of the first item that is listed.
    pub(crate) first: u64,
    /// The digest of each item since the checkpoint before, that itself included.
    pub(crate) items: Vec<Digest>,
}

impl Checkpoint {
    fn body(&self) -> Vec<u8> {
        let items = self.items.get(..SIGNED_ITEMS_MAX).unwrap_or(&self.items);
        let mut out = Vec::with_capacity(items.len().saturating_add(3).saturating_mul(32));
        out.extend_from_slice(&self.boot_id.0);
        for number in [self.capture, self.segment_number] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.link.0);
        for number in [self.first, items.len() as u64] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        items.iter().for_each(|item| out.extend_from_slice(&item.0));
        out
    }

    /// The signed payload.
    pub(crate) fn encode(&self, key: &EpochKey) -> Vec<u8> {
        let body = self.body();
        let mark = key.mark(|epoch, public| checkpoint_statement(epoch, public, &body));
        let mut out = Vec::new();
        mark.encode(&mut out);
        out.extend_from_slice(&body);
        out
    }

    /// What stands in a payload, who signed it, and whether they did.
    pub(crate) fn decode(payload: &[u8]) -> Result<(Checkpoint, Mark, bool), Malformed> {
        let mut cursor = Cursor::new(payload);
        let mark = Mark::decode(&mut cursor)?;
        let checkpoint = Checkpoint {
            boot_id: BootId(cursor.array()?),
            capture: cursor.u64()?,
            segment_number: cursor.u64()?,
            link: Digest(cursor.array()?),
            first: cursor.u64()?,
            items: decode_items(&mut cursor)?,
        };
        cursor.finish()?;
        let statement = checkpoint_statement(mark.epoch, &mark.public, &checkpoint.body());
        let is_signed = mark.public.has_signed(&statement, &mark.signature);
        Ok((checkpoint, mark, is_signed))
    }
}

fn decode_items(cursor: &mut Cursor<'_>) -> Result<Vec<Digest>, Malformed> {
    let at = cursor.malformed();
    let count = usize::try_from(cursor.u64()?).map_err(|_| at)?;
    if count > SIGNED_ITEMS_MAX {
        return Err(at);
    }
    (0..count).map(|_| cursor.array().map(Digest)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            boot_id: BootId([7; 16]),
            capture: 9,
            segment_number: 3,
            link: Digest([1; 32]),
            first: 4,
            items: vec![Digest([2; 32]), Digest([3; 32])],
        }
    }

    #[test]
    fn a_checkpoint_is_what_was_signed() {
        let key = EpochKey::first().and_then(|key| key.next()).expect("a key");
        let payload = checkpoint().encode(&key);
        let (read, mark, is_signed) = Checkpoint::decode(&payload).expect("a payload");
        assert_eq!(
            (read, mark.public, is_signed),
            (checkpoint(), key.public(), true)
        );
        assert_eq!((mark.epoch, mark.certificate), (1, key.certificate()));
    }

    #[test]
    fn no_byte_of_a_checkpoint_can_be_changed() {
        let key = EpochKey::first().expect("a key");
        let payload = checkpoint().encode(&key);
        // The certificate is what the key before said, and padding says nothing: neither is under this signature.
        let is_free = |place: usize| (2..8).contains(&place) || (48..112).contains(&place);
        for place in (0..payload.len()).filter(|place| !is_free(*place)) {
            let mut changed = payload.clone();
            changed[place] ^= 1;
            if place == 1 {
                continue;
            }
            let read = Checkpoint::decode(&changed);
            assert!(
                read.is_err() || read.is_ok_and(|(_, _, is_signed)| !is_signed),
                "{place}"
            );
        }
        for length in 0..payload.len() {
            assert!(Checkpoint::decode(&payload[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_count_is_not_believed() {
        let key = EpochKey::first().expect("a key");
        let mut payload = checkpoint().encode(&key);
        let at = payload.len() - 2 * 32 - 8;
        payload[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(Checkpoint::decode(&payload).is_err());
    }
}

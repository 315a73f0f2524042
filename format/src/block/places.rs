//! Where the wanted rows of an encoded block stand in its stream, and whose the rows are that are left out.
//!
//! In: the order record, and for each event of the head whether its rows are wanted, told or neither. Out: a place for each wanted row, and the first of each thread among those that are told.
//! Both come of one walk over the block's rows, most of which nobody wants.

use super::firsts::{First, Part};
use super::order::Order;
use super::rows::{Place, Rows};

/// The rows of an event of the head.
#[derive(Debug)]
pub(super) struct Shred {
    rows: Asked,
    /// How many of them came so far. A block has fewer rows than fit.
    count: u32,
    /// Everybody counts as new after one.
    forgets: u32,
}

/// What is asked of the rows of an event.
#[derive(Debug)]
enum Asked {
    Nothing,
    /// They are wanted, and this is their place among the decoded shreds.
    Rows(u16),
    /// Whose they are, by places in the block's table.
    Threads(Vec<u16>),
}

impl Shred {
    /// The place is none where the rows are not wanted; the threads are those of rows that are told.
    pub(super) fn new(slot: Option<u16>, part: Part, threads: Vec<u16>) -> Shred {
        Shred {
            rows: match slot {
                Some(slot) => Asked::Rows(slot),
                None if part.is_told => Asked::Threads(threads),
                None => Asked::Nothing,
            },
            count: 0,
            forgets: u32::from(part.forgets),
        }
    }

    /// Whether as many rows came as there are, of those that somebody asks for.
    fn is_whole(&self, rows: &Rows) -> bool {
        let expected = match &self.rows {
            Asked::Rows(slot) => {
                let shred = rows.shreds.get(usize::from(*slot));
                shred.map_or(0, |shred| shred.times.len())
            }
            Asked::Threads(threads) => threads.len(),
            Asked::Nothing => return true,
        };
        self.count as usize == expected
    }
}

/// Who was seen, by a thread's place: the stretch in which it was seen last. Behind each row that makes the reader forget another stretch begins.
struct SeenIn {
    last: Vec<u32>,
    stretch: u32,
}

impl SeenIn {
    /// Whether a thread is seen the first time in the stretch. None where there is no such thread.
    #[inline]
    fn is_first(&mut self, thread: u16) -> Option<bool> {
        let last = self.last.get_mut(usize::from(thread))?;
        Some(std::mem::replace(last, self.stretch) != self.stretch)
    }
}

/// Gives every wanted row its place, and finds the first rows of threads among those that are told.
/// None where the order record has more or fewer rows of an event than there are.
pub(super) fn place_rows(
    order: &Order,
    arena: &[u8],
    mut shreds: Vec<Shred>,
    rows: &mut Rows,
) -> Option<()> {
    let wanted = rows.shreds.iter().map(|shred| shred.times.len()).sum();
    let (mut places, mut firsts) = (Vec::with_capacity(wanted), Vec::new());
    let mut seen = SeenIn {
        last: vec![0; rows.threads.len()],
        stretch: 1,
    };
    let (types, cpus) = order.places(arena);
    for (position, event) in (0u32..).zip(types) {
        let shred = shreds.get_mut(usize::from(event))?;
        let row = shred.count;
        shred.count = row.wrapping_add(1);
        match &shred.rows {
            Asked::Nothing => {}
            Asked::Rows(slot) => places.push(Place {
                position,
                row,
                shred: *slot,
                cpu: order.cpu(*cpus.get(position as usize)?),
            }),
            Asked::Threads(threads) => {
                let thread = *threads.get(row as usize)?;
                if seen.is_first(thread)? {
                    firsts.push((thread, places.len()));
                }
            }
        }
        seen.stretch = seen.stretch.saturating_add(shred.forgets);
    }
    let first = |(thread, before): (u16, usize)| {
        let tid = rows.threads.get(usize::from(thread))?.tid;
        let before = u32::try_from(before).ok()?;
        Some(First { tid, before })
    };
    let firsts = firsts.into_iter().map(first).collect::<Option<_>>()?;
    (rows.places, rows.firsts) = (places, firsts);
    shreds
        .iter()
        .all(|shred| shred.is_whole(rows))
        .then_some(())
}

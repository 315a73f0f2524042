//! Where the wanted rows of an encoded block stand in its stream, and whose the rows are that are left out.
//!
//! In: the order record, and for each event of the head whether its rows are wanted, told or neither. Out: a place for each wanted row, and the first of each thread among those that are told.
//! Both come of one walk over the block's rows, most of which nobody wants.

use super::firsts::{First, Part};
use super::order::Order;
use super::rows::{Place, Rows};

/// The rows of an event of the head. What is asked of them is asked of every row of the block, so it is a few numbers side by side.
#[derive(Debug)]
pub(super) struct Shred {
    asked: Asked,
    /// Everybody counts as new after one.
    forgets: bool,
    /// The place of wanted ones among the decoded shreds.
    slot: u16,
    /// How many wanted ones came so far. A block has fewer rows than fit.
    count: u32,
    /// Whose the told ones are that did not come yet, by places in the block's table.
    threads: std::vec::IntoIter<u16>,
}

/// What is asked of the rows of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    Rows,
    Threads,
}

impl Shred {
    /// The place is none where the rows are not wanted; the threads are those of rows that are told.
    pub(super) fn new(slot: Option<u16>, part: Part, threads: Vec<u16>) -> Shred {
        Shred {
            asked: match slot {
                Some(_) => Asked::Rows,
                None if part.is_told => Asked::Threads,
                None => Asked::Nothing,
            },
            forgets: part.forgets,
            slot: slot.unwrap_or(0),
            count: 0,
            threads: threads.into_iter(),
        }
    }

    /// Whether as many rows came as there are, of those that somebody asks for.
    fn is_whole(&self, rows: &Rows) -> bool {
        let shred = rows.shreds.get(usize::from(self.slot));
        match self.asked {
            Asked::Nothing => true,
            Asked::Rows => shred.is_some_and(|shred| shred.times.len() == self.count as usize),
            Asked::Threads => self.threads.len() == 0,
        }
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
        match shred.asked {
            Asked::Nothing => {}
            Asked::Rows => {
                places.push(Place {
                    position,
                    row: shred.count,
                    shred: shred.slot,
                    cpu: order.cpu(*cpus.get(position as usize)?),
                });
                shred.count = shred.count.saturating_add(1);
            }
            Asked::Threads => {
                let thread = shred.threads.next()?;
                if seen.is_first(thread)? {
                    firsts.push((thread, places.len()));
                }
            }
        }
        if shred.forgets {
            seen.stretch = seen.stretch.saturating_add(1);
        }
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

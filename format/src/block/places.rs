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
    /// Their place among the decoded shreds, where they are wanted.
    slot: Option<u16>,
    part: Part,
    /// Whose they are, by places in the block's table, where that is told.
    threads: Vec<u16>,
    /// How many of them came so far.
    rows: u32,
}

impl Shred {
    pub(super) fn new(slot: Option<u16>, part: Part, threads: Vec<u16>) -> Shred {
        Shred {
            slot,
            part,
            threads,
            rows: 0,
        }
    }

    /// Takes the next of its rows; hands back its number.
    fn next(&mut self) -> u32 {
        let row = self.rows;
        // A block has fewer rows than fit.
        self.rows = row.saturating_add(1);
        row
    }

    /// Whether as many rows came as there are, of those that somebody asks for.
    fn is_whole(&self, rows: &Rows) -> bool {
        let expected = match self.slot {
            Some(slot) => {
                let shred = rows.shreds.get(usize::from(slot));
                shred.map_or(0, |shred| shred.times.len())
            }
            None if self.part.is_told => self.threads.len(),
            None => return true,
        };
        self.rows as usize == expected
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
    rows.places.reserve(wanted);
    // By a thread's place: the stretch in which it was seen last. Behind each row that makes the reader forget, another stretch begins.
    let mut last = vec![0u32; rows.threads.len()];
    let mut stretch = 1u32;
    let (types, cpus) = order.places(arena);
    for (position, (event, cpu)) in (0u32..).zip(types.into_iter().zip(cpus)) {
        let shred = shreds.get_mut(usize::from(event))?;
        if let Some(slot) = shred.slot {
            rows.places.push(Place {
                position,
                row: shred.next(),
                shred: slot,
                cpu: order.cpu(cpu),
            });
        } else if shred.part.is_told {
            let row = shred.next() as usize;
            let thread = usize::from(*shred.threads.get(row)?);
            let last = last.get_mut(thread)?;
            if *last != stretch {
                *last = stretch;
                rows.firsts.push(First {
                    tid: rows.threads.get(thread)?.tid,
                    before: u32::try_from(rows.places.len()).ok()?,
                });
            }
        }
        stretch = stretch.saturating_add(u32::from(shred.part.forgets));
    }
    shreds
        .iter()
        .all(|shred| shred.is_whole(rows))
        .then_some(())
}

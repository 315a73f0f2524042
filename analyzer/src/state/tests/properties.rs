//! Random rows of the whole table: no panic, no growth beyond the limits, the same state from the same rows.

use falco_abi::events::{SNAPSHOT, events};
use proptest::prelude::*;

use super::*;
use crate::state::StateLimits;

/// A row as numbers: which event, which thread, seed of its values.
type Seed = (usize, u32, u64);

fn story(seeds: &[Seed], limits: StateLimits) -> Story {
    let table: Vec<_> = events().collect();
    let mut story = Story::new().with_limits(limits);
    for (place, tid, seed) in seeds {
        let event = table[place % table.len()];
        let actor = Actor {
            tid: 10 + tid % 6,
            pid: 10 + tid % 3,
            start: 10_000_000 * (1 + seed % 2),
        };
        let values = event.params.iter().enumerate().map(|(index, param)| {
            let noise = seed.rotate_left(index as u32 * 7);
            let value = match param.wire.width() {
                // Small numbers hit what is there; others are whatever they are.
                Some(_) if noise % 3 > 0 => Param::Int((noise % 12).cast_signed()),
                Some(_) => Param::Int(noise.cast_signed()),
                None => Param::Bytes(noise.to_le_bytes()[..(noise % 8) as usize].to_vec()),
            };
            (param.name, value)
        });
        let values = values.filter(|_| seed % 17 != 0).collect();
        story = if event.has(SNAPSHOT) {
            story.seen(event.name, actor, values)
        } else {
            story.event(event.name, actor, values)
        };
    }
    story
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_rows_keep_within_the_limits(seeds in prop::collection::vec(any::<Seed>(), 1..80)) {
        let limits = StateLimits { threads: 4, fds_per_table: 8, fds: 16, accounts: 2, containers: 2, endpoints: 2 };
        let story = story(&seeds, limits);
        let state = story.state();
        let (threads, tables, fds) = state.sizes();
        prop_assert!(threads <= limits.threads);
        prop_assert!(tables <= threads);
        prop_assert!(fds <= limits.fds);
        let counted = counted_fds(&state);
        prop_assert_eq!(counted, fds);
        let again = story.state();
        prop_assert_eq!(format!("{:?}", again.counters()), format!("{:?}", state.counters()));
        prop_assert_eq!(again.tids(), state.tids());
    }
}

/// Slots of all tables that threads own, each table once.
fn counted_fds(state: &crate::state::State) -> usize {
    let mut tables: Vec<&crate::state::FdTable> = Vec::new();
    for tid in state.tids() {
        let thread = state.thread_of_tid(tid).expect("listed");
        if let Some(table) = state.fds(thread)
            && !tables.iter().any(|other| std::ptr::eq(*other, table))
        {
            tables.push(table);
        }
    }
    tables.iter().map(|table| table.len()).sum()
}

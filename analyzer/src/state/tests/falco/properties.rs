//! Random rows of Falco's types: no panic, no growth beyond the limits, the same state from the same rows.

use proptest::prelude::*;

use crate::dialect::catalog::{self, ParamType};
use crate::dialect::wire_of;
use crate::state::StateLimits;
use crate::state::testing::falco::{Told, address_v4, pair_v4};
use crate::state::testing::{Param, Story};

/// Limits that many rows hit.
pub(crate) const TIGHT: StateLimits = StateLimits {
    threads: 6,
    fds_per_table: 8,
    fds: 24,
    accounts: 2,
    containers: 2,
    endpoints: 2,
    mounts: 2,
};

/// A row as numbers: which type, which thread, seed of its values.
pub(crate) type Seed = (usize, u32, u64);

/// Bytes that fit a type now and then.
fn bytes(ty: ParamType, noise: u64) -> Vec<u8> {
    let end = |noise: u64| ([10, 0, 0, (noise % 3) as u8], (noise % 4) as u16);
    match ty {
        ParamType::SockTuple if !noise.is_multiple_of(3) => pair_v4(end(noise), end(noise >> 8)),
        ParamType::SockAddr if !noise.is_multiple_of(3) => {
            let (address, port) = end(noise);
            address_v4(address, port)
        }
        _ if noise.is_multiple_of(4) => noise.to_le_bytes()[..(noise % 8) as usize].to_vec(),
        _ => [&b"/a/b"[..], b"x", b"../y", b"A=1\0B=2\0"][(noise % 4) as usize].to_vec(),
    }
}

fn story(seeds: &[Seed]) -> Story {
    let mut story = Story::falco().with_limits(TIGHT);
    for seed in seeds {
        let (code, tid, values) = any_row(seed);
        story = story.enter(code, tid, values);
    }
    story
}

/// A row of any type, by one of eight threads, with values that hit what is there now and then.
pub(crate) fn any_row((place, tid, seed): &Seed) -> Told<'static> {
    let types: Vec<_> = catalog::all().collect();
    let ty = types[place % types.len()];
    let values = ty.params.iter().zip(0_u32..).map(|(param, index)| {
        let noise = seed.rotate_left(index * 7);
        let value = match wire_of(param.ty).width() {
            Some(_) if !noise.is_multiple_of(3) => Param::Int((noise % 12).cast_signed()),
            Some(_) => Param::Int(noise.cast_signed()),
            None => Param::Bytes(bytes(param.ty, noise)),
        };
        (param.name, value)
    });
    let values = values.filter(|_| !seed.is_multiple_of(17)).collect();
    (ty.code, tid % 8, values)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_rows_keep_within_the_limits(seeds in prop::collection::vec(any::<Seed>(), 1..120)) {
        let story = story(&seeds);
        let state = story.state();
        let (threads, tables, fds) = state.sizes();
        prop_assert!(threads <= TIGHT.threads);
        prop_assert!(tables <= threads);
        prop_assert!(fds <= TIGHT.fds);
        let again = story.state();
        prop_assert_eq!(again.tids(), state.tids());
        prop_assert_eq!(again.counters(), state.counters());
    }

    #[test]
    fn any_rows_can_be_asked(seeds in prop::collection::vec(any::<Seed>(), 1..40)) {
        story(&seeds).ask_everything();
    }
}

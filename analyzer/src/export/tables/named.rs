//! A column of texts by name, as Parquet: two leaves, of names and of texts.
//!
//! In: map arrays, in the order of the rows. Out: what each leaf is made of.
//! Texts that are too many bytes are none, and the library writes them.

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef, MapArray, StringArray};

use super::dictionary::Dictionary;
use super::levels::Lists;

/// Maps of a row group.
pub(super) struct NamedTexts {
    /// Which pairs each row has.
    pub(super) lists: Lists,
    pub(super) names: Dictionary,
    /// None where they are more bytes than allowed.
    pub(super) texts: Option<Dictionary>,
}

/// A part of the rows.
struct Maps<'a> {
    offsets: &'a [i32],
    names: &'a StringArray,
    texts: &'a StringArray,
}

impl NamedTexts {
    /// The rows of arrays in the order given; none where arrays are no maps of text, or some row has none.
    pub(super) fn of(
        parts: &[ArrayRef],
        order: Option<&[(usize, usize)]>,
        bytes_max: usize,
    ) -> Option<Self> {
        let maps: Option<Vec<Maps<'_>>> =
            parts.iter().map(|part| maps(part.as_map_opt()?)).collect();
        let maps = maps?;
        let mut all = Self {
            lists: Lists::default(),
            names: Dictionary::default(),
            texts: Some(Dictionary::default()),
        };
        let is_done = match order {
            None => maps.iter().all(|maps| {
                let rows = maps.offsets.len().saturating_sub(1);
                (0..rows).all(|row| all.push(maps, row, bytes_max))
            }),
            Some(order) => order.iter().all(|(part, row)| {
                let maps = maps.get(*part);
                maps.is_some_and(|maps| all.push(maps, *row, bytes_max))
            }),
        };
        is_done.then_some(all)
    }

    /// Adds a row. False where it is not there, or its names are too many bytes.
    fn push(&mut self, maps: &Maps<'_>, row: usize, bytes_max: usize) -> bool {
        let Some([start, end]) = maps.offsets.get(row..row + 2) else {
            return false;
        };
        let pairs = *start as usize..*end as usize;
        for pair in pairs.clone() {
            self.names.push_text(Some(maps.names.value(pair)));
        }
        if let Some(texts) = &mut self.texts {
            for pair in pairs {
                let is_there = maps.texts.is_valid(pair);
                texts.push_text(is_there.then(|| maps.texts.value(pair)));
            }
        }
        self.texts.take_if(|texts| !texts.is_within(bytes_max));
        self.lists.ends.push(self.names.numbers.len());
        self.names.is_within(bytes_max)
    }
}

fn maps(map: &MapArray) -> Option<Maps<'_>> {
    let names = map.keys().as_string_opt::<i32>()?;
    let texts = map.values().as_string_opt::<i32>()?;
    let is_whole = map.null_count() == 0 && names.null_count() == 0;
    is_whole.then_some(Maps {
        offsets: map.value_offsets(),
        names,
        texts,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{MapBuilder, StringBuilder};

    use super::*;
    use crate::export::tables::entries::NOTHING;

    fn part(rows: &[&[(&str, Option<&str>)]]) -> ArrayRef {
        let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        for row in rows {
            for (name, text) in *row {
                builder.keys().append_value(name);
                builder.values().append_option(*text);
            }
            builder.append(true).expect("as many texts as names");
        }
        Arc::new(builder.finish())
    }

    #[test]
    fn pairs_are_taken_apart_in_the_order_of_rows() {
        let part = part(&[
            &[("f", Some("3")), ("r", None)],
            &[],
            &[("r", Some("3"))],
            &[("r", Some("long"))],
        ]);
        let check = |parts: &[ArrayRef],
                     order: Option<&[(usize, usize)]>,
                     ends: &[usize],
                     names: &[u32],
                     texts: Option<&[u32]>| {
            let found = NamedTexts::of(parts, order, 5).expect("maps of text");
            assert_eq!(
                (&found.lists.ends[..], &found.names.numbers[..]),
                (ends, names)
            );
            let found = found.texts.map(|texts| texts.numbers);
            assert_eq!(found.as_deref(), texts);
        };
        let cut = [part.slice(0, 1), part.slice(1, 2)];
        check(&cut, None, &[2, 2, 3], &[0, 1, 1], Some(&[0, NOTHING, 0]));
        let order = [(1, 1), (0, 0)];
        check(
            &cut,
            Some(&order),
            &[1, 3],
            &[0, 1, 0],
            Some(&[0, 0, NOTHING]),
        );
        let all = [part];
        check(
            &all,
            None,
            &[2, 2, 3, 4],
            &[0, 1, 1, 1],
            Some(&[0, NOTHING, 0, 1]),
        );
        let texts = NamedTexts::of(&all, None, 4).expect("maps of text").texts;
        assert!(texts.is_none());
    }
}

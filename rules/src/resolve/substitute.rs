//! Lists put into one text: their names replaced by their items, in time proportional to the text that comes of it.
//!
//! In: a text, where names of lists stand in it, and for every list its items as text with the names of later lists in
//! them. Out: the text after all replacements, and which lists were put in.
//! What a name is, and the order of lists, are decided in [`super::lists`]. Names are taken list by list, as if the whole
//! text were gone through for each: blanks around a name go, one comes on either side, and an empty list takes one comma
//! with it, the left one if there is one.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::MappedText;
use crate::work::steps;

/// A name of a list in a text: the list's place, and where the name stands.
pub(super) type Mention = (usize, Range<usize>);

/// What a list's name is replaced with.
pub(super) struct Replacement<'t> {
    pub(super) text: &'t MappedText,
    /// The names of later lists in it, in order.
    pub(super) mentions: &'t [Mention],
}

/// A part of some text, or a blank of our own.
#[derive(Clone)]
enum Piece<'t> {
    Blank,
    Part(&'t MappedText, Range<usize>),
}

impl Piece<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Blank => " ",
            Self::Part(text, range) => text.as_str().get(range.clone()).unwrap_or_default(),
        }
    }
}

/// What stands between two names, or before the first, or behind the last. No piece is empty.
type Stretch<'t> = VecDeque<Piece<'t>>;

/// A name that is not replaced yet.
struct Name<'t> {
    place: usize,
    word: Option<Piece<'t>>,
    before: Stretch<'t>,
    previous: Option<usize>,
    /// The end of the text counts as a name.
    next: usize,
    is_done: bool,
}

/// A text with the names in it.
struct Names<'t> {
    names: Vec<Name<'t>>,
    /// By the place of their list.
    open: BTreeMap<usize, Vec<usize>>,
    length: usize,
}

/// Why there is a name for a number.
const IS_NAME: &str = "names are linked by the numbers they were given";

/// The end of the text, which is there from the start.
const END: usize = 0;

/// Replaces every name by what `replacement` says of its list; nothing if the text grows beyond `most` bytes.
pub(super) fn substitute<'t>(
    text: &'t MappedText,
    mentions: &[Mention],
    replacement: impl Fn(usize) -> Replacement<'t>,
    most: usize,
) -> Option<(MappedText, Vec<usize>)> {
    let mut names = Names::new(text, mentions);
    let mut found = Vec::new();
    while let Some((place, open)) = names.open.pop_first() {
        let with = replacement(place);
        found.push(place);
        for name in open {
            names.replace_run(name, &with);
        }
        if names.length > most {
            return None;
        }
    }
    Some((names.joined(), found))
}

impl<'t> Names<'t> {
    fn new(text: &'t MappedText, mentions: &[Mention]) -> Self {
        let end = Name {
            place: usize::MAX,
            word: None,
            before: Stretch::new(),
            previous: None,
            next: END,
            is_done: true,
        };
        let mut names = Self {
            names: vec![end],
            open: BTreeMap::new(),
            length: text.len(),
        };
        names.insert(text, mentions, Stretch::new(), END);
        names
    }

    /// Puts a text with its names before `next`, behind what `before` holds already. Gives the number of pieces by which
    /// the stretch before `next` begins anew.
    fn insert(
        &mut self,
        text: &'t MappedText,
        mentions: &[Mention],
        before: Stretch<'t>,
        next: usize,
    ) -> usize {
        let mut before = before;
        let mut from = 0;
        for (place, range) in mentions {
            push(&mut before, text, from..range.start);
            let name = self.names.len();
            let previous = self.name(next).previous;
            self.names.push(Name {
                place: *place,
                word: Some(Piece::Part(text, range.clone())),
                before: std::mem::take(&mut before),
                previous,
                next,
                is_done: false,
            });
            if let Some(previous) = previous {
                self.name_mut(previous).next = name;
            }
            self.name_mut(next).previous = Some(name);
            self.open.entry(*place).or_default().push(name);
            from = range.end;
        }
        push(&mut before, text, from..text.len());
        let added = before.len();
        prepend(before, &mut self.name_mut(next).before);
        added
    }

    fn name(&self, at: usize) -> &Name<'t> {
        self.names.get(at).expect(IS_NAME)
    }

    fn name_mut(&mut self, at: usize) -> &mut Name<'t> {
        self.names.get_mut(at).expect(IS_NAME)
    }

    /// Replaces a name and all that stand with it in a row of names of the same list, from the left to the right: what
    /// one of them brings in is not trimmed away by the next.
    fn replace_run(&mut self, name: usize, with: &Replacement<'t>) {
        let known = self.name(name);
        if known.is_done {
            return;
        }
        let place = known.place;
        let same = |names: &Self, at: Option<usize>| {
            at.filter(|at| {
                let name = names.name(*at);
                !name.is_done && name.place == place
            })
        };
        let mut first = name;
        while let Some(before) = same(self, self.name(first).previous) {
            first = before;
        }
        let mut at = Some(first);
        let mut kept = 0;
        while let Some(name) = at {
            let (next, added) = self.replace(name, with, kept);
            kept = added;
            at = same(self, Some(next));
        }
    }

    /// Replaces one name; the first `kept` pieces before it stay as they are. Gives the next name, and how many pieces
    /// before that are new.
    fn replace(&mut self, name: usize, with: &Replacement<'t>, kept: usize) -> (usize, usize) {
        let known = self.name_mut(name);
        known.is_done = true;
        let mut left = std::mem::take(&mut known.before);
        let word = known.word.take();
        let (previous, next) = (known.previous, known.next);
        self.unlink(previous, next);
        let mut gone = word.map_or(0, |word| word.as_str().len()) + trim_end(&mut left, kept);
        let right = &mut self.name_mut(next).before;
        gone += trim_start(right);
        if with.text.is_empty() {
            gone += take_comma(&mut left, kept, right);
        }
        let mut added = with.text.len() + 1;
        if previous.is_some() || !left.is_empty() {
            left.push_back(Piece::Blank);
            added += 1;
        }
        self.name_mut(next).before.push_front(Piece::Blank);
        self.length = (self.length + added).saturating_sub(gone);
        // The blank behind the items is new as well.
        let new = self.insert(with.text, with.mentions, left, next) + 1;
        (next, new)
    }

    /// Takes the name between these two out of the row.
    fn unlink(&mut self, previous: Option<usize>, next: usize) {
        if let Some(previous) = previous {
            self.name_mut(previous).next = next;
        }
        self.name_mut(next).previous = previous;
    }

    fn joined(self) -> MappedText {
        let step = |at: &usize| self.name(*at).previous;
        let mut row: Vec<usize> = std::iter::successors(Some(END), step).collect();
        row.reverse();
        let mut out = MappedText::default();
        for name in row.iter().map(|at| self.name(*at)) {
            for piece in name.before.iter().chain(&name.word) {
                match piece {
                    Piece::Blank => out.push_own(" "),
                    Piece::Part(text, range) => out.push_slice(text, range.clone()),
                }
            }
        }
        out
    }
}

pub(super) fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

fn push<'t>(stretch: &mut Stretch<'t>, text: &'t MappedText, range: Range<usize>) {
    if !range.is_empty() {
        stretch.push_back(Piece::Part(text, range));
    }
}

/// Puts pieces before others; the fewer are moved.
fn prepend<'t>(mut before: Stretch<'t>, stretch: &mut Stretch<'t>) {
    steps(before.len().min(stretch.len()));
    if before.len() > stretch.len() {
        before.append(stretch);
        *stretch = before;
    } else {
        before
            .into_iter()
            .rev()
            .for_each(|piece| stretch.push_front(piece));
    }
}

/// Takes blanks away at the end, as far as the first `kept` pieces; how many.
fn trim_end(stretch: &mut Stretch<'_>, kept: usize) -> usize {
    let mut gone = 0;
    while stretch.len() > kept {
        let Some(last) = stretch.back_mut() else {
            break;
        };
        let (length, rest) = (
            last.as_str().len(),
            last.as_str().trim_end_matches(is_blank).len(),
        );
        gone += length - rest;
        match last {
            Piece::Part(_, range) if rest > 0 => {
                range.end = range.start + rest;
                break;
            }
            _ => drop(stretch.pop_back()),
        }
    }
    gone
}

/// Takes blanks away at the start; how many.
fn trim_start(stretch: &mut Stretch<'_>) -> usize {
    let mut gone = 0;
    while let Some(first) = stretch.front_mut() {
        let (length, rest) = (
            first.as_str().len(),
            first.as_str().trim_start_matches(is_blank).len(),
        );
        gone += length - rest;
        match first {
            Piece::Part(_, range) if rest > 0 => {
                range.start = range.end - rest;
                break;
            }
            _ => drop(stretch.pop_front()),
        }
    }
    gone
}

/// Takes one comma beside an empty list away, the left one if there is one; how many.
fn take_comma(left: &mut Stretch<'_>, kept: usize, right: &mut Stretch<'_>) -> usize {
    let is_new = left.len() > kept;
    if let Some(Piece::Part(text, range)) = left.back_mut().filter(|_| is_new)
        && text
            .as_str()
            .get(range.clone())
            .is_some_and(|part| part.ends_with(','))
    {
        range.end -= 1;
        if range.start >= range.end {
            left.pop_back();
        }
        return 1;
    }
    if let Some(Piece::Part(text, range)) = right.front_mut()
        && text
            .as_str()
            .get(range.clone())
            .is_some_and(|part| part.starts_with(','))
    {
        range.start += 1;
        if range.start >= range.end {
            right.pop_front();
        }
        return 1;
    }
    0
}

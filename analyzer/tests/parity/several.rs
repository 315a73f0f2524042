//! What is asked of each event by several threads, to be compared with what one thread was told.
//!
//! In: a capture, and a question. Out: the answers in the order of events. A seed decides which thread walks what.

use std::io;
use std::path::Path;

use falco_analyze::pipeline::{
    Child, Collector, Demand, Flow, PassOptions, Seen, Sink, Spread, collect_items, cursor_of,
    open_inputs,
};

use super::replay::{SEED, THREADS, WINDOW_ROWS};

/// The answers of every event that is demanded.
pub(crate) fn by_several<T: Send>(
    path: &Path,
    demand: &Demand,
    ask: impl Fn(&Seen<'_>) -> T + Sync,
) -> Vec<T> {
    let mut answers = Answers(Vec::new());
    let spread = Spread::by_chance(THREADS, WINDOW_ROWS, SEED);
    for input in open_inputs(&[path]).expect("the capture opens") {
        let cursor = cursor_of(&input, &PassOptions::default());
        let asking = (&Asking(&ask), spread);
        collect_items(input.items(), cursor, demand, asking, &mut answers).expect("the pass ends");
    }
    answers.0
}

struct Asking<'f, F>(&'f F);

impl<T: Send, F: Fn(&Seen<'_>) -> T + Sync> Collector for Asking<'_, F> {
    type Harvest = Vec<T>;
    type Child<'c>
        = Asked<'c, T, F>
    where
        Self: 'c;

    fn child(&self) -> Asked<'_, T, F> {
        Asked {
            ask: self.0,
            answers: Vec::new(),
        }
    }
}

/// One thread's part.
struct Asked<'c, T, F> {
    ask: &'c F,
    answers: Vec<T>,
}

impl<T: Send, F: Fn(&Seen<'_>) -> T> Child for Asked<'_, T, F> {
    type Harvest = Vec<T>;

    fn event(&mut self, seen: &Seen<'_>) {
        self.answers.push((self.ask)(seen));
    }

    fn harvest(&mut self) -> Option<Vec<T>> {
        (!self.answers.is_empty()).then(|| std::mem::take(&mut self.answers))
    }
}

struct Answers<T>(Vec<T>);

impl<T: Send> Sink<Vec<T>> for Answers<T> {
    fn harvest(&mut self, mut answers: Vec<T>) -> io::Result<Flow> {
        self.0.append(&mut answers);
        Ok(Flow::Continue)
    }
}

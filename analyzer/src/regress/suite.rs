//! Many scenarios: several at the same time, each for itself.
//!
//! In: scenarios as they were found. Out: what became of each, in the same order, whatever the number of threads.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::find::{FoundScenario, told_apart};
use super::problem::CannotRun;
use super::reasons;
use super::rules::RuleCache;
use super::run::{Report, run_with};
use super::scenario::Scenario;
use super::trial::options;

/// A scenario and what became of it.
#[derive(Clone, Debug)]
pub struct Tested {
    /// What it is called among the others.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// The report, or why there is none.
    pub result: Result<Report, CannotRun>,
}

/// Runs scenarios; `done` is told after each of them, on the thread that ran it.
pub fn run_all(
    found: Vec<FoundScenario>,
    threads: NonZeroUsize,
    done: &(dyn Fn() + Sync),
) -> Vec<Tested> {
    let rules = RuleCache::default();
    let names = told_apart(&found);
    let named: Vec<_> = names.into_iter().zip(found).collect();
    each(named, threads, |(name, one), threads| {
        let result = one
            .scenario
            .and_then(|scenario| run_one(&scenario, &rules, threads));
        done();
        Tested {
            name,
            file: one.file,
            result,
        }
    })
}

fn run_one(
    scenario: &Scenario,
    rules: &RuleCache,
    threads: NonZeroUsize,
) -> Result<Report, CannotRun> {
    whatever_happens(|| {
        let rules = rules.of(scenario)?;
        let mut report = run_with(scenario, &rules, threads)?;
        reasons::explain(scenario, &rules, &mut report.findings, &options(threads));
        Ok(report)
    })
}

/// A fault of the program that one scenario shows keeps no other from being run.
pub(crate) fn whatever_happens<T>(
    run: impl FnOnce() -> Result<T, CannotRun>,
) -> Result<T, CannotRun> {
    let ran = catch_unwind(AssertUnwindSafe(run));
    ran.unwrap_or_else(|_| Err(CannotRun::because("a fault of this program ended the run")))
}

/// Does the same with each of many things, several at the same time; what there is of threads beside is theirs.
pub(crate) fn each<T: Send, R: Send>(
    all: Vec<T>,
    threads: NonZeroUsize,
    work: impl Fn(T, NonZeroUsize) -> R + Sync,
) -> Vec<R> {
    let number = all.len();
    let workers = threads.get().min(number);
    let waiting: Vec<_> = all.into_iter().map(|one| Mutex::new(Some(one))).collect();
    let results: Vec<_> = (0..number).map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let run = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some((waiting, result)) = waiting.get(place).zip(results.get(place)) else {
                return;
            };
            let one = waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(one) = one {
                let left = number.saturating_sub(place).clamp(1, threads.get());
                let share = NonZeroUsize::new(threads.get() / left);
                let done = work(one, share.unwrap_or(NonZeroUsize::MIN));
                *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(run);
        }
        run();
    });
    let results = results.into_iter();
    let taken = results.filter_map(|one| one.into_inner().unwrap_or_else(PoisonError::into_inner));
    taken.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_done_once_and_in_order_by_any_number_of_threads() {
        for threads in [1, 2, 3, 64] {
            let threads = NonZeroUsize::new(threads).expect("some");
            let all: Vec<usize> = (0..100).collect();
            let done = each(all.clone(), threads, |one, share| {
                assert!(share.get() <= threads.get());
                one
            });
            assert_eq!(done, all);
        }
        let none: Vec<usize> = each(Vec::new(), NonZeroUsize::MIN, |one, _| one);
        assert!(none.is_empty());
    }

    #[test]
    fn a_fault_is_one_scenarios_own() {
        let failed = whatever_happens::<()>(|| panic!("on purpose"));
        assert!(failed.is_err());
    }
}

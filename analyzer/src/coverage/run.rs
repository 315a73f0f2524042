//! Scenarios, several at the same time: each is read once for what it proves, and once more for who notices mutants.
//!
//! In: scenarios as they were found. Out: a report, the same for any number of threads. One that cannot be run keeps no
//! other from it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use falco_rules::{
    Coverage, Mutating, Observed, Priority, RuleMatching, RuleSet, Schema as _, Selection,
};

use super::budget::{Budget, Mutation};
use super::collect::{Collected, OfScenario};
use super::model::{
    CoverReport, CoveredScenario, MutantFate, MutantReport, MutationReport, Proven,
};
use super::moments::{Looking, Moments};
use super::mutation::{Asked, MutantKey, key_of, order_of};
use super::observe::{Observations, Observing};
use crate::fields::SCHEMA;
use crate::pipeline::{Collector, Demand, Part, PassOptions, Shown, Sink, Tally, collect};
use crate::regress::{
    CannotRun, FoundScenario, Scenario, Trial, cannot_replay, each, told_apart, whatever_happens,
};
use crate::rule_files::{RuleText, load_each, read_each_rule_file};
use crate::sources::{Recording, SOURCES, schemas};

/// How scenarios are read.
pub struct CoverOptions<'o> {
    /// How many threads work.
    pub threads: NonZeroUsize,
    /// How mutants are tried, if they are.
    pub mutation: Option<Mutation>,
    /// Told after each scenario.
    pub done: &'o (dyn Fn() + Sync),
}

/// What scenarios with the same rules share: the rule files, the least priority, and which of the rules that match alert.
type GroupKey = (Vec<PathBuf>, Option<Priority>, bool);

/// The rules of some scenarios.
struct Group {
    rules: RuleSet,
    matching: RuleMatching,
}

/// What one scenario gave.
struct Seen {
    proven: Proven,
    coverage: Coverage,
    left_out: u64,
    /// By mutant of its group; nothing where no mutant was asked for, or its expectations fail without any.
    fates: Vec<MutantFate>,
}

/// What scenarios prove of their rules.
#[must_use]
pub fn cover(found: Vec<FoundScenario>, options: &CoverOptions<'_>) -> CoverReport {
    let (places, groups) = grouped(&found);
    let mutates = options.mutation.is_some();
    let plans = groups.iter().map(|group| plan(group, mutates));
    let mut plans: Vec<Mutating<'_>> = plans.collect();
    let untried = choose(&mut plans, options.mutation);
    plans.iter_mut().for_each(Mutating::settle);
    let names = told_apart(&found);
    let work: Vec<_> = found.iter().zip(&places).zip(&names).collect();
    let seen = each(work, options.threads, |((one, place), name), threads| {
        let seen = match (&one.scenario, place) {
            (Ok(scenario), Ok(group)) => {
                let group = groups.get(*group).zip(plans.get(*group));
                let group = group.expect("the place of a scenario's group is one of theirs");
                whatever_happens(|| run_one(scenario, name, group, (options, threads)))
            }
            (Err(error), _) | (_, Err(error)) => Err(error.clone()),
        };
        (options.done)();
        seen
    });
    let found: Vec<_> = found.iter().zip(names).collect();
    report(&found, &places, (&groups, &plans), seen, (options, untried))
}

/// The group of each scenario, and the groups.
fn grouped(found: &[FoundScenario]) -> (Vec<Result<usize, CannotRun>>, Vec<Group>) {
    let mut groups = Vec::new();
    let mut known: BTreeMap<GroupKey, Result<usize, CannotRun>> = BTreeMap::new();
    let places = found.iter().map(|one| {
        let scenario = one.scenario.as_ref().map_err(Clone::clone)?;
        let files = scenario.rules.iter();
        let files = files.map(|file| file.canonicalize().unwrap_or_else(|_| file.clone()));
        let matching = Trial::matching(scenario);
        let is_first = matching == RuleMatching::First;
        let key = (files.collect(), scenario.priority, is_first);
        let group = known.entry(key).or_insert_with(|| {
            let rules = load(scenario)?;
            groups.push(Group { rules, matching });
            Ok(groups.len() - 1)
        });
        group.clone()
    });
    let places = places.collect();
    (places, groups)
}

/// The rules of a scenario, their files called as the user would.
fn load(scenario: &Scenario) -> Result<RuleSet, CannotRun> {
    let mut selection = Selection::default();
    if let Some(priority) = scenario.priority {
        selection = selection.at_least(priority);
    }
    let files = read_each_rule_file(&scenario.rules).into_iter();
    let files: Vec<_> = files
        .map(|file| {
            file.map(|file| RuleText {
                name: shown(Path::new(&file.name)).display().to_string(),
                ..file
            })
        })
        .collect();
    let mut loader = falco_rules::Loader::with_sources(&schemas(SOURCES)).with_selection(selection);
    let reports = load_each(&mut loader, &files);
    loader.finish().map_err(|_| {
        let errors = reports.iter().flat_map(|report| &report.errors);
        let errors: Vec<_> = errors.cloned().collect();
        CannotRun::of_rules(&errors)
    })
}

/// A path without detours, from where the user is if it lies below. Scenarios name the same files from different
/// directories, and other programs find them by these names.
fn shown(path: &Path) -> PathBuf {
    let Ok(whole) = path.canonicalize() else {
        return path.to_owned();
    };
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let below = here
        .ok()
        .and_then(|here| whole.strip_prefix(here).ok().map(Path::to_owned));
    below.unwrap_or(whole)
}

fn plan(group: &Group, mutates: bool) -> Mutating<'_> {
    let source = group.rules.of_source(SCHEMA.source());
    let source = source.expect("rules were loaded for system calls");
    if mutates {
        Mutating::new(source, &SCHEMA, group.matching)
    } else {
        Mutating::without_mutants(source, &SCHEMA, group.matching)
    }
}

/// Leaves the mutants that there is a budget for; how many are left out.
fn choose(plans: &mut [Mutating<'_>], mutation: Option<Mutation>) -> usize {
    let Some(Mutation {
        seed,
        budget: Some(Budget::Mutants(most)),
    }) = mutation
    else {
        return 0;
    };
    let mutants = plans.iter().flat_map(|plan| plan.mutants());
    let keys: BTreeSet<MutantKey> = mutants.map(key_of).collect();
    let mut ordered: Vec<_> = keys.iter().collect();
    ordered.sort_by_key(|key| order_of(seed, key));
    let chosen: BTreeSet<MutantKey> = ordered.into_iter().take(most).cloned().collect();
    for plan in plans {
        plan.retain(|mutant| chosen.contains(&key_of(mutant)));
    }
    keys.len() - chosen.len()
}

fn run_one<'r>(
    scenario: &Scenario,
    name: &str,
    (group, plan): (&'r Group, &Mutating<'r>),
    (options, threads): (&CoverOptions<'_>, NonZeroUsize),
) -> Result<Seen, CannotRun> {
    let started = Instant::now();
    let mut trial = Trial::open(scenario, &group.rules)?;
    let covering = plan.covering();
    let slots = group.rules.of_source(SCHEMA.source());
    let slots = slots.map_or(&[][..], |rules| rules.slots());
    let demand = Demand::new(Shown::of_types(&covering.event_types()), slots.iter());
    let mut observations = Observations {
        observed: Observed::default(),
        judged: 0,
        alerts: 0,
        watched: trial.watch(),
    };
    let observing = Observing {
        rules: &group.rules,
        covering,
    };
    let tally = read(&trial, (&demand, threads), &observing, &mut observations)?;
    trial.read(&tally, observations.judged, threads)?;
    let observed = &observations.observed;
    let mut proven = Proven {
        events: tally.events,
        alerts: observations.alerts,
        meant: observations.watched.meant(),
        evidence: trial.evidence(),
        differs: trial.findings(&observations.watched),
        ..Proven::default()
    };
    let mut fates = Vec::new();
    let asks = proven.differs.is_empty().then_some(options.mutation);
    // Where the reading took all the time no mutant is tried, and nothing is prepared for that.
    if let Some(mutation) = asks.flatten().filter(Mutation::has_time) {
        let most = trial.most_expected();
        let differences = plan.differences(observed);
        let looking = Looking {
            rules: &group.rules,
            mutating: plan,
            observed,
            differences: &differences,
            most,
        };
        let mut moments = Moments::of(most, mutation);
        read(&trial, (&demand, threads), &looking, &mut moments)?;
        let asked = Asked {
            trial: &trial,
            name,
            moments: &moments,
            differences: &differences,
            matching: group.matching,
        };
        fates = fates_of(plan, &asked, mutation);
    }
    proven.elapsed = started.elapsed();
    Ok(Seen {
        proven,
        coverage: covering.coverage(observed),
        left_out: observed.left_out(),
        fates,
    })
}

/// Reads all captures of a scenario.
fn read<C: Collector>(
    trial: &Trial<'_>,
    (demand, threads): (&Demand, NonZeroUsize),
    collector: &C,
    sink: &mut impl Sink<C::Harvest>,
) -> Result<Tally, CannotRun> {
    let mut tally = Tally::default();
    for (recording, part) in trial.recordings() {
        let Recording::Capture(input) = recording else {
            return Err(CannotRun::because(
                "coverage is told of captures of system calls, and this is a log",
            ));
        };
        let options = PassOptions {
            part: Part::clone(part),
            threads,
            ..PassOptions::default()
        };
        let read = collect(input, demand, options, collector, sink);
        tally.add(&read.map_err(cannot_replay)?);
    }
    Ok(tally)
}

/// What becomes of each mutant in a scenario, in the order of the seed as long as there is time.
fn fates_of(plan: &Mutating<'_>, asked: &Asked<'_, '_>, mutation: Mutation) -> Vec<MutantFate> {
    let mutants = plan.mutants();
    let mut order: Vec<usize> = (0..mutants.len()).collect();
    let digest = |place: &usize| {
        let mutant = mutants.get(*place);
        mutant.map(|mutant| order_of(mutation.seed, &key_of(mutant)))
    };
    order.sort_by_cached_key(digest);
    let mut fates = vec![MutantFate::Untried; mutants.len()];
    for place in order.into_iter().take_while(|_| mutation.has_time()) {
        if let Some(fate) = fates.get_mut(place) {
            *fate = asked.fate(place);
        }
    }
    fates
}

fn report(
    found: &[(&FoundScenario, String)],
    places: &[Result<usize, CannotRun>],
    (groups, plans): (&[Group], &[Mutating<'_>]),
    seen: Vec<Result<Seen, CannotRun>>,
    (options, untried): (&CoverOptions<'_>, usize),
) -> CoverReport {
    let mut report = CoverReport::default();
    let mut collected = Collected::default();
    let mut mutants: BTreeMap<MutantKey, MutantReport> = BTreeMap::new();
    for (number, (group, plan)) in groups.iter().zip(plans).enumerate() {
        let of_group = seen.iter().zip(places).enumerate();
        let of_group = of_group.filter(|(_, (_, place))| place.as_ref() == Ok(&number));
        let of_group: Vec<_> = of_group
            .filter_map(|(scenario, (seen, _))| Some((scenario, seen.as_ref().ok()?)))
            .collect();
        let coverages: Vec<_> = of_group
            .iter()
            .map(|(scenario, seen)| OfScenario {
                place: *scenario,
                coverage: &seen.coverage,
                is_passing: seen.proven.is_passing(),
            })
            .collect();
        collected.add(&group.rules, plan.covering(), &coverages);
        for (place, mutant) in plan.mutants().iter().enumerate() {
            let told = mutants.entry(key_of(mutant)).or_insert_with(|| {
                let item = plan.covering().items().get(mutant.item as usize);
                MutantReport {
                    kind: mutant.kind,
                    item: item.map_or_else(String::new, |item| item.name.clone()),
                    text: mutant
                        .span
                        .text()
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" "),
                    edit: mutant.edit(),
                    fate: MutantFate::Untried,
                }
            });
            let fates = of_group
                .iter()
                .filter_map(|(_, seen)| seen.fates.get(place));
            fates.for_each(|fate| told.fate.become_of(fate));
        }
    }
    (report.items, report.files) = collected.finish();
    for ((one, name), seen) in found.iter().zip(seen) {
        report.left_out += seen.as_ref().map_or(0, |seen| seen.left_out);
        let techniques = one
            .scenario
            .as_ref()
            .map(|scenario| scenario.techniques.clone());
        report.scenarios.push(CoveredScenario {
            name: name.clone(),
            file: one.file.clone(),
            techniques: techniques.unwrap_or_default(),
            result: seen.map(|seen| seen.proven),
        });
    }
    report.mutation = options.mutation.map(|mutation| MutationReport {
        mutants: mutants.into_values().collect(),
        untried,
        seed: mutation.seed,
    });
    report
}

//! Two versions of rules over one pass: what `diff` takes of one replay.
//!
//! In: a capture. Out: what a comparison of the stock rules with a changed copy took, loading apart.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use falco_analyze::diff::{
    Both, Comparison, Found, Progress, SideFile, Taking, load_sides, read_side,
};
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{Flow, Input, Interest, PassOptions, collect};
use falco_format::Block;
use falco_rules::{RuleMatching, RulePair, Selection};

use crate::measured::{Cost, Rules, timed};

/// What the changed copy has more: a longer list, which many rules share.
const CHANGE: &str = "- list: shell_binaries\n  items: [nu, xonsh]\n  override: {items: append}\n";
/// Examples that are kept of each rule and kind, as the command does.
const EXAMPLES: usize = 3;

/// Nobody watches.
struct Unwatched;

impl Progress for Unwatched {
    fn block(&mut self, _: &Block) -> Interest {
        Interest::Rows
    }

    fn flow(&self) -> Flow {
        Flow::Continue
    }

    fn bytes(&mut self, _: u64) {}
}

/// Both sides over one pass, on one thread.
pub(crate) fn compare(capture: &str) -> Result<Cost> {
    let paths = Rules::Stock.paths()?;
    let (old, mut new) = (read_side(&paths), read_side(&paths));
    new.push(SideFile {
        name: "change.yaml".to_owned(),
        text: Ok(CHANGE.to_owned()),
        argument: "change.yaml".to_owned(),
    });
    let files = Both {
        old: &*old,
        new: &*new,
    };
    let loaded = load_sides(&[&SCHEMA], files, &Selection::default());
    let old = loaded.old.rules.context("the stock rules do not load")?;
    let new = loaded.new.rules.context("the changed rules do not load")?;
    let pair = RulePair::new(&old, &new, &SCHEMA);
    let sides = Both {
        old: &old,
        new: &new,
    };
    let comparison = Comparison::new(sides, &pair, RuleMatching::First, EXAMPLES);
    let input = Input::open(Path::new(capture))?;
    let mut found = Found::default();
    let (tally, cost) = timed(|| {
        let mut taking = Taking {
            comparison: &comparison,
            found: &mut found,
            capture: 0,
            progress: &mut Unwatched,
        };
        let options = PassOptions::default();
        let demand = comparison.demand();
        Ok(collect(&input, &demand, options, &comparison, &mut taking)?)
    })?;
    ensure!(tally.damage.is_empty(), "the capture is damaged");
    Ok(Cost {
        events: tally.events as f64,
        ..cost
    })
}

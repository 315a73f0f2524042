//! `touched_by(pid)`: what a process and whoever descends from it did, over the whole of the captures.
//!
//! In: the number of a process. Out: a row for each different act with how often and when.

use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, plan_err};
use falco_analyze::columns::ColumnType::{Bool, Int, Text, Time, Uint};
use falco_analyze::columns::TableSource;
use falco_analyze::past::touched_by;

use super::Asked;
use super::arguments::number;
use super::made::{Make, Out, table};
use super::rows::{Cell, Column};
use super::time::{captures, failed, input};
use crate::evidence::Evidence;

const NAME: &str = "touched_by";

static COLUMNS: &[Column] = &[
    ("proc_pid", Int),
    ("proc_start_time", Time),
    ("proc_name", Text),
    ("evt_type", Text),
    ("kind", Text),
    ("object", Text),
    ("count", Uint),
    ("failed", Uint),
    ("first_time", Time),
    ("last_time", Time),
    ("complete", Bool),
    ("capture", Text),
];

/// The function.
#[derive(Debug)]
pub(super) struct TouchedBy(pub(super) Asked);

impl TableFunctionImpl for TouchedBy {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [pid] = args.exprs() else {
            return plan_err!("{NAME} takes the number of a process: {NAME}(1234)");
        };
        let maker = Maker {
            pid: i64::from(number(NAME, pid)?),
            captures: captures(NAME, &self.0)?,
            asked: self.0.clone(),
        };
        table(NAME, COLUMNS, maker)
    }
}

struct Maker {
    pid: i64,
    captures: Vec<Arc<dyn TableSource>>,
    asked: Asked,
}

impl Make for Maker {
    fn make(&self, _threads: usize, out: &mut Out) -> Result<()> {
        for capture in &self.captures {
            let Some(input) = input(capture) else {
                continue;
            };
            let (acts, tally) = touched_by(input, self.pid).map_err(failed)?;
            let name = capture.name();
            self.asked.evidence.add(&name, Evidence::of_reading(&tally));
            for (act, how) in acts {
                let row = vec![
                    Cell::Int(act.pid),
                    Cell::time(act.start),
                    Cell::text(&act.name),
                    Cell::word(Some(act.event)),
                    Cell::word(Some(act.kind)),
                    Cell::text(&act.object),
                    Cell::Uint(how.count),
                    Cell::Uint(how.failed),
                    Cell::Time(how.first),
                    Cell::Time(how.last),
                    Cell::Bool(how.is_complete),
                    Cell::Text(name.clone()),
                ];
                if !out.row(row)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

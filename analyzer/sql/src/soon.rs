//! Filters whose rows are shown as they come hand them on as they come.
//!
//! In: a plan. Out: the same, in which no filter gathers a whole batch before anything that stands between it and the result may see a row.
//! DataFusion's filters gather, so that what follows works on many rows at a time: good for sums, and for who looks for three rows of a day a wait for all of it.
//! Whatever is behind an operator that needs all of its input anyway gathers as before.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::ExecutionPlanProperties as _;
use datafusion::physical_plan::execution_plan::{EmissionType, replace_children_if_necessary};
use datafusion::physical_plan::filter::FilterExec;

/// Batches that are larger than half of it are not gathered: every one that has a row.
const GATHERED_ROWS: usize = 1;

/// The rule.
#[derive(Debug)]
pub(crate) struct RowsSoon;

impl PhysicalOptimizerRule for RowsSoon {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        soon(plan)
    }

    fn name(&self) -> &'static str {
        "rows_soon"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn soon(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let below = plan.children();
    // Both sides of a join are one matter; those of a union are not.
    let is_passed = below.len() == 1 || plan.name() == "UnionExec";
    if plan.pipeline_behavior() != EmissionType::Incremental || !is_passed {
        return Ok(plan);
    }
    let children = below.into_iter().map(|child| soon(Arc::clone(child)));
    let children = children.collect::<Result<Vec<_>>>()?;
    let plan = replace_children_if_necessary(plan, children)?;
    match plan.downcast_ref::<FilterExec>() {
        Some(filter) => Ok(Arc::new(filter.with_batch_size(GATHERED_ROWS)?)),
        None => Ok(plan),
    }
}

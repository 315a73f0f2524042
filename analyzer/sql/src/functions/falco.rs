//! `falco('condition' [, 'rules.yaml' …])`: whether a condition of Falco's language holds for an event of `events`.
//!
//! In: a condition, and rule files whose macros and lists it uses. Out: true or false, never NULL: what is absent compares false, so that `NOT falco('a = b')` is true then.
//! A condition asks more of an event than columns show, so it is asked of the capture.
//! Where a query wants the rows for which it holds, or does not, the scan of the table asks it before a row is built.
//! Wherever else a call stands, all conditions of a query are asked in one pass of their own that decodes what they need, and rows are then found by their place in the capture.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array as _, AsArray as _, BooleanArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, UInt64Type};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{
    Column, DFSchema, Result, exec_datafusion_err, exec_err, plan_datafusion_err, plan_err,
};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use falco_analyze::chosen::Chosen;
use falco_analyze::rule_files::whole_condition;

use super::Asked;
use super::time::{failed, input};
use crate::evidence::Evidence;

const NAME: &str = "falco";
/// The columns by which a row is found in its capture.
const CAPTURE: &str = "capture";
const PLACE: &str = "position";

/// What is typed: the condition, and rule files.
type Typed = Vec<String>;
/// The events of each capture that a condition holds for.
type Found = HashMap<String, Chosen>;

/// The function.
#[derive(Debug)]
pub(super) struct Falco {
    signature: Signature,
    asked: Asked,
    /// Conditions with their macros and lists in them, or what is wrong with them; a plan asks for each more than once.
    known: Mutex<HashMap<Typed, Result<String, String>>>,
    found: Mutex<HashMap<String, Arc<Found>>>,
}

impl PartialEq for Falco {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Falco {}

impl Hash for Falco {
    fn hash<H: Hasher>(&self, state: &mut H) {
        NAME.hash(state);
    }
}

impl Falco {
    pub(super) fn new(asked: Asked) -> Self {
        Falco {
            signature: Signature::variadic_any(Volatility::Immutable),
            asked,
            known: Mutex::default(),
            found: Mutex::default(),
        }
    }

    /// The condition without macros and lists.
    fn whole(&self, typed: &[String]) -> Result<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = known.entry(typed.to_vec()).or_insert_with(|| {
            let Some((condition, files)) = typed.split_first() else {
                return Err("it takes a condition".to_owned());
            };
            whole_condition(condition, files)
        });
        let told = |said: &String| plan_datafusion_err!("{NAME}: {said}");
        whole.as_ref().map(Clone::clone).map_err(told)
    }

    /// Asks all captures, unless somebody has; with the condition all others that were planned and not asked.
    fn found(&self, condition: &str, threads: usize) -> Result<Arc<Found>> {
        // Whoever comes second waits for the answer of the first.
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = all.get(condition) {
            return Ok(Arc::clone(found));
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let planned = known.values().filter_map(|whole| whole.as_ref().ok());
        let mut open: Vec<String> = planned
            .filter(|planned| *planned != condition && !all.contains_key(*planned))
            .cloned()
            .collect();
        drop(known);
        open.sort();
        open.dedup();
        open.insert(0, condition.to_owned());
        let found = self.ask(&open, threads)?.into_iter().map(Arc::new);
        all.extend(open.iter().cloned().zip(found));
        let found = all.get(condition).map(Arc::clone);
        found.ok_or_else(|| exec_datafusion_err!("{NAME}: nothing was found out"))
    }

    fn ask(&self, conditions: &[String], threads: usize) -> Result<Vec<Found>> {
        let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        let mut found: Vec<Found> = conditions.iter().map(|_| Found::new()).collect();
        for capture in self.asked.captures.iter() {
            let Some(input) = input(capture) else {
                continue;
            };
            let (chosen, read) = Chosen::each(input, conditions, threads).map_err(failed)?;
            let name = capture.name();
            self.asked.evidence.add(&name, Evidence::of_reading(&read));
            for (found, chosen) in found.iter_mut().zip(chosen) {
                found.insert(name.clone(), chosen);
            }
        }
        Ok(found)
    }
}

/// The condition that a call asks, without macros and lists; none of another function, and where it has an error.
pub(crate) fn asked_by(call: &ScalarFunction) -> Option<String> {
    if call.func.name() != NAME {
        return None;
    }
    let texts = call.args.iter().map_while(|argument| match argument {
        Expr::Literal(value, _) => value.try_as_str().flatten().map(ToOwned::to_owned),
        _ => None,
    });
    let typed: Typed = texts.collect();
    let (condition, files) = typed.split_first()?;
    whole_condition(condition, files).ok()
}

impl ScalarUDFImpl for Falco {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    /// A condition that is none is an error before anything is read.
    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let texts = args.scalar_arguments.iter().flatten();
        let texts = texts.filter_map(|value| value.try_as_str().flatten());
        let typed: Typed = texts.map(ToOwned::to_owned).collect();
        self.whole(&typed)?;
        Ok(Arc::new(Field::new(NAME, DataType::Boolean, false)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (rows, threads) = (
            args.number_rows,
            args.config_options.execution.target_partitions,
        );
        let mut arguments = args.args;
        let missing = || exec_datafusion_err!("{NAME} is asked of rows of events");
        let place = arguments.pop().ok_or_else(missing)?.into_array(rows)?;
        let capture = arguments.pop().ok_or_else(missing)?.into_array(rows)?;
        let typed = arguments.iter().map(|argument| match argument {
            ColumnarValue::Scalar(value) => value.try_as_str().flatten().map(ToOwned::to_owned),
            ColumnarValue::Array(_) => None,
        });
        let typed: Typed = typed.collect::<Option<_>>().ok_or_else(missing)?;
        let found = self.found(&self.whole(&typed)?, threads)?;
        let (capture, place) = (
            cast(&capture, &DataType::Utf8)?,
            cast(&place, &DataType::UInt64)?,
        );
        let names = capture.as_string::<i32>().iter();
        let places = place.as_primitive::<UInt64Type>().iter();
        // Rows of one capture stand together.
        let mut last: Option<(&str, &Chosen)> = None;
        let holds = names.zip(places).map(|(name, place)| {
            // A row without an event, such as one of an outer join, has nothing that holds.
            let (Some(name), Some(place)) = (name, place) else {
                return Ok(Some(false));
            };
            let chosen = match last {
                Some((before, chosen)) if before == name => chosen,
                _ => match found.get(name) {
                    Some(chosen) => chosen,
                    None => return exec_err!("{NAME} asks captures, and {name} was given as an export: its columns can be compared"),
                },
            };
            last = Some((name, chosen));
            Ok(Some(chosen.has(place)))
        });
        let holds: BooleanArray = holds.collect::<Result<_>>()?;
        debug_assert_eq!(holds.null_count(), 0, "it holds or it does not");
        Ok(ColumnarValue::Array(Arc::new(holds)))
    }
}

/// Gives each call the columns by which its rows are found.
#[derive(Debug)]
pub(super) struct OfEvents {
    pub(super) has_captures: bool,
}

impl FunctionRewrite for OfEvents {
    fn name(&self) -> &str {
        "falco_of_events"
    }

    fn rewrite(
        &self,
        expr: Expr,
        schema: &DFSchema,
        _: &ConfigOptions,
    ) -> Result<Transformed<Expr>> {
        let Expr::ScalarFunction(mut function) = expr else {
            return Ok(Transformed::no(expr));
        };
        let mut arguments = function.args.iter();
        let is_done = arguments
            .any(|argument| matches!(argument, Expr::Column(column) if column.name == PLACE));
        if function.func.name() != NAME || is_done {
            return Ok(Transformed::no(Expr::ScalarFunction(function)));
        }
        if !self.has_captures {
            return plan_err!(
                "{NAME} asks captures, and only exports were given: their columns can be compared"
            );
        }
        for argument in &function.args {
            let is_text =
                |value: &datafusion::common::ScalarValue| value.try_as_str().flatten().is_some();
            if !matches!(argument, Expr::Literal(value, _) if is_text(value)) {
                return plan_err!(
                    "{NAME}: a condition and rule files are constant texts, and {argument} is none"
                );
            }
        }
        let places = schema.columns().into_iter();
        let places: Vec<Column> = places.filter(|column| column.name == PLACE).collect();
        let [place] = places.as_slice() else {
            return match places.len() {
                0 => plan_err!(
                    "{NAME} is asked of rows of events, by their columns {CAPTURE} and {PLACE}, and there are none here"
                ),
                _ => plan_err!(
                    "{NAME}: rows of more than one table have {PLACE}; ask in a query of each table by itself"
                ),
            };
        };
        let capture = Column::new(place.relation.clone(), CAPTURE);
        if !schema.has_column(&capture) {
            return plan_err!(
                "{NAME} is asked of rows of events, and their column {CAPTURE} is not here"
            );
        }
        function.args.push(Expr::Column(capture));
        function.args.push(Expr::Column(place.clone()));
        Ok(Transformed::yes(Expr::ScalarFunction(function)))
    }
}

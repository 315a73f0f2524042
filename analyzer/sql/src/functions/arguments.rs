//! Arguments of table functions, which must be constants.
//!
//! In: expressions, simplified. Out: values, or what is wrong with them in the words of whoever typed the query.

use datafusion::common::{Result, ScalarValue, plan_datafusion_err, plan_err};
use datafusion::logical_expr::Expr;

/// The constant that an argument is.
pub(super) fn constant<'e>(function: &str, argument: &'e Expr) -> Result<&'e ScalarValue> {
    match argument {
        Expr::Literal(value, _) => Ok(value),
        other => plan_err!("{function}: the argument {other} is no constant"),
    }
}

/// A number of a thread or process.
pub(super) fn number(function: &str, argument: &Expr) -> Result<u32> {
    let value = constant(function, argument)?;
    let number = match value {
        ScalarValue::Int64(Some(value)) => u32::try_from(*value).ok(),
        ScalarValue::UInt64(Some(value)) => u32::try_from(*value).ok(),
        ScalarValue::Int32(Some(value)) => u32::try_from(*value).ok(),
        ScalarValue::UInt32(Some(value)) => Some(*value),
        _ => None,
    };
    number.ok_or_else(|| plan_datafusion_err!("{function}: {value} is no number of a process"))
}

/// A text.
pub(super) fn text<'e>(function: &str, argument: &'e Expr) -> Result<&'e str> {
    let value = constant(function, argument)?;
    let text = value.try_as_str().flatten();
    text.ok_or_else(|| plan_datafusion_err!("{function}: {value} is no text"))
}

//! Filters of SQL as a condition of Falco's language, which captures are asked before a row is built.
//!
//! In: filter expressions, and the columns of the table. Out: a condition that holds for every row that the filters hold for.
//! It may hold for more, never for less, since DataFusion filters the rows again. So of what SQL can say only that is told on of which both languages mean the same, or Falco's the wider:
//!
//! - SQL has three truth values and Falco two. Nothing but `falco(…)` is negated here, and a comparison that holds in SQL is one of a value that is there.
//! - Columns hold text, and fields bytes. A constant is told on only where no escaping can make the two differ, and only by comparisons that look at the beginning: Falco's strings end at their first NUL.
//! - Of addresses Falco compares numbers, and SQL the text: equal text is an equal number where the constant is written as addresses are.

use std::net::IpAddr;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{Cast, InList, Like};
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator, TryCast};
use falco_analyze::columns::{Condition, FieldKind as Kind, TableLayout};

use crate::functions::asked_by;

/// The most bytes of a condition: beyond it, reading is not made faster by asking more.
const CONDITION_BYTES_MAX: usize = 64 << 10;

/// The condition that holds for every row of which all `filters` hold; none where nothing can be told on.
pub(crate) fn condition_of<'e>(
    filters: impl IntoIterator<Item = &'e Expr>,
    layout: &TableLayout,
) -> Option<Condition> {
    let told = filters
        .into_iter()
        .filter_map(|filter| text_of(filter, layout));
    // What the language does not take, such as a number beyond the field's type, is not told on.
    let is_taken =
        |text: &String| text.len() <= CONDITION_BYTES_MAX && Condition::compile(text).is_ok();
    let text = joined(told.filter(is_taken).collect(), "and")?;
    Condition::compile(&text).ok()
}

/// The condition of those of the filters that are one themselves, word for word.
pub(crate) fn exact_condition_of<'e>(
    filters: impl IntoIterator<Item = &'e Expr>,
) -> Option<Condition> {
    let exact = filters.into_iter().filter_map(exact);
    let text = joined(exact.collect(), "and")?;
    Condition::compile(&text).ok()
}

/// Whether captures answer a filter for certain, so that nobody asks again.
pub(crate) fn is_exact(filter: &Expr) -> bool {
    exact(filter).is_some()
}

/// A filter that is made of `falco(…)` alone: it has two truth values, so its negation is told on as well.
fn exact(filter: &Expr) -> Option<String> {
    let text = match filter {
        Expr::Alias(alias) => return exact(&alias.expr),
        Expr::ScalarFunction(call) => format!("({})", asked_by(call)?),
        Expr::Not(expr) => format!("(not {})", exact(expr)?),
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::And,
            right,
        }) => joined(vec![exact(left)?, exact(right)?], "and")?,
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Or,
            right,
        }) => joined(vec![exact(left)?, exact(right)?], "or")?,
        _ => return None,
    };
    let is_taken = text.len() <= CONDITION_BYTES_MAX && Condition::compile(&text).is_ok();
    is_taken.then_some(text)
}

/// The condition of a filter, as text.
pub(crate) fn text_of(filter: &Expr, layout: &TableLayout) -> Option<String> {
    let of = |filter: &Expr| text_of(filter, layout);
    if let Some(text) = exact(filter) {
        return Some(text);
    }
    match filter {
        Expr::Alias(alias) => of(&alias.expr),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
            Operator::And => {
                let told = [of(left), of(right)].into_iter().flatten();
                joined(told.collect(), "and")
            }
            Operator::Or => joined(vec![of(left)?, of(right)?], "or"),
            _ => {
                let swapped = || comparison(right, op.swap()?, left, layout);
                comparison(left, *op, right, layout).or_else(swapped)
            }
        },
        Expr::InList(InList {
            expr,
            list,
            negated: false,
        }) => one_of(expr, list, layout),
        Expr::Between(Between {
            expr,
            negated: false,
            low,
            high,
        }) => {
            let first = comparison(expr, Operator::GtEq, low, layout);
            let last = comparison(expr, Operator::LtEq, high, layout);
            joined([first, last].into_iter().flatten().collect(), "and")
        }
        Expr::Like(like) => begins(like, layout),
        Expr::IsNotNull(expr) => Some(format!("{} exists", field(expr, layout)?.0)),
        Expr::IsTrue(expr) => of(expr),
        Expr::Column(_) => flag(filter, true, layout),
        Expr::Not(expr) | Expr::IsFalse(expr) => flag(expr, false, layout),
        _ => None,
    }
}

fn joined(parts: Vec<String>, word: &str) -> Option<String> {
    match parts.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        parts => Some(format!("({})", parts.join(&format!(" {word} ")))),
    }
}

/// A column compared with a constant.
fn comparison(
    column: &Expr,
    operator: Operator,
    value: &Expr,
    layout: &TableLayout,
) -> Option<String> {
    let (name, kind) = field(column, layout)?;
    let value = constant(kind, literal(value)?)?;
    let sign = match operator {
        Operator::Eq => "=",
        Operator::NotEq if kind == Kind::Number => "!=",
        Operator::Lt if kind == Kind::Number => "<",
        Operator::LtEq if kind == Kind::Number => "<=",
        Operator::Gt if kind == Kind::Number => ">",
        Operator::GtEq if kind == Kind::Number => ">=",
        _ => return None,
    };
    Some(format!("{name} {sign} {value}"))
}

fn one_of(column: &Expr, list: &[Expr], layout: &TableLayout) -> Option<String> {
    let (name, kind) = field(column, layout)?;
    let values = list.iter().map(|value| constant(kind, literal(value)?));
    let values: Vec<String> = values.collect::<Option<_>>()?;
    (!values.is_empty()).then(|| format!("{name} in ({})", values.join(", ")))
}

/// `LIKE 'x%'`, with whatever follows: what stands in front of the first wildcard is told on.
fn begins(like: &Like, layout: &TableLayout) -> Option<String> {
    let is_plain = !like.negated && !like.case_insensitive && like.escape_char.is_none();
    let (name, _) =
        field(&like.expr, layout).filter(|(_, kind)| is_plain && *kind == Kind::Text)?;
    let pattern = literal(&like.pattern)?.try_as_str().flatten()?;
    let (begin, _) = pattern.split_at(pattern.find(['%', '_'])?);
    let begin = Some(begin).filter(|begin| !begin.is_empty())?;
    Some(format!("{name} startswith {}", quoted(begin)?))
}

/// A column that is true or false.
fn flag(column: &Expr, is_true: bool, layout: &TableLayout) -> Option<String> {
    let (name, _) = field(column, layout).filter(|(_, kind)| *kind == Kind::Bool)?;
    Some(format!("{name} = {is_true}"))
}

/// The field that a column shows, as far as comparisons of it can be told on.
fn field(expr: &Expr, layout: &TableLayout) -> Option<(&'static str, Kind)> {
    let expr = without_casts(expr);
    let Expr::Column(column) = expr else {
        return None;
    };
    let place = layout.place(&column.name).ok()?;
    // Which types there are is told on apart.
    let compared = layout.columns().get(place)?.compared();
    compared.filter(|(name, _)| *name != "evt.type")
}

/// A column that is only compared in another form of its type. Texts that are read as numbers are not.
fn without_casts(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast(Cast { expr, field }) if is_text(field.data_type()) => expr,
        Expr::TryCast(TryCast { expr, field }) if is_text(field.data_type()) => expr,
        _ => expr,
    }
}

fn is_text(ty: &arrow::datatypes::DataType) -> bool {
    use arrow::datatypes::DataType;
    match ty {
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}

fn literal(expr: &Expr) -> Option<&ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value),
        _ => None,
    }
}

/// A constant as the language writes it.
fn constant(kind: Kind, value: &ScalarValue) -> Option<String> {
    match kind {
        Kind::Text => quoted(value.try_as_str().flatten()?),
        Kind::Address => {
            let text = value.try_as_str().flatten()?;
            let address: IpAddr = text.parse().ok()?;
            (address.to_string() == text).then(|| text.to_owned())
        }
        Kind::Number => match value {
            ScalarValue::Int64(Some(value)) => Some(value.to_string()),
            ScalarValue::UInt64(Some(value)) => Some(value.to_string()),
            _ => None,
        },
        Kind::Bool => match value {
            ScalarValue::Boolean(Some(value)) => Some(value.to_string()),
            _ => None,
        },
    }
}

/// A text as the language quotes it; none where a column may show other bytes by the same text.
fn quoted(text: &str) -> Option<String> {
    let is_plain = |character: char| {
        character.is_ascii_graphic() || character == ' ' || character.is_alphanumeric()
    };
    let is_plain = text
        .chars()
        .all(|character| is_plain(character) && character != '\\');
    is_plain.then(|| format!("\"{}\"", text.replace('"', "\\\"")))
}

//! What filters leave of the captures, so that no other shred and no other block is decoded for a query.
//!
//! In: filter expressions. Out: event types and times that may match.
//! The answer may name too much, never too little: DataFusion filters the rows again.

use std::collections::BTreeSet;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};
use falco_analyze::columns::{Bounds, TableQuery};
use falco_format::UnixNanos;

const TYPE: &str = "evt_type";
const TIME: &str = "evt_time";
const BOOTTIME: &str = "boottime_ns";

/// What rows may match of which all `filters` hold.
pub(crate) fn query_of<'e>(filters: impl IntoIterator<Item = &'e Expr>) -> TableQuery {
    filters
        .into_iter()
        .map(query)
        .fold(TableQuery::default(), both)
}

/// What rows may match for which `filter` holds; everything where it says nothing of types and times.
fn query(filter: &Expr) -> TableQuery {
    match filter {
        Expr::Alias(alias) => query(&alias.expr),
        Expr::InList(InList {
            expr,
            list,
            negated: false,
        }) if is_column(expr, TYPE) => {
            let names: Option<BTreeSet<String>> = list
                .iter()
                .map(|value| Some(text(value)?.to_owned()))
                .collect();
            TableQuery {
                types: names,
                ..TableQuery::default()
            }
        }
        Expr::Between(Between {
            expr,
            negated: false,
            low,
            high,
        }) => both(
            comparison(expr, Operator::GtEq, low),
            comparison(expr, Operator::LtEq, high),
        ),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
            Operator::And => both(query(left), query(right)),
            Operator::Or => either(query(left), query(right)),
            _ => {
                let swapped = op
                    .swap()
                    .map(|op| comparison(right, op, left))
                    .unwrap_or_default();
                both(comparison(left, *op, right), swapped)
            }
        },
        _ => TableQuery::default(),
    }
}

/// A column compared with a constant.
fn comparison(column: &Expr, operator: Operator, value: &Expr) -> TableQuery {
    let mut query = TableQuery::default();
    if is_column(column, TYPE) && operator == Operator::Eq {
        query.types = text(value).map(|name| BTreeSet::from([name.to_owned()]));
    } else if is_column(column, TIME) {
        query.time = instant(value)
            .map(|value| bounds(operator, value))
            .unwrap_or_default();
    } else if is_column(column, BOOTTIME) {
        query.boottime = number(value)
            .map(|value| bounds(operator, value))
            .unwrap_or_default();
    }
    query
}

/// Strict comparisons keep their constant: the rows at it are filtered out later.
fn bounds<T: Copy>(operator: Operator, value: T) -> Bounds<T> {
    let (first, last) = match operator {
        Operator::Eq => (Some(value), Some(value)),
        Operator::Gt | Operator::GtEq => (Some(value), None),
        Operator::Lt | Operator::LtEq => (None, Some(value)),
        _ => (None, None),
    };
    Bounds { first, last }
}

fn both(left: TableQuery, right: TableQuery) -> TableQuery {
    let types = match (left.types, right.types) {
        (Some(left), Some(right)) => Some(left.intersection(&right).cloned().collect()),
        (left, right) => left.or(right),
    };
    TableQuery {
        types,
        time: left.time.and(right.time),
        boottime: left.boottime.and(right.boottime),
        ..TableQuery::default()
    }
}

fn either(left: TableQuery, right: TableQuery) -> TableQuery {
    let types = left
        .types
        .zip(right.types)
        .map(|(left, right)| left.union(&right).cloned().collect());
    TableQuery {
        types,
        time: left.time.hull(right.time),
        boottime: left.boottime.hull(right.boottime),
        ..TableQuery::default()
    }
}

fn is_column(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Column(column) if column.name == name)
}

fn literal(expr: &Expr) -> Option<&ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value),
        _ => None,
    }
}

fn text(expr: &Expr) -> Option<&str> {
    literal(expr)?.try_as_str().flatten()
}

/// A point in time before the epoch bounds as the epoch does.
fn instant(expr: &Expr) -> Option<UnixNanos> {
    match literal(expr)? {
        ScalarValue::TimestampNanosecond(Some(value), _) => {
            Some(UnixNanos(u64::try_from(*value).unwrap_or(0)))
        }
        _ => None,
    }
}

fn number(expr: &Expr) -> Option<u64> {
    match literal(expr)? {
        ScalarValue::UInt64(value) => *value,
        ScalarValue::Int64(Some(value)) => u64::try_from(*value).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{col, lit};

    use super::*;

    fn check(filter: &Expr, types: Option<&[&str]>, time: (Option<u64>, Option<u64>)) {
        let found = query(filter);
        let types = types.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(found.types, types, "{filter}");
        let time = (time.0.map(UnixNanos), time.1.map(UnixNanos));
        assert_eq!((found.time.first, found.time.last), time, "{filter}");
    }

    #[test]
    fn event_types_are_read_from_filters() {
        let open = (None, None);
        let is = |name: &str| col("evt_type").eq(lit(name));
        check(&is("open"), Some(&["open"]), open);
        check(&lit("open").eq(col("evt_type")), Some(&["open"]), open);
        check(&is("open").or(is("close")), Some(&["close", "open"]), open);
        check(&is("open").or(col("cpu").eq(lit(1))), None, open);
        check(
            &is("open").and(col("cpu").eq(lit(1))),
            Some(&["open"]),
            open,
        );
        check(&is("open").and(is("close")), Some(&[]), open);
        check(
            &col("evt_type").in_list(vec![lit("a"), lit("b")], false),
            Some(&["a", "b"]),
            open,
        );
        check(&col("evt_type").in_list(vec![lit("a")], true), None, open);
        check(&col("evt_type").not_eq(lit("a")), None, open);
        check(&!is("open"), None, open);
    }

    #[test]
    fn times_are_read_from_filters() {
        let at = |value| {
            lit(ScalarValue::TimestampNanosecond(
                Some(value),
                Some("UTC".into()),
            ))
        };
        let time = || col("evt_time");
        check(&time().gt(at(5)), None, (Some(5), None));
        check(&at(5).gt(time()), None, (None, Some(5)));
        check(&time().between(at(5), at(9)), None, (Some(5), Some(9)));
        check(
            &time()
                .gt_eq(at(5))
                .and(time().lt(at(9)).and(time().lt(at(7)))),
            None,
            (Some(5), Some(7)),
        );
        check(
            &time().eq(at(5)).or(time().eq(at(9))),
            None,
            (Some(5), Some(9)),
        );
        check(&time().gt(at(5)).or(time().lt(at(3))), None, (None, None));
        check(&time().gt(at(-5)), None, (Some(0), None));
        check(&time().not_between(at(5), at(9)), None, (None, None));
        let typed = col("evt_type").eq(lit("open")).and(time().gt(at(5)));
        check(
            &typed.or(col("evt_type").eq(lit("close")).and(time().gt(at(3)))),
            Some(&["close", "open"]),
            (Some(3), None),
        );
    }

    #[test]
    fn boot_times_are_read_from_filters() {
        let found = query(&col("boottime_ns").between(lit(5_u64), lit(9_i64)));
        assert_eq!(
            found.boottime,
            Bounds {
                first: Some(5),
                last: Some(9)
            }
        );
    }
}

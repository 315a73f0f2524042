//! Which operators and right-hand sides fit which types.

use super::Binder;
use super::call::is_string;
use crate::ir::Term;
use crate::syntax::{Modifier, Operator};
use crate::{FieldType, Multiplicity};

/// Whether values of the term can be compared with the operator; the error is Falco's sentence.
pub(super) fn operator_fits(
    operator: Operator,
    modifier: Option<Modifier>,
    left: &Term,
) -> Result<(), String> {
    use Operator as O;
    if operator == O::Exists {
        return Ok(());
    }
    let is_set = matches!(operator, O::In | O::Intersects);
    let is_equality = is_set || matches!(operator, O::Equal | O::NotEqual);
    let is_order = matches!(
        operator,
        O::Less | O::LessOrEqual | O::Greater | O::GreaterOrEqual
    );
    let is_binary = matches!(operator, O::BContains | O::BStartsWith);
    if left.multiplicity == Multiplicity::List {
        return fits(is_set, operator, modifier, "list filters");
    }
    match left.ty {
        FieldType::Bool => fits(is_equality, operator, modifier, "for numeric filters"),
        FieldType::Ipaddr | FieldType::Ipnet => fits(
            is_equality,
            operator,
            modifier,
            "for ip address and network filters",
        ),
        FieldType::Bytebuf => {
            let is_plain = matches!(operator, O::Contains | O::StartsWith | O::EndsWith);
            fits(
                is_equality || is_plain || is_binary,
                operator,
                modifier,
                "for buffer filters",
            )
        }
        FieldType::Sockaddr | FieldType::Socktuple => fits(
            false,
            operator,
            modifier,
            &format!("for type '{:?}'", left.ty),
        ),
        ty if is_string(ty) => fits(!is_binary, operator, modifier, "for string filters"),
        _ => fits(
            is_equality || is_order,
            operator,
            modifier,
            "for numeric filters",
        ),
    }
}

fn fits(
    fits: bool,
    operator: Operator,
    modifier: Option<Modifier>,
    what: &str,
) -> Result<(), String> {
    if fits {
        return Ok(());
    }
    let how = if modifier.is_some() {
        "with modifier"
    } else {
        "operator"
    };
    Err(format!(
        "'{}' {how} not supported {what}",
        operator.as_str()
    ))
}

/// Whether two computed sides can be compared.
pub(super) fn sides_fit(
    operator: Operator,
    modifier: Option<Modifier>,
    left: &Term,
    right: &Term,
    binder: &Binder<'_>,
) -> Result<(), String> {
    if matches!(operator, Operator::PMatch | Operator::Regex) {
        let name = operator.as_str().to_ascii_uppercase();
        return Err(format!(
            "operator '{name}' doesn't support right-hand side fields"
        ));
    }
    if modifier.is_some() {
        return Err("modifiers don't support right-hand side fields".to_owned());
    }
    for side in [left, right] {
        if binder.is_event_type_field(side) {
            return Err("'evt.type' cannot be compared with another field".to_owned());
        }
        let has_several = matches!(
            side.multiplicity,
            Multiplicity::Any | Multiplicity::EitherEnd
        );
        if has_several || binder.is_raw_parameter(side) {
            return Err("this field cannot be compared with another field".to_owned());
        }
    }
    if left.ty != right.ty {
        return Err(format!(
            "the sides of the comparison have different types: '{:?}' and '{:?}'",
            left.ty, right.ty
        ));
    }
    Ok(())
}

/// The bytes of a hexadecimal string.
pub(super) fn parse_hex(text: &str) -> Result<Box<[u8]>, String> {
    let invalid = || "bcontains and bstartswith operator support hex strings only".to_owned();
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    if !text.len().is_multiple_of(2) {
        return Err(invalid());
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect::<Option<_>>()
        .ok_or_else(invalid)
}

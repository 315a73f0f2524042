//! Transformers: which values they take and which they give.

use super::Binder;
use crate::ir::{Term, TermKind};
use crate::syntax::Function;
use crate::{FieldType, Multiplicity};

/// A transformer applied to checked arguments, or the message why it cannot be.
pub(super) fn call_term(
    function: Function,
    arguments: Vec<Term>,
    selector: Option<&str>,
    binder: &Binder<'_>,
) -> Result<Term, String> {
    let name = function.as_str();
    if selector.is_some() && function != Function::GetOpt {
        return Err(format!(
            "transformer '{name}' does not support field arguments"
        ));
    }
    let (ty, multiplicity) = match function {
        Function::Val => single(&arguments, name).map(|term| (term.ty, term.multiplicity))?,
        Function::ToLower | Function::ToUpper | Function::BaseName => {
            let term = transformed(&arguments, name, binder)?;
            require(is_string(term.ty), term.ty, name)?;
            (term.ty, term.multiplicity)
        }
        Function::B64 => {
            let term = transformed(&arguments, name, binder)?;
            require(
                matches!(term.ty, FieldType::Charbuf | FieldType::Bytebuf),
                term.ty,
                name,
            )?;
            (term.ty, term.multiplicity)
        }
        Function::Len => {
            let term = transformed(&arguments, name, binder)?;
            let is_list = term.multiplicity == Multiplicity::List;
            require(
                is_list || is_string(term.ty) || term.ty == FieldType::Bytebuf,
                term.ty,
                name,
            )?;
            (FieldType::Uint64, Multiplicity::One)
        }
        Function::Join => join_type(&arguments)?,
        Function::Concat => concat_type(&arguments)?,
        Function::GetOpt => getopt_type(&arguments, selector)?,
    };
    let selector = selector.and_then(|text| text.bytes().next());
    let kind = TermKind::Call {
        function,
        arguments,
        selector,
    };
    Ok(Term {
        kind,
        ty,
        multiplicity,
        names_event_type: false,
    })
}

/// The list in `join(separator, (a, b))`.
pub(super) fn list_term(members: Vec<Term>) -> Term {
    Term {
        kind: TermKind::List(members),
        ty: FieldType::Charbuf,
        multiplicity: Multiplicity::List,
        names_event_type: false,
    }
}

fn single<'a>(arguments: &'a [Term], name: &str) -> Result<&'a Term, String> {
    match arguments {
        [term] => Ok(term),
        _ => Err(format!("transformer '{name}' takes exactly one argument")),
    }
}

fn transformed<'a>(
    arguments: &'a [Term],
    name: &str,
    binder: &Binder<'_>,
) -> Result<&'a Term, String> {
    let term = single(arguments, name)?;
    if binder.is_event_type_field(term) {
        return Err(format!(
            "'evt.type' cannot be used with transformer '{name}'"
        ));
    }
    Ok(term)
}

fn require(fits: bool, ty: FieldType, name: &str) -> Result<(), String> {
    if fits {
        Ok(())
    } else {
        Err(format!(
            "field type '{ty:?}' is not supported by '{name}' transformer"
        ))
    }
}

pub(super) fn is_string(ty: FieldType) -> bool {
    matches!(
        ty,
        FieldType::Charbuf | FieldType::Fspath | FieldType::Fsrelpath
    )
}

fn is_list(term: &Term) -> bool {
    term.multiplicity == Multiplicity::List
}

fn join_type(arguments: &[Term]) -> Result<(FieldType, Multiplicity), String> {
    match arguments {
        [separator, _] if is_list(separator) => {
            Err("join() first argument (separator) must be a single value, not a list".to_owned())
        }
        [_, list] if !is_list(list) => Err("join() second argument must be a list".to_owned()),
        [_, _] => Ok((FieldType::Charbuf, Multiplicity::One)),
        _ => Err("join() requires exactly 2 arguments: separator and list".to_owned()),
    }
}

fn concat_type(arguments: &[Term]) -> Result<(FieldType, Multiplicity), String> {
    if arguments.len() < 2 {
        return Err("concat() requires at least 2 arguments".to_owned());
    }
    if arguments
        .iter()
        .any(|term| term.ty != FieldType::Charbuf || is_list(term))
    {
        return Err("concat() arguments must be strings".to_owned());
    }
    Ok((FieldType::Charbuf, Multiplicity::One))
}

fn getopt_type(
    arguments: &[Term],
    selector: Option<&str>,
) -> Result<(FieldType, Multiplicity), String> {
    match arguments {
        [list, _] if !is_list(list) => {
            return Err("getopt() first argument must be a list".to_owned());
        }
        [_, options] if is_list(options) => {
            return Err("getopt() second argument (optstring) must be a single value".to_owned());
        }
        [list, options] if list.ty == FieldType::Charbuf && options.ty == FieldType::Charbuf => {}
        [_, _] => return Err("getopt() arguments must be strings".to_owned()),
        _ => {
            return Err(
                "getopt() requires exactly 2 arguments: args list and optstring".to_owned(),
            );
        }
    }
    match selector {
        None => Ok((FieldType::Charbuf, Multiplicity::List)),
        Some(selector) if selector.len() == 1 => Ok((FieldType::Charbuf, Multiplicity::One)),
        Some(_) => Err("getopt() field argument must be a single option character".to_owned()),
    }
}

//! A condition from text to tree: lists put in, syntax read, the macros it names found.

use std::collections::BTreeMap;

use crate::resolve::{ListItem, Lists, MappedText, Named, Substituted};
use crate::syntax::{Expr, ExprKind, parse, syntax_help};
use crate::{Code, Diagnostic};

/// A condition after lists were substituted.
pub(super) struct Parsed {
    pub(super) expr: Expr,
    pub(super) text: MappedText,
    /// The places of the lists.
    pub(super) lists: Vec<usize>,
    /// The macros it names, each with the place of its first mention.
    pub(super) names: BTreeMap<String, usize>,
    /// How deep the tree is, without what macros add.
    pub(super) own_depth: usize,
    /// How deep it is with its macros, once that is known.
    pub(super) depth: Option<usize>,
    /// Whether it leads back to itself or is too deep: it is as good as not there.
    pub(super) is_rejected: bool,
    /// Whether it names something undefined: it is checked for its other errors and gives no body.
    pub(super) is_broken: bool,
}

/// Why a condition is no tree.
pub(super) struct ConditionError {
    code: Code,
    message: String,
    text: MappedText,
    at: usize,
}

impl ConditionError {
    pub(super) fn diagnostic(self, context: &crate::diagnostic::Context) -> Diagnostic {
        let span = self.text.span(self.at..self.at + 1);
        let context = context.expression(Some(self.text.place(self.at)));
        let help = (self.code == Code::ConditionSyntax)
            .then(|| syntax_help(self.text.as_str(), self.at))
            .flatten();
        let (message, help) = match help {
            Some(help) => help.told(self.message, &self.text),
            None => (self.message, None),
        };
        Diagnostic::new(self.code, message)
            .under(&context)
            .at(span)
            .help(help)
    }
}

/// Substitutes lists and parses.
pub(super) fn parse_condition(
    condition: &MappedText,
    named: &Named<ListItem>,
    lists: &mut Lists,
) -> Result<Parsed, ConditionError> {
    let Some(Substituted { text, lists }) = lists.substitute(named, condition) else {
        let message = "the condition grows too large when its lists are substituted".to_owned();
        return Err(ConditionError {
            code: Code::ConditionTooLarge,
            message,
            text: condition.clone(),
            at: 0,
        });
    };
    match parse(text.as_str()) {
        Ok(expr) => {
            let mut names = BTreeMap::new();
            collect_names(&expr, &mut names);
            Ok(Parsed {
                own_depth: expr_depth(&expr),
                expr,
                text,
                lists,
                names,
                depth: None,
                is_rejected: false,
                is_broken: false,
            })
        }
        Err(error) => Err(ConditionError {
            code: Code::ConditionSyntax,
            message: error.message,
            text,
            at: error.at,
        }),
    }
}

/// The macros that an expression names, each with the place of its first mention.
fn collect_names(expr: &Expr, names: &mut BTreeMap<String, usize>) {
    match &expr.kind {
        ExprKind::Name(name) => drop(names.entry(name.clone()).or_insert(expr.at)),
        ExprKind::Not(member) => collect_names(member, names),
        ExprKind::And(members) | ExprKind::Or(members) => {
            members
                .iter()
                .for_each(|member| collect_names(member, names));
        }
        ExprKind::Check(_) => {}
    }
}

fn expr_depth(expr: &Expr) -> usize {
    1 + match &expr.kind {
        ExprKind::Name(_) | ExprKind::Check(_) => 0,
        ExprKind::Not(member) => expr_depth(member),
        ExprKind::And(members) | ExprKind::Or(members) => {
            members.iter().map(expr_depth).max().unwrap_or(0)
        }
    }
}

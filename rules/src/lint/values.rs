//! Constants that no value of their field holds, fields that never have a value, and calls that programs of today make
//! under a newer name: rules that load and stay silent.

use std::collections::HashSet;
use std::sync::Arc;

use crate::fields::Literal;
use crate::ir::{Comparison, IrKind, IrNode, Predicate, Term, TermKind};
use crate::source::Span;
use crate::syntax::Operator;
use crate::{Code, Diagnostic, EventTypeId, Rule, Schema};

/// What became of a system call.
#[derive(Clone, Copy)]
enum Use {
    /// The C libraries or nearly all programs make the newer one in its place.
    Replaced,
    /// Both are made: which one depends on library, machine and program.
    Beside,
}

/// A system call, the newer ones that do the same, and what is written to see all of them.
struct Successor {
    older: &'static str,
    newer: &'static [&'static str],
    all: &'static str,
    usage: Use,
}

const fn successor(
    older: &'static str,
    newer: &'static [&'static str],
    all: &'static str,
    usage: Use,
) -> Successor {
    Successor {
        older,
        newer,
        all,
        usage,
    }
}

/// Event types, and what programs of today call instead or as well.
///
/// Machines that are younger than the newer calls, such as those of 64-bit ARM, do not have the older ones at all, and a
/// library calls the newer ones there under the older names. `openat2` is advised and not missed: few programs call it.
const SUCCESSORS: &[Successor] = &[
    successor("accept", &["accept4"], "accept, accept4", Use::Replaced),
    successor("open", &["openat"], "open, openat, openat2", Use::Replaced),
    successor("clone", &["clone3"], "clone, clone3", Use::Replaced),
    successor(
        "fork",
        &["clone"],
        "fork, vfork, clone, clone3",
        Use::Replaced,
    ),
    successor(
        "epoll_create",
        &["epoll_create1"],
        "epoll_create, epoll_create1",
        Use::Replaced,
    ),
    successor("eventfd", &["eventfd2"], "eventfd, eventfd2", Use::Replaced),
    successor(
        "inotify_init",
        &["inotify_init1"],
        "inotify_init, inotify_init1",
        Use::Replaced,
    ),
    successor(
        "signalfd",
        &["signalfd4"],
        "signalfd, signalfd4",
        Use::Replaced,
    ),
    successor(
        "vfork",
        &["clone"],
        "fork, vfork, clone, clone3",
        Use::Beside,
    ),
    successor("pipe", &["pipe2"], "pipe, pipe2", Use::Beside),
    successor("dup2", &["dup3"], "dup2, dup3", Use::Beside),
    successor(
        "rename",
        &["renameat", "renameat2"],
        "rename, renameat, renameat2",
        Use::Beside,
    ),
    successor("unlink", &["unlinkat"], "unlink, unlinkat", Use::Beside),
    successor("mkdir", &["mkdirat"], "mkdir, mkdirat", Use::Beside),
    successor("chmod", &["fchmodat"], "chmod, fchmodat", Use::Beside),
    successor("link", &["linkat"], "link, linkat", Use::Beside),
    successor("symlink", &["symlinkat"], "symlink, symlinkat", Use::Beside),
];

/// Looks at every comparison of every rule, at those in macros once.
pub(super) fn impossible(
    rules: &[&(Rule, IrNode)],
    schema: &dyn Schema,
    found: &mut Vec<Diagnostic>,
) {
    let mut seen = HashSet::new();
    for (rule, condition) in rules {
        let mut looking = Looking {
            rule,
            schema,
            seen: &mut seen,
            found,
        };
        looking.node(condition);
        absent_outputs(rule, schema, found);
    }
}

struct Looking<'l> {
    rule: &'l Rule,
    schema: &'l dyn Schema,
    seen: &'l mut HashSet<*const IrNode>,
    found: &'l mut Vec<Diagnostic>,
}

impl Looking<'_> {
    fn node(&mut self, node: &IrNode) {
        match &node.kind {
            IrKind::And(members) | IrKind::Or(members) => {
                members.iter().for_each(|member| self.node(member));
            }
            IrKind::Not(member) => self.node(member),
            IrKind::Macro { body, .. } => {
                if self.seen.insert(Arc::as_ptr(body)) {
                    self.node(body);
                }
            }
            IrKind::Check(check) => {
                self.older_call(check, node);
                self.absent_field(check, node);
                self.impossible_texts(check, node);
            }
        }
    }

    fn older_call(&mut self, check: &Predicate, node: &IrNode) {
        if !check.left.names_event_type || is_refusing(&check.comparison) {
            return;
        }
        let types = self.schema.event_types();
        let id = |name: &str| {
            let at = types.iter().position(|def| def.name == name)?;
            u16::try_from(at).ok().map(EventTypeId)
        };
        let sees = |name: &str| id(name).map(|id| self.rule.event_types.contains(id));
        for known in SUCCESSORS {
            let older = known.older;
            let wants = constants(&check.comparison)
                .iter()
                .any(|value| matches!(value, Literal::Text(text) if **text == *older.as_bytes()));
            if !wants || sees(older) != Some(true) {
                continue;
            }
            let newer = known.newer.iter();
            let missed = newer.filter(|newer| sees(newer) == Some(false));
            let missed: Vec<_> = missed.map(|newer| format!("`{newer}`")).collect();
            if !missed.is_empty() {
                let missed = missed.join(" and ");
                let message = match known.usage {
                    Use::Replaced => {
                        format!("programs of today call {missed}, which this rule never sees")
                    }
                    Use::Beside => format!(
                        "programs also call {missed} for what `{older}` does, which this rule never sees"
                    ),
                };
                let help = format!("write `evt.type in ({})`", known.all);
                let found = Diagnostic::new(Code::OlderCall, message);
                self.found
                    .push(found.at(node.origin.clone()).help(Some(help)));
            }
        }
    }

    fn absent_field(&mut self, check: &Predicate, node: &IrNode) {
        if let TermKind::Field(field) = &check.left.kind
            && self.schema.is_always_absent(field.field)
        {
            let message =
                "the field is deprecated and never has a value: every comparison of it fails";
            let found = Diagnostic::new(Code::AbsentField, message);
            self.found.push(found.at(node.origin.clone()));
        }
    }

    fn impossible_texts(&mut self, check: &Predicate, node: &IrNode) {
        let Some(field) = text_field(&check.left) else {
            return;
        };
        let (operator, values) = match &check.comparison {
            Comparison::Constant { operator, value } => (*operator, std::slice::from_ref(value)),
            Comparison::Set { operator, values }
            | Comparison::Modified {
                operator, values, ..
            } => (*operator, &**values),
            Comparison::Exists | Comparison::Term { .. } => return,
        };
        let (holds_literally, verdict) = match operator {
            Operator::NotEqual => (true, "always true"),
            Operator::Equal
            | Operator::In
            | Operator::Intersects
            | Operator::Contains
            | Operator::StartsWith
            | Operator::EndsWith => (true, "never true"),
            _ => (false, ""),
        };
        // Only what is compared with whole values can be said to be hardly one.
        let is_whole = matches!(
            operator,
            Operator::Equal | Operator::NotEqual | Operator::In
        );
        let unlikely = match operator {
            Operator::NotEqual => "nearly always true",
            _ => "hardly ever true",
        };
        for (place, value) in values.iter().enumerate().filter(|_| holds_literally) {
            let Literal::Text(text) = value else { continue };
            let seldom = || self.schema.seldom_holds(field, text);
            let (why, code) = match self.schema.never_holds(field, text) {
                Some(why) => (why, Code::NeverTrue),
                None => match seldom().filter(|_| is_whole) {
                    Some(why) => (why, Code::UnlikelyValue),
                    None => continue,
                },
            };
            let verdict = match code {
                Code::NeverTrue => verdict,
                _ => unlikely,
            };
            let origin = node.value_origins.get(place).cloned().flatten();
            let span: Option<Span> = origin.or_else(|| node.origin.clone());
            let text = String::from_utf8_lossy(text);
            let message = format!("a comparison with `{text}` is {verdict}: {}", why.reason);
            let found = Diagnostic::new(code, message);
            self.found.push(found.at(span).help(Some(why.help)));
        }
    }
}

/// Whether the comparison holds where the constants are not met.
fn is_refusing(comparison: &Comparison) -> bool {
    matches!(
        comparison,
        Comparison::Constant {
            operator: Operator::NotEqual,
            ..
        }
    )
}

fn constants(comparison: &Comparison) -> &[Literal] {
    match comparison {
        Comparison::Constant { value, .. } => std::slice::from_ref(value),
        Comparison::Set { values, .. } | Comparison::Modified { values, .. } => values,
        Comparison::Exists | Comparison::Term { .. } => &[],
    }
}

fn text_field(term: &Term) -> Option<crate::FieldId> {
    match &term.kind {
        TermKind::Field(field) => Some(field.field),
        _ => None,
    }
}

/// Outputs that print `<NA>` for a field that never has a value.
fn absent_outputs(rule: &Rule, schema: &dyn Schema, found: &mut Vec<Diagnostic>) {
    for (key, field) in rule.output.fields() {
        if schema.is_always_absent(field.field) {
            let message =
                format!("`{key}` is deprecated and never has a value: it always prints <NA>");
            found.push(Diagnostic::new(Code::AbsentField, message).at(rule.span.clone()));
        }
    }
}

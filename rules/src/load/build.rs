//! From a collected item to a checked rule.

use std::collections::BTreeSet;

use super::macros::MacroTable;
use super::parsed::parse_condition;
use super::uses::KnownUses;
use crate::check::{Binder, Problem, check};
use crate::diagnostic::Context;
use crate::event_types::{KnownMacros, code_count, with_async_events};
use crate::ir::IrNode;
use crate::resolve::{Collector, Lists, MappedText, RuleItem, condition_with_exceptions};
use crate::syntax::normal_form;
use crate::template::{Template, TemplateError};
use crate::{Code, Diagnostic, FalcoCode, Rule, Severity};

/// More event codes than this and a rule counts as unrestricted.
const MAX_EVENT_CODES: u32 = 100;

/// Most names of macros, lists and fields that rules of one load are described with, counted in each rule that uses them:
/// a macro of thousands may stand in thousands. A hundred times what ten thousand real rules have.
const MAX_NAMES: usize = 1 << 23;

const CONTAINER_INFO: &str = "%container.info";
const DIRECTION_FIELD: &str = "evt.dir";

/// What was found out about the macros that rules share.
#[derive(Debug, Default)]
pub(super) struct Known {
    event_types: KnownMacros,
    uses: KnownUses,
}

/// What has become of a rule.
#[derive(Default)]
pub(super) struct BuiltRule {
    /// Nothing where it has errors, is of another source or asked to be left out.
    pub(super) rule: Option<(Rule, IrNode)>,
    /// The macros that its condition names.
    pub(super) names: Vec<String>,
    /// The places of the lists in it.
    pub(super) lists: Vec<usize>,
}

/// Compiles one rule; what is wrong with it goes to `diagnostics`.
pub(super) struct RuleBuilder<'b, 's> {
    pub(super) item: &'b RuleItem,
    pub(super) collector: &'b Collector,
    pub(super) lists: &'b mut Lists,
    pub(super) macros: &'b mut MacroTable,
    pub(super) binder: &'b mut Binder<'s>,
    pub(super) known: &'b mut Known,
    pub(super) diagnostics: &'b mut Vec<Diagnostic>,
}

impl RuleBuilder<'_, '_> {
    pub(super) fn build(&mut self) -> BuiltRule {
        let mut built = BuiltRule::default();
        built.rule = self.rule(&mut built);
        built
    }

    fn rule(&mut self, built: &mut BuiltRule) -> Option<(Rule, IrNode)> {
        let said_before = self.diagnostics.len();
        let output = self.output();
        let condition = self.condition(built);
        let ((output, output_text), (ir, details)) = (output?, condition?);
        let said = self.diagnostics.get(said_before..);
        let said = said.expect("nothing that was said is taken back");
        if said.iter().any(|found| found.severity() == Severity::Error) {
            return None;
        }
        let types = self.binder.schema().event_types();
        let possible = self.known.event_types.possible_types(&ir, types);
        let codes = code_count(&possible, types);
        if self.item.warn_evttypes && (codes == 0 || codes > MAX_EVENT_CODES) {
            let message = "Rule matches too many evt.type values. This has a significant performance penalty.";
            self.diagnostics
                .push(Diagnostic::new(Code::NoEventType, message).under(&self.item.context));
        }
        let item = self.item;
        let uses = self.known.uses.of(&ir, self.binder.schema());
        self.known.uses.names += details.macros.len() + details.lists.len() + uses.fields.len();
        if self.known.uses.names > MAX_NAMES {
            self.diagnostics.push(too_many_names(item));
            return None;
        }
        let rule = Rule {
            name: item.name.clone(),
            priority: item.priority,
            tags: item.tags.iter().cloned().collect(),
            source: item.source.clone(),
            description: item.description.clone(),
            output,
            output_text,
            condition_text: item.condition.as_str().to_owned(),
            condition_compiled: details.normal_form,
            enabled: item.enabled,
            capture: item.capture,
            capture_duration_ms: item.capture_duration_ms,
            exceptions: item
                .exceptions
                .iter()
                .map(|exception| exception.name.clone())
                .collect(),
            macros: details.macros.into_iter().collect(),
            lists: details.lists.into_iter().collect(),
            condition_fields: uses.fields.into_iter().collect(),
            condition_operators: uses.operators.into_iter().collect(),
            span: item.context.span.clone(),
            event_types: with_async_events(possible, types),
        };
        Some((rule, ir))
    }

    fn output(&mut self) -> Option<(Template, String)> {
        let item = self.item;
        let mut text = item.output.clone();
        if text.as_str().contains(CONTAINER_INFO) {
            let message = "%container.info is deprecated and no more useful, and will be dropped by Falco 1.0.0. The \
                           container plugin will automatically add required fields to the output message.";
            self.diagnostics
                .push(Diagnostic::new(Code::DeprecatedContainerInfo, message).under(&item.context));
            text = text.without(CONTAINER_INFO);
        }
        match Template::build(text.as_str(), self.binder) {
            Ok(template) => {
                if text.as_str().contains(DIRECTION_FIELD) {
                    let message = format!(
                        "usage of deprecated field '{DIRECTION_FIELD}' has been detected in the rule output"
                    );
                    let diagnostic = Diagnostic::new(Code::DeprecatedDirection, message)
                        .under(&item.output_context);
                    self.diagnostics.push(diagnostic);
                }
                Some((template, text.as_str().to_owned()))
            }
            Err(error) => {
                self.output_error(&text, error);
                None
            }
        }
    }

    fn output_error(&mut self, text: &MappedText, error: TemplateError) {
        let is_unknown = error.code == Code::UnknownField && self.item.skip_if_unknown_filter;
        let code = if is_unknown {
            Code::SkippedRule
        } else {
            error.code
        };
        let span = text.span(error.range);
        let mut diagnostic = Diagnostic::new(code, error.message)
            .under(&self.item.output_context)
            .at(span)
            .help(error.help);
        if !is_unknown {
            diagnostic.falco_code = Some(FalcoCode::ErrCompileOutput);
        }
        self.diagnostics.push(diagnostic);
    }

    fn condition(&mut self, built: &mut BuiltRule) -> Option<(IrNode, Details)> {
        let item = self.item;
        // Exceptions with errors are left out, so that the condition's own errors are found as well.
        let (full, errors) = condition_with_exceptions(&item.condition, &item.exceptions);
        self.diagnostics.extend(errors);
        let parsed = match parse_condition(&full, &self.collector.lists, self.lists) {
            Ok(parsed) => parsed,
            Err(error) => {
                self.diagnostics
                    .push(error.diagnostic(&item.condition_context));
                return None;
            }
        };
        built.names = parsed.names.keys().cloned().collect();
        built.lists.clone_from(&parsed.lists);
        if !self
            .macros
            .resolve_rule(&parsed, &item.context, self.collector, self.diagnostics)
        {
            return None;
        }
        let mut problems = Vec::new();
        let ir = check(
            &parsed.expr,
            &parsed.text,
            self.binder,
            self.macros,
            &mut problems,
        );
        let mut problems: Vec<_> = problems
            .into_iter()
            .map(|problem| self.located(problem, &parsed.text))
            .collect();
        let mut macros = BTreeSet::new();
        let mut lists: BTreeSet<_> = parsed.lists.iter().copied().collect();
        // Where too many names were put together, nothing will come of the rules, and only their mistakes are told.
        if self.known.uses.names <= MAX_NAMES {
            for name in &built.names {
                self.macros.gather(name, &mut macros, &mut lists);
            }
        }
        let skips = item.skip_if_unknown_filter;
        let source = self.binder.source();
        let left = self
            .macros
            .take_problems(source, &macros, |found| skips && is_unknown(found.code));
        for (name, problem) in left {
            problems.push(self.macro_problem(&name, problem));
        }
        self.report(problems);
        let ir = ir?;
        let named = &self.collector.lists;
        let details = Details {
            normal_form: normal_form(&parsed.expr, &|name| self.macros.expanded(name)),
            macros,
            lists: lists
                .into_iter()
                .map(|place| named.at(place).name.clone())
                .collect(),
        };
        Some((ir, details))
    }

    /// A problem of the rule's own condition as a diagnostic.
    fn located(&self, problem: Problem, text: &MappedText) -> Diagnostic {
        let span = text.span(problem.range.clone());
        let context = expression_context(&self.item.condition_context, &problem, text);
        Diagnostic::new(problem.code, problem.message)
            .under(&context)
            .at(span)
            .help(problem.help)
    }

    /// A problem of a macro's condition, which Falco reports against the rule that uses the macro first.
    fn macro_problem(&self, name: &str, problem: Problem) -> Diagnostic {
        let text = self.macros.text(name).cloned();
        let text = text.expect("a macro with problems was parsed");
        self.located(problem, &text)
    }

    /// Problems as they are, unless the rule asked to be left out for them.
    fn report(&mut self, problems: Vec<Diagnostic>) {
        let unknown = problems.iter().find(|problem| is_unknown(problem.code));
        if let Some(unknown) = unknown.filter(|_| self.item.skip_if_unknown_filter) {
            let mut diagnostic = unknown.clone();
            diagnostic.code = Code::SkippedRule;
            diagnostic.falco_code = Code::SkippedRule.falco();
            self.diagnostics.push(diagnostic);
            return;
        }
        self.diagnostics.extend(problems);
    }
}

fn too_many_names(item: &RuleItem) -> Diagnostic {
    let message = format!(
        "the rules up to this one and their macros name more than {MAX_NAMES} macros, lists and fields, counted in each rule that uses them"
    );
    Diagnostic::new(Code::ConditionTooLarge, message).under(&item.condition_context)
}

/// What a rule may ask to be left out for.
fn is_unknown(code: Code) -> bool {
    matches!(code, Code::UnknownField | Code::UnknownEventType)
}

/// What is said about a rule besides its parts.
struct Details {
    normal_form: String,
    macros: BTreeSet<String>,
    lists: BTreeSet<String>,
}

/// Falco gives the deprecated direction the place of the whole condition.
fn expression_context(context: &Context, problem: &Problem, text: &MappedText) -> Context {
    let is_placed = problem.code != Code::DeprecatedDirection;
    context.expression(is_placed.then(|| text.place(problem.falco_at)))
}

//! One condition on its own, without lists and macros, as a command line gives it.

use std::cell::RefCell;

use crate::check::{Binder, Macros, Problem, check};
use crate::event_types::{EventTypeSet, possible_types, with_async_events};
use crate::ir::IrNode;
use crate::optimize::{MAX_CLASS_PARTS, Root, optimize};
use crate::program::{Memo, Program};
use crate::resolve::MappedText;
use crate::source::SourceFile;
use crate::syntax::{parse, syntax_help};
use crate::{BoundField, Code, Diagnostic, Event, Schema, Severity};

/// A compiled condition.
#[derive(Debug)]
pub struct Filter {
    program: Program,
    event_types: EventTypeSet,
    slots: Vec<BoundField>,
    warnings: Vec<Diagnostic>,
}

thread_local! {
    /// What a thread remembers between its filters' events: numbers of events never repeat, so that filters can share it.
    static MEMO: RefCell<Memo> = RefCell::new(Memo::default());
}

struct NoMacros;

impl Macros for NoMacros {
    fn body(
        &mut self,
        name: &str,
        _: &mut Binder<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<std::sync::Arc<IrNode>> {
        problems.push(Problem {
            code: Code::UndefinedMacro,
            message: format!("'{name}' is no comparison, and a filter has no macros"),
            help: None,
            range: 0..0,
            falco_at: 0,
        });
        None
    }
}

impl Filter {
    /// Compiles a condition.
    ///
    /// # Errors
    ///
    /// Every error of the condition, with its place.
    pub fn compile(schema: &dyn Schema, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let file = SourceFile::new("filter", text);
        let mapped = MappedText::from_file(&file);
        let expr = parse(text).map_err(|error| {
            let span = mapped.span(error.at..error.at + 1);
            let (message, help) = match syntax_help(text, error.at) {
                Some(help) => help.told(error.message, &mapped),
                None => (error.message, None),
            };
            let found = Diagnostic::new(Code::ConditionSyntax, message);
            vec![found.at(span).help(help)]
        })?;
        let mut binder = Binder::new(schema);
        let mut problems = Vec::new();
        let ir = check(&expr, &mapped, &mut binder, &mut NoMacros, &mut problems);
        let to_diagnostic = |problem: Problem| {
            Diagnostic::new(problem.code, problem.message)
                .at(mapped.span(problem.range))
                .help(problem.help)
        };
        let (errors, warnings): (Vec<_>, Vec<_>) = problems
            .into_iter()
            .map(to_diagnostic)
            .partition(|diagnostic| diagnostic.severity() == Severity::Error);
        let Some(ir) = ir.filter(|_| errors.is_empty()) else {
            return Err(errors);
        };
        let types = schema.event_types();
        let event_types = with_async_events(possible_types(&ir, types), types);
        let program = optimize(
            &[Root {
                condition: &ir,
                event_types: &event_types,
                index: 0,
            }],
            types,
            MAX_CLASS_PARTS,
        );
        Ok(Self {
            program,
            event_types,
            slots: binder.into_slots(),
            warnings,
        })
    }

    /// Whether the condition holds for an event.
    #[must_use]
    pub fn matches<E: Event + ?Sized>(&self, event: &E) -> bool {
        let mut found = false;
        let mut evaluate = |memo: &mut Memo| {
            self.program.scan(event, memo, |_| {
                found = true;
                false
            });
        };
        MEMO.with(|memo| match memo.try_borrow_mut() {
            Ok(mut memo) => evaluate(&mut memo),
            // A source that filters while it extracts a value for a filter.
            Err(_) => evaluate(&mut Memo::default()),
        });
        found
    }

    /// The types of events the condition can hold for.
    #[must_use]
    pub fn event_types(&self) -> &EventTypeSet {
        &self.event_types
    }

    /// Every field the condition reads, by slot.
    #[must_use]
    pub fn slots(&self) -> &[BoundField] {
        &self.slots
    }

    /// What is doubtful about the condition.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }
}

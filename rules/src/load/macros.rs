//! Macros: parsed once, their references followed, their bodies checked at first use.
//!
//! A macro sees the macros whose first definition stands before its own last definition; a rule sees all.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::parsed::{Parsed, parse_condition};
use crate::check::{Binder, Macros, Problem, SourceIndex, check};
use crate::ir::IrNode;
use crate::resolve::{Collector, Lists, MacroItem, MappedText};
use crate::{Code, Diagnostic};

/// Deepest tree of a condition with its macros; Falco knows no bound, our evaluation recurses.
pub(crate) const MAX_DEPTH: usize = 1_000;

/// Macros that rules of others take for granted.
const STANDARD_MACROS: &[&str] = &[
    "container",
    "interactive",
    "kernel_module_load",
    "never_true",
    "open_file_failed",
    "open_read",
    "open_write",
    "outbound",
    "proc_name_exists",
    "sensitive_files",
    "shell_procs",
    "spawned_process",
];

/// Longest normal text of a macro, in bytes; the names of longer ones are left standing.
const MAX_NORMAL_FORM_BYTES: usize = 1 << 18;

/// Most bytes of macros' normal texts in those of all rules: a long macro may stand in thousands. Beyond, the names are
/// left standing.
const MAX_EXPANDED_BYTES: usize = 256 << 20;

/// The macros read so far.
#[derive(Default)]
pub(super) struct MacroTable {
    /// Boxed, because checking takes them out one inside the other.
    parsed: HashMap<String, Box<Parsed>>,
    bodies: HashMap<String, Vec<Body>>,
    /// How often each name is mentioned by rules and macros.
    uses: HashMap<String, usize>,
    /// Names that something mentioned and nothing does any more.
    released: Vec<String>,
    normal_forms: RefCell<HashMap<String, Option<Arc<str>>>>,
    /// Bytes of macros' normal texts that were put into others.
    expanded_bytes: Cell<usize>,
    /// What the checking of bodies found and no rule has reported yet, by the macro it was found in.
    problems: HashMap<String, Vec<Found>>,
    /// How much was found.
    found: usize,
}

/// A macro as rules of a source see it: the same words name other fields in another.
struct Body {
    source: SourceIndex,
    /// Nothing where it has errors.
    checked: Option<Arc<IrNode>>,
}

/// What is wrong with a macro's body.
struct Found {
    source: SourceIndex,
    /// Its place in the order in which things were found.
    number: usize,
    problem: Problem,
}

/// A macro whose names are being followed.
struct Frame<'c> {
    item: &'c MacroItem,
    names: Vec<(String, usize)>,
    /// How many of the names were followed.
    followed: usize,
    /// The depth of the deepest of them.
    depth: usize,
    has_loop: bool,
    is_broken: bool,
}

/// Why a macro that is followed has its condition.
const IS_PARSED: &str = "a macro is followed once it was parsed";

/// Why a name that is released has its count.
const WAS_RETAINED: &str = "what is released was retained before";

impl MacroTable {
    /// Takes in what has become of the macros at these places, and of those that they stand in.
    pub(super) fn update(
        &mut self,
        places: &[usize],
        collector: &Collector,
        lists: &mut Lists,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let items: Vec<_> = places
            .iter()
            .map(|place| collector.macros.at(*place))
            .collect();
        for item in &items {
            self.forget(&item.name, lists);
            match parse_condition(&item.condition, &collector.lists, lists) {
                Ok(parsed) => {
                    lists.retain(&parsed.lists);
                    self.retain(parsed.names.keys());
                    self.parsed.insert(item.name.clone(), Box::new(parsed));
                }
                Err(error) => diagnostics.push(error.diagnostic(&item.condition_context)),
            }
        }
        for item in items {
            self.resolve(item, collector, diagnostics);
        }
    }

    fn forget(&mut self, name: &str, lists: &mut Lists) {
        self.bodies.remove(name);
        self.normal_forms.borrow_mut().remove(name);
        self.problems.remove(name);
        if let Some(before) = self.parsed.remove(name) {
            lists.release(&before.lists);
            self.release(before.names.keys());
        }
    }

    /// Counts names as mentioned.
    pub(super) fn retain<'n>(&mut self, names: impl Iterator<Item = &'n String>) {
        for name in names {
            match self.uses.get_mut(name) {
                Some(uses) => *uses += 1,
                None => drop(self.uses.insert(name.clone(), 1)),
            }
        }
    }

    /// Counts them no more.
    pub(super) fn release<'n>(&mut self, names: impl Iterator<Item = &'n String>) {
        for name in names {
            let uses = self.uses.get_mut(name).expect(WAS_RETAINED);
            *uses = uses.checked_sub(1).expect(WAS_RETAINED);
            if *uses == 0 {
                self.released.push(name.clone());
            }
        }
    }

    /// Those of the macros, and of those that lost their last use, that nothing mentions.
    pub(super) fn unused(&mut self, touched: &[usize], collector: &Collector) -> Vec<usize> {
        let released = std::mem::take(&mut self.released);
        let mut places: Vec<_> = released
            .iter()
            .filter_map(|name| collector.macros.position(name))
            .chain(touched.iter().copied())
            .collect();
        places.sort_unstable();
        places.dedup();
        places.retain(|place| {
            let uses = self.uses.get(&collector.macros.at(*place).name);
            uses.is_none_or(|uses| *uses == 0)
        });
        places
    }

    /// The macro as it can be used.
    fn usable(&self, name: &str) -> Option<&Parsed> {
        let parsed = self.parsed.get(name)?;
        (!parsed.is_rejected).then_some(parsed)
    }

    /// The macros that a macro names.
    pub(super) fn names(&self, name: &str) -> impl Iterator<Item = &String> {
        let parsed = self.parsed.get(name);
        parsed.into_iter().flat_map(|parsed| parsed.names.keys())
    }

    fn frame<'c>(&self, item: &'c MacroItem) -> Option<Frame<'c>> {
        let parsed = self.usable(&item.name)?;
        parsed.depth.is_none().then(|| Frame {
            item,
            names: parsed.names.clone().into_iter().collect(),
            followed: 0,
            depth: 0,
            has_loop: false,
            is_broken: false,
        })
    }

    /// Follows the names in a macro and in those it names: each must be visible, none may lead back, and the whole must
    /// not be too deep. Every macro is followed once, on a path of our own, however long chains are.
    fn resolve(
        &mut self,
        item: &MacroItem,
        collector: &Collector,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let mut path: Vec<Frame<'_>> = self.frame(item).into_iter().collect();
        let mut places: HashMap<&str, usize> = path
            .iter()
            .map(|frame| (frame.item.name.as_str(), 0))
            .collect();
        while let Some(frame) = path.last_mut() {
            let Some((name, at)) = frame.names.get(frame.followed).cloned() else {
                let done = path.pop().expect("it was the path's last just now");
                places.remove(done.item.name.as_str());
                let depth = self.finish(done, diagnostics);
                if let Some(user) = path.last_mut() {
                    user.depth = user.depth.max(depth);
                }
                continue;
            };
            frame.followed += 1;
            let named = collector.macros.get(&name);
            let visible = named.filter(|found| found.order.index < frame.item.order.visibility);
            let Some(visible) = visible else {
                frame.is_broken = true;
                if !collector.macros.is_broken(&name) {
                    let parsed = self.parsed.get(&frame.item.name).expect(IS_PARSED);
                    let found = undefined(&name, at, &parsed.text, Some(frame.item), collector);
                    diagnostics.push(found);
                }
                continue;
            };
            if let Some(place) = places.get(name.as_str()).copied() {
                let start = path.get_mut(place);
                let start = start.expect("the places are those of the path");
                self.report_loop(start, diagnostics);
                continue;
            }
            match self.frame(visible) {
                Some(next) => {
                    places.insert(&visible.name, path.len());
                    path.push(next);
                }
                None => {
                    let known = self.usable(&name).and_then(|parsed| parsed.depth);
                    frame.depth = frame.depth.max(known.unwrap_or(0));
                }
            }
        }
    }

    /// A macro leads back to itself by the name that was followed last.
    fn report_loop(&self, start: &mut Frame<'_>, diagnostics: &mut Vec<Diagnostic>) {
        if start.has_loop {
            return;
        }
        let last = start.followed.checked_sub(1);
        let last = last.and_then(|last| start.names.get(last));
        let (name, at) = last.expect("a name was followed that led back");
        let parsed = self.parsed.get(&start.item.name).expect(IS_PARSED);
        let message = format!("reference loop in macro '{name}'");
        let span = parsed.text.span(*at..*at + name.len());
        let context = start.item.context.expression(Some(parsed.text.place(*at)));
        let found = Diagnostic::new(Code::MacroLoop, message).under(&context);
        diagnostics.push(found.at(span));
        start.has_loop = true;
    }

    /// What following a macro's names has shown; its depth, if it can be used.
    fn finish(&mut self, frame: Frame<'_>, diagnostics: &mut Vec<Diagnostic>) -> usize {
        let parsed = self.parsed.get_mut(&frame.item.name).expect(IS_PARSED);
        let depth = frame.depth.saturating_add(parsed.own_depth);
        parsed.is_broken = frame.is_broken;
        parsed.is_rejected = frame.has_loop || depth > MAX_DEPTH;
        if parsed.is_rejected {
            if !frame.has_loop {
                diagnostics.push(too_deep(&frame.item.condition_context));
            }
            return 0;
        }
        parsed.depth = Some(depth);
        depth
    }

    /// Reports the undefined names of a rule's condition. False if it is too deep with its macros to be looked at.
    pub(super) fn resolve_rule(
        &self,
        parsed: &Parsed,
        context: &crate::diagnostic::Context,
        collector: &Collector,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> bool {
        let mut depth = parsed.own_depth;
        for (name, at) in &parsed.names {
            if collector.macros.get(name).is_some() {
                let inner = self.usable(name).and_then(|inner| inner.depth).unwrap_or(0);
                depth = depth.max(parsed.own_depth.saturating_add(inner));
                continue;
            }
            if !collector.macros.is_broken(name) {
                let diagnostic = undefined(name, *at, &parsed.text, None, collector);
                let span = diagnostic.span.clone();
                let context = context.expression(Some(parsed.text.place(*at)));
                diagnostics.push(diagnostic.under(&context).at(span));
            }
        }
        if depth > MAX_DEPTH {
            diagnostics.push(too_deep(context));
        }
        depth <= MAX_DEPTH
    }

    /// What is wrong with the bodies of some macros and was not reported yet. Falco says it of the first rule that uses
    /// them; one that asks to be left out for it leaves it to the next.
    pub(super) fn take_problems(
        &mut self,
        source: SourceIndex,
        macros: &BTreeSet<String>,
        keeps: impl Fn(&Problem) -> bool,
    ) -> Vec<(String, Problem)> {
        if self.problems.is_empty() {
            return Vec::new();
        }
        let mut mine = Vec::new();
        for name in macros {
            let Some(found) = self.problems.get_mut(name) else {
                continue;
            };
            found.retain(|found| {
                if found.source != source {
                    return true;
                }
                mine.push((found.number, name.clone(), found.problem.clone()));
                keeps(&found.problem)
            });
            if found.is_empty() {
                self.problems.remove(name);
            }
        }
        mine.sort_by_key(|(number, ..)| *number);
        let told = mine.into_iter();
        told.map(|(_, name, problem)| (name, problem)).collect()
    }

    /// The places of the lists that a macro and the macros in it use, added to `lists`; their names to `macros`.
    pub(super) fn gather(
        &self,
        name: &str,
        macros: &mut BTreeSet<String>,
        lists: &mut BTreeSet<usize>,
    ) {
        let Some(parsed) = self.usable(name) else {
            return;
        };
        if macros.insert(name.to_owned()) {
            lists.extend(&parsed.lists);
            parsed
                .names
                .keys()
                .for_each(|name| self.gather(name, macros, lists));
        }
    }

    /// A macro's condition after lists were substituted.
    pub(super) fn text(&self, name: &str) -> Option<&MappedText> {
        self.parsed.get(name).map(|parsed| &parsed.text)
    }

    /// A macro's normal text, its own macros expanded; nothing where that grows too long to be read.
    pub(super) fn normal_form(&self, name: &str) -> Option<Arc<str>> {
        if let Some(known) = self.normal_forms.borrow().get(name) {
            return known.clone();
        }
        let parsed = self.usable(name)?;
        let text = crate::syntax::normal_form(&parsed.expr, &|name| self.expanded(name));
        let form = (text.len() <= MAX_NORMAL_FORM_BYTES).then(|| Arc::from(text));
        self.normal_forms
            .borrow_mut()
            .insert(name.to_owned(), form.clone());
        form
    }

    /// A macro's normal text as it enters another, as long as not too much has.
    pub(super) fn expanded(&self, name: &str) -> Option<Arc<str>> {
        let form = self.normal_form(name)?;
        let bytes = self.expanded_bytes.get().saturating_add(form.len());
        self.expanded_bytes.set(bytes);
        (bytes <= MAX_EXPANDED_BYTES).then_some(form)
    }
}

impl Macros for MacroTable {
    fn body(
        &mut self,
        name: &str,
        binder: &mut Binder<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<Arc<IrNode>> {
        let _ = problems;
        let source = binder.source();
        let mut known = self.bodies.get(name).into_iter().flatten();
        if let Some(body) = known.find(|body| body.source == source) {
            return body.checked.clone();
        }
        self.usable(name)?;
        let parsed = self.parsed.remove(name)?;
        let mut found = Vec::new();
        let checked = check(&parsed.expr, &parsed.text, binder, self, &mut found)
            .filter(|_| !parsed.is_broken)
            .map(Arc::new);
        self.parsed.insert(name.to_owned(), parsed);
        for problem in found {
            self.found += 1;
            let number = self.found;
            let list = self.problems.entry(name.to_owned()).or_default();
            list.push(Found {
                source,
                number,
                problem,
            });
        }
        let bodies = self.bodies.entry(name.to_owned()).or_default();
        bodies.push(Body {
            source,
            checked: checked.clone(),
        });
        checked
    }
}

fn undefined(
    name: &str,
    at: usize,
    text: &MappedText,
    user: Option<&MacroItem>,
    collector: &Collector,
) -> Diagnostic {
    let message = format!("macro `{name}` is not defined");
    let later = collector
        .macros
        .get(name)
        .and_then(|found| found.context.span.as_ref());
    let help = match later {
        Some(span) if user.is_some() => {
            let line = span.position().line;
            Some(format!(
                "`{name}` is defined later, at {}:{line}: move it before this macro",
                span.file.name()
            ))
        }
        _ => similar_macro(name, collector),
    };
    let mut diagnostic = Diagnostic::new(Code::UndefinedMacro, message).help(help);
    if let Some(item) = user {
        diagnostic = diagnostic.under(&item.context.expression(Some(text.place(at))));
    }
    diagnostic.at(text.span(at..at + name.len()))
}

fn similar_macro(name: &str, collector: &Collector) -> Option<String> {
    if STANDARD_MACROS.contains(&name) {
        let help =
            format!("Falco's own falco_rules.yaml defines `{name}`: load it before this file");
        return Some(help);
    }
    let known = collector.macros.iter().map(|item| item.name.as_str());
    let found = collector.suggestions.similar(name, known)?;
    let span = collector.macros.get(found)?.context.span.as_ref()?;
    Some(format!(
        "`{found}` is, at {}:{}",
        span.file.name(),
        span.position().line
    ))
}

fn too_deep(context: &crate::diagnostic::Context) -> Diagnostic {
    let message =
        format!("the condition and its macros are nested more than {MAX_DEPTH} levels deep");
    Diagnostic::new(Code::ConditionTooLarge, message).under(context)
}

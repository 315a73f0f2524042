//! Macros: parsed once, their references followed, their bodies checked at first use.
//!
//! A macro sees the macros whose first definition stands before its own last definition; a rule sees all.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::check::{Binder, Macros, Problem, check};
use crate::diagnostic::similar;
use crate::ir::IrNode;
use crate::resolve::{Collector, Lists, MacroItem, MappedText};
use crate::syntax::{Expr, ExprKind, parse, syntax_help};
use crate::{Code, Diagnostic};

/// Deepest tree of a condition with its macros; Falco knows no bound, our evaluation recurses.
pub(crate) const MAX_DEPTH: usize = 1_000;

/// Longest normal text of a macro, in bytes; the names of longer ones are left standing.
const MAX_NORMAL_FORM_BYTES: usize = 1 << 18;

/// A macro's condition after lists were substituted.
struct Parsed {
    expr: Expr,
    text: MappedText,
    lists: Vec<String>,
    depth: usize,
    /// Whether it names something undefined: it is checked for its other errors and gives no body.
    is_broken: bool,
}

/// The macros of one compilation.
pub(super) struct MacroTable<'c> {
    collector: &'c Collector,
    /// Boxed, because checking takes them out one inside the other.
    parsed: HashMap<&'c str, Box<Parsed>>,
    bodies: HashMap<String, Option<Arc<IrNode>>>,
    used: BTreeSet<String>,
    normal_forms: RefCell<HashMap<String, Option<Arc<str>>>>,
    /// What the checking of bodies found, with the macro it found it in.
    pub(super) problems: Vec<(String, Problem)>,
}

impl<'c> MacroTable<'c> {
    pub(super) fn new(
        collector: &'c Collector,
        lists: &mut Lists<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut table = Self {
            collector,
            parsed: HashMap::new(),
            bodies: HashMap::new(),
            used: BTreeSet::new(),
            normal_forms: RefCell::new(HashMap::new()),
            problems: Vec::new(),
        };
        for item in collector.macros.iter() {
            match parse_condition(&item.condition, lists) {
                Ok((expr, text, lists)) => {
                    let depth = usize::MAX;
                    table.parsed.insert(
                        &item.name,
                        Box::new(Parsed {
                            expr,
                            text,
                            lists,
                            depth,
                            is_broken: false,
                        }),
                    );
                }
                Err(error) => diagnostics.push(error.diagnostic(&item.condition_context)),
            }
        }
        for item in collector.macros.iter() {
            table.resolve(item, diagnostics);
        }
        table
    }

    /// Follows the names in one macro: each must be visible, none may lead back, and the whole must not be too deep.
    fn resolve(&mut self, item: &'c MacroItem, diagnostics: &mut Vec<Diagnostic>) {
        let Some(parsed) = self.parsed.get(item.name.as_str()) else {
            return;
        };
        let mut names = BTreeMap::new();
        collect_names(&parsed.expr, &mut names);
        let mut depth = 0;
        let (mut has_loop, mut is_broken) = (false, false);
        for (name, at) in &names {
            let is_visible = self
                .collector
                .macros
                .get(name)
                .is_some_and(|found| found.order.index < item.order.visibility);
            if !is_visible {
                is_broken = true;
                if !self.collector.macros.is_broken(name) {
                    diagnostics.push(self.undefined(name, *at, &parsed.text, Some(item)));
                }
            } else if self.leads_to(name, &item.name) {
                has_loop = true;
                let message = format!("reference loop in macro '{name}'");
                let span = parsed.text.span(*at..*at + name.len());
                let context = item.context.expression(parsed.text.as_str(), Some(*at));
                diagnostics.push(
                    Diagnostic::new(Code::MacroLoop, message)
                        .under(&context)
                        .at(span),
                );
            } else {
                depth = depth.max(self.depth_of(name, 0));
            }
        }
        let depth = depth.saturating_add(expr_depth(&parsed.expr));
        if has_loop || depth > MAX_DEPTH {
            if !has_loop {
                diagnostics.push(too_deep(&item.condition_context));
            }
            self.parsed.remove(item.name.as_str());
            return;
        }
        self.used.extend(names.into_keys());
        if let Some(parsed) = self.parsed.get_mut(item.name.as_str()) {
            parsed.depth = depth;
            parsed.is_broken = is_broken;
        }
    }

    /// Whether following the names from `from` reaches `target`.
    fn leads_to(&self, from: &str, target: &str) -> bool {
        let mut pending = vec![from.to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(name) = pending.pop() {
            if name == target {
                return true;
            }
            if let Some(parsed) = self
                .parsed
                .get(name.as_str())
                .filter(|_| seen.insert(name.clone()))
            {
                // A macro whose depth is known was resolved and leads to resolved ones only.
                if parsed.depth == usize::MAX {
                    let mut names = BTreeMap::new();
                    collect_names(&parsed.expr, &mut names);
                    pending.extend(names.into_keys());
                }
            }
        }
        false
    }

    fn depth_of(&self, name: &str, level: usize) -> usize {
        match self.parsed.get(name) {
            None => 0,
            Some(parsed) if parsed.depth != usize::MAX => parsed.depth,
            Some(_) if level > MAX_DEPTH => MAX_DEPTH,
            Some(parsed) => {
                let mut names = BTreeMap::new();
                collect_names(&parsed.expr, &mut names);
                let inner = names
                    .keys()
                    .map(|name| self.depth_of(name, level + 1))
                    .max()
                    .unwrap_or(0);
                inner.saturating_add(expr_depth(&parsed.expr))
            }
        }
    }

    fn undefined(
        &self,
        name: &str,
        at: usize,
        text: &MappedText,
        user: Option<&MacroItem>,
    ) -> Diagnostic {
        let message = format!("macro `{name}` is not defined");
        let later = self
            .collector
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
            _ => self.similar_macro(name),
        };
        let mut diagnostic = Diagnostic::new(Code::UndefinedMacro, message).help(help);
        if let Some(item) = user {
            diagnostic = diagnostic.under(&item.context.expression(text.as_str(), Some(at)));
        }
        diagnostic.at(text.span(at..at + name.len()))
    }

    fn similar_macro(&self, name: &str) -> Option<String> {
        let found = similar(
            name,
            self.collector.macros.iter().map(|item| item.name.as_str()),
        )?;
        let span = self.collector.macros.get(found)?.context.span.as_ref()?;
        Some(format!(
            "`{found}` is, at {}:{}",
            span.file.name(),
            span.position().line
        ))
    }

    /// Reports the undefined names of a rule's condition. False if it is too deep with its macros to be looked at.
    pub(super) fn resolve_rule(
        &mut self,
        expr: &Expr,
        text: &MappedText,
        context: &crate::diagnostic::Context,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> bool {
        let mut names = BTreeMap::new();
        collect_names(expr, &mut names);
        let mut depth = expr_depth(expr);
        for (name, at) in &names {
            if self.collector.macros.get(name).is_some() {
                depth = depth.max(expr_depth(expr).saturating_add(self.depth_of(name, 0)));
                continue;
            }
            if !self.collector.macros.is_broken(name) {
                let diagnostic = self.undefined(name, *at, text, None);
                let span = diagnostic.span.clone();
                let context = context.expression(text.as_str(), Some(*at));
                diagnostics.push(diagnostic.under(&context).at(span));
            }
        }
        self.used.extend(names.into_keys());
        if depth > MAX_DEPTH {
            diagnostics.push(too_deep(context));
        }
        depth <= MAX_DEPTH
    }

    /// Macros that nothing mentioned.
    pub(super) fn unused(&self) -> impl Iterator<Item = &'c MacroItem> + '_ {
        self.collector
            .macros
            .iter()
            .filter(|item| !self.used.contains(&item.name))
    }

    /// The lists that a macro and the macros in it use, added to `lists`; their names to `macros`.
    pub(super) fn gather(
        &self,
        name: &str,
        macros: &mut BTreeSet<String>,
        lists: &mut BTreeSet<String>,
    ) {
        let Some(parsed) = self.parsed.get(name) else {
            return;
        };
        if macros.insert(name.to_owned()) {
            lists.extend(parsed.lists.iter().cloned());
            let mut names = BTreeMap::new();
            collect_names(&parsed.expr, &mut names);
            names
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
        let parsed = self.parsed.get(name)?;
        let text = crate::syntax::normal_form(&parsed.expr, &|name| self.normal_form(name));
        let form = (text.len() <= MAX_NORMAL_FORM_BYTES).then(|| Arc::from(text));
        self.normal_forms
            .borrow_mut()
            .insert(name.to_owned(), form.clone());
        form
    }
}

impl Macros for MacroTable<'_> {
    fn body(
        &mut self,
        name: &str,
        binder: &mut Binder<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<Arc<IrNode>> {
        let _ = problems;
        if let Some(body) = self.bodies.get(name) {
            return body.clone();
        }
        let parsed = self.parsed.remove(name)?;
        let mut found = Vec::new();
        let body = check(&parsed.expr, &parsed.text, binder, self, &mut found)
            .filter(|_| !parsed.is_broken)
            .map(Arc::new);
        let item = self.collector.macros.get(name)?;
        self.parsed.insert(&item.name, parsed);
        self.problems
            .extend(found.into_iter().map(|problem| (name.to_owned(), problem)));
        self.bodies.insert(name.to_owned(), body.clone());
        body
    }
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
        let context = context.expression(self.text.as_str(), Some(self.at));
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

/// Substitutes lists and parses; also the names of the lists.
pub(super) fn parse_condition(
    condition: &MappedText,
    lists: &mut Lists<'_>,
) -> Result<(Expr, MappedText, Vec<String>), ConditionError> {
    let Some((text, names)) = lists.substitute(condition) else {
        let message = "the condition grows too large when its lists are substituted".to_owned();
        return Err(ConditionError {
            code: Code::ConditionTooLarge,
            message,
            text: condition.clone(),
            at: 0,
        });
    };
    match parse(text.as_str()) {
        Ok(expr) => Ok((expr, text, names)),
        Err(error) => Err(ConditionError {
            code: Code::ConditionSyntax,
            message: error.message,
            text,
            at: error.at,
        }),
    }
}

fn too_deep(context: &crate::diagnostic::Context) -> Diagnostic {
    let message =
        format!("the condition and its macros are nested more than {MAX_DEPTH} levels deep");
    Diagnostic::new(Code::ConditionTooLarge, message).under(context)
}

/// The macros that an expression names, each with the place of its first mention.
pub(super) fn collect_names(expr: &Expr, names: &mut BTreeMap<String, usize>) {
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

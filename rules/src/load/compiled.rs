//! Everything read so far, compiled; kept from file to file.
//!
//! Falco compiles everything anew after each file. What a file neither defines nor changes, and what mentions nothing
//! that it does, comes out as it was, and what is wrong with it was reported: so only the rest is compiled.
//! In: the collected items. Out: rules in place order, and what is wrong with them.

use super::build::{BuiltRule, Known, RuleBuilder};
use super::macros::MacroTable;
use super::mentions::{Item, Mentions};
use crate::check::Sources;
use crate::ir::IrNode;
use crate::resolve::{Collector, Lists};
use crate::{Code, Diagnostic, Rule, Severity};

/// The state of a load.
#[derive(Default)]
pub(crate) struct Compiled {
    lists: Lists,
    macros: MacroTable,
    /// By place.
    rules: Vec<BuiltRule>,
    known: Known,
    mentions: Mentions,
}

impl Compiled {
    /// The rules without errors, in place order.
    pub(crate) fn rules(&self) -> Vec<&(Rule, IrNode)> {
        self.rules
            .iter()
            .filter_map(|built| built.rule.as_ref())
            .collect()
    }

    /// The same, for good.
    pub(crate) fn into_rules(self) -> Vec<(Rule, IrNode)> {
        self.rules
            .into_iter()
            .filter_map(|built| built.rule)
            .collect()
    }

    /// Compiles what the last file defined or changed, and what that changes. `is_whole` says that no file before had
    /// errors.
    pub(super) fn update(
        &mut self,
        collector: &mut Collector,
        sources: &mut Sources<'_>,
        diagnostics: &mut Vec<Diagnostic>,
        is_whole: bool,
    ) {
        let touched_lists = collector.lists.take_touched();
        let touched_macros = collector.macros.take_touched();
        let touched: Vec<Item> = (touched_lists.iter().copied().map(Item::List))
            .chain(touched_macros.iter().copied().map(Item::Macro))
            .chain(collector.rules.take_touched().into_iter().map(Item::Rule))
            .collect();
        let rules = &self.rules;
        let names = |place: usize| {
            rules
                .get(place)
                .map_or(Vec::new(), |rule| rule.names.clone())
        };
        let affected: Vec<Item> = self
            .mentions
            .affected(&touched, collector, &self.macros, names)
            .into_iter()
            .collect();
        self.compile(&affected, collector, sources, diagnostics);
        self.mentions.compiled(&affected);
        let is_error = |found: &Diagnostic| found.severity() == Severity::Error;
        // With errors, what uses a macro may be missing because of them.
        if is_whole && !diagnostics.iter().any(is_error) {
            self.report_unused(&touched_lists, &touched_macros, collector, diagnostics);
        }
    }

    fn compile(
        &mut self,
        affected: &[Item],
        collector: &Collector,
        sources: &mut Sources<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let mut macros = Vec::new();
        let mut rules = Vec::new();
        for item in affected {
            match item {
                Item::List(place) => self.lists.update(collector, *place),
                Item::Macro(place) => macros.push(*place),
                Item::Rule(place) => rules.push(*place),
            }
        }
        self.macros
            .update(&macros, collector, &mut self.lists, diagnostics);
        for place in rules {
            let item = collector.rules.at(place);
            if self.rules.len() <= place {
                self.rules.resize_with(place + 1, BuiltRule::default);
            }
            let Some(binder) = sources.binder(item.known_source) else {
                continue;
            };
            let mut builder = RuleBuilder {
                item,
                collector,
                lists: &mut self.lists,
                macros: &mut self.macros,
                binder,
                known: &mut self.known,
                diagnostics,
            };
            let built = builder.build();
            self.lists.retain(&built.lists);
            self.macros.retain(built.names.iter());
            let known = self.rules.get_mut(place);
            let known = known.expect("there is room for a rule before it is compiled");
            let before = std::mem::replace(known, built);
            self.lists.release(&before.lists);
            self.macros.release(before.names.iter());
        }
    }

    fn report_unused(
        &mut self,
        lists: &[usize],
        macros: &[usize],
        collector: &Collector,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for place in self.macros.unused(macros, collector) {
            let context = &collector.macros.at(place).context;
            let message = "Macro not referred to by any other rule/macro";
            diagnostics.push(Diagnostic::new(Code::UnusedMacro, message).under(context));
        }
        for place in self.lists.unused(lists) {
            let context = &collector.lists.at(place).context;
            let message = "List not referred to by any other rule/macro";
            diagnostics.push(Diagnostic::new(Code::UnusedList, message).under(context));
        }
    }
}

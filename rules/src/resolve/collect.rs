//! All lists, macros and rules read so far, in place order, over all files.

use std::collections::{HashMap, HashSet};

use super::exception::validate;
use super::item::{Exception, Exceptions, ListItem, MacroItem, Order, RuleItem, RuleUpdate};
use super::values::{Read, fail};
use crate::check::{Binder, Sources};
use crate::diagnostic::{Context, Suggestions};
use crate::{Code, Diagnostic};

const NO_LIST: &str =
    "List uses 'append' or 'override.items: append' but no list by that name already exists";
const NO_MACRO: &str =
    "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists";
const NO_RULE_APPEND: &str =
    "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists";
const NO_RULE_REPLACE: &str =
    "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists";
const NO_RULE_ENABLE: &str = "Rule has 'enabled' key but no rule by that name already exists";
const SOURCE_CHANGED: &str = "Rule has been re-defined with a different source";

/// Named things in the order of their first definition.
#[derive(Debug)]
pub(crate) struct Named<T> {
    members: Vec<T>,
    by_name: HashMap<String, usize>,
    /// Names whose definition had errors: what follows from that is not reported again.
    broken: HashSet<String>,
    /// Places that were defined or changed, in that order.
    touched: Vec<usize>,
    /// Whether a whole file could not be read: any name may have been defined in it.
    may_be_anything: bool,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self {
            members: Vec::new(),
            by_name: HashMap::new(),
            broken: HashSet::new(),
            touched: Vec::new(),
            may_be_anything: false,
        }
    }
}

impl<T> Named<T> {
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.members.iter()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.position(name).map(|at| self.at(at))
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// What stands at a place that [`Self::position`] or [`Self::take_touched`] told: nothing is ever taken away.
    pub(crate) fn at(&self, position: usize) -> &T {
        let member = self.members.get(position);
        member.expect("a place is told once something stands there")
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn is_broken(&self, name: &str) -> bool {
        self.may_be_anything || self.broken.contains(name)
    }

    /// The thing of this name, to be changed.
    fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        let at = *self.by_name.get(name)?;
        self.touched.push(at);
        self.members.get_mut(at)
    }

    /// Whether anything was defined or changed since that was asked last.
    pub(crate) fn has_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// The places that were defined or changed since this was asked last.
    pub(crate) fn take_touched(&mut self) -> Vec<usize> {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// Replaces the thing of the same name, which keeps its place, or adds a new one.
    fn define(&mut self, name: &str, mut member: T, number: u32, order: fn(&mut T) -> &mut Order) {
        self.broken.remove(name);
        *order(&mut member) = Order {
            index: number,
            visibility: number,
        };
        if let Some(known) = self.get_mut(name) {
            order(&mut member).index = order(known).index;
            *known = member;
            return;
        }
        self.touched.push(self.members.len());
        self.by_name.insert(name.to_owned(), self.members.len());
        self.members.push(member);
    }
}

/// Everything read so far.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    pub(crate) lists: Named<ListItem>,
    pub(crate) macros: Named<MacroItem>,
    pub(crate) rules: Named<RuleItem>,
    /// For names of macros.
    pub(crate) suggestions: Suggestions,
    next_number: u32,
}

impl Collector {
    fn number(&mut self) -> u32 {
        self.next_number += 1;
        self.next_number - 1
    }

    /// A file could not be read: that what it may have defined is missing is not reported again.
    pub(crate) fn mark_lost_file(&mut self) {
        self.lists.may_be_anything = true;
        self.macros.may_be_anything = true;
        self.rules.may_be_anything = true;
    }

    pub(super) fn mark_broken(&mut self, kind: &str, name: &str) {
        let broken = match kind {
            "list" => &mut self.lists.broken,
            "macro" => &mut self.macros.broken,
            _ => &mut self.rules.broken,
        };
        broken.insert(name.to_owned());
    }

    pub(super) fn define_list(&mut self, list: ListItem) {
        let number = self.number();
        self.lists
            .define(&list.name.clone(), list, number, |list| &mut list.order);
    }

    pub(super) fn append_list(&mut self, list: ListItem) -> Read<()> {
        let number = self.number();
        let is_broken = self.lists.is_broken(&list.name);
        match self.lists.get_mut(&list.name) {
            Some(known) => {
                known.items.extend(list.items);
                known.order.visibility = number;
                Ok(())
            }
            None if is_broken => Ok(()),
            None => fail(Code::NothingToOverride, NO_LIST, &list.context),
        }
    }

    pub(super) fn define_macro(&mut self, item: MacroItem) {
        let number = self.number();
        self.macros
            .define(&item.name.clone(), item, number, |item| &mut item.order);
    }

    pub(super) fn append_macro(&mut self, item: MacroItem) -> Read<()> {
        let number = self.number();
        let is_broken = self.macros.is_broken(&item.name);
        match self.macros.get_mut(&item.name) {
            Some(known) => {
                known.condition.push_own(" ");
                known.condition.push(&item.condition);
                known.order.visibility = number;
                Ok(())
            }
            None if is_broken => Ok(()),
            None => fail(Code::NothingToOverride, NO_MACRO, &item.context),
        }
    }

    pub(super) fn define_rule(
        &mut self,
        mut rule: RuleItem,
        sources: &mut Sources<'_>,
    ) -> Read<()> {
        if self
            .rules
            .get(&rule.name)
            .is_some_and(|known| known.source != rule.source)
        {
            return fail(Code::SourceChanged, SOURCE_CHANGED, &rule.context);
        }
        let binder = sources.binder(rule.known_source);
        validate_all(&mut rule.exceptions, binder)?;
        let number = self.number();
        self.rules
            .define(&rule.name.clone(), rule, number, |rule| &mut rule.order);
        Ok(())
    }

    pub(super) fn enable_rule(&mut self, name: &str, enabled: bool, context: &Context) -> Read<()> {
        let is_broken = self.rules.is_broken(name);
        match self.rules.get_mut(name) {
            Some(known) => {
                known.enabled = enabled;
                Ok(())
            }
            None if is_broken => Ok(()),
            None => fail(Code::NothingToOverride, NO_RULE_ENABLE, context),
        }
    }

    pub(super) fn append_rule(
        &mut self,
        update: RuleUpdate,
        sources: &mut Sources<'_>,
    ) -> Read<()> {
        let number = self.number();
        let is_broken = self.rules.is_broken(&update.name);
        let Some(known) = self.rules.get_mut(&update.name) else {
            return if is_broken {
                Ok(())
            } else {
                fail(Code::NothingToOverride, NO_RULE_APPEND, &update.context)
            };
        };
        check_update(known, &update)?;
        if let Some(condition) = &update.condition {
            known.condition.push_own(" ");
            known.condition.push(condition);
        }
        if let Some(output) = &update.output {
            known.output.push_own(" ");
            known.output.push(output);
        }
        if let Some(description) = &update.description {
            known.description.push(' ');
            known.description.push_str(description);
        }
        known.tags.extend(update.tags.unwrap_or_default());
        let mut binder = sources.binder(known.known_source);
        for exception in update.exceptions.unwrap_or_default() {
            append_exception(&mut known.exceptions, exception, binder.as_deref_mut())?;
        }
        known.order.visibility = number;
        Ok(())
    }

    pub(super) fn replace_rule(
        &mut self,
        update: RuleUpdate,
        sources: &mut Sources<'_>,
    ) -> Read<()> {
        let number = self.number();
        let is_broken = self.rules.is_broken(&update.name);
        let Some(known) = self.rules.get_mut(&update.name) else {
            return if is_broken {
                Ok(())
            } else {
                fail(Code::NothingToOverride, NO_RULE_REPLACE, &update.context)
            };
        };
        check_update(known, &update)?;
        if let Some(mut exceptions) = update.exceptions {
            validate_all(&mut exceptions, sources.binder(known.known_source))?;
            known.exceptions = exceptions.into();
        }
        replace(&mut known.condition, update.condition);
        replace(
            &mut known.output,
            update.output.map(|output| output.trimmed()),
        );
        replace(&mut known.description, update.description);
        replace(&mut known.tags, update.tags);
        replace(&mut known.priority, update.priority);
        replace(&mut known.enabled, update.enabled);
        replace(&mut known.warn_evttypes, update.warn_evttypes);
        replace(
            &mut known.skip_if_unknown_filter,
            update.skip_if_unknown_filter,
        );
        replace(&mut known.capture, update.capture);
        known.capture_duration_ms = update.capture_duration_ms.or(known.capture_duration_ms);
        known.order.visibility = number;
        Ok(())
    }
}

fn replace<T>(known: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *known = new;
    }
}

fn check_update(known: &RuleItem, update: &RuleUpdate) -> Read<()> {
    if update
        .source
        .as_ref()
        .is_some_and(|source| *source != known.source)
    {
        return fail(Code::SourceChanged, SOURCE_CHANGED, &update.context);
    }
    if update.is_empty() {
        let message = "Appended rule must have exceptions or condition property";
        return fail(Code::NothingToOverride, message, &update.context);
    }
    Ok(())
}

fn validate_all(exceptions: &mut [Exception], binder: Option<&mut Binder<'_>>) -> Read<()> {
    let mut binder = binder;
    for exception in exceptions {
        if exception.fields.is_none() {
            let message = "Rule exception item must have fields property with a list of fields";
            return fail(Code::InvalidException, message, &exception.context);
        }
        validate(exception, binder.as_deref_mut())?;
    }
    Ok(())
}

/// Values for the exception of that name, or a new exception.
fn append_exception(
    known: &mut Exceptions,
    mut exception: Exception,
    binder: Option<&mut Binder<'_>>,
) -> Read<()> {
    let context = exception.context.clone();
    let error = |message: &str| -> Box<Diagnostic> {
        Box::new(Diagnostic::new(Code::InvalidException, message).under(&context))
    };
    if let Some(same) = known.named(&exception.name) {
        if exception.fields.is_some() {
            return Err(error(
                "Can not append exception fields to existing exception, only values",
            ));
        }
        if exception.comparisons.is_some() {
            return Err(error(
                "Can not append exception comps to existing exception, only values",
            ));
        }
        same.values.append(&mut exception.values);
        return Ok(());
    }
    if exception.fields.is_none() {
        return Err(error(
            "Rule exception must have fields property with a list of fields",
        ));
    }
    if exception.values.is_empty() {
        return Err(error(
            "Rule exception must have values property with a list of values",
        ));
    }
    validate(&mut exception, binder)?;
    known.push(exception);
    Ok(())
}

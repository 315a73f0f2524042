//! A program as text, for the golden files in `tests/programs`: what a pass of the optimiser does shows in them.
//!
//! Steps are numbered where they are listed. A step goes on with the next one where nothing else is said.

use std::fmt::Write as _;

use super::{Entry, FAILS, FORGETS, HOLDS, Program, Question};
use crate::block::Block;
use crate::event_types::type_ids;
use crate::optimize::{Part, field_text, part_text};
use crate::{EventTypeDef, Schema};

/// The whole program; `names` are what its conditions are called.
pub(crate) fn dump(
    program: &Program,
    parts: &[Part],
    schema: &dyn Schema,
    names: &[&str],
) -> String {
    let mut dump = Dump {
        program,
        parts,
        schema,
        names,
        groups: Vec::new(),
        out: String::new(),
    };
    for (index, class) in (0..).zip(&program.classes) {
        dump.types(index);
        class.blocks.iter().for_each(|block| dump.block(block));
        dump.out.push('\n');
    }
    let mut at = 0;
    while let Some(entry) = dump.groups.get(at).copied() {
        at += 1;
        let _ = writeln!(dump.out, "group {at}");
        dump.steps(entry, "  ");
    }
    dump.out
}

struct Dump<'d> {
    program: &'d Program,
    parts: &'d [Part],
    schema: &'d dyn Schema,
    names: &'d [&'d str],
    /// The first steps of the shared groups that were met, in that order.
    groups: Vec<u32>,
    out: String,
}

impl Dump<'_> {
    fn types(&mut self, class: u32) {
        let types: &[EventTypeDef] = self.schema.event_types();
        let names: Vec<_> = type_ids(types.len())
            .zip(types)
            .filter(|(id, _)| self.program.class_of_type[usize::from(id.0)] == class)
            .map(|(_, def)| def.name)
            .collect();
        let _ = writeln!(self.out, "events: {}", names.join(" "));
    }

    fn block(&mut self, block: &Block) {
        for guard in &block.guards {
            let needed_by = self.conditions(block, guard.needed_by);
            let when = if guard.spared == 0 {
                "always"
            } else {
                "for two"
            };
            let _ = writeln!(self.out, "  guard of {needed_by}, {when}");
            match guard.entry {
                Some(Entry(entry)) => self.steps(entry, "    "),
                None => self.index(block),
            }
        }
        for root in &block.roots {
            let _ = writeln!(self.out, "  condition {}", self.names[root.index as usize]);
            self.steps(root.entry.0, "    ");
        }
    }

    fn conditions(&self, block: &Block, bits: u64) -> String {
        let names: Vec<_> = (block.roots.iter().enumerate())
            .filter(|(place, _)| bits >> place & 1 == 1)
            .map(|(_, root)| self.names[root.index as usize])
            .collect();
        names.join(" ")
    }

    fn index(&mut self, block: &Block) {
        for indexed in &block.index {
            let field = field_text(&indexed.field, self.schema);
            let _ = writeln!(self.out, "    look at {field}");
            for (operator, text, bits) in indexed.lookup.entries() {
                let needed_by = self.conditions(block, bits);
                let _ = writeln!(self.out, "      {operator} {text}: {needed_by}");
            }
        }
    }

    /// The steps from one on, in the order in which they are reached.
    fn steps(&mut self, entry: u32, indent: &str) {
        let mut listed = Vec::new();
        let mut pending = vec![entry];
        while let Some(at) = pending.pop() {
            if listed.contains(&at) {
                continue;
            }
            let Some(step) = self.program.steps.get(at as usize) else {
                continue;
            };
            listed.push(at);
            pending.extend([step.if_not.max(step.if_so), step.if_not.min(step.if_so)]);
        }
        // A later member is made before an earlier one.
        listed.sort_by_key(|at| std::cmp::Reverse(*at));
        if listed.is_empty() {
            let _ = writeln!(self.out, "{indent}{}", self.target(entry, &listed));
        }
        for (place, at) in listed.iter().enumerate() {
            let step = &self.program.steps[*at as usize];
            let text = match step.question {
                Question::Const(value) => value.to_string(),
                Question::Leaf(leaf) => part_text(&self.parts[leaf as usize], self.schema),
                Question::Group(Entry(entry)) => format!("group {}", self.group(entry)),
            };
            let kept = if step.memo == FORGETS { "" } else { " (kept)" };
            let _ = write!(self.out, "{indent}{} {text}{kept}", place + 1);
            for (answer, target) in [("no", step.if_not), ("yes", step.if_so)] {
                if listed.get(place + 1) != Some(&target) {
                    let target = self.target(target, &listed);
                    let _ = write!(self.out, "; {answer}: {target}");
                }
            }
            self.out.push('\n');
        }
    }

    fn target(&self, at: u32, listed: &[u32]) -> String {
        match at {
            FAILS => "fails".to_owned(),
            HOLDS => "holds".to_owned(),
            at => {
                let place = listed.iter().position(|listed| *listed == at);
                (place.expect("every step that is reached is listed") + 1).to_string()
            }
        }
    }

    fn group(&mut self, entry: u32) -> usize {
        let place = self.groups.iter().position(|known| *known == entry);
        place.unwrap_or_else(|| {
            self.groups.push(entry);
            self.groups.len() - 1
        }) + 1
    }
}

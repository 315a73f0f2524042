//! Texts and addresses that rules compare with.
//!
//! In: checked conditions. Out: every constant with how it is compared, so that whoever changes events knows what must stay as it is for the same rules to hold.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::RuleSet;
use crate::fields::{FieldArgument, Literal, Network};
use crate::ir::{Comparison, IrKind, IrNode, Term, TermKind};
use crate::syntax::{Function, Operator};

/// How a text is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparing {
    /// A value is it.
    Whole,
    /// A value begins with it.
    Begin,
    /// A value ends with it.
    End,
    /// A value has it somewhere.
    Within,
    /// A value is of its pattern with `*`, `?` and sets.
    Glob,
    /// A value has its regular expression somewhere.
    Regex,
}

/// A text that is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// How.
    pub comparing: Comparing,
    /// The text; of an address or a network as it is written.
    pub text: Box<[u8]>,
    /// Whether capitals are the same as small letters.
    pub ignores_case: bool,
}

impl RuleSet {
    /// Every text and address that a rule compares with, in the order of the rules; the same may come again.
    #[must_use]
    pub fn compared(&self) -> Vec<Compared> {
        let mut found = Vec::new();
        let conditions = self.rules().iter().zip(self.conditions());
        for (_, condition) in conditions.filter(|(rule, _)| rule.enabled) {
            node(condition, &mut found);
        }
        found
    }
}

fn node(at: &IrNode, found: &mut Vec<Compared>) {
    match &at.kind {
        IrKind::And(parts) | IrKind::Or(parts) => parts.iter().for_each(|part| node(part, found)),
        IrKind::Not(part) => node(part, found),
        IrKind::Macro { body, .. } => node(body, found),
        IrKind::Check(check) => {
            term(&check.left, found);
            let ignores_case = changes_case(&check.left);
            match &check.comparison {
                Comparison::Exists => {}
                Comparison::Constant { operator, value } => {
                    literal(*operator, value, ignores_case, found);
                }
                Comparison::Set { operator, values }
                | Comparison::Modified {
                    operator, values, ..
                } => values
                    .iter()
                    .for_each(|value| literal(*operator, value, ignores_case, found)),
                Comparison::Term { right, .. } => term(right, found),
            }
        }
    }
}

/// Keys of fields and arguments of functions are texts of events too.
fn term(at: &Term, found: &mut Vec<Compared>) {
    let mut whole = |text: &str| {
        found.push(Compared {
            comparing: Comparing::Whole,
            text: text.as_bytes().into(),
            ignores_case: false,
        });
    };
    match &at.kind {
        TermKind::Field(field) => {
            if let FieldArgument::Key(key) = &field.argument {
                whole(key);
            }
        }
        TermKind::EventType(_) => {}
        TermKind::Text(text) => whole(text),
        TermKind::Call { arguments, .. } => {
            arguments.iter().for_each(|argument| term(argument, found));
        }
        TermKind::List(terms) => terms.iter().for_each(|each| term(each, found)),
    }
}

fn changes_case(at: &Term) -> bool {
    match &at.kind {
        TermKind::Call {
            function,
            arguments,
            ..
        } => {
            matches!(function, Function::ToLower | Function::ToUpper)
                || arguments.iter().any(changes_case)
        }
        _ => false,
    }
}

fn literal(operator: Operator, value: &Literal, ignores_case: bool, found: &mut Vec<Compared>) {
    use Operator as O;
    let comparing = match operator {
        O::Glob | O::IGlob => Comparing::Glob,
        O::Contains | O::IContains | O::BContains => Comparing::Within,
        O::StartsWith | O::BStartsWith => Comparing::Begin,
        O::EndsWith => Comparing::End,
        O::Regex => Comparing::Regex,
        O::Exists
        | O::LessOrEqual
        | O::Less
        | O::GreaterOrEqual
        | O::Greater
        | O::DoubleEqual
        | O::Equal
        | O::NotEqual
        | O::Intersects
        | O::In
        | O::PMatch => Comparing::Whole,
    };
    let text: Box<[u8]> = match value {
        Literal::Text(text) => text.clone(),
        Literal::Pattern(pattern) => pattern.text().into(),
        Literal::Ip(address) => address.to_string().into_bytes().into(),
        Literal::Net(network) => written(network).into_bytes().into(),
        Literal::Bool(_) | Literal::Int(_) | Literal::Uint(_) | Literal::Double(_) => return,
    };
    found.push(Compared {
        comparing,
        text,
        ignores_case: ignores_case || matches!(operator, O::IGlob | O::IContains),
    });
}

fn written(network: &Network) -> String {
    match network {
        Network::V4 { base, mask } => format!("{}/{}", Ipv4Addr::from(*base), mask.count_ones()),
        Network::V6 { base, mask } => format!("{}/{}", Ipv6Addr::from(*base), mask.count_ones()),
    }
}

#[cfg(test)]
mod tests {
    use crate::Loader;
    use crate::testing::TestSchema;

    #[test]
    fn every_constant_is_told_with_how_it_is_compared() {
        let check = |condition: &str, expected: &str| {
            let mut loader = Loader::new(&TestSchema);
            let text = format!(
                "- list: names\n  items: [one, two]\n- macro: m\n  condition: proc.name = three\n- rule: r\n  desc: d\n  condition: evt.type = open and {condition}\n  output: o\n  priority: INFO\n"
            );
            let report = loader.load("rules.yaml", &text);
            assert!(report.errors.is_empty(), "{condition}: {:?}", report.errors);
            let rules = loader.finish().expect("loads");
            let shown = rules.compared().into_iter().map(|compared| {
                let case = if compared.ignores_case { "i" } else { "" };
                let text = String::from_utf8_lossy(&compared.text).into_owned();
                format!("{:?}{case} {text}", compared.comparing)
            });
            let shown: Vec<String> = shown.filter(|shown| shown != "Whole open").collect();
            assert_eq!(shown.join(", "), expected, "{condition}");
        };
        check("proc.name in (names)", "Whole one, Whole two");
        check("not m", "Whole three");
        check("fd.name startswith /etc", "Begin /etc");
        check("fd.name endswith .so", "End .so");
        check(
            "fd.name contains a or fd.name icontains B",
            "Within a, Withini B",
        );
        check("fd.name glob '/a/*'", "Glob /a/*");
        check("fd.name regex 'a.b'", "Regex a.b");
        check("tolower(proc.name) = x", "Wholei x");
        check("fd.ip = 1.2.3.4", "Whole 1.2.3.4");
        check("fd.net = 10.0.0.0/8", "Whole 10.0.0.0/8");
        check("proc.pid = 4", "");
    }
}

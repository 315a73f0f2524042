//! What the plain evaluator records: the value of every node, and where each is written.

mod schema;

use falco_rules::{BoundField, Event, EventTypeId, Loader, NodeKind, RuleIndex, Schema, Value};
use schema::TestSchema;

const BASE: &str = "\
- list: shells
  items: [bash, zsh]
- macro: is_shell
  condition: proc.name in (shells, fish)
- rule: Shell
  desc: d
  condition: >
    evt.type = execve and
    is_shell
  output: o
  priority: INFO
  exceptions:
    - name: parents
      fields: proc.pname
      values: [sshd, cron]
";

const LOCAL: &str = "\
- list: shells
  items: [ksh]
  override:
    items: append
- rule: Shell
  condition: and not (fd.num < 3 or proc.cmdline startswith oneof (-l, -i))
  override:
    condition: append
";

/// `zsh -l`, started by cron.
struct Started;

impl Event for Started {
    fn event_type(&self) -> EventTypeId {
        EventTypeId(1)
    }

    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        let def = TestSchema.fields().get(usize::from(field.field.0));
        match def.map(|def| def.name) {
            Some("evt.type") => Value::Str(b"execve"),
            Some("proc.name") => Value::Str(b"zsh"),
            Some("proc.pname") => Value::Str(b"cron"),
            Some("proc.cmdline") => Value::Str(b"-l"),
            _ => Value::Absent,
        }
    }
}

/// One line for each node: depth as indentation, kind, value, file, line and the text there.
fn explained(files: &[(&str, &str)]) -> Vec<String> {
    let mut loader = Loader::new(&TestSchema);
    for (name, text) in files {
        let report = loader.load(name, text);
        assert!(report.errors.is_empty(), "{:?}", report.errors);
    }
    let rules = loader.finish().expect("there are no errors");
    let nodes = rules.explain(RuleIndex(0), &Started);
    let line = |node: &falco_rules::ExplainedNode| {
        let kind = match &node.kind {
            NodeKind::Macro(name) => format!("macro {name}"),
            other => format!("{other:?}").to_lowercase(),
        };
        let place = node.span.as_ref().map_or_else(String::new, |span| {
            let text: Vec<_> = span.text().split_whitespace().collect();
            let line = span.position().line;
            format!(" {}:{line} {}", span.file.name(), text.join(" "))
        });
        let depth = usize::try_from(node.depth).unwrap_or(0);
        format!("{}{kind} {}{place}", "  ".repeat(depth), node.holds)
    };
    nodes.iter().map(line).collect()
}

#[test]
fn every_node_has_its_value_and_its_place() {
    let expected = [
        // What stands in several places of a file reaches from the first to the last.
        "and false base.yaml:8 evt.type = execve and is_shell output: o priority: INFO exceptions: - name: parents \
         fields: proc.pname values: [sshd, cron",
        "  and false base.yaml:8 evt.type = execve and is_shell",
        "    check true base.yaml:8 evt.type = execve",
        "    macro is_shell true base.yaml:9 is_shell",
        "      check true base.yaml:4 proc.name in (shells, fish)",
        "        value false base.yaml:2 bash",
        "        value true base.yaml:2 zsh",
        "        value false local.yaml:2 ksh",
        "        value false base.yaml:4 fish",
        "    not false local.yaml:6 not (fd.num < 3 or proc.cmdline startswith oneof (-l, -i)",
        "      or true local.yaml:6 fd.num < 3 or proc.cmdline startswith oneof (-l, -i)",
        "        check false local.yaml:6 fd.num < 3",
        "        check true local.yaml:6 proc.cmdline startswith oneof (-l, -i)",
        "          value true local.yaml:6 -l",
        "          value false local.yaml:6 -i",
        "  not false base.yaml:14 proc.pname values: [sshd, cron",
        "    check true base.yaml:14 proc.pname values: [sshd, cron",
        "      value false base.yaml:15 sshd",
        "      value true base.yaml:15 cron",
    ];
    let found = explained(&[("base.yaml", BASE), ("local.yaml", LOCAL)]);
    assert_eq!(found, expected, "{}", found.join("\n"));
}

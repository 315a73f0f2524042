//! What explanations say: the value of every part, what the event had, what decided and lacked, and where each is written.

mod schema;

use falco_rules::{
    BoundField, Event, EventTypeId, Explanation, Filter, Item, Loader, PartKind, RuleIndex, Schema,
    Value,
};
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

/// One line for each part: depth as indentation, kind, value, marks (`!` decides, `?` lacks), text and what was found,
/// file, line, item, and the text there.
fn explained(files: &[(&str, &str)]) -> (Explanation, Vec<String>) {
    let mut loader = Loader::new(&TestSchema);
    for (name, text) in files {
        let report = loader.load(name, text);
        assert!(report.errors.is_empty(), "{:?}", report.errors);
    }
    let rules = loader.finish().expect("there are no errors");
    let explained = rules.explain(RuleIndex(0), &Started);
    let explained = explained.expect("the rule is there");
    let line = |part: &falco_rules::Part| {
        let kind = match &part.kind {
            PartKind::Macro(name) => format!("macro {name}"),
            other => format!("{other:?}").to_lowercase(),
        };
        let mark = |is_set: bool, mark: &'static str| if is_set { mark } else { "" };
        let marks = format!("{}{}", mark(part.decides, "!"), mark(part.is_lacking, "?"));
        let found = part.found.as_ref().map_or_else(String::new, |found| {
            let absent = mark(found.is_absent, " (absent)");
            format!(" {{{}}} found {}{absent}", part.text, found.text)
        });
        let place = part.origin.as_ref().map_or_else(String::new, |origin| {
            let span = &origin.span;
            let item = match origin.item.as_ref().expect("it is a file of rules") {
                Item::List(name) => format!("list {name}"),
                Item::Macro(name) => format!("macro {name}"),
                Item::Rule(name) => format!("rule {name}"),
                Item::Exception { rule, name } => format!("exception {name} of {rule}"),
            };
            let text: Vec<_> = span.text().split_whitespace().collect();
            let line = span.position().line;
            format!(" {}:{line} [{item}] {}", span.file.name(), text.join(" "))
        });
        let depth = usize::try_from(part.depth).unwrap_or(0);
        format!(
            "{}{kind} {}{marks}{found}{place}",
            "  ".repeat(depth),
            part.holds
        )
    };
    let lines = explained.parts.iter().map(line).collect();
    (explained, lines)
}

#[test]
fn every_part_has_its_value_and_its_place() {
    let expected = [
        // What stands in several places of a file reaches from the first to the last.
        "and false!? base.yaml:8 [rule Shell] evt.type = execve and is_shell output: o priority: INFO exceptions: \
         - name: parents fields: proc.pname values: [sshd, cron",
        "  and false!? base.yaml:8 [rule Shell] evt.type = execve and is_shell",
        "    check true {evt.type = execve} found execve base.yaml:8 [rule Shell] evt.type = execve",
        "    macro is_shell true base.yaml:9 [rule Shell] is_shell",
        "      check true {proc.name in (bash, zsh, ksh, fish)} found zsh base.yaml:4 [macro is_shell] \
         proc.name in (shells, fish)",
        "        value false base.yaml:2 [list shells] bash",
        "        value true base.yaml:2 [list shells] zsh",
        "        value false local.yaml:2 [list shells] ksh",
        "        value false base.yaml:4 [macro is_shell] fish",
        "    not false!? local.yaml:6 [rule Shell] not (fd.num < 3 or proc.cmdline startswith oneof (-l, -i)",
        "      or true!? local.yaml:6 [rule Shell] fd.num < 3 or proc.cmdline startswith oneof (-l, -i)",
        "        check false {fd.num < 3} found <NA> (absent) local.yaml:6 [rule Shell] fd.num < 3",
        "        check true!? {proc.cmdline startswith oneof (-l, -i)} found -l local.yaml:6 [rule Shell] \
         proc.cmdline startswith oneof (-l, -i)",
        "          value true!? local.yaml:6 [rule Shell] -l",
        "          value false local.yaml:6 [rule Shell] -i",
        "  not false? base.yaml:14 [exception parents of Shell] proc.pname values: [sshd, cron",
        "    check true? {proc.pname in (sshd, cron)} found cron base.yaml:14 [exception parents of Shell] \
         proc.pname values: [sshd, cron",
        "      value false base.yaml:15 [exception parents of Shell] sshd",
        "      value true? base.yaml:15 [exception parents of Shell] cron",
    ];
    let (explained, found) = explained(&[("base.yaml", BASE), ("local.yaml", LOCAL)]);
    assert_eq!(found, expected, "{}", found.join("\n"));
    let deciding: Vec<_> = explained.deciding().collect();
    assert_eq!(deciding, [12]);
    let lacking: Vec<_> = explained.lacking().collect();
    assert_eq!(lacking, [12, 16]);
    assert_eq!(explained.macros_above(4), ["is_shell"]);
    assert_eq!(
        explained.text(0).as_deref(),
        Some(
            "(evt.type = execve and proc.name in (bash, zsh, ksh, fish) and not \
             (fd.num < 3 or proc.cmdline startswith oneof (-l, -i))) and not proc.pname in (sshd, cron)"
        )
    );
}

/// A value is printed so that it is read back as it is, with the quotes that it needs and no others.
#[test]
fn values_keep_their_quotes() {
    let check = |condition: &str, expected: &str| {
        let file = format!(
            "- rule: r\n  desc: d\n  condition: |-\n    {condition}\n  output: o\n  priority: INFO\n"
        );
        let mut loader = Loader::new(&TestSchema);
        let report = loader.load("rules.yaml", &file);
        assert!(report.errors.is_empty(), "{condition}: {:?}", report.errors);
        let rules = loader.finish().expect("there are no errors");
        let explained = rules.explain(RuleIndex(0), &Started).expect("it is there");
        assert_eq!(explained.text(0).as_deref(), Some(expected));
        let again = Filter::compile(&TestSchema, expected).expect("it is a condition");
        assert_eq!(again.matches(&Started), explained.holds, "{expected}");
    };
    for same in [
        r#"proc.name in ("a b", c, "")"#,
        r#"proc.name = "(x)""#,
        r#"proc.name = "a,b""#,
        r#"proc.name = "a=b""#,
        r#"proc.name = 'say "hi"'"#,
        r#"proc.name = "it's \"so\"""#,
        r#"proc.name = "a\\b c""#,
        r#"proc.name = "ends in a backslash\ ""#,
        r"proc.name = a\b",
        r#"proc.name = "oneof""#,
        r"proc.name contains anyof (zs, b)",
        r"proc.name startswith allof ()",
        r#"proc.name = "tab\there""#,
        r"fd.num >= -3",
        r"proc.name exists and not fd.num = 5",
        r#"concat(proc.name, "x y", "1") = zshx"#,
        r"proc.name = val(proc.pname)",
        r"not (proc.name = a or proc.name = b)",
    ] {
        check(same, same);
    }
    for (condition, expected) in [
        ("proc.name == 'plain'", "proc.name = plain"),
        ("proc.name in('a','b')", "proc.name in (a, b)"),
        ("not not proc.name = a", "proc.name = a"),
        ("(proc.name = a)", "proc.name = a"),
        ("fd.num = 007", "fd.num = 7"),
    ] {
        check(condition, expected);
    }
}

//! What independent implementations of the language get wrong, one test each.

use std::net::{IpAddr, Ipv4Addr};

use crate::testing::{TestEvent, TestSchema};
use crate::{Code, Filter, Loader, RuleMatching, RuleSet, Template, Value, render};

fn exec() -> TestEvent {
    TestEvent::new("execve")
        .text("proc.name", "cat")
        .text("proc.exepath", "")
}

/// One condition on one event; nothing where it does not compile.
fn check(condition: &str, event: &TestEvent, expected: impl Into<Option<bool>>) {
    let found = Filter::compile(&TestSchema, condition)
        .ok()
        .map(|filter| filter.matches(event));
    assert_eq!(found, expected.into(), "{condition}");
}

fn load(files: &[&str]) -> RuleSet {
    let mut loader = Loader::new(&TestSchema);
    for (index, text) in files.iter().enumerate() {
        let report = loader.load(&format!("file{index}.yaml"), text);
        assert!(
            report.errors.is_empty(),
            "{}",
            render(&report.errors, false)
        );
    }
    loader.finish().expect("no file has errors")
}

/// A rule named `r` with the condition, behind other items.
fn with_rule(items: &str, condition: &str) -> String {
    format!(
        "{items}\n- rule: r\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n  warn_evttypes: false\n"
    )
}

/// Whether the rule `r` of a file matches.
fn check_rule(items: &str, condition: &str, event: &TestEvent, expected: bool) {
    let rules = load(&[&with_rule(items, condition)]);
    assert_eq!(
        names(&rules, event, RuleMatching::All) == ["r"],
        expected,
        "{condition}"
    );
}

fn names(rules: &RuleSet, event: &TestEvent, matching: RuleMatching) -> Vec<String> {
    let mut matches = Vec::new();
    rules.scanner(matching).scan(event, &mut matches);
    assert_eq!(
        rules.matches_plain(event, matching),
        matches,
        "the plain evaluator must agree"
    );
    matches
        .iter()
        .filter_map(|index| rules.rule(*index))
        .map(|rule| rule.name.clone())
        .collect()
}

/// The codes of the errors and warnings of one file.
fn check_codes(file: &str, expected: &[Code]) {
    let report = Loader::new(&TestSchema).load("file.yaml", file);
    let found: Vec<_> = report
        .errors
        .iter()
        .chain(&report.warnings)
        .map(|found| found.code)
        .collect();
    assert_eq!(found, expected, "{file}\n{}", render(&report.errors, false));
}

#[test]
fn trap_1_absent_empty_and_na_are_three_things() {
    let event = exec().text("user.name", "<NA>");
    for operator in [
        "= x",
        "!= x",
        "exists",
        "in (x)",
        "contains x",
        "!= oneof (x)",
    ] {
        check(&format!("fd.name {operator}"), &event, false);
        check(&format!("not fd.name {operator}"), &event, true);
    }
    check("proc.exepath exists", &event, true);
    check("proc.exepath = ''", &event, true);
    check("proc.exepath != x", &event, true);
    check("user.name = <NA>", &event, true);
    check("user.name exists", &event, true);
    check("proc.exepath startswith ''", &event, true);
}

#[test]
fn trap_2_lists_are_text() {
    let event = exec();
    // In the order c, b, a the name `b` is replaced by `c` once and no further.
    let lists = "- list: c\n  items: [cat]\n- list: b\n  items: [c]\n- list: a\n  items: [b]\n";
    check_rule(lists, "proc.name in (a)", &event, false);
    check_rule(
        lists,
        "proc.name in (a)",
        &TestEvent::new("execve").text("proc.name", "c"),
        true,
    );
    check_rule(lists, "proc.name in (b)", &event, true);
    check_rule(
        "- list: l\n  items: []\n",
        "proc.name in (x, l, cat)",
        &event,
        true,
    );
    check_rule(
        "- list: l\n  items: []\n",
        "proc.name in (l)",
        &event,
        false,
    );
    check_rule(
        "- list: l\n  items: ['a b', cat]\n",
        "proc.name in (l)",
        &event,
        true,
    );
    check_rule(
        "- list: l\n  items: ['x,cat']\n",
        "proc.name in (l)",
        &event,
        true,
    );
    check_rule(
        "- list: l\n  items: [cat]\n",
        "proc.name = ' l '",
        &event,
        false,
    );
    check_rule(
        "- list: l\n  items: [010, yes, 1.10]\n",
        "proc.name in (l)",
        &event,
        false,
    );
    let number = TestEvent::new("execve").text("proc.name", "010");
    check_rule(
        "- list: l\n  items: [010, yes, 1.10]\n",
        "proc.name in (l)",
        &number,
        true,
    );
    check_codes(
        &with_rule("- list: l\n  items: ['x=y']\n", "proc.name in (l)"),
        &[Code::ConditionSyntax],
    );
    check_codes(
        &with_rule("- list: l\n  items: [\"don't\"]\n", "proc.name in (l)"),
        &[Code::ConditionSyntax],
    );
}

#[test]
fn trap_2_macros_see_what_stands_before_them() {
    let event = exec();
    let later = "- macro: m\n  condition: n\n- macro: n\n  condition: proc.name = cat\n";
    check_codes(&with_rule(later, "m"), &[Code::UndefinedMacro]);
    let redefined = "- macro: m\n  condition: proc.name = x\n- macro: n\n  condition: proc.name = cat\n\
                     - macro: m\n  condition: n\n";
    check_rule(redefined, "m", &event, true);
    let file = with_rule("", "m") + "- macro: m\n  condition: proc.name = cat\n";
    assert_eq!(names(&load(&[&file]), &event, RuleMatching::All), ["r"]);
    let looped = "- macro: m\n  condition: proc.name = x\n- macro: n\n  condition: m\n- macro: m\n  condition: n\n";
    check_codes(&with_rule(looped, "m"), &[Code::MacroLoop]);
}

#[test]
fn trap_3_exceptions_are_negated_and_joined() {
    let event = exec().text("fd.name", "/etc/x");
    let rule = |exceptions: &str| {
        with_rule("", "proc.name = cat or proc.name = dog")
            + "  exceptions:\n    - name: e\n"
            + exceptions
    };
    let count =
        |exceptions: &str| names(&load(&[&rule(exceptions)]), &event, RuleMatching::All).len();
    assert_eq!(count("      fields: proc.name\n      values: [cat]\n"), 0);
    assert_eq!(
        count("      fields: [proc.name, fd.name]\n      values: [[cat, /etc/y]]\n"),
        1
    );
    assert_eq!(
        count(
            "      fields: [proc.name, fd.name]\n      comps: [=, startswith]\n      values: [[cat, /etc]]\n"
        ),
        0
    );
    assert_eq!(count("      fields: [proc.name]\n      values: []\n"), 1);
    assert_eq!(
        count("      fields: [toupper(proc.name)]\n      values: [[CAT]]\n"),
        0
    );
    assert_eq!(
        count("      fields: proc.name\n      comps: startswith anyof\n      values: [ca]\n"),
        0
    );
}

#[test]
fn trap_4_the_first_rule_in_place_order_shadows() {
    let rule = |name: &str, condition: &str| {
        with_rule("", condition).replace("rule: r", &format!("rule: {name}"))
    };
    let files = [
        rule("a", "proc.name = x"),
        rule("b", "proc.name = cat"),
        rule("a", "proc.name = cat"),
    ];
    let rules = load(&files.each_ref().map(String::as_str));
    assert_eq!(names(&rules, &exec(), RuleMatching::First), ["a"]);
    assert_eq!(names(&rules, &exec(), RuleMatching::All), ["a", "b"]);
}

#[test]
fn trap_5_event_types_come_from_the_condition() {
    let types = |condition: &str| {
        let filter = Filter::compile(&TestSchema, condition).expect("the condition compiles");
        let schema: &dyn crate::Schema = &TestSchema;
        let names = filter
            .event_types()
            .iter()
            .map(|id| schema.event_types()[usize::from(id.0)].name);
        names
            .filter(|name| *name != "asyncevent")
            .collect::<Vec<_>>()
    };
    assert_eq!(
        types("evt.type in (open, close) and not evt.type = close"),
        ["open"]
    );
    assert_eq!(types("not (evt.type != open or proc.name = x)"), ["open"]);
    assert_eq!(types("evt.type = open or proc.name = cat").len(), 7);
    assert_eq!(types("not evt.type = many").len(), 6);
    check_codes(
        &with_rule("", "proc.name = x").replace("  warn_evttypes: false\n", ""),
        &[Code::NoEventType],
    );
    check_codes(
        &with_rule("", "evt.type = open and evt.type = close")
            .replace("  warn_evttypes: false\n", ""),
        &[Code::NoEventType],
    );
    check("evt.type = opne", &exec(), None);
    check("evt.type startswith ope", &exec(), None);
    check("evt.type = Open", &exec(), None);
    check("evt.type = proc.name", &exec(), None);
    check("evt.type = val(proc.name)", &exec(), None);
    check("tolower(evt.type) = open", &exec(), None);
    check("evt.type = syncfs", &TestEvent::new("syncfs"), true);
}

#[test]
fn trap_7_sources_keep_rules_apart() {
    check_codes(
        &(with_rule("", "ka.verb = get") + "  source: k8s_audit\n"),
        &[Code::UnknownSource],
    );
}

#[test]
fn trap_8_absent_values_print_na_and_the_line_comes() {
    let template =
        Template::compile(&TestSchema, "a %proc.name %fd.name").expect("the output compiles");
    let mut line = String::new();
    template.render(&exec(), &mut line);
    assert_eq!(line, "a cat <NA>");
    assert!(!template.render_complete(&exec(), &mut line));
    let lenient = Template::compile(&TestSchema, "*%fd.name").expect("the output compiles");
    line.clear();
    assert!(lenient.render_complete(&exec(), &mut line));
    assert_eq!(line, "<NA>");
}

#[test]
fn outputs_take_the_longest_name_that_fits() {
    let event = exec()
        .text("evt.arg.flags", "O_RDONLY")
        .with("proc.pid", Value::Int(7));
    let line = |format: &str| {
        let template = Template::compile(&TestSchema, format).ok()?;
        let mut line = String::new();
        template.render(&event, &mut line);
        Some(line)
    };
    assert_eq!(line("%proc.namefoo").as_deref(), Some("catfoo"));
    assert_eq!(line("%proc.name[1]").as_deref(), Some("cat[1]"));
    assert_eq!(
        line("%5proc.name|%2proc.name|").as_deref(),
        Some("cat  |ca|")
    );
    assert_eq!(line("%evt.arg.flagsx").as_deref(), Some("O_RDONLYx"));
    assert_eq!(line("%toupper(proc.name)!").as_deref(), Some("CAT!"));
    assert_eq!(line("100% done"), None);
    assert_eq!(line("100%%"), None);
    assert_eq!(line("ends with %"), None);
    assert_eq!(line("%no.such"), None);
}

#[test]
fn constants_are_parsed_by_type_at_load() {
    let event = exec()
        .with("proc.pid", Value::Int(-1))
        .with("fd.sport", Value::Uint(22));
    check("proc.pid = -1", &event, true);
    check("proc.pid < 0x10", &event, None);
    check("proc.pid < 1.5", &event, None);
    check("evt.is_open_write = yes", &event, None);
    check("fd.sport = ssh", &event, true);
    check("fd.sport = nosuchservice", &event, None);
    check("fd.ip = 10.0.0.0/8", &event, None);
    check("fd.net = 10.0.0.1", &event, None);
    check("evt.buffer bcontains 4g", &event, None);
    check("proc.name regex '\\d'", &event, None);
}

#[test]
fn both_ends_count() {
    let ends =
        [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(8, 8, 8, 8)].map(|ip| Value::Ip(IpAddr::V4(ip)));
    let event = exec().with("fd.ip", Value::List(ends.to_vec().leak()));
    let event = event.with("fd.net", Value::List(ends.to_vec().leak()));
    check("fd.ip = 8.8.8.8", &event, true);
    check("fd.ip != 8.8.8.8", &event, false);
    check("fd.ip != 1.1.1.1", &event, true);
    check("fd.ip in (1.1.1.1, 10.0.0.1)", &event, true);
    check("fd.net = 10.0.0.0/8", &event, true);
    check("fd.net != 10.0.0.0/8", &event, false);
    check("fd.ip = ::1", &event, false);
    check("fd.net != 2001:db8::/32", &event, true);
}

#[test]
fn any_ancestor_counts() {
    let event = exec()
        .texts("proc.aname", &["bash", "sshd"])
        .text("proc.aname[2]", "sshd");
    check("proc.aname = sshd", &event, true);
    check("proc.aname != bash", &event, true);
    check("proc.aname in (x, bash)", &event, true);
    check("proc.aname[2] = sshd", &event, true);
    check("proc.aname[x] = sshd", &event, None);
    check("proc.aname = val(proc.name)", &event, None);
}

#[test]
fn lists_want_all_in_and_one_intersects() {
    let event = exec().texts("fd.types", &["file", "ipv4"]);
    check("fd.types in (file, ipv4, unix)", &event, true);
    check("fd.types in (file)", &event, false);
    check("fd.types intersects (file)", &event, true);
    check("fd.types = file", &event, None);
    check("len(fd.types) = 2", &event, true);
    check("proc.name in ()", &event, false);
}

#[test]
fn modifiers_count_and_are_words_only_before_a_list() {
    let event = exec().text("proc.cmdline", "curl | bash");
    check("proc.cmdline contains allof (curl, bash)", &event, true);
    check("proc.cmdline contains oneof (curl, bash)", &event, false);
    check("proc.cmdline contains anyof (curl, x)", &event, true);
    check("proc.name = oneof", &event, false);
    check("proc.name = oneof (cat, dog)", &event, true);
    check("proc.name = oneof(cat)", &event, None);
}

#[test]
fn strings_end_at_nul_and_fold_ascii_only() {
    let event = exec()
        .text("fd.name", "ab\0cd")
        .with("evt.buffer", Value::Bytes(b"\x01\0CD"));
    check("fd.name contains cd", &event, false);
    check("fd.name = ab", &event, true);
    check("fd.name icontains AB", &event, true);
    check("evt.buffer contains CD", &event, true);
    check("evt.buffer bstartswith 0100", &event, true);
    check("fd.name > 5", &event, true);
    check("fd.name < b", &event, None);
}

#[test]
fn quoted_strings_know_few_escapes() {
    let event = exec().text("fd.name", "a\\b");
    check(r#"fd.name = "a\\b""#, &event, true);
    check(r#"fd.name = 'a\"b'"#, &event, None);
    check(r#"fd.name = "a\x41""#, &event, None);
    check(r#"fd.name = "a\ b""#, &event, true);
}

#[test]
fn sides_that_are_computed_compare() {
    let event = exec()
        .text("proc.pname", "CAT")
        .text("user.name", "Y2F0")
        .texts("proc.args", &["-n", "-t", "5"]);
    check("proc.name = tolower(proc.pname)", &event, true);
    check("proc.name != val(proc.pname)", &event, true);
    check("b64(user.name) = cat", &event, true);
    check("basename(proc.name) = cat", &event, true);
    check("join('-', (proc.name, 'x', 1)) = cat-x-1", &event, true);
    check("concat(proc.name, proc.pname) = catCAT", &event, true);
    check("getopt(proc.args, 'nt:')[t] = 5", &event, true);
    check("getopt(proc.args, 'nt:') intersects (n)", &event, true);
    check("getopt(proc.args, 'nt:')[x] exists", &event, false);
    check("proc.name = val(proc.pid)", &event, None);
    check("evt.rawarg.flags = val(evt.rawarg.flags)", &event, None);
    check("toupper(proc.name)[x] = y", &event, None);
}

#[test]
fn a_later_file_replaces_what_earlier_rules_use() {
    let first = with_rule("- macro: m\n  condition: proc.name = x\n", "m");
    let second = "- macro: m\n  condition: proc.name = cat\n";
    assert_eq!(
        names(&load(&[&first, second]), &exec(), RuleMatching::All),
        ["r"]
    );
    let mut loader = Loader::new(&TestSchema);
    let report = loader.load("first.yaml", &with_rule("", "later"));
    assert_eq!(report.errors.len(), 1);
    loader.load(
        "second.yaml",
        "- macro: later\n  condition: proc.name = cat\n",
    );
    assert!(loader.finish().is_err());
}

#[test]
fn appends_add_a_blank_and_no_parentheses() {
    let file = with_rule("", "proc.name = x and proc.name = y")
        + "- rule: r\n  condition: or proc.name = cat\n  override:\n    condition: append\n";
    assert_eq!(names(&load(&[&file]), &exec(), RuleMatching::All), ["r"]);
}

#[test]
fn a_key_behind_a_dot_is_the_key_in_brackets() {
    let event = exec().text("thread.cgroup.memory", "/pods/worker");
    check("thread.cgroup.memory contains worker", &event, true);
    check("thread.cgroup[memory] contains worker", &event, true);
    check("thread.cgroup.cpu exists", &event, false);
    // A key must be there, and a field that has none takes no dot.
    check("thread.cgroup exists", &event, None);
    check("proc.name.memory exists", &event, None);
    let output = Template::compile(
        &TestSchema,
        "in %thread.cgroup.memory. %thread.cgroup[memory]",
    )
    .expect("the output compiles");
    let mut text = String::new();
    output.render(&event, &mut text);
    assert_eq!(text, "in /pods/worker. /pods/worker");
    let keys: Vec<_> = output.fields().map(|(key, _)| key.to_owned()).collect();
    assert_eq!(keys, ["thread.cgroup.memory"]);
}

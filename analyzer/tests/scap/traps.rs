//! What rules see of old captures, and what is hidden from them.

use std::fs;
use std::io;

use falco_analyze::fields::SCHEMA;
use falco_analyze::outputs::alert_to_json;
use falco_analyze::pipeline::{Demand, Flow, Input, Judge, Observer, PassOptions, Seen, run_pass};
use falco_analyze::rule_files::{RuleText, load_rules};
use falco_analyze::time::Zone;
use falco_rules::{RuleMatching, Selection};
use tempfile::TempDir;

use super::bytes::File;

const CLOSE_ENTER: u16 = 4;
const CLOSE: u16 = 5;
const READ_ENTER: u16 = 6;
const READ: u16 = 7;
const CONNECT_ENTER: u16 = 22;
const PROCINFO: u16 = 234;
const USER_ADDED: u16 = 354;

struct Lines<'r> {
    judge: Judge<'r>,
    lines: Vec<String>,
}

impl Observer for Lines<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        let Self { judge, lines } = self;
        judge.judge(seen, |alert| {
            let printed = alert_to_json(alert, &Zone::utc());
            let output = printed["output"].as_str().unwrap_or_default();
            lines.extend(output.split_once("saw ").map(|(_, seen)| seen.to_owned()));
            Ok(())
        })?;
        Ok(Flow::Continue)
    }
}

/// What a rule with this condition prints of the file.
fn check(file: &File, condition: &str, expected: &[&str]) {
    let rule = format!(
        "- rule: R\n  desc: d\n  condition: {condition}\n  output: saw %evt.num %evt.type %evt.dir %evt.args\n  priority: INFO\n"
    );
    let texts = [RuleText {
        name: "rules.yaml".to_owned(),
        text: rule,
    }];
    let loaded = load_rules(&SCHEMA, &texts, &Selection::default());
    let rules = loaded.rules.expect("the rule loads");
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("file.scap");
    fs::write(&path, &file.0).expect("writes");
    let mut seen = Lines {
        judge: Judge::new(&rules, &SCHEMA, RuleMatching::First),
        lines: Vec::new(),
    };
    let input = Input::open(&path).expect("opens");
    let demand = Demand::of_rules(&rules);
    run_pass(&input, &demand, PassOptions::default(), &mut seen).expect("reads");
    assert_eq!(seen.lines, expected, "{condition}");
}

#[test]
fn trap_6_calls_are_exits_and_enters_vanish() {
    let number = |number: u64| number.to_le_bytes();
    let file = File::new()
        .event(3, READ_ENTER, &[&number(9), &100u32.to_le_bytes()])
        .event(3, READ, &[&number(2), b"hi"])
        // The state needs this enter: it counts, and no rule sees it.
        .event(3, CONNECT_ENTER, &[&number(4), b"\x02abcdef"])
        .event(3, CLOSE_ENTER, &[&number(5)])
        .event(3, CLOSE, &[&number(0)])
        .event(3, PROCINFO, &[&number(1), &number(2)]);
    let calls = [
        "1 read < res=2 data=hi fd=9 size=100",
        "3 close < res=0 fd=5",
    ];
    let meta = ["4 procinfo > cpu_usr=1 cpu_sys=2"];
    check(&file, "evt.num > 0", &[calls[0], calls[1], meta[0]]);
    check(&file, "evt.dir = <", &calls);
    check(&file, "evt.dir = >", &meta);
    check(&file, "evt.type in (read, close)", &calls);
    check(&file, "evt.type = connect", &[]);
}

#[test]
fn rows_for_the_state_alone_count_and_are_hidden() {
    let number = |number: u64| number.to_le_bytes();
    let user: [&[u8]; 6] = [&[0; 4], &[0; 4], b"me\0", b"/\0", b"/bin/sh\0", b"\0"];
    let procinfo = super::bytes::event(3, PROCINFO, &[&number(1), &number(2)]);
    let flagged = |flags: u32| [&[0, 0][..], &flags.to_le_bytes(), &procinfo].concat();
    let file = File::new()
        // What a capture begins with tells of what was there before.
        .event(u64::MAX, USER_ADDED, &user)
        .block(0x217, &flagged(0))
        // Its writer kept this for the state, and filtered it out.
        .block(0x217, &flagged(1))
        // Of a type of the future: it does not even count.
        .event(3, 9999, &[b"x"])
        .event(u64::MAX, USER_ADDED, &user)
        .block(0x217, &flagged(4));
    let args = "procinfo > cpu_usr=1 cpu_sys=2";
    let expected = [
        format!("2 {args}"),
        "4 useradded > uid=0 gid=0 name=me home=/ shell=/bin/sh container_id=".to_owned(),
        format!("5 {args}"),
    ];
    check(
        &file,
        "evt.num > 0",
        &expected.each_ref().map(String::as_str),
    );
}

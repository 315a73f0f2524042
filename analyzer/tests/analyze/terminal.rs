//! What reaches a terminal, of captures, rules and paths whose names were made to command it.

use std::path::Path;

use falco_abi::{Category, EventId, Lane};
use falco_format::text::is_plain;
use falco_format::{
    BlockBuilder, BlockLimits, BootId, CaptureIdentity, CaptureWriter, Damage, DamageKind, Dialect,
    RowMeta, RowOrder, Schema, SchemaEvent, SegmentStart, UnixNanos,
};

use crate::support::Workspace;
use crate::support::capture::CaptureBuilder;

/// Ends the line, erases the screen, turns the direction of text around, and has a byte that C1 terminals obey.
const EVIL: &str =
    "x\nforged: nothing\r\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}1m\u{202e}\u{2066}\u{200f}\u{200b}y";

/// A capture in which the node, a program, its arguments and a file have evil names; the directory has one too.
fn evil_names(workspace: &Workspace) -> String {
    let directory = format!("capture {EVIL}");
    let mut capture = CaptureBuilder::new(EVIL);
    capture.shell(100);
    capture.start_program(100, 200, &format!("/bin/{EVIL}"), &[EVIL, EVIL]);
    capture.open(200, &format!("/etc/{EVIL}"), 3);
    capture.write(&workspace.path(&directory));
    directory
}

/// A capture whose event table has an evil name, and which tells of an earlier repair in evil words.
fn evil_tables(workspace: &Workspace) -> String {
    let event = SchemaEvent::new(
        EventId(9000),
        EVIL,
        Category::Other,
        Lane::Bulk,
        0,
        Vec::new(),
    );
    let schema = Schema::foreign(vec![event]).expect("a table");
    let schema = std::sync::Arc::new(schema);
    let identity = CaptureIdentity {
        boot_id: BootId([3; 16]),
        node: EVIL.to_owned(),
        dialect: Dialect::Native,
    };
    let directory = "tables";
    let mut capture = CaptureWriter::open(&workspace.path(directory), identity).expect("begun");
    let start = SegmentStart {
        schema: &schema,
        clock: &[],
        state: &[],
        created_realtime: UnixNanos(1),
    };
    let mut segment = capture.start_segment(&start).expect("a segment");
    let order = RowOrder::AsPushed;
    let mut rows = BlockBuilder::with_schema(schema, order, BlockLimits::default());
    rows.push(
        EventId(9000),
        &RowMeta {
            time: 5,
            ..RowMeta::default()
        },
        &[],
    )
    .expect("a row");
    segment
        .events(&rows.finish(1).expect("a block"))
        .expect("written");
    let damage = Damage {
        segment: EVIL.to_owned(),
        offset: 1,
        bytes_skipped: 1,
        what: DamageKind::Repaired(EVIL.to_owned()),
    };
    segment.damage(&damage).expect("written");
    capture.sealed(&segment.finish().expect("sealed"));
    directory.to_owned()
}

/// Rules with evil names, lists and outputs, and with mistakes where `with_mistakes`.
fn evil_rules(workspace: &Workspace, with_mistakes: bool) -> String {
    let quoted: String = EVIL
        .chars()
        .map(|character| format!("\\U{:08x}", u32::from(character)))
        .collect();
    let field = if with_mistakes {
        "proc.nmae"
    } else {
        "proc.name"
    };
    let rule = format!(
        "- list: unused {quoted}\n  items: [a]\n- rule: \"{quoted}\"\n  desc: \"{quoted}\"\n  condition: evt.type in (openat, execve) and {field} != a\n  \
         output: \"\u{202e}{quoted} %proc.cmdline %fd.name\"\n  priority: ERROR\n  tags: [\"{quoted}\", \u{202e}]\n"
    );
    let name = format!("rules {EVIL} {with_mistakes}.yaml");
    workspace.write(
        &name,
        rule.replace("list: unused", "list: \"unused")
            .replace("\n  items", "\"\n  items"),
    );
    name
}

/// Runs a command and checks every line that it prints; returns how many there were.
fn check(workspace: &Workspace, arguments: &[&str]) -> usize {
    let run = workspace.run(arguments);
    let (stdout, stderr) = (&run.stdout, &run.stderr);
    assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
    let lines = stdout.split('\n').chain(stderr.split('\n'));
    for line in lines {
        assert!(is_plain(line.as_bytes()), "{arguments:?}: {line:?}");
        assert!(!line.starts_with("forged"), "{arguments:?}: a forged line");
    }
    stdout.lines().count() + stderr.lines().count()
}

#[test]
fn no_name_commands_the_terminal_or_forges_a_line() {
    let workspace = Workspace::new();
    let (names, tables) = (evil_names(&workspace), evil_tables(&workspace));
    let (rules, mistakes) = (evil_rules(&workspace, false), evil_rules(&workspace, true));
    let scenario = format!("scenarios {EVIL}");
    std::os::unix::fs::symlink(&names, workspace.path("evil")).expect("linked");
    std::os::unix::fs::symlink(&rules, workspace.path("evil.yaml")).expect("linked");
    workspace.write(
        &format!("{scenario}/scenario.toml"),
        "description = \"d\"\ncapture = \"../evil\"\nrules = [\"../evil.yaml\"]\nfields = [\"proc.cmdline\"]\n",
    );
    workspace.write(
        &format!("{scenario}/expected.jsonl"),
        "{\"rule\":\"a\",\"priority\":\"Error\"}\n",
    );
    let (copy, scap, parquet) = (
        format!("copy {EVIL}"),
        format!("scap {EVIL}"),
        format!("parquet {EVIL}"),
    );
    let commands: &[&[&str]] = &[
        &["info", &names],
        &["info", &tables],
        &["verify", &names],
        &["verify", &tables],
        &["events", &names],
        &["events", &tables],
        &["events", &names, "-p", "%proc.cmdline %fd.name %evt.args"],
        &["replay", &names, &tables, "-r", &rules],
        &["replay", &names, "-r", &rules, "--time", "short"],
        &["replay", &names, "-r", &mistakes],
        &["rules", "check", &rules, "--lint", "all"],
        &["rules", "check", &mistakes],
        &["rules", "list", "-r", &rules],
        &["rules", "describe", "-r", &rules],
        &["rules", "fmt", "--check", &rules],
        &["repair", &tables, "-o", &copy],
        &["export", "scap", &names, "-o", &scap],
        &["export", "parquet", &names, "-o", &parquet],
        &["info", &names, "--format", "json"],
        &["info", &tables, "--format", "json"],
        &["replay", &names, "-r", &rules, "--format", "json"],
        &[
            "rules", "check", &rules, "--lint", "all", "--format", "json",
        ],
        &["rules", "check", &mistakes, "--format", "json"],
        &["rules", "check", &mistakes, "--format", "sarif"],
        &["rules", "check", &mistakes, "--format", "github"],
        &["rules", "list", "-r", &rules, "--format", "json"],
        &["rules", "describe", "-r", &rules, "--format", "json"],
        &["test", &scenario, "--format", "json"],
        &["test", &scenario],
        &["test", &scenario, "--bless"],
        &["info", EVIL],
        &["replay", &names, "-r", EVIL],
        &["events", &names, EVIL],
        &["replay", &names, "-r", &rules, "--time", EVIL],
        &["rules", "describe", "-r", &rules, EVIL],
    ];
    for command in commands {
        assert!(check(&workspace, command) > 0, "{command:?} said nothing");
    }
    let golden = workspace.path(&format!("{scenario}/expected.jsonl"));
    let golden = std::fs::read_to_string(golden).expect("blessed");
    for line in golden.lines() {
        assert!(is_plain(line.as_bytes()), "what was blessed: {line:?}");
    }
    assert!(
        Path::new(&workspace.path(&scap)).exists(),
        "the file has the name that was asked for"
    );
}

#[test]
fn nor_does_the_past() {
    let workspace = Workspace::new();
    let names = evil_names(&workspace);
    let commands: &[&[&str]] = &[
        &["ps", &names, "--tree"],
        &["ps", &names, "--diff", "@1", "-0s"],
        &["ps", &names, "--format", "json"],
        &["lsof", &names],
        &["lsof", &names, "--format", "json"],
        &["who", &names],
        &["users", &names],
        &["ps", &names, "--at", EVIL],
        &["lsof", &names, "--pid", "4711"],
    ];
    for command in commands {
        assert!(check(&workspace, command) > 0, "{command:?} said nothing");
    }
}

#[test]
fn alerts_for_machines_keep_every_character() {
    let workspace = Workspace::new();
    let (names, rules) = (evil_names(&workspace), evil_rules(&workspace, false));
    let run = workspace
        .run(&["replay", &names, "-r", &rules, "--format", "json"])
        .ends_with(0);
    let alerts = run.json_lines();
    assert!(!alerts.is_empty());
    for alert in alerts {
        assert_eq!(
            (alert["rule"].as_str(), alert["hostname"].as_str()),
            (Some(EVIL), Some(EVIL))
        );
        assert!(
            alert["output"]
                .as_str()
                .is_some_and(|output| output.contains("\u{202e}"))
        );
    }
}

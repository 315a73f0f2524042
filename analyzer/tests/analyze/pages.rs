//! `report`: the page's structure, that hostile names stay text in each form, and what is refused.
//!
//! What only a browser can say of pages, `.ci/suite browser` asks; the pages for it are written here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use falco_abi::events::openat;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::support::capture::{CaptureBuilder, Row};
use crate::support::{Workspace, intrusion};

/// Ends a script, begins another, breaks out of an attribute, commands a terminal, turns text around.
const EVIL: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'\u{1b}[31m\u{202e}\u{2066}\n--><!--";

/// An intrusion whose names were made to break pages.
fn hostile() -> CaptureBuilder {
    let mut capture = CaptureBuilder::new(EVIL);
    capture.shell(100);
    capture.start_program(100, 200, &format!("/bin/{EVIL}"), &[EVIL, EVIL]);
    capture.open(200, "/etc/shadow", 3);
    let bytes = [b"/tmp/".as_slice(), &[0xff, 0xfe], b"<b>x</b>"].concat();
    capture.push(
        Row::new(openat::EVENT, 200)
            .int(openat::fd, 4)
            .int(openat::dirfd, -100)
            .text(openat::name, bytes)
            .int(openat::flags, 0)
            .int(openat::mode, 0),
    );
    capture.open(200, &format!("/etc/{EVIL}"), 5);
    capture.end(200);
    capture
}

/// What stands between two texts, and what comes behind.
fn between<'t>(text: &'t str, from: &str, to: &str) -> (&'t str, &'t str) {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{from}"));
    rest.split_once(to).unwrap_or_else(|| panic!("{to}"))
}

/// The digest as a policy names it, put together by another program than the page's.
fn digest(text: &str) -> String {
    let bits: String = Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:08b}"))
        .collect();
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut all = String::new();
    for at in (0..bits.len()).step_by(6) {
        let six = format!("{:0<6}", &bits[at..bits.len().min(at + 6)]);
        let place = usize::from_str_radix(&six, 2).expect("bits");
        all.push_str(&digits[place..=place]);
    }
    format!("'sha256-{all}='")
}

/// The data of a page whose structure holds: one style, one script, both named by the policy, nothing from elsewhere.
fn check_page(page: &str) -> Json {
    assert!(page.starts_with("<!doctype html>"));
    assert_eq!(page.matches("<script").count(), 2, "data and program");
    assert_eq!(page.matches("</script").count(), 2);
    assert_eq!(page.matches("<style").count(), 1);
    let (policy, _) = between(page, "Content-Security-Policy\" content=\"", "\"");
    let (style, rest) = between(page, "<style>", "</style>");
    let (data, rest) = between(rest, "id=\"data\">", "</script>");
    let (script, _) = between(rest, "<script>", "</script>");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(
        policy.contains(&format!("script-src {};", digest(script))),
        "{policy}"
    );
    assert!(
        policy.contains(&format!("style-src {};", digest(style))),
        "{policy}"
    );
    let markup = page
        .replace(data, "")
        .replace(script, "")
        .replace(style, "");
    for never in [
        "<img", "onerror=", "<b>x", "<!--", "\u{1b}", "\u{202e}", "src=", "href=",
    ] {
        let is_text = never.ends_with('=');
        let found = markup.match_indices(never);
        // An attribute's name may stand in a text; there it is in no tag.
        let in_tags = found.filter(|(at, _)| {
            let before = &markup[..*at];
            !is_text || before.rfind('<') > before.rfind('>')
        });
        assert_eq!(in_tags.count(), 0, "{never}");
    }
    assert!(!script.contains("innerHTML") && !script.contains("eval("));
    serde_json::from_str(data).expect("data")
}

fn report(workspace: &Workspace, capture: &str, form: &str) -> String {
    let name = format!("{capture}.{form}");
    let run = workspace.run(&[
        "report",
        capture,
        "-r",
        "rules.yaml",
        "--format",
        form,
        "-o",
        &name,
    ]);
    run.ends_with(0);
    fs::read_to_string(workspace.path(&name)).expect("a report")
}

#[test]
fn hostile_names_stay_text_in_every_form() {
    let workspace = Workspace::new();
    hostile().write(&workspace.path("hostile"));
    let page = report(&workspace, "hostile", "html");
    let data = check_page(&page);
    let strings = data["strings"].as_array().expect("texts");
    for text in strings.iter().filter_map(Json::as_str) {
        assert!(falco_format::text::is_plain(text.as_bytes()), "{text}");
    }
    let evil = strings.iter().filter_map(Json::as_str);
    assert!(
        evil.clone()
            .any(|text| text.contains("</script><script>alert(1)"))
    );
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"));
    for form in ["md", "json", "csv"] {
        let text = report(&workspace, "hostile", form);
        let is_plain = |line: &str| falco_format::text::is_plain(line.as_bytes());
        assert!(text.lines().all(is_plain), "{form}: {text}");
        assert!(form != "md" || !text.contains("<script"), "{text}");
    }
}

#[test]
fn every_form_has_every_alert_with_its_reasons() {
    let workspace = Workspace::new();
    intrusion().write_cut(&workspace.path("capture"), 1, 1);
    let replay = workspace.run(&["replay", "capture", "-r", "rules.yaml", "--format", "json"]);
    let alerts = replay.json_lines();
    let data = check_page(&report(&workspace, "capture", "html"));
    let columns = &data["alerts"];
    let rules: Vec<&str> = columns["rule"]
        .as_array()
        .expect("rules")
        .iter()
        .filter_map(|at| data["rules"][usize::try_from(at.as_u64()?).ok()?]["name"].as_str())
        .collect();
    let expected: Vec<&str> = alerts.iter().filter_map(|it| it["rule"].as_str()).collect();
    assert_eq!(rules, expected);
    let mut time: i64 = columns["first_time"]
        .as_str()
        .expect("a time")
        .parse()
        .expect("a number");
    for (step, alert) in columns["time"]
        .as_array()
        .expect("times")
        .iter()
        .zip(&alerts)
    {
        time += step.as_i64().expect("a step");
        assert_eq!(alert["output_fields"]["evt.time"].as_i64(), Some(time));
    }
    let json = report(&workspace, "capture", "json");
    for (line, alert) in json.lines().zip(&alerts) {
        let line: Json = serde_json::from_str(line).expect("an object");
        assert_eq!(line["rule"], alert["rule"]);
        assert_eq!(line["time"], alert["time"]);
        let reasons = line["why"].as_array().expect("reasons");
        assert!(!reasons.is_empty(), "{line}");
    }
    assert_eq!(json.lines().count(), alerts.len());
    let csv = report(&workspace, "capture", "csv");
    assert_eq!(csv.lines().count(), alerts.len() + 1);
    let markdown = report(&workspace, "capture", "md");
    let items = markdown.lines().filter(|line| line.starts_with("1. "));
    assert_eq!(items.count(), alerts.len());
    assert!(markdown.contains("sha256") && markdown.contains("blake3 chain"));
}

#[test]
fn the_page_is_the_same_for_any_number_of_threads() {
    let workspace = Workspace::new();
    intrusion().write_cut(&workspace.path("capture"), 1, 1);
    let pages: BTreeSet<String> = ["1", "3"]
        .into_iter()
        .map(|jobs| {
            let run = workspace.run(&[
                "report",
                "capture",
                "-r",
                "rules.yaml",
                "-j",
                jobs,
                "-o",
                "-",
            ]);
            let page = run.ends_with(0).stdout;
            page.replace(&format!("-j {jobs}"), "")
        })
        .collect();
    assert_eq!(pages.len(), 1);
}

#[test]
fn a_report_that_is_there_is_replaced_only_when_told_to() {
    let workspace = Workspace::new();
    intrusion().write_cut(&workspace.path("capture"), 1, 1);
    workspace.write("there.html", "kept");
    let report = |more: &[&str]| {
        let base = ["report", "capture", "-r", "rules.yaml", "-o", "there.html"];
        workspace.run(&[&base, more].concat())
    };
    report(&[]).ends_with(2).says("is there already");
    let there = || fs::read_to_string(workspace.path("there.html")).expect("a file");
    assert_eq!(there(), "kept");
    report(&["--force"]).ends_with(0);
    check_page(&there());
}

/// A rule that alerts on each event of many.
fn many(directory: &Path, alerts: u32) {
    let mut capture = CaptureBuilder::new("node-1");
    capture.shell(100);
    let mut tid = 1_000;
    capture.start_program(100, tid, "/usr/bin/worker", &["worker", "--number", "0"]);
    for at in 1..alerts {
        if at % 50 == 0 {
            capture.end(tid);
            tid += 1;
            let number = tid.to_string();
            capture.start_program(
                100,
                tid,
                "/usr/bin/worker",
                &["worker", "--number", &number],
            );
            continue;
        }
        capture.open(tid, &format!("/srv/data/{}/file-{at}", at % 977), 3);
        capture.wait(2_000_000);
    }
    // A block has room for fewer rows than these.
    capture.write_cut(directory, 8_192, 4);
}

const EACH: &str = "\
- rule: Each file
  desc: Any file is opened
  condition: evt.type in (open, openat, openat2)
  output: A file was opened (file=%fd.name command=%proc.cmdline parent=%proc.pname user=%user.name)
  priority: NOTICE
  tags: [filesystem, mitre_collection, T1005]
- rule: Each program
  desc: Any program is started
  condition: evt.type = execve
  output: Started %proc.exepath as %proc.name
  priority: CRITICAL
  tags: [process, mitre_execution, T1059]
";

/// Writes the pages that a browser is asked about into the directory that is named.
#[test]
#[ignore = "takes minutes; .ci/suite browser runs it"]
fn pages_for_a_browser() {
    let Some(directory) = std::env::var_os("FALCO_BROWSER_PAGES") else {
        eprintln!("skipped: FALCO_BROWSER_PAGES is not set");
        return;
    };
    let directory = Path::new(&directory);
    let workspace = Workspace::new();
    workspace.write("each.yaml", EACH);
    hostile().write(&workspace.path("hostile"));
    many(&workspace.path("10k"), 10_000);
    many(&workspace.path("100k"), 100_000);
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/first-light/capture");
    let corpus = corpus.to_string_lossy();
    let pages: [(&str, &[&str]); 4] = [
        ("corpus", &[&corpus]),
        ("hostile", &["hostile", "-r", "rules.yaml"]),
        ("10k", &["10k", "-r", "each.yaml"]),
        ("100k", &["100k", "-r", "each.yaml"]),
    ];
    for (name, arguments) in pages {
        let page = directory.join(format!("{name}.html"));
        let page = page.to_string_lossy();
        let run = workspace.run(&[&["report"], arguments, &["--force", "-o", &page]].concat());
        run.ends_with(0);
    }
}

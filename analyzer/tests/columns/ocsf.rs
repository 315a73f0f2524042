//! `--schema ocsf`: every record against the published schema, of which `ocsf-1.5.0.json` holds what is about our attributes.
//!
//! The second judge is `ocsf_json_schema`, which carries the whole schema as it is published: `FALCO_PYTHON` names the Python that has it, `.ci/suite parquet` installs it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use falco_abi::events::{chmod, rename, setuid};
use falco_analyze::export::ocsf::{Class, OCSF_VERSION, ocsf_page};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value};
use tempfile::tempdir;

use crate::support::scene;

const PUBLISHED: &str = include_str!("ocsf-1.5.0.json");
const BEGIN: &str = "<!-- mapping -->\n";
const JUDGE: &str = include_str!("ocsf.py");

fn published() -> Value {
    serde_json::from_str(PUBLISHED).expect("the published schema")
}

/// What is wrong with a record, by path.
struct Faults(Vec<String>);

impl Faults {
    fn of(schema: &Value, record: &Value) -> Vec<String> {
        let mut faults = Faults(Vec::new());
        let uid = &record["class_uid"];
        let classes = schema["classes"].as_object().expect("classes");
        match classes.values().find(|class| class["uid"] == *uid) {
            Some(class) => faults.object(schema, class, record, ""),
            None => faults.say("class_uid", "is no class"),
        }
        let number = |name: &str| record[name].as_i64().unwrap_or(-1);
        if number("type_uid") != number("class_uid") * 100 + number("activity_id") {
            faults.say("type_uid", "is not that of class and activity");
        }
        if number("category_uid") != number("class_uid") / 1000 {
            faults.say("category_uid", "is not that of the class");
        }
        if record["metadata"]["version"] != schema["version"] {
            faults.say("metadata.version", "is another");
        }
        // Milliseconds of this century.
        if !(946_684_800_000..4_102_444_800_000).contains(&number("time")) {
            faults.say("time", "is no number of milliseconds");
        }
        faults.0
    }

    fn say(&mut self, path: &str, what: &str) {
        self.0.push(format!("{path} {what}"));
    }

    fn object(&mut self, schema: &Value, def: &Value, value: &Value, path: &str) {
        let Some(object) = value.as_object() else {
            return self.say(path, "is no object");
        };
        let attributes = def["attributes"].as_object().expect("attributes");
        for (name, attribute) in attributes {
            if attribute["required"] == true && !object.contains_key(name) {
                self.say(&format!("{path}.{name}"), "is missing");
            }
        }
        let one_of = def["constraints"]["at_least_one"].as_array();
        let has = |name: &Value| object.contains_key(name.as_str().unwrap_or_default());
        if one_of.is_some_and(|names| !names.iter().any(has)) {
            self.say(path, "has none of what it must have one of");
        }
        for (name, value) in object {
            let path = format!("{path}.{name}");
            let Some(attribute) = attributes.get(name) else {
                self.say(&path, "is no attribute");
                continue;
            };
            match (attribute["list"] == true, value.as_array()) {
                (true, Some(values)) => {
                    for value in values {
                        self.value(schema, attribute, value, &path);
                    }
                }
                (true, None) => self.say(&path, "is no list"),
                (false, _) => self.value(schema, attribute, value, &path),
            }
        }
    }

    fn value(&mut self, schema: &Value, attribute: &Value, value: &Value, path: &str) {
        let ty = attribute["type"].as_str().expect("a type");
        let is_of_type = match ty {
            "integer_t" | "long_t" | "timestamp_t" => value.is_i64(),
            "port_t" => value
                .as_i64()
                .is_some_and(|port| (0..65_536).contains(&port)),
            "boolean_t" => value.is_boolean(),
            "ip_t" => value
                .as_str()
                .is_some_and(|ip| ip.parse::<IpAddr>().is_ok()),
            "datetime_t" => value.as_str().is_some_and(|text| text.ends_with('Z')),
            "object" => value.is_object(),
            _ if attribute["object"] == true => {
                return match schema["objects"].get(ty) {
                    Some(def) => self.object(schema, def, value, path),
                    None => self.say(path, "is of an object that the schema here does not hold"),
                };
            }
            _ => value.is_string(),
        };
        if !is_of_type {
            self.say(path, &format!("is no {ty}: {value}"));
        }
        let allowed = attribute["enum"].as_array();
        if allowed.is_some_and(|allowed| !allowed.contains(value)) {
            self.say(path, &format!("is none of its numbers: {value}"));
        }
    }
}

const RULES: &str = "
- rule: Shadow
  desc: Somebody reads it
  condition: evt.type = openat and fd.name = /etc/shadow
  output: '%proc.name reads %fd.name'
  priority: CRITICAL
  tags: [T1003.008, mitre_credential_access, host]
- rule: Connected
  desc: Somebody is connected
  condition: evt.type = connect
  output: '%fd.name'
  priority: NOTICE
";

/// Exports a capture as JSON lines; the records, and where they are.
fn records(directory: &Path, capture: &Path, rules: &Path) -> (Vec<Value>, PathBuf) {
    let lines = directory.join("ocsf.jsonl");
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-analyze"));
    command.args(["export", "jsonl", "--schema", "ocsf", "--force", "-o"]);
    command.arg(&lines).arg(capture).arg("-r").arg(rules);
    let output = command.output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{stderr}");
    let text = fs::read_to_string(&lines).expect("lines");
    let records = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record"));
    (records.collect(), lines)
}

/// Every record is as the schema says. How often each activity is told.
fn check(records: &[Value]) -> BTreeMap<String, usize> {
    let schema = published();
    let mut counts = BTreeMap::new();
    for record in records {
        let faults = Faults::of(&schema, record);
        assert_eq!(faults, Vec::<String>::new(), "{record:#}");
        let name = format!("{} {}", record["type_name"], record["status"]);
        *counts.entry(name.replace('"', "")).or_default() += 1;
    }
    counts
}

/// A connection, a listener, a rename and changes of user and mode, beside what the scene has.
fn acts() -> crate::capture::CaptureBuilder {
    use crate::capture::Row;
    let mut capture = scene();
    let call = Row::new;
    capture.push(
        call(setuid::EVENT, 100)
            .int(setuid::uid, 33)
            .int(setuid::res, 0),
    );
    capture.push(
        call(rename::EVENT, 100)
            .text(rename::oldpath, "/tmp/a")
            .text(rename::newpath, "/tmp/b")
            .int(rename::res, 0),
    );
    capture.push(
        call(chmod::EVENT, 100)
            .text(chmod::filename, "/tmp/b")
            .int(chmod::mode, 0o755)
            .int(chmod::res, 0),
    );
    capture
}

#[test]
fn records_of_each_class_are_as_published() {
    let workspace = tempdir().expect("a temporary directory");
    let rules = workspace.path().join("rules.yaml");
    fs::write(&rules, RULES).expect("rules");
    let capture = workspace.path().join("capture");
    acts().write(&capture);
    let (told, _) = records(workspace.path(), &capture, &rules);
    let expected = BTreeMap::from(
        [
            ("Detection Finding: Create New", 1),
            ("File System Activity: Open Failure", 1),
            ("File System Activity: Open Success", 2),
            ("File System Activity: Rename Success", 1),
            ("File System Activity: Set Security Success", 1),
            ("Process Activity: Launch Success", 1),
            ("Process Activity: Set User ID Success", 1),
            ("Process Activity: Terminate Success", 1),
        ]
        .map(|(name, count)| (name.to_owned(), count)),
    );
    assert_eq!(check(&told), expected);
    let of = |name: &str| {
        let found = told.iter().find(|record| record["type_name"] == name);
        found.unwrap_or_else(|| panic!("a record of {name}"))
    };
    let launch = of("Process Activity: Launch");
    assert_eq!(launch["process"]["cmd_line"], "cat /etc/shadow");
    assert_eq!(launch["process"]["pid"], 200);
    assert_eq!(launch["actor"]["process"]["pid"], 100);
    let moved = of("File System Activity: Rename");
    assert_eq!(moved["file"]["path"], "/tmp/a");
    assert_eq!(moved["file_result"]["path"], "/tmp/b");
    assert_eq!(
        of("Process Activity: Set User ID")["process"]["user"]["uid"],
        "33"
    );
    let found = of("Detection Finding: Create");
    assert_eq!(
        (&found["severity_id"], &found["severity"]),
        (&5.into(), &"Critical".into())
    );
    assert_eq!(
        found["finding_info"]["attacks"][0]["technique"]["uid"],
        "T1003.008"
    );
    assert_eq!(
        found["finding_info"]["attacks"][1]["tactic"]["name"],
        "credential access"
    );
    assert_eq!(found["evidences"][0]["file"]["path"], "/etc/shadow");
    assert_eq!(found["message"], "cat reads /etc/shadow");
}

/// A capture that was recorded, with the rules that we ship.
fn recorded() -> (PathBuf, PathBuf) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    (
        root.join("corpus/first-light/capture"),
        root.join("rules/default"),
    )
}

#[test]
fn a_recording_is_as_published_and_its_findings_are_the_alerts() {
    let workspace = tempdir().expect("a temporary directory");
    let (capture, rules) = recorded();
    let (told, lines) = records(workspace.path(), &capture, &rules);
    let counts = check(&told);
    for class in Class::ALL {
        let is_of = |name: &String| name.starts_with(class.caption());
        assert!(
            counts.keys().any(is_of),
            "no {} in {counts:?}",
            class.caption()
        );
    }
    let mut alerts = alerts(&capture, &rules);
    let found = told.iter().filter(|record| record["class_uid"] == 2004);
    let mut found: Vec<String> = found
        .map(|record| record["finding_info"]["uid"].to_string())
        .collect();
    alerts.sort();
    found.sort();
    assert!(!found.is_empty());
    assert_eq!(found, alerts);
    second_judge(&lines, told.len());
}

/// The names of the alerts of a replay.
fn alerts(capture: &Path, rules: &Path) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-analyze"));
    command.args(["replay", "--format", "json"]).arg(capture);
    let output = command.arg("-r").arg(rules).output();
    let output = output.expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let alerts = text.lines().map(|line| {
        let alert: Value = serde_json::from_str(line).expect("an alert");
        alert["output_fields"]["evidence.id"].to_string()
    });
    alerts.collect()
}

#[test]
fn captures_of_falco_are_as_published() {
    let Some(reference) = std::env::var_os("FALCO_REFERENCE") else {
        println!("skipped: FALCO_REFERENCE is not set");
        return;
    };
    let reference = PathBuf::from(reference);
    let workspace = tempdir().expect("a temporary directory");
    let capture = reference.join("captures/live-small-default.scap.gz");
    let (told, lines) = records(workspace.path(), &capture, &reference.join("rules"));
    let counts = check(&told);
    assert!(counts.len() > 8, "{counts:?}");
    second_judge(&lines, told.len());
}

/// The whole published schema says the same.
fn second_judge(lines: &Path, count: usize) {
    let python = std::env::var("FALCO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python)
        .args(["-c", "import ocsf_json_schema, jsonschema"])
        .output();
    if !has.is_ok_and(|output| output.status.success()) {
        println!("skipped: {python} has no ocsf_json_schema; .ci/suite parquet installs it");
        return;
    }
    let output = Command::new(&python)
        .args(["-c", JUDGE, OCSF_VERSION])
        .arg(lines)
        .output()
        .expect("the judge runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said.trim(),
        format!("{count} records, 0 faults"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_record_that_is_not_as_published_is_told() {
    let workspace = tempdir().expect("a temporary directory");
    let (capture, rules) = recorded();
    let (told, _) = records(workspace.path(), &capture, &rules);
    let schema = published();
    let check = |change: &dyn Fn(&mut Map<String, Value>), expected: &str| {
        let of_process = told.iter().find(|record| record["class_uid"] == 1007);
        let mut record = of_process.expect("a record").clone();
        change(record.as_object_mut().expect("an object"));
        let faults = Faults::of(&schema, &record);
        assert!(
            faults.iter().any(|fault| fault.contains(expected)),
            "{expected}: {faults:?}"
        );
    };
    check(
        &|record| drop(record.remove("device")),
        ".device is missing",
    );
    check(
        &|record| drop(record.remove("severity_id")),
        ".severity_id is missing",
    );
    check(
        &|record| record["severity_id"] = 7.into(),
        "none of its numbers",
    );
    check(
        &|record| record["activity_id"] = 2.into(),
        "type_uid is not that",
    );
    check(
        &|record| record["time"] = 1_795_195_749_i64.into(),
        "no number of milliseconds",
    );
    check(
        &|record| drop(record.insert("quux".to_owned(), 1.into())),
        ".quux is no attribute",
    );
    check(
        &|record| record["actor"] = serde_json::json!({}),
        "none of what it must have",
    );
    check(
        &|record| record["process"]["pid"] = "1".into(),
        ".process.pid is no integer_t",
    );
}

#[test]
fn parquet_has_a_file_for_each_class_with_the_same_records() {
    let workspace = tempdir().expect("a temporary directory");
    let (capture, rules) = recorded();
    let (told, _) = records(workspace.path(), &capture, &rules);
    let directory = workspace.path().join("ocsf");
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-analyze"));
    command.args(["export", "parquet", "--schema", "ocsf", "-o"]);
    command.arg(&directory).arg(&capture).arg("-r").arg(&rules);
    let output = command.output().expect("the program runs");
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut names = BTreeSet::new();
    for class in Class::ALL {
        let path = directory.join(format!("{}.parquet", class.name()));
        let file = File::open(&path).expect("a file");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
        let mut lines = arrow_json::LineDelimitedWriter::new(Vec::new());
        for batch in reader.build().expect("a reader") {
            lines.write(&batch.expect("a batch")).expect("written");
        }
        lines.finish().expect("ended");
        let text = String::from_utf8(lines.into_inner()).expect("text");
        let read = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        let read: Vec<Value> = read.collect();
        let of_class = told
            .iter()
            .filter(|record| record["class_uid"] == class.uid());
        assert_eq!(read, of_class.cloned().collect::<Vec<_>>());
        names.insert(path);
    }
    assert_eq!(
        fs::read_dir(&directory).expect("a directory").count(),
        names.len()
    );
}

#[test]
fn the_page_of_the_mapping_is_what_the_mapping_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("OCSF.md");
    let page = fs::read_to_string(&path).expect("the page can be read");
    let (before, written) = page.split_once(BEGIN).expect("the mapping begins");
    assert!(before.contains(OCSF_VERSION));
    if std::env::var_os("FALCO_BLESS").is_some() {
        let page = format!("{before}{BEGIN}{}", ocsf_page());
        fs::write(&path, page).expect("the page can be written");
    } else {
        assert_eq!(
            written,
            ocsf_page(),
            "OCSF.md is not what the mapping says: run this test with FALCO_BLESS=1"
        );
    }
}

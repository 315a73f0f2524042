//! A scenario made from captures: what rules say of them today, proposed as what is expected.
//!
//! In: captures, rule files, the directory that the scenario shall be. Out: the text of its scenario.toml, written into a directory that is made for it.
//! Of each rule that fires it proposes how often, and every field of its output that is the same in all its alerts and says more than who was first: no numbers of processes, no times.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Component, Path, PathBuf};

use falco_format::text::is_plain;
use falco_rules::RuleMatching;
use serde_json::Value as Json;

use super::file::SCENARIO_FILE;
use super::golden;
use super::problem::CannotRun;
use super::rules::load;
use super::suite::whatever_happens;
use super::trial::{cannot_replay, options};
use crate::alert::{Alert, evidence};
use crate::completeness::{Completeness, Evidence};
use crate::inputs::open_inputs_of;
use crate::pipeline::{Flow, Judged, Part, Sink};
use crate::sources::{Judgement, SOURCES};

/// What a scenario is made of.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The directory that it shall be.
    pub directory: PathBuf,
    /// What it shall be called, if not as its directory.
    pub name: Option<String>,
    /// The captures.
    pub captures: Vec<PathBuf>,
    /// The rule files or directories.
    pub rules: Vec<PathBuf>,
}

/// A scenario that may be written.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Its file.
    pub text: String,
    /// How many rules fire.
    pub rules: usize,
    /// How many alerts there are.
    pub alerts: u64,
    /// Whether nothing of the captures is missing.
    pub is_whole: bool,
}

/// What came of one rule.
struct OfRule {
    times: u64,
    /// Fields that are the same in all alerts.
    same: BTreeMap<String, Json>,
}

/// Replays captures and proposes a scenario.
///
/// # Errors
/// When the directory is there already, rules do not load, or captures cannot be read.
pub fn propose(wish: &Wish, threads: NonZeroUsize) -> Result<Proposal, CannotRun> {
    if fs::symlink_metadata(&wish.directory).is_ok() {
        return Err(CannotRun::because(format!(
            "{} is there already; give another directory with -o",
            wish.directory.display()
        )));
    }
    let parent = wish.directory.parent();
    let parent = parent.filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
        return Err(CannotRun::because(format!(
            "cannot write {}: there is no directory {}; make it first",
            wish.directory.display(),
            parent.display()
        )));
    }
    whatever_happens(|| {
        let rules = load(&wish.rules, None)?;
        let inputs = open_inputs_of(SOURCES, &wish.captures)
            .map_err(|error| CannotRun::from_error(&error))?;
        let judgement = Judgement::new(&rules, RuleMatching::First, options(threads));
        let whole = Part::whole();
        let recordings = inputs.recordings();
        let recordings: Vec<_> = recordings.into_iter().map(|one| (one, &whole)).collect();
        let mut gathered = Gathered(BTreeMap::new());
        let tally = judgement
            .of(&recordings, &|| true, &mut gathered)
            .map_err(cannot_replay)?;
        if tally.events == 0 {
            return Err(CannotRun::because("the captures have no events"));
        }
        let of_rules = gathered.0;
        Ok(Proposal {
            text: text(wish, &of_rules)?,
            rules: of_rules.len(),
            alerts: of_rules.values().map(|of_rule| of_rule.times).sum(),
            is_whole: Completeness::of(&inputs).evidence(&tally) == Evidence::Whole,
        })
    })
}

impl Proposal {
    /// Makes the directory and writes the scenario into it.
    ///
    /// # Errors
    /// When the directory is there by now, or cannot be made or written to.
    pub fn write(&self, directory: &Path) -> Result<(), CannotRun> {
        let written = fs::create_dir(directory).and_then(|()| {
            let written = golden::write(directory, Path::new(SCENARIO_FILE), &self.text);
            if written.is_err() {
                // An empty directory would only be in the way of the next try.
                let _ = fs::remove_dir(directory);
            }
            written
        });
        written.map_err(|error| {
            let why = match error.kind() {
                io::ErrorKind::AlreadyExists => "it is there already".to_owned(),
                _ => error.to_string(),
            };
            CannotRun::because(format!("cannot write {}: {why}", directory.display()))
        })
    }
}

/// Takes the alerts.
struct Gathered(BTreeMap<String, OfRule>);

impl Sink<Judged<'_>> for Gathered {
    fn harvest(&mut self, judged: Judged<'_>) -> io::Result<Flow> {
        judged.alerts.iter().for_each(|(_, alert)| self.take(alert));
        Ok(Flow::Continue)
    }
}

impl Gathered {
    fn take(&mut self, alert: &Alert<'_>) {
        if let Some(of_rule) = self.0.get_mut(&alert.rule.name) {
            of_rule.times += 1;
            let is_same = |(key, value): (&String, &Json)| {
                let mut fields = alert.fields.iter();
                fields.any(|(name, found)| name == key && found == value)
            };
            of_rule.same.retain(|key, value| is_same((key, value)));
            return;
        }
        let fields = alert.fields.iter();
        let telling = fields.filter(|(key, _)| is_telling(key)).cloned();
        let of_rule = OfRule {
            times: 1,
            same: telling.collect(),
        };
        self.0.insert(alert.rule.name.clone(), of_rule);
    }
}

/// Whether a field says what happened, and not only when or under which number.
fn is_telling(field: &str) -> bool {
    if field == evidence::TIME || field.starts_with("evidence.") {
        return false;
    }
    let bare = field.split('[').next().unwrap_or_default();
    let is_number = |part: &str| {
        let is_one = matches!(part, "num" | "ts" | "sid" | "ino" | "rawtime" | "latency");
        let ends = ["pid", "tid", "time", "_ino", "_ts", "duration"];
        is_one || ends.iter().any(|end| part.ends_with(end))
    };
    !bare.split('.').any(is_number)
}

fn text(wish: &Wish, of_rules: &BTreeMap<String, OfRule>) -> Result<String, CannotRun> {
    let home = home(&wish.directory)?;
    let mut out = String::from(
        "# Proposed from what the rules say today: keep what matters, and say what it shows.\n",
    );
    // Writing to a `String` cannot fail, so the results carry no information.
    if let Some(name) = &wish.name {
        let _ = writeln!(out, "name = {}", quoted(name));
    }
    out.push_str("description = \"\"\n# tags = [\"container\"]\n# techniques = [\"T1059.004\"]\n");
    let ways = |paths: &[PathBuf]| -> Result<Vec<String>, CannotRun> {
        let ways = paths.iter().map(|path| way(&home, path));
        ways.map(|way| way.map(|way| quoted(&way))).collect()
    };
    match ways(&wish.captures)?.as_slice() {
        [one] => drop(writeln!(out, "capture = {one}")),
        several => drop(writeln!(out, "captures = [{}]", several.join(", "))),
    }
    let _ = writeln!(out, "rules = [{}]", ways(&wish.rules)?.join(", "));
    out.push_str("nothing_else = true\n");
    for (rule, of_rule) in of_rules {
        let (rule, times) = (quoted(rule), of_rule.times);
        let _ = writeln!(out, "\n[[expect]]\nrule = {rule}\nexactly = {times}");
        if !of_rule.same.is_empty() {
            out.push_str("[expect.output_fields]\n");
        }
        for (field, value) in &of_rule.same {
            let _ = writeln!(out, "{} = {}", quoted(field), toml(value));
        }
    }
    Ok(out)
}

/// Where a directory will be that is to be made: its whole path without links.
fn home(directory: &Path) -> Result<PathBuf, CannotRun> {
    let failed =
        |error| CannotRun::because(format!("cannot write {}: {error}", directory.display()));
    let parent = directory
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent
        .unwrap_or(Path::new("."))
        .canonicalize()
        .map_err(failed)?;
    match directory.file_name() {
        Some(name) => Ok(parent.join(name)),
        None => Err(failed(io::Error::from(io::ErrorKind::InvalidInput))),
    }
}

/// The way from a directory to a file, so that both may be moved together.
fn way(home: &Path, path: &Path) -> Result<String, CannotRun> {
    let failed = |why: &str| CannotRun::because(format!("cannot name {}: {why}", path.display()));
    let whole = path
        .canonicalize()
        .map_err(|error| failed(&error.to_string()))?;
    let (from, to): (Vec<_>, Vec<_>) = (home.components().collect(), whole.components().collect());
    let same = from
        .iter()
        .zip(&to)
        .take_while(|(from, to)| from == to)
        .count();
    let up = from.iter().skip(same).map(|_| Component::ParentDir);
    let down = to.iter().skip(same).copied();
    let way: PathBuf = up.chain(down).collect();
    let way = way
        .to_str()
        .ok_or_else(|| failed("its name is no UTF-8 text"))?;
    Ok(way.to_owned())
}

fn toml(value: &Json) -> String {
    match value {
        Json::Null => "{ present = false }".to_owned(),
        Json::Bool(value) => value.to_string(),
        // TOML's integers end where those of 64 bits with a sign do.
        Json::Number(number) if number.is_u64() && !number.is_i64() => quoted(&number.to_string()),
        Json::Number(number) => number.to_string(),
        Json::String(text) => quoted(text),
        Json::Array(values) => {
            let values: Vec<_> = values.iter().map(toml).collect();
            format!("{{ equal = [{}] }}", values.join(", "))
        }
        Json::Object(_) => quoted(&value.to_string()),
    }
}

/// A TOML string on one line, in which nothing is hidden.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            _ if is_plain(character.encode_utf8(&mut [0; 4]).as_bytes()) => out.push(character),
            // Writing to a `String` cannot fail, so the result carries no information.
            _ => drop(write!(out, "\\U{:08x}", u32::from(character))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_toml() {
        for value in [
            json!("a\"b\\c"),
            json!("\u{1b}[2J\u{202e}\n\u{e0001}ü"),
            json!(-5),
            json!(true),
            json!(u64::MAX),
        ] {
            let text = format!("v = {}", toml(&value));
            let table: toml::Table = text.parse().expect("TOML");
            let read = match &table["v"] {
                toml::Value::String(text) => json!(text),
                toml::Value::Integer(number) => json!(number),
                toml::Value::Boolean(value) => json!(value),
                other => panic!("{other:?}"),
            };
            let expected = if value.is_u64() {
                json!(value.to_string())
            } else {
                value
            };
            assert_eq!(read, expected);
            assert!(is_plain(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn fields_that_say_when_or_which_are_left_out() {
        let check = |field, expected| assert_eq!(is_telling(field), expected, "{field}");
        for field in [
            "evt.time",
            "evt.time.iso8601",
            "evidence.id",
            "proc.pid",
            "proc.ppid",
        ] {
            check(field, false);
        }
        for field in [
            "thread.tid",
            "proc.exe_ino",
            "evt.num",
            "proc.apid[2]",
            "proc.sid",
        ] {
            check(field, false);
        }
        for field in [
            "proc.name",
            "fd.sport",
            "proc.aname[2]",
            "user.uid",
            "container.id",
        ] {
            check(field, true);
        }
    }

    #[test]
    fn ways_lead_from_one_directory_to_another() {
        let place = tempfile::tempdir().expect("a directory");
        let place = place.path().canonicalize().expect("there");
        fs::create_dir_all(place.join("corpus")).expect("made");
        fs::create_dir_all(place.join("rules")).expect("made");
        let found = way(&place.join("corpus/new"), &place.join("rules")).expect("a way");
        assert_eq!(found, "../../rules");
        let found = way(&place.join("corpus"), &place.join("corpus")).expect("a way");
        assert_eq!(found, "");
    }
}

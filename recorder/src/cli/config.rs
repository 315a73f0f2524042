//! The configuration file of `falco-record run`: options in TOML, each by its long name.
//!
//! In: a command line, and the file that it names with `--config`. Out: the command line with the options of the file behind `run`.
//! What an option is and what it takes is declared once, where clap reads it: the file has no list of its own.
//! What is typed goes before what stands in the file.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use falco_format::text::plain;
use toml::Value;
use toml::de::DeTable;

use crate::near::nearest;

/// The subcommand that has a file, and the options that make no sense in one.
const SUBCOMMAND: &str = "run";
const NOT_IN_A_FILE: [&str; 2] = ["config", "help"];
/// The largest file, in bytes: options take a few lines.
const FILE_BYTES: u64 = 1 << 20;

/// Puts the options of the file into a command line that was parsed to these matches.
pub(super) fn merge(
    program: &Command,
    matches: &ArgMatches,
    path: &Path,
    typed: &[OsString],
) -> Result<Vec<OsString>> {
    let shown = plain(path);
    let text = read(path).with_context(|| format!("cannot read {shown}"))?;
    let options = Options::of(program)?;
    let mut merged: Vec<OsString> = typed.to_vec();
    let at = typed.iter().position(|word| word == SUBCOMMAND);
    let at = at.context("a configuration file is for `falco-record run`")? + 1;
    let given = matches.subcommand_matches(SUBCOMMAND);
    for entry in entries(&text).with_context(|| shown.to_string())? {
        let place = format!("{shown}:{}", entry.line);
        let option = options.find(&entry.key).with_context(|| place.clone())?;
        let words = words(option, &entry).with_context(|| place.clone())?;
        options.check(&words).with_context(|| place.clone())?;
        let source = given.and_then(|given| given.value_source(option.get_id().as_str()));
        if source != Some(ValueSource::CommandLine) {
            merged.splice(at..at, words.into_iter().map(OsString::from));
        }
    }
    Ok(merged)
}

fn read(path: &Path) -> Result<String> {
    let mut text = String::new();
    let file = File::open(path)?;
    let length = file.take(FILE_BYTES + 1).read_to_string(&mut text)?;
    if length as u64 > FILE_BYTES {
        bail!("it is larger than {FILE_BYTES} bytes");
    }
    Ok(text)
}

/// A key of the file.
struct Entry {
    key: String,
    value: Value,
    line: usize,
}

/// The keys of the file in the order of its lines.
fn entries(text: &str) -> Result<Vec<Entry>> {
    let places = DeTable::parse(text)?;
    let mut values: toml::Table = text.parse()?;
    let mut entries = Vec::new();
    for key in places.get_ref().keys() {
        let start = key.span().start;
        let before = text.bytes().take(start);
        let line = before.filter(|byte| *byte == b'\n').count() + 1;
        let key = key.get_ref().to_string();
        if let Some(value) = values.remove(&key) {
            entries.push(Entry { key, value, line });
        }
    }
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

/// What may stand in a file.
struct Options<'a> {
    program: &'a Command,
    run: &'a Command,
}

impl<'a> Options<'a> {
    fn of(program: &'a Command) -> Result<Options<'a>> {
        let run = program.find_subcommand(SUBCOMMAND);
        let run = run.context("there is no `run`")?;
        Ok(Options { program, run })
    }

    fn all(&self) -> impl Iterator<Item = (&'a str, &'a Arg)> {
        let named = self.run.get_arguments();
        let named = named.filter_map(|one| Some((one.get_long()?, one)));
        named.filter(|(long, _)| !NOT_IN_A_FILE.contains(long))
    }

    fn find(&self, key: &str) -> Result<&'a Arg> {
        if let Some((_, option)) = self.all().find(|(long, _)| *long == key) {
            return Ok(option);
        }
        let known = self.all().map(|(long, _)| long.to_owned());
        let hint = match nearest(key, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "keys are the long options of `falco-record run`".to_owned(),
        };
        bail!("`{}` is no option; {hint}", plain(key))
    }

    /// Whether clap takes an option with its values.
    fn check(&self, words: &[String]) -> Result<()> {
        let name = self.program.get_name().to_owned();
        let line = [name.as_str(), SUBCOMMAND].map(str::to_owned);
        let line = line.into_iter().chain(words.iter().cloned());
        let Err(refusal) = self.program.clone().try_get_matches_from(line) else {
            return Ok(());
        };
        // Where to record may be said elsewhere.
        if refusal.kind() == clap::error::ErrorKind::MissingRequiredArgument {
            return Ok(());
        }
        let text = refusal.to_string();
        let first = text.lines().next().unwrap_or_default();
        bail!("{}", first.strip_prefix("error: ").unwrap_or(first))
    }
}

/// An option of the file as it would be typed.
fn words(option: &Arg, entry: &Entry) -> Result<Vec<String>> {
    let key = &entry.key;
    if matches!(option.get_action(), ArgAction::SetTrue) {
        return match &entry.value {
            Value::Boolean(true) => Ok(vec![format!("--{key}")]),
            Value::Boolean(false) => Ok(Vec::new()),
            _ => bail!("`{key}` is true or false"),
        };
    }
    let texts = match &entry.value {
        Value::Array(values) => values.iter().map(|value| text_of(key, value)).collect(),
        value => text_of(key, value).map(|text| vec![text]),
    };
    let texts: Vec<String> = texts?;
    if matches!(option.get_action(), ArgAction::Append) {
        return Ok(texts.iter().map(|text| format!("--{key}={text}")).collect());
    }
    Ok(vec![format!("--{key}={}", texts.join(","))])
}

fn text_of(key: &str, value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        other => bail!(
            "`{key}` takes a text, a whole number or a list of them, and no {}",
            other.type_str()
        ),
    }
}

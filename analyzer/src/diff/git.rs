//! Rule files as a revision of a git repository has them: `REV:PATH`, as git writes it.
//!
//! In: a revision and a path as they were typed. Out: the texts of the files there, read through the git program.
//! What was typed is handed over as one argument behind `--end-of-options`, never to a shell, and only objects are read: no filter, hook or converter of the repository runs.
//! What the repository lacks stays missing: nothing is fetched, whatever its configuration says.
//! The program that is asked is the first `git` in the search path, and the repository is that of the current directory, as for every git command.

use std::borrow::Cow;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::rule_files::{RuleText, has_rule_extension};
use falco_rules::MAX_RULE_FILE_BYTES;

/// The longest list of a directory that is read, in bytes: some thousand names.
const MAX_LISTING_BYTES: usize = 1 << 20;
/// The longest revision and the longest path, in bytes: as long as Linux takes a path, so that what git complains of one fits into a pipe.
const MAX_PLACE_BYTES: usize = 4_096;
/// What the configuration of a repository may not decide.
/// A repository of others can say that objects are elsewhere and by which program they are fetched; git would run that program for a blob that is missing.
const SETTINGS: [&str; 6] = [
    "-c",
    "protocol.allow=never",
    "-c",
    "core.sshCommand=false",
    "-c",
    "core.fsmonitor=false",
];
/// The same for what has no setting, or where an older git does not know one: no protocol is allowed, whatever `protocol.NAME.allow` says, and nobody is asked.
/// The configuration of the system is read all the same, for it says whose repositories are trusted (`safe.directory`).
const SURROUNDINGS: [(&str, &str); 5] = [
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", ""),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    // What it complains is repeated, so it shall not depend on whoever runs it.
    ("LC_ALL", "C"),
];
/// How much of what git complains is repeated, in bytes: it says what it means in its first lines.
const MAX_COMPLAINT_BYTES: usize = 400;

/// Why a revision gives no rules.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No revision may look like this.
    #[error("'{0}' is no revision: {1}")]
    NoRevision(String, &'static str),
    /// The program is not there.
    #[error("git is not installed: a revision is read by the git program")]
    Missing,
    /// The program cannot be run.
    #[error("git cannot be run: {0}")]
    Run(io::Error),
    /// The revision is not there.
    #[error("there is no revision '{revision}' here{said}")]
    UnknownRevision {
        /// As it was typed.
        revision: String,
        /// More about it, behind a colon; nothing where that says it all.
        said: String,
    },
    /// The revision is there and has not the path.
    #[error("revision '{revision}' is there and has no '{path}'{said}")]
    UnknownPath {
        /// As it was typed.
        revision: String,
        /// As it was typed.
        path: String,
        /// More about it, behind a colon or a semicolon; nothing where that says it all.
        said: String,
    },
    /// What is there cannot be read.
    #[error("cannot read {name}: {why}")]
    Unreadable {
        /// Revision and path.
        name: String,
        /// Why.
        why: String,
    },
}

/// A place in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RevPath {
    /// The revision, as it was typed.
    pub revision: String,
    /// The path: from the top of the repository on, or from here where it begins with `./` or `../`.
    pub path: String,
}

impl RevPath {
    /// A place as git writes it; none where there is no colon.
    ///
    /// # Errors
    /// When what stands before the colon can be no revision, whatever the repository.
    pub(super) fn parse(text: &str) -> Option<Result<Self, GitError>> {
        let (revision, path) = text.split_once(':')?;
        Some(admit(revision, path).map(|()| RevPath {
            revision: revision.to_owned(),
            path: path.trim_end_matches('/').to_owned(),
        }))
    }

    fn name(&self) -> String {
        format!("{}:{}", self.revision, self.path)
    }
}

/// Refuses what git would take for an option, for several revisions, or for the index.
fn admit(revision: &str, path: &str) -> Result<(), GitError> {
    let refused = |why| Err(GitError::NoRevision(revision.to_owned(), why));
    if revision.is_empty() {
        return refused("nothing stands before the colon");
    }
    if revision.starts_with('-') {
        return refused("revisions do not begin with a dash");
    }
    if revision.contains("..") {
        return refused("it is a range of revisions");
    }
    if revision.len().max(path.len()) > MAX_PLACE_BYTES {
        return refused("it is longer than any revision or path");
    }
    let is_foreign = |c: char| c.is_control() || c.is_whitespace();
    if revision.contains(is_foreign) || path.contains(char::is_control) {
        return refused("it has blanks or control characters in it");
    }
    Ok(())
}

/// Reads a file, or the rule files of a directory in the order of their names, as a revision has them.
///
/// # Errors
/// When git is missing, or the revision, the path or a file in it cannot be read.
pub(super) fn read(place: &RevPath) -> Result<Vec<RuleText>, GitError> {
    let commit = format!("{}^{{commit}}", place.revision);
    let commit = run(&["rev-parse", "--verify", "--end-of-options", &commit], 128)?;
    let commit = commit
        .one_line()
        .map_err(|said| GitError::UnknownRevision {
            revision: place.revision.clone(),
            said: further(&said),
        })?;
    let object = match object_at(&commit, &place.path)? {
        Ok(object) => object,
        Err(said) => {
            let from_here = format!("./{}", place.path);
            let is_from_here = object_at(&commit, &from_here)?.is_ok();
            return Err(GitError::UnknownPath {
                revision: place.revision.clone(),
                path: place.path.clone(),
                said: if is_from_here {
                    format!("; from here it is '{from_here}'")
                } else {
                    further(&said.replace(&commit, &place.revision))
                },
            });
        }
    };
    let kind = run(&["cat-file", "-t", "--end-of-options", &object], 64)?;
    match kind.one_line().as_deref() {
        Ok("blob") => Ok(vec![blob(place.name(), &object)?]),
        Ok("tree") => tree(place, &object),
        Ok(other) => Err(unreadable(place.name(), format!("it is a {other}"))),
        Err(said) => Err(unreadable(place.name(), said.clone())),
    }
}

/// What a commit has at a path, or what git complains of it.
fn object_at(commit: &str, path: &str) -> Result<Result<String, String>, GitError> {
    let object = format!("{commit}:{}", as_git_takes_it(path));
    let object = run(&["rev-parse", "--verify", "--end-of-options", &object], 128)?;
    Ok(object.one_line())
}

/// A path whose last part means a directory by dots ends with a slash: without it git takes a single dot for a file's name, and two of them for a range.
fn as_git_takes_it(path: &str) -> Cow<'_, str> {
    match path.rsplit('/').next() {
        Some("." | "..") => Cow::Owned(format!("{path}/")),
        _ => Cow::Borrowed(path),
    }
}

/// What git says beyond that something is not there, behind a colon; nothing where it says no more.
fn further(said: &str) -> String {
    if said.is_empty() || said.contains(NOT_THERE) {
        return String::new();
    }
    format!(": {said}")
}

/// What git says of whatever is not there: neither what is missing nor where.
const NOT_THERE: &str = "Needed a single revision";

/// The rule files of a directory.
fn tree(place: &RevPath, object: &str) -> Result<Vec<RuleText>, GitError> {
    let name = place.name();
    let listed = run(
        &["ls-tree", "-z", "--full-tree", "--end-of-options", object],
        MAX_LISTING_BYTES,
    )?;
    let listed = listed
        .whole(MAX_LISTING_BYTES)
        .map_err(|why| unreadable(name.clone(), why))?;
    let mut files = Vec::new();
    for entry in listed
        .split(|byte| *byte == 0)
        .filter(|entry| !entry.is_empty())
    {
        let Some(entry) = Entry::parse(entry) else {
            return Err(unreadable(name, "git lists what is no entry".to_owned()));
        };
        if !has_rule_extension(Path::new(entry.name)) {
            continue;
        }
        if let Some(what) = entry.other_than_file() {
            return Err(unreadable(name, format!("{} is {what}", entry.name)));
        }
        files.push((entry.name.to_owned(), entry.object.to_owned()));
    }
    if files.is_empty() {
        let why = "the directory holds no rule files (*.yaml, *.yml)".to_owned();
        return Err(unreadable(name, why));
    }
    files.sort();
    let prefix = if place.path.is_empty() {
        name
    } else {
        format!("{name}/")
    };
    let texts = files.iter();
    texts
        .map(|(file, object)| blob(format!("{prefix}{file}"), object))
        .collect()
}

/// The mode of a symbolic link in a listing.
const SYMLINK_MODE: &str = "120000";

/// A line of a listing: `MODE KIND OBJECT<tab>NAME`.
struct Entry<'e> {
    mode: &'e str,
    kind: &'e str,
    object: &'e str,
    name: &'e str,
}

impl<'e> Entry<'e> {
    /// What it is where it is no file; whoever passed over it would compare fewer rules than there are, and say nothing.
    fn other_than_file(&self) -> Option<&'static str> {
        match (self.kind, self.mode) {
            ("blob", SYMLINK_MODE) => Some("a symbolic link, which leads out of the revision"),
            ("blob", _) => None,
            ("tree", _) => Some("a directory, and no rule file"),
            ("commit", _) => Some("a submodule, and no rule file"),
            _ => Some("no rule file"),
        }
    }

    fn parse(entry: &'e [u8]) -> Option<Self> {
        let (facts, name) = std::str::from_utf8(entry).ok()?.split_once('\t')?;
        let mut facts = facts.split(' ');
        Some(Entry {
            mode: facts.next()?,
            kind: facts.next()?,
            object: facts.next()?,
            name,
        })
    }
}

fn blob(name: String, object: &str) -> Result<RuleText, GitError> {
    let read = run(&["cat-file", "blob", object], MAX_RULE_FILE_BYTES)?;
    let bytes = read
        .whole(MAX_RULE_FILE_BYTES)
        .map_err(|why| unreadable(name.clone(), why))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(RuleText { name, text }),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let why = format!("not UTF-8 text (first bad byte at offset {offset})");
            Err(unreadable(name, why))
        }
    }
}

fn unreadable(name: String, why: String) -> GitError {
    GitError::Unreadable { name, why }
}

/// What a run of git gave.
struct Ran {
    out: Vec<u8>,
    said: String,
    succeeded: bool,
}

impl Ran {
    /// Its one line of output, or what it complained.
    fn one_line(&self) -> Result<String, String> {
        let line = String::from_utf8_lossy(&self.out).trim_end().to_owned();
        if self.succeeded && !line.is_empty() {
            return Ok(line);
        }
        Err(self.said.clone())
    }

    /// All of its output, or what it complained; too much of it is a complaint.
    fn whole(self, most: usize) -> Result<Vec<u8>, String> {
        if self.out.len() > most {
            return Err(format!("it has more than {most} bytes"));
        }
        if self.succeeded {
            Ok(self.out)
        } else {
            Err(self.said)
        }
    }
}

/// Runs git and takes so many bytes of its output, and one more that says there are more.
fn run(arguments: &[&str], most: usize) -> Result<Ran, GitError> {
    let mut git = Command::new("git");
    git.args(SETTINGS)
        .args(arguments)
        .envs(SURROUNDINGS)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = git.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => GitError::Missing,
        _ => GitError::Run(error),
    })?;
    let (mut out, mut said) = (Vec::new(), Vec::new());
    let limit = most as u64 + 1;
    if let Some(stdout) = child.stdout.take() {
        // What it complains is short and waits in the pipe; closing this one ends it where it has more to say.
        stdout
            .take(limit)
            .read_to_end(&mut out)
            .map_err(GitError::Run)?;
    }
    if let Some(stderr) = child.stderr.take() {
        let taken = stderr
            .take(MAX_COMPLAINT_BYTES as u64)
            .read_to_end(&mut said);
        taken.map_err(GitError::Run)?;
    }
    let status = child.wait().map_err(GitError::Run)?;
    let said = String::from_utf8_lossy(&said);
    let said: Vec<&str> = said
        .lines()
        .map(|line| line.trim_start_matches("fatal: "))
        .collect();
    Ok(Ran {
        out,
        said: said.join("; "),
        succeeded: status.success(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_revision_and_a_path() {
        let check = |text: &str, expected: Option<Result<(&str, &str), &str>>| {
            let found = RevPath::parse(text);
            let found = found.map(|found| {
                let place = found.map(|place| (place.revision, place.path));
                place.map_err(|error| error.to_string())
            });
            let expected = expected.map(|expected| {
                let place = expected.map(|(revision, path)| (revision.to_owned(), path.to_owned()));
                place.map_err(str::to_owned)
            });
            assert_eq!(found, expected, "{text}");
        };
        check("rules.yaml", None);
        check("main:rules.yaml", Some(Ok(("main", "rules.yaml"))));
        check("HEAD~1:rules.d/", Some(Ok(("HEAD~1", "rules.d"))));
        check("v1^{commit}:./a:b", Some(Ok(("v1^{commit}", "./a:b"))));
        check("main:", Some(Ok(("main", ""))));
        let refused = |revision: &str, why: &str| format!("'{revision}' is no revision: {why}");
        for (revision, why) in [
            ("", "nothing stands before the colon"),
            ("--output=x", "revisions do not begin with a dash"),
            ("-", "revisions do not begin with a dash"),
            ("a..b", "it is a range of revisions"),
            ("a b", "it has blanks or control characters in it"),
            ("a\n--b", "it has blanks or control characters in it"),
        ] {
            let text = format!("{revision}:x");
            check(&text, Some(Err(&refused(revision, why))));
        }
        check(
            "a:\u{7}",
            Some(Err(&refused(
                "a",
                "it has blanks or control characters in it",
            ))),
        );
    }

    #[test]
    fn directories_by_dots_end_with_a_slash() {
        let check = |path, expected| assert_eq!(as_git_takes_it(path), expected);
        check("", "");
        check(".", "./");
        check("..", "../");
        check("../..", "../../");
        check("./rules.d/..", "./rules.d/../");
        check("rules.d", "rules.d");
        check("./rules.yaml", "./rules.yaml");
        check("rules.", "rules.");
    }

    #[test]
    fn an_entry_of_a_listing() {
        let check = |entry: &[u8], expected: Option<[&str; 4]>| {
            let found = Entry::parse(entry);
            let found = found.map(|entry| [entry.mode, entry.kind, entry.object, entry.name]);
            assert_eq!(found, expected);
        };
        let line = b"100644 blob 0123\ta b\t.yaml";
        check(line, Some(["100644", "blob", "0123", "a b\t.yaml"]));
        check(b"100644 blob 0123", None);
        check(b"100644 blob\tx", None);
        check(b"100644 blob 0123\t\xff", None);
        check(b"", None);
    }
}

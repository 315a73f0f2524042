//! Rules for source files: their opening, their length, `unsafe`, what may panic, and whose machine they name.

use super::{Source, files, report};

/// Lines of the longest file. Past it, a second noun is waiting to be found.
const LINES_MAX: usize = 500;

/// Files that may be longer.
const LONG: &[(&str, &str)] = &[];

/// Files that may hold `unsafe`, and why; a directory ends with a slash.
const UNSAFE: &[(&str, &str)] = &[
    (
        "probe/src/",
        "programs in the kernel work with its pointers",
    ),
    ("format/src/mmap.rs", "a mapped file"),
    (
        "analyzer/src/cli/at_start.rs",
        "a function that runs before the runtime",
    ),
    ("tests/src/bin/compat_calls.rs", "enters the kernel by hand"),
    ("tests/src/bin/broad/kernel.rs", "calls by their numbers"),
    (
        "tests/src/bin/load/",
        "descriptors closed by others, which the standard library forbids",
    ),
    (
        "recorder/src/privilege/tests.rs",
        "tries system calls that must fail",
    ),
    (
        "recorder/src/snapshot/kcmp.rs",
        "a system call without a wrapper",
    ),
    (
        "recorder/src/trim.rs",
        "a call of the allocator without a wrapper",
    ),
];

/// What a finished program does not hold.
const UNFINISHED: [&str; 5] = ["todo!(", "unimplemented!(", "dbg!(", "FIXME", "XXX"];

pub(super) fn rust_files() -> Vec<Source> {
    let mut files = files();
    files.retain(|file| file.is("rs"));
    files
}

/// The part before the unit tests, and whether the whole file is tests.
pub(super) fn without_tests(file: &Source) -> &str {
    let path = &file.path;
    if path.contains("tests/") || path.contains("fuzz/") || path.contains("benches/") {
        return "";
    }
    let text = file.text();
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// Lines that are code, with their numbers from 1.
pub(super) fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn every_module_opens_with_what_it_owns() {
    let complaints: Vec<String> = rust_files()
        .iter()
        .filter(|file| !file.text().starts_with("//! "))
        .map(|file| format!("{}: no `//!` on the first line", file.path))
        .collect();
    report("every module opens with what it owns", &complaints);
}

#[test]
fn no_file_outgrows_its_noun() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        let lines = file.text().lines().count();
        let excepted = LONG.iter().any(|(path, _)| file.path == *path);
        match (lines > LINES_MAX, excepted) {
            (true, false) => complaints.push(format!("{}: {lines} lines", file.path)),
            (false, true) => complaints.push(format!("{}: needs no exception", file.path)),
            _ => {}
        }
    }
    report("a file has at most 500 lines", &complaints);
}

#[test]
fn unsafe_stands_in_named_files() {
    let mut complaints = Vec::new();
    let mut used = vec![false; UNSAFE.len()];
    for file in rust_files() {
        if file.path.contains("/tests/") {
            continue;
        }
        for (number, line) in code(file.text()) {
            let forms = [
                "unsafe {",
                "unsafe fn",
                "unsafe impl",
                "unsafe extern",
                "#[unsafe(",
            ];
            let found = forms.iter().any(|form| line.contains(form));
            if !found {
                continue;
            }
            match UNSAFE
                .iter()
                .position(|(path, _)| file.path.starts_with(path))
            {
                Some(index) => used[index] = true,
                None => complaints.push(format!("{}:{number}: {}", file.path, line.trim())),
            }
        }
    }
    for ((path, _), used) in UNSAFE.iter().zip(used) {
        if !used {
            complaints.push(format!("{path}: needs no exception"));
        }
    }
    report("unsafe stands only in the files named here", &complaints);
}

#[test]
fn nothing_is_left_to_be_done() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        if file.path.ends_with("tidy/sources.rs") {
            continue;
        }
        for (number, line) in file.text().lines().enumerate() {
            if UNFINISHED.iter().any(|word| line.contains(word)) {
                complaints.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    report("nothing is left to be done", &complaints);
}

#[test]
fn data_does_not_unwrap() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        for (number, line) in code(without_tests(&file)) {
            if line.contains(".unwrap()") {
                complaints.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    report("there is no unwrap outside tests", &complaints);
}

/// The directories of the machine that runs this test, which no file may name: the checkout, and the tools' own.
fn directories_of_this_machine() -> Vec<String> {
    let checkout = super::root()
        .canonicalize()
        .expect("the project's directory");
    let mut directories = vec![checkout.to_string_lossy().into_owned()];
    if let Ok(home) = std::env::var("HOME") {
        directories.extend([".cargo", ".rustup", ".cache"].map(|name| format!("{home}/{name}")));
    }
    // A checkout at a short path such as `/src` may be named by accident.
    directories.retain(|directory| directory.len() > "/project".len());
    directories
}

#[test]
fn no_file_names_the_machine_it_was_made_on() {
    let directories = directories_of_this_machine();
    let mut complaints = Vec::new();
    for file in files() {
        for directory in &directories {
            let needle = directory.as_bytes();
            if file.bytes.windows(needle.len()).any(|part| part == needle) {
                complaints.push(format!("{}: {directory}", file.path));
            }
        }
    }
    report("no file names a directory of this machine", &complaints);
}

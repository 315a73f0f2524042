//! Rules for packages: which may depend on which.

use std::collections::BTreeSet;

use super::{files, report};

/// The arrows between our packages. The tests and benchmarks stand above all of them.
const ARROWS: &[(&str, &[&str])] = &[
    ("probe/Cargo.toml", &["falco-abi"]),
    ("probe/abi/Cargo.toml", &[]),
    ("format/Cargo.toml", &["falco-abi"]),
    ("rules/Cargo.toml", &[]),
    ("recorder/Cargo.toml", &["falco-abi", "falco-format"]),
    (
        "analyzer/Cargo.toml",
        &["falco-abi", "falco-format", "falco-rules"],
    ),
    (
        "analyzer/sql/Cargo.toml",
        &["falco-format", "falco-analyze"],
    ),
];

/// Packages above all others.
const FREE: [&str; 3] = ["tests/Cargo.toml", "benches/Cargo.toml", "Cargo.toml"];

/// The names of a manifest's dependencies, as written; those of tests, which may make what they need, only when asked for.
fn dependencies(manifest: &str, of_tests: bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            let counts = of_tests || !section.contains("dev-dependencies");
            inside = counts && section.ends_with("dependencies");
            if !counts {
                continue;
            }
            if let Some((_, name)) = section.split_once("dependencies.") {
                names.insert(name.to_owned());
            }
        } else if inside && !line.starts_with('#') {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            if !name.is_empty() {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

fn ours(names: BTreeSet<String>) -> BTreeSet<String> {
    names
        .into_iter()
        .filter(|name| name.starts_with("falco-"))
        .collect()
}

#[test]
fn dependencies_are_read_in_every_notation() {
    let manifest = "[dependencies]\na = \"1\"\nb.workspace = true\n# c = 1\n[dev-dependencies]\nd={}\n[dependencies.e]\n[lints]\nf = 1";
    for (of_tests, expected) in [(true, &["a", "b", "d", "e"][..]), (false, &["a", "b", "e"])] {
        let expected: BTreeSet<String> = expected.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(dependencies(manifest, of_tests), expected);
    }
}

#[test]
fn packages_depend_along_the_arrows() {
    let mut complaints = Vec::new();
    for file in files() {
        if !file.path.ends_with("Cargo.toml") || FREE.contains(&file.path.as_str()) {
            continue;
        }
        // A package of fuzz targets stands beside the one it tests.
        let package = file.path.replace("/fuzz/", "/");
        let Some((_, allowed)) = ARROWS.iter().find(|(path, _)| *path == package) else {
            complaints.push(format!("{}: a package without a place", file.path));
            continue;
        };
        for name in ours(dependencies(file.text(), false)) {
            let itself = file.path.contains("/fuzz/");
            if !itself && !allowed.contains(&name.as_str()) {
                complaints.push(format!("{} → {name}", file.path));
            }
        }
    }
    report(
        "packages depend on each other along the arrows",
        &complaints,
    );
}

#[test]
fn datafusion_is_in_one_package() {
    let complaints: Vec<String> = files()
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml"))
        .filter(|file| file.path != "Cargo.toml" && file.path != "analyzer/sql/Cargo.toml")
        .filter(|file| {
            dependencies(file.text(), true)
                .iter()
                .any(|name| name.starts_with("datafusion"))
        })
        .map(|file| file.path.clone())
        .collect();
    report(
        "DataFusion is a dependency of analyzer/sql alone",
        &complaints,
    );
}

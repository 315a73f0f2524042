//! Paths as those who show a repository know its files: from its root on, wherever the command runs.
//!
//! In: a file. Out: its path from the root on; its whole path where it lies elsewhere.
//! The root is what GitHub's workflows say it is, or the nearest directory from here up that git has a repository in, or else here.

use std::path::{Path, PathBuf};

/// Where GitHub's workflows say into which directory the repository was checked out.
const WORKSPACE: &str = "GITHUB_WORKSPACE";
/// What git keeps a repository in, or leaves as a file that names the place.
const REPOSITORY: &str = ".git";

/// A file as machines find it.
#[must_use]
pub fn found_path(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let workspace = std::env::var_os(WORKSPACE).map(PathBuf::from);
    let here = std::env::current_dir()
        .and_then(|here| here.canonicalize())
        .ok();
    below(&whole, workspace.as_deref(), here.as_deref())
        .display()
        .to_string()
}

/// The file from the first root on that it lies below.
fn below<'p>(whole: &'p Path, workspace: Option<&Path>, here: Option<&Path>) -> &'p Path {
    let workspace = workspace
        .filter(|path| path.is_absolute())
        .and_then(|path| path.canonicalize().ok());
    let is_top = |path: &&Path| path.join(REPOSITORY).symlink_metadata().is_ok();
    let top = here.and_then(|here| here.ancestors().find(is_top));
    let roots = [workspace.as_deref(), top, here];
    let mut within = roots
        .into_iter()
        .flatten()
        .filter_map(|root| whole.strip_prefix(root).ok());
    within.next().unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_from_the_root_on() {
        let place = tempfile::tempdir().expect("a directory");
        let place = place.path().canonicalize().expect("there");
        for directory in ["work/repo/.git", "work/repo/corpus/a", "plain/sub"] {
            std::fs::create_dir_all(place.join(directory)).expect("made");
        }
        let check = |file: &str, workspace: Option<&str>, here: &str, expected: &str| {
            let workspace = workspace.map(|path| place.join(path));
            let whole = place.join(file);
            let found = below(&whole, workspace.as_deref(), Some(&place.join(here)));
            assert_eq!(found, Path::new(expected), "{file} {workspace:?} {here}");
        };
        let outside = |file: &str| place.join(file).display().to_string();
        let file = "work/repo/corpus/a/scenario.toml";
        for here in ["work/repo", "work/repo/corpus", "work/repo/corpus/a"] {
            check(file, None, here, "corpus/a/scenario.toml");
            check(file, Some("work"), here, "repo/corpus/a/scenario.toml");
            // What is not there, and what the file is not below, is no root.
            check(file, Some("none"), here, "corpus/a/scenario.toml");
            check(file, Some("plain"), here, "corpus/a/scenario.toml");
            check("plain/rules.yaml", None, here, &outside("plain/rules.yaml"));
        }
        check("plain/sub/x", None, "plain", "sub/x");
        check("plain/x", None, "plain/sub", &outside("plain/x"));
        check("plain/x", Some("plain"), "plain/sub", "x");
        // A repository whose name begins alike is another one.
        check(
            "work/repository/x",
            None,
            "work/repo",
            &outside("work/repository/x"),
        );
        assert_eq!(below(Path::new("/a/b"), None, None), Path::new("/a/b"));
        assert_eq!(
            below(Path::new("/a/b"), Some(Path::new("")), None),
            Path::new("/a/b")
        );
    }
}

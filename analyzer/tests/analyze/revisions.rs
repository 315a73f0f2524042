//! `falco-analyze diff` with sides that are revisions of a git repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{RULES, Workspace, write_intrusion};

/// A repository with two commits, in which the rules are a file and a directory of two.
fn repository(workspace: &Workspace) -> bool {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=n", "-c", "user.email=e@example.org"])
            .args([
                "-c",
                "init.defaultBranch=main",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .current_dir(workspace.path(""));
        git.output().is_ok_and(|output| output.status.success())
    };
    if !git(&["--version"]) {
        println!("skipped: there is no git");
        return false;
    }
    let (list, rest) = RULES.split_at(RULES.find("- macro").expect("a macro"));
    workspace.write("rules.d/10-lists.yaml", list);
    workspace.write("rules.d/20-rules.yml", rest);
    workspace.write("rules.d/README.md", "no rules");
    let done = git(&["init", "-q"])
        && git(&["add", "rules.yaml", "rules.d"])
        && git(&["commit", "-q", "-m", "rules"])
        && git(&["tag", "v1"]);
    assert!(done, "git makes a repository");
    workspace.write("rules.yaml", RULES.replace("[/etc/shadow, ", "["));
    workspace.write("rules.d/10-lists.yaml", list.replace("[/etc/shadow, ", "["));
    assert!(git(&["commit", "-q", "-a", "-m", "less"]));
    true
}

#[test]
fn a_side_is_a_revision_of_git() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    if !repository(&workspace) {
        return;
    }
    let check = |old: &str, new: &str, code, words: &[&str]| {
        let arguments = ["diff", &format!("--old={old}"), "--new", new, &capture];
        let mut run = workspace.run(&arguments).ends_with(code);
        for word in words {
            run = run.says(word);
        }
    };
    let lost = "Alerts: 1 lost, 0 gained, 0 changed, 1 the same";
    check(
        "v1:rules.yaml",
        "rules.yaml",
        1,
        &[lost, "Old: 2 rules, 2 alerts (v1:rules.yaml)"],
    );
    check(
        "HEAD~1:rules.d",
        "HEAD:rules.d/",
        1,
        &[lost, "-r <(git show HEAD:rules.d/10-lists.yaml) -r"],
    );
    check("v1:./rules.d", "v1:rules.yaml", 0, &["Nothing differs"]);
    check(
        "v2:rules.yaml",
        "rules.yaml",
        2,
        &["there is no revision 'v2' here\n"],
    );
    check(
        "v1:none.yaml",
        "rules.yaml",
        2,
        &["revision 'v1' is there and has no 'none.yaml'\n"],
    );
    check(
        "v1:rules.yaml",
        "v1:rules.d/README.md",
        2,
        &["the new rules have"],
    );
    check(
        "v1..HEAD:rules.yaml",
        "rules.yaml",
        2,
        &["it is a range of revisions"],
    );
    check(
        "--exec=x:rules.yaml",
        "rules.yaml",
        2,
        &["revisions do not begin with a dash"],
    );
    // A file of such a name is that file.
    workspace.write("v1:rules.yaml", RULES.replace("[/etc/shadow, ", "["));
    check("v1:rules.yaml", "rules.yaml", 0, &["Nothing differs"]);
}

/// The top of a revision and the directory where the command runs, from the top and from below it.
#[test]
fn a_side_is_any_directory_of_a_revision() {
    let workspace = Workspace::new();
    let capture = workspace.path(&write_intrusion(&workspace, "capture"));
    if !repository(&workspace) {
        return;
    }
    let check = |here: &str, old: &str, new: &str, code, words: &[&str]| {
        let old = format!("--old={old}");
        let new = format!("--new={new}");
        let capture = capture.to_str().expect("a path");
        let mut run = workspace
            .run_with(&["diff", &old, &new, capture], |command| {
                command.current_dir(workspace.path(here));
            })
            .ends_with(code);
        for word in words {
            run = run.says(word);
        }
    };
    let lost = "Alerts: 1 lost, 0 gained, 0 changed, 1 the same";
    for top in ["v1:", "v1:.", "v1:./", "v1:./rules.d/.."] {
        check("", top, ".", 1, &[lost]);
        check("", top, "v1:rules.yaml", 0, &["Nothing differs"]);
    }
    check("", "v1:.", ".", 1, &["(v1:.)", "./rules.yaml:7 in rule"]);
    for top in ["v1:", "v1:..", "v1:../", "v1:../rules.d/.."] {
        check("rules.d", top, "..", 1, &[lost]);
    }
    for here in ["v1:.", "v1:./", "v1:../rules.d", "v1:rules.d/"] {
        check("rules.d", here, ".", 1, &[lost]);
        check("rules.d", here, "v1:../rules.yaml", 0, &["Nothing differs"]);
    }
    check(
        "rules.d",
        "v1:20-rules.yml",
        ".",
        2,
        &["has no '20-rules.yml'; from here it is './20-rules.yml'"],
    );
    check(
        "rules.d",
        "v1:./none",
        ".",
        2,
        &["revision 'v1' is there and has no './none'\n"],
    );
    check(
        "rules.d",
        "v1:../../x",
        ".",
        2,
        &["has no '../../x': ", "outside"],
    );
}

/// Each is named like a rule file, and whoever passed over it would compare fewer rules in silence.
#[test]
fn what_is_named_like_rules_and_is_no_file_is_an_error() {
    let check = |mode: &str, kind: &str, says: &str| {
        let workspace = Workspace::new();
        let capture = write_intrusion(&workspace, "capture");
        if !repository(&workspace) {
            return;
        }
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.args(arguments).current_dir(workspace.path(""));
            let output = git
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .output()
                .expect("git runs");
            assert!(output.status.success(), "{arguments:?}: {output:?}");
            String::from_utf8(output.stdout)
                .expect("text")
                .trim()
                .to_owned()
        };
        let object = git(&["rev-parse", &format!("HEAD{kind}")]);
        let name = "rules.d/15-more.yaml";
        let listed = format!("{mode},{object},{name}");
        if mode == "040000" {
            git(&["read-tree", &format!("--prefix={name}"), &object]);
        } else {
            git(&["update-index", "--add", "--cacheinfo", &listed]);
        }
        let tree = git(&["write-tree"]);
        let commit = git(&[
            "-c",
            "user.name=n",
            "-c",
            "user.email=e@example.org",
            "commit-tree",
            "-m",
            "more",
            &tree,
        ]);
        let old = format!("--old={commit}:rules.d");
        let run = workspace.run(&["diff", &old, "--new=rules.yaml", &capture]);
        assert_eq!(run.ends_with(2).says(says).stdout, "");
    };
    let dir = "15-more.yaml is a directory, and no rule file";
    check("040000", ":rules.d", dir);
    let module = "15-more.yaml is a submodule, and no rule file";
    check("160000", "", module);
    let link = "15-more.yaml is a symbolic link, which leads out";
    check("120000", ":rules.yaml", link);
}

#[test]
fn without_git_or_a_repository_there_is_an_error() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let arguments = [
        "diff",
        "--old",
        "main:rules.yaml",
        "--new",
        "rules.yaml",
        &capture,
    ];
    let empty = workspace.path("");
    let path = |directory: &Path| directory.as_os_str().to_owned();
    workspace
        .run_with(&arguments, |command| {
            command.env("PATH", path(&empty));
        })
        .ends_with(2)
        .says("git is not installed");
    workspace
        .run_with(&arguments, |command| {
            command.env("GIT_CEILING_DIRECTORIES", path(&empty));
        })
        .ends_with(2)
        .says("there is no revision 'main' here");
}

#[test]
fn what_a_repository_lacks_is_not_fetched() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    if !repository(&workspace) {
        return;
    }
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(workspace.path(""));
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git runs")
    };
    let object = git(&["rev-parse", "v1:rules.yaml"]).stdout;
    let object = String::from_utf8(object).expect("text");
    let (directory, file) = object.trim().split_at(2);
    let lacking = workspace.path(&format!(".git/objects/{directory}/{file}"));
    fs::remove_file(lacking).expect("the blob is a file of its own");
    let config = workspace.path(".git/config");
    let before = fs::read_to_string(&config).expect("reads");
    let marker = workspace.path("marker");
    let touch = format!("touch '{}'", marker.display());
    let check = |url: &str, more: &str| {
        let hostile = format!(
            "{before}[core]\n\trepositoryFormatVersion = 1\n\tsshCommand = \"{touch};:\"\n\tfsmonitor = \"{touch};:\"\n\
             [extensions]\n\tpartialClone = origin\n[protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n\
             [remote \"origin\"]\n\turl = \"{url}\"\n\tpromisor = true\n{more}"
        );
        fs::write(&config, hostile).expect("written");
        // Git alone runs the program, so the marker says something.
        git(&["cat-file", "blob", object.trim()]);
        assert!(marker.exists(), "{url}: git alone fetches");
        fs::remove_file(&marker).expect("removed");
        let arguments = ["diff", "--old=v1:rules.yaml", "--new=rules.yaml", &capture];
        let run = workspace.run(&arguments).ends_with(2);
        run.says("cannot read v1:rules.yaml: ");
        assert!(!marker.exists(), "{url}: nothing is fetched");
    };
    check("ssh://nowhere.example/x", "");
    check(&format!("ext::{}", touch.replace('\'', "")), "");
    let here = workspace.path("").display().to_string();
    check(&here, &format!("\tuploadpack = \"{touch};:\"\n"));
}

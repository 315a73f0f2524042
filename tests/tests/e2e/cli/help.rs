//! Every command of both programs tells its exit codes and shows examples, as the README says.

use std::path::Path;

use crate::programs::{analyzer, recorder, run};

/// Asks a command for help, checks it, and goes on to its subcommands. Returns how many commands there were.
fn check(program: &Path, command: &[String], complaints: &mut Vec<String>) -> usize {
    let arguments = command.iter().map(String::as_str).chain(["--help"]);
    let ran = run(program, arguments);
    let name = format!("{} {}", program.display(), command.join(" "));
    ran.expect_code(0);
    for (what, words) in [("exit codes", "Exit codes:"), ("an example", "Example")] {
        if !ran.stdout.contains(words) {
            complaints.push(format!("{name}: --help has no {what}"));
        }
    }
    // An example is one of this command, not of its neighbour.
    let own = program.file_name().unwrap_or_default().to_string_lossy();
    let call = [&[own.into_owned()], command].concat().join(" ");
    if !ran.stdout.contains(&format!("\n  {call}")) {
        complaints.push(format!("{name}: no example begins with `{call}`"));
    }
    let commands = ran.stdout.lines().skip_while(|line| *line != "Commands:");
    let commands = commands.skip(1).take_while(|line| !line.is_empty());
    // Names are indented by two blanks, the rest of a long description by more.
    let names = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names: Vec<&str> = names
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    let below = names.into_iter().map(|name| {
        let command = [command, &[name.to_owned()]].concat();
        check(program, &command, complaints)
    });
    1 + below.sum::<usize>()
}

#[test]
fn every_command_tells_its_exit_codes_and_shows_an_example() {
    let mut complaints = Vec::new();
    for (program, at_least) in [(recorder(), 4), (analyzer(), 18)] {
        let commands = check(&program, &[], &mut complaints);
        assert!(commands >= at_least, "{commands} commands were found");
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

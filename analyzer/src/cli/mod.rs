//! The command line: one module per subcommand.
//!
//! Owns what users type and the one place where outcomes become exit codes.
//! Results go to stdout, everything else to stderr. A subcommand opens what it was given, calls the library, prints; it decides nothing about events.

mod args;
mod at_start;
mod coverage;
mod diff;
mod events;
mod exit;
mod explain;
mod export;
mod generate;
mod hints;
mod import;
mod info;
mod jobs;
mod notice;
mod output;
mod parse;
mod past;
mod profile;
mod progress;
mod read;
mod redact;
mod replay;
mod report;
mod rules;
#[cfg(test)]
mod second_source;
mod selection;
mod show;
mod slice;
mod span;
mod sql;
mod stats;
mod stop;
mod summary;
mod test;
mod top;
mod verify;
mod vouched;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use falco_analyze::sources::SOURCES;

const ABOUT: &str = "Asks recorded captures questions: which Falco rules would have alerted, which events match, what does SQL say";

const EXIT_CODES: &str = "\
Exit codes:
  0  done (for `replay`: whether or not there were alerts, unless --exit-code is given)
  1  something was found where that was the question: a scenario of `test` differs, `diff` found a difference, `replay --exit-code` saw an alert
  2  error: bad usage, bad rules, unreadable capture
  3  done, but evidence is missing: events were lost, an end or a segment is missing, or the capture is damaged
Of several the first counts of 2, 1, 3. Where recording only paused, that is told, and is 3 under --strict.

Examples:
  falco-analyze replay /var/lib/falco-record -r rules.yaml
  falco-analyze events capture/ 'evt.type=connect and fd.sport=22'
  falco-analyze info capture/";

/// Asks captures questions.
#[derive(Parser)]
#[command(name = "falco-analyze", version, about = ABOUT, after_help = EXIT_CODES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Replay(replay::Args),
    Events(events::Args),
    Explain(explain::Args),
    Summary(report::summary::Args),
    Report(report::page::Args),
    Profile(profile::Args),
    Info(info::Args),
    Ps(past::PsArgs),
    Lsof(past::LsofArgs),
    Netstat(past::NetstatArgs),
    Who(past::WhoArgs),
    Containers(past::ContainersArgs),
    Mounts(past::MountsArgs),
    Users(past::UsersArgs),
    Top(top::Args),
    Verify(verify::Args),
    Repair(verify::RepairArgs),
    Export(export::Args),
    Import(import::Args),
    Slice(slice::Args),
    Redact(redact::Args),
    Sql(sql::Args),
    Test(test::Args),
    Diff(diff::Args),
    Coverage(coverage::Args),
    Rules(rules::Args),
    #[command(hide = true)]
    Generate(generate::Args),
}

/// Parses the command line and runs it.
pub(crate) fn main() -> ExitCode {
    let cli = match parse::parse::<Cli>() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let result = match cli.command {
        Command::Replay(args) => replay::run(&args, SOURCES),
        Command::Events(args) => events::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Summary(args) => report::summary::run(&args),
        Command::Report(args) => report::page::run(&args),
        Command::Profile(args) => profile::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Ps(args) => past::ps(&args),
        Command::Lsof(args) => past::lsof(&args),
        Command::Netstat(args) => past::netstat(&args),
        Command::Who(args) => past::who(&args),
        Command::Containers(args) => past::containers(&args),
        Command::Mounts(args) => past::mounts(&args),
        Command::Users(args) => past::users(&args),
        Command::Top(args) => top::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Repair(args) => verify::repair(&args),
        Command::Export(args) => export::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Slice(args) => slice::run(&args),
        Command::Redact(args) => redact::run(&args),
        Command::Sql(args) => sql::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Generate(args) => generate::run(&args, Cli::command()),
    };
    exit::code(result)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples_and_its_exit_codes() {
        let mut waiting = vec![super::Cli::command()];
        let mut seen = 0;
        while let Some(mut command) = waiting.pop() {
            // The help of SQL is another program's; what is hidden is for who builds packages.
            if command.get_name() == "sql" || command.is_hide_set() {
                continue;
            }
            waiting.extend(command.get_subcommands().cloned());
            let help = command.render_help().to_string();
            assert!(help.contains("Example"), "{}: {help}", command.get_name());
            assert!(help.contains("Exit code"), "{}: {help}", command.get_name());
            seen += 1;
        }
        assert!(seen > 30, "{seen}");
    }
}

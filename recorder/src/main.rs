//! The program `falco-record`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    falco_record::cli::main()
}

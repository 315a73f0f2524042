//! A bit of everything: each event type that is recorded by default, with success and without, once or a few times.
//!
//! What a recording of it answers is compared with what its export answers, so it is broad rather than long.
//! With `early` it opens sockets and files, waits until the others are done, and only then uses and closes them: a recording that begins meanwhile finds them open.
//! With `messages` it sends and receives several messages by one call, and nothing else.
//! It knows nothing of captures.

mod descriptors;
mod files;
mod kernel;
mod messages;
mod numbers;
mod processes;
mod sockets;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "Usage: broad early|late|messages DIRECTORY";
/// What `late` makes when it is done, and `early` when it is.
const DONE: [&str; 2] = ["late-is-done", "early-is-done"];
/// How often and how many times one looks for the other.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: u32 = 3_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [which, directory] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if let Err(error) = std::env::set_current_dir(directory) {
        eprintln!("broad: {directory}: {error}");
        return ExitCode::from(2);
    }
    let [late, early] = DONE;
    match which.as_str() {
        "early" => {
            let open = sockets::Open::new();
            say("early-is-open");
            await_file(late);
            open.use_and_close();
            say(early);
        }
        "messages" => messages::act(),
        _ => {
            files::act();
            processes::act();
            descriptors::act();
            sockets::act();
            messages::act();
            say(late);
            await_file(early);
        }
    }
    ExitCode::SUCCESS
}

fn say(name: &str) {
    // Who waits goes on by itself after a while.
    let _ = std::fs::write(name, "");
}

fn await_file(name: &str) {
    for _ in 0..LOOKS {
        if Path::new(name).exists() {
            return;
        }
        std::thread::sleep(LOOK);
    }
}

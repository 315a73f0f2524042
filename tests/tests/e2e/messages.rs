//! Calls that move several messages, all the way: recorded, shown with the ends of each message, and the same in an export.

use std::path::Path;

use crate::live::recorder_or_skip;
use crate::programs::{BROAD, analyze, recorder, run};

/// The events of the calls, with what each message moved and between which ports, the own one first.
fn shown(capture: &Path) -> String {
    let capture = capture.to_string_lossy();
    let filter = "evt.type in (sendmmsg, recvmmsg) and proc.name = broad";
    let format = "%evt.type %evt.rawres %fd.l4proto %fd.cport %fd.sport";
    let shown = analyze(["events", &*capture, filter, "-p", format]);
    shown.expect_code(0);
    shown.stdout
}

#[test]
fn each_message_of_a_call_has_its_own_ends() {
    let Some(_guard) = recorder_or_skip("each_message_of_a_call_has_its_own_ends") else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let [work, capture] = ["work", "capture"].map(|name| directory.path().join(name));
    std::fs::create_dir(&work).expect("a directory");
    let [work, words] = [&work, &capture].map(|path| path.to_string_lossy().into_owned());
    let ran = run(
        &recorder(),
        ["run", "-o", &words, "--", BROAD, "messages", &work],
    );
    ran.expect_code(0);
    let ports: Vec<&str> = ran.stdout.split_whitespace().collect();
    let [own, first, second, third] = ports[..] else {
        panic!("ports: {}", ran.stdout);
    };
    let line =
        |call: &str, result: i32, other: &str| format!("{call} {result} udp {own} {other}\n");
    let moved = [(3, first), (6, second), (9, third)];
    let all = |call: &str| {
        moved
            .map(|(length, port)| line(call, length, port))
            .concat()
    };
    // The partial one tells of the first message; the failed one leaves the ends as they were.
    let partly = line("sendmmsg", 3, first) + &line("sendmmsg", -14, first);
    let expected = all("sendmmsg") + &partly + &all("recvmmsg");
    assert_eq!(shown(&capture), expected);
    let export = directory.path().join("export.scap");
    let export_words = export.to_string_lossy().into_owned();
    analyze(["export", "scap", &words, "-o", &export_words]).expect_code(0);
    assert_eq!(shown(&export), expected, "the export");
}

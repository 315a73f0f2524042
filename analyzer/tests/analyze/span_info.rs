//! What `info` tells of a span of time.

use crate::span::workspace;

/// What a capture holds of a time: the same count as of the events that are printed, whatever blocks and segments have them.
#[test]
fn info_counts_the_events_of_a_span() {
    let workspace = workspace();
    let count = |capture: &str, span: &[&str], expected: u64| {
        let all = [&["events", capture], span].concat();
        let printed = workspace.run(&all).ends_with(0).stdout.lines().count();
        let all = [&["info", capture, "--format", "json"], span].concat();
        let told = workspace.run(&all).ends_with(0).json_lines().remove(0);
        assert_eq!(told["events"], printed as u64, "{all:?}");
        let opens = told["events_by_type"]["openat"].as_u64();
        assert_eq!(opens.unwrap_or(0), expected, "{all:?}");
        let of_segments = told["segments"].as_array().expect("segments").iter();
        let sum: u64 = of_segments.filter_map(|one| one["events"].as_u64()).sum();
        assert_eq!(sum, printed as u64, "{all:?}");
        told
    };
    for capture in ["capture", "one", "file.scap"] {
        count(capture, &[], 10);
        count(capture, &["--since", "03:07"], 7);
        count(
            capture,
            &["--since", "04:07", "--time-zone", "Europe/Berlin"],
            7,
        );
        count(capture, &["--until", "03:07"], 3);
        let told = count(capture, &["--since", "03:05", "--until", "03:07"], 2);
        assert_eq!(told["until"], "2026-01-02T03:07:00.000000000Z");
        let within = |key: &str| {
            told[key]
                .as_str()
                .is_some_and(|time| time > "2026-01-02T03:05" && time < "2026-01-02T03:07")
        };
        assert!(within("first_time") && within("last_time"), "{told}");
        // In the middle of a block: the open alone, and not the birth and the exec in front of it.
        let open = "2026-01-02T03:06:10.000010000Z";
        count(capture, &["--since", open, "--until", open], 1);
    }
    let text = [
        "info",
        "capture",
        "--since",
        "04:12",
        "--time-zone",
        "Europe/Berlin",
    ];
    workspace
        .run(&text)
        .ends_with(0)
        .says("Span: 2026-01-02T04:12:00.000000000+01:00 to the end");
    workspace
        .run(&["info", "capture", "--since", "03:09", "--until", "03:08"])
        .ends_with(2)
        .says("--since is behind --until");
}

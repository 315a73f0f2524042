//! Alerts are the same for any block size and any segmentation of the same stream, losses included.

use falco_abi::Lane;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::support::{CaptureBuilder, Workspace};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Start { child: u32, program: u8 },
    Open { thread: u32, path: u8, fd: i64 },
    End { thread: u32 },
    Lose { lane: u8, count: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let thread = 200_u32..206;
    let step = prop_oneof![
        3 => (thread.clone(), 0_u8..3).prop_map(|(child, program)| Step::Start { child, program }),
        6 => (thread.clone(), 0_u8..4, -3_i64..6).prop_map(|(thread, path, fd)| Step::Open { thread, path, fd }),
        2 => thread.prop_map(|thread| Step::End { thread }),
        1 => (0_u8..3, 1_u64..5).prop_map(|(lane, count)| Step::Lose { lane, count }),
    ];
    prop::collection::vec(step, 1..60)
}

fn capture_of(steps: &[Step]) -> CaptureBuilder {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat"]);
    for step in steps {
        match *step {
            Step::Start { child, program } => {
                let path = ["/usr/bin/cat", "/usr/sbin/sshd", "/tmp/x"][usize::from(program)];
                capture.start_program(100, child, path, &[path, "argument"]);
            }
            Step::Open { thread, path, fd } => {
                let path = ["/etc/shadow", "/etc/sudoers", "/tmp/a", "relative"][usize::from(path)];
                capture.open(thread, path, fd);
            }
            Step::End { thread } => capture.end(thread),
            Step::Lose { lane, count } => capture.lose(Lane::ALL[usize::from(lane)], count),
        }
    }
    capture
}

fn alerts(capture: &CaptureBuilder, block: usize, segment: usize) -> String {
    let workspace = Workspace::new();
    capture.write_cut(&workspace.path("capture"), block, segment);
    let run = workspace.run(&[
        "replay",
        "capture",
        "-r",
        "rules.yaml",
        "--format",
        "json",
        "--rule-matching",
        "all",
    ]);
    assert!(matches!(run.code, Some(0 | 3)), "{}", run.stderr);
    run.stdout
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn alerts_do_not_depend_on_blocks_and_segments(steps in steps(), block in 1_usize..20, segment in 1_usize..40) {
        let capture = capture_of(&steps);
        let whole = alerts(&capture, usize::MAX, usize::MAX);
        prop_assert!(!whole.is_empty(), "the first program alerts");
        let cut = alerts(&capture, block, segment);
        if whole != cut {
            let reason = format!("blocks of {block}, segments of {segment}:\n{whole}\nagainst\n{cut}");
            return Err(TestCaseError::fail(reason));
        }
    }
}

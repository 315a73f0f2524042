//! What is not recorded, and that it is counted.

use std::collections::HashMap;
use std::fs;
use std::process::Command;

use falco_abi::{Lane, LossReason};
use falco_record::probe::requirements;

use super::activities;
use super::frames::{Frame, Recording};

#[test]
fn losses_are_exactly_the_missing_sequence_numbers() {
    let least = rustix::param::page_size() as u32;
    let start = Recording::start(&["openat", "close", "execve"], |config| {
        config.ring_bytes = [16 << 20, least, least];
    });
    let Some(mut recording) = start else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    for number in 0..activities::FILES {
        fs::File::create(format!("{path}/file-{number}")).unwrap();
    }
    let recorded = recording.act("opens", path);
    let losses = recording.probe.losses().unwrap();
    assert!(
        losses
            .iter()
            .all(|loss| loss.reason == LossReason::RingFull)
    );
    check_sequences(&recording, &recorded.frames);
    assert_eq!(
        recorded.of("execve").len(),
        1,
        "a full lane evicts no other"
    );
    // What comes once there is room again stands behind the gap.
    let after = recording.act("threads", "");
    assert!(!after.of("openat").is_empty());
}

/// Per CPU: every sequence number below the next was delivered or is counted.
fn check_sequences(recording: &Recording, frames: &[Frame]) {
    let mut delivered: HashMap<u32, Vec<u64>> = HashMap::new();
    for frame in frames {
        let cpu = delivered.entry(u32::from(frame.cpu)).or_default();
        cpu.push(frame.sequence);
    }
    let mut lost_anywhere = 0;
    for cpu in 0..recording.probe.cpus() {
        let state = recording.probe.cpu_state(cpu).unwrap();
        let sequences = delivered.remove(&cpu).unwrap_or_default();
        assert!(sequences.is_sorted_by(|one, next| one < next));
        let lost: u64 = state.lanes.iter().map(|lane| lane.lost_total()).sum();
        let good: u64 = state.lanes.iter().map(|lane| lane.delivered).sum();
        assert!(good >= sequences.len() as u64);
        assert_eq!(state.sequence, good + lost, "CPU {cpu}");
        lost_anywhere += lost;
    }
    assert!(lost_anywhere > 10_000, "{lost_anywhere}");
}

#[test]
fn a_shed_lane_is_counted_and_comes_back() {
    let Some(mut recording) = Recording::start(&["openat", "execve"], |_| {}) else {
        return;
    };
    recording.probe.shed(&[Lane::File]).unwrap();
    let shed = recording.run(&mut Command::new("/bin/true"));
    assert_eq!(shed.of("openat").len(), 0);
    assert_eq!(shed.of("execve").len(), 1);
    let losses = recording.probe.losses().unwrap();
    assert!(
        losses
            .iter()
            .all(|loss| loss.reason == LossReason::Shed && loss.lane == Lane::File)
    );
    assert!(losses.iter().map(|loss| loss.count).sum::<u64>() > 0);
    recording.probe.shed(&[]).unwrap();
    let back = recording.run(&mut Command::new("/bin/true"));
    assert_ne!(back.of("openat").len(), 0);
}

#[test]
fn the_recorder_is_not_recorded_and_a_detached_probe_is_silent() {
    let Some(mut recording) = Recording::start(&["openat", "procfork", "execve"], |_| {}) else {
        return;
    };
    let frames = recording.frames();
    let _ = fs::metadata("/etc/hostname");
    let _ = fs::File::open("/etc/hostname");
    let own = std::process::id();
    let mine = recording.frames();
    assert!(frames.iter().chain(&mine).all(|frame| frame.pid != own));
    recording.probe.detach();
    let nothing = recording.run(&mut Command::new("/bin/true"));
    assert_eq!(nothing.of("execve").len(), 0);
}

#[test]
fn where_a_probe_loads_the_doctor_finds_nothing_missing() {
    let Some(recording) = Recording::start(&["execve"], |_| {}) else {
        return;
    };
    let found = requirements();
    let missing: Vec<_> = found
        .iter()
        .filter(|requirement| !requirement.met)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(
        found
            .iter()
            .all(|requirement| requirement.remedy.is_empty())
    );
    assert_eq!(recording.probe.recursion_misses().unwrap(), 0);
}

/// What the verifier goes through is bounded by a million; loading takes milliseconds as long as it is a small part of that.
#[test]
fn the_verifier_has_little_to_do() {
    const INSTRUCTIONS_MAX: u64 = 50_000;
    let Some(recording) = Recording::start(&["execve", "procfork", "procexit"], |_| {}) else {
        return;
    };
    for (program, instructions) in recording.probe.verified_instructions().unwrap() {
        println!("{program}: {instructions} instructions verified");
        assert!(instructions < INSTRUCTIONS_MAX, "{program}: {instructions}");
    }
}

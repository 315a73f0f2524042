//! What a report keeps of alerts: numbers of texts, processes and rules, so that a hundred thousand take some megabytes.
//!
//! In: alerts in the order of the stream. Out: columns. Alerts beyond the bound are counted by the summary, and their number is kept here.

use std::collections::HashMap;
use std::sync::Arc;

use falco_format::UnixNanos;
use falco_rules::{Rule, RuleIndex, RuleSet};

use super::collect::Explained;
use super::texts::Texts;
use crate::alert::{Origin, evidence};
use crate::summary::{Container, Party};

/// How many alerts are kept with all that is told of them: as many as a browser shows without waiting.
pub const ALERTS_KEPT_MAX: usize = 100_000;
/// How many processes are kept: those behind alerts, and those above them.
const PROCESSES_MAX: usize = 50_000;
/// How many lists of reasons are kept; most alerts of a rule share theirs or differ in one line.
const REASONS_MAX: usize = 100_000;

/// What stands for nothing.
pub(super) const NONE: u32 = u32::MAX;

/// An alert that is kept.
pub(super) struct Kept {
    pub(super) time: UnixNanos,
    pub(super) rule: u32,
    pub(super) process: u32,
    pub(super) text: u32,
    pub(super) why: u32,
    pub(super) number: u64,
    pub(super) capture: u32,
    pub(super) cpu: u16,
    pub(super) boottime: u64,
    pub(super) is_complete: bool,
}

/// A program that a process ran.
pub(super) struct Process {
    pub(super) pid: i64,
    pub(super) start: UnixNanos,
    pub(super) name: u32,
    pub(super) exe: u32,
    pub(super) command: u32,
    pub(super) user: u32,
    pub(super) parent: u32,
    pub(super) container: u32,
    pub(super) node: u32,
    /// Whose acts are its own: those of the process, whatever it ran.
    pub(super) life: u32,
}

/// Alerts and what they name.
pub struct Gathered<'r> {
    rules: &'r RuleSet,
    pub(super) texts: Texts,
    pub(super) alerts: Vec<Kept>,
    /// Alerts for which there was no room.
    pub(super) beyond: u64,
    pub(super) processes: Vec<Process>,
    known: HashMap<(u32, i64, u64, u32, u32), u32>,
    /// Processes by their node, number and begin, in the order of their places.
    pub(super) lives: HashMap<(u32, i64, u64), u32>,
    pub(super) containers: Vec<[u32; 4]>,
    known_containers: HashMap<[u32; 4], u32>,
    pub(super) nodes: Vec<Arc<Origin>>,
    pub(super) whys: Vec<Vec<u32>>,
    known_whys: HashMap<Vec<u32>, u32>,
    /// Which capture is read.
    capture: u32,
}

impl<'r> Gathered<'r> {
    /// Nothing yet, of these rules.
    #[must_use]
    pub fn new(rules: &'r RuleSet) -> Self {
        Gathered {
            rules,
            texts: Texts::default(),
            alerts: Vec::new(),
            beyond: 0,
            processes: Vec::new(),
            known: HashMap::new(),
            lives: HashMap::new(),
            containers: Vec::new(),
            known_containers: HashMap::new(),
            nodes: Vec::new(),
            whys: vec![Vec::new()],
            known_whys: HashMap::from([(Vec::new(), 0)]),
            capture: 0,
        }
    }

    /// What follows is of this capture, by its place.
    pub fn begin_capture(&mut self, place: usize) {
        self.capture = u32::try_from(place).unwrap_or(NONE);
    }

    /// How many alerts are kept, and how many had no room.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.alerts.len() as u64, self.beyond)
    }

    pub(super) fn rules(&self) -> &'r RuleSet {
        self.rules
    }

    pub(super) fn rule(&self, kept: &Kept) -> Option<&'r Rule> {
        self.rules.rule(RuleIndex(kept.rule))
    }

    pub(super) fn process(&self, number: u32) -> Option<&Process> {
        self.processes.get(usize::try_from(number).ok()?)
    }

    /// Keeps an alert, where there is room.
    pub fn add(&mut self, explained: &Explained<'_>) {
        if self.alerts.len() >= ALERTS_KEPT_MAX {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        let alert = &explained.alert;
        let node = self.node(&alert.origin);
        let process = self.who(explained, node);
        let number = |key: &str| {
            let field = alert.fields.iter().find(|(name, _)| name == key);
            field.and_then(|(_, value)| value.as_u64()).unwrap_or(0)
        };
        let text = self.texts.of(&alert.message);
        let why = self.why(&explained.why);
        self.alerts.push(Kept {
            time: alert.time,
            rule: explained.rule.0,
            process,
            text,
            why,
            number: explained.number,
            capture: self.capture,
            cpu: u16::try_from(number(evidence::CPU)).unwrap_or(0),
            boottime: number(evidence::BOOTTIME),
            is_complete: alert.complete,
        });
    }

    fn node(&mut self, origin: &Arc<Origin>) -> u32 {
        let known = self.nodes.iter().rposition(|node| node == origin);
        let place = known.unwrap_or_else(|| {
            self.nodes.push(Arc::clone(origin));
            self.nodes.len() - 1
        });
        u32::try_from(place).unwrap_or(NONE)
    }

    /// The process behind an alert; those above it become its parents.
    fn who(&mut self, explained: &Explained<'_>, node: u32) -> u32 {
        let Some(who) = &explained.who else {
            return NONE;
        };
        let mut parent = NONE;
        for above in who.lineage.iter().rev() {
            parent = self.party(above, node, parent);
        }
        let process = self.party(&who.process, node, parent);
        let container = self.container(&who.container);
        let place = usize::try_from(process).unwrap_or(usize::MAX);
        if let Some(process) = self.processes.get_mut(place) {
            process.container = container;
        }
        process
    }

    fn party(&mut self, party: &Party, node: u32, parent: u32) -> u32 {
        let (exe, command) = (self.texts.of(&party.exe), self.texts.of(&party.command));
        let key = (node, party.pid, party.start.0, exe, command);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if self.processes.len() >= PROCESSES_MAX {
            return NONE;
        }
        let lives = u32::try_from(self.lives.len()).unwrap_or(NONE);
        let life = self.lives.entry((node, party.pid, party.start.0));
        let process = Process {
            pid: party.pid,
            start: party.start,
            name: self.texts.of(&party.name),
            exe,
            command,
            user: self.texts.of(&party.user),
            parent,
            container: NONE,
            node,
            life: *life.or_insert(lives),
        };
        let place = u32::try_from(self.processes.len()).unwrap_or(NONE);
        self.processes.push(process);
        self.known.insert(key, place);
        place
    }

    fn container(&mut self, container: &Container) -> u32 {
        let Container {
            id,
            name,
            image,
            pod,
        } = container;
        let key = [id, name, image, pod].map(|text| self.texts.of(text));
        if let Some(known) = self.known_containers.get(&key) {
            return *known;
        }
        let place = u32::try_from(self.containers.len()).unwrap_or(NONE);
        self.containers.push(key);
        self.known_containers.insert(key, place);
        place
    }

    fn why(&mut self, why: &[String]) -> u32 {
        let lines: Vec<u32> = why.iter().map(|line| self.texts.of(line)).collect();
        if let Some(known) = self.known_whys.get(&lines) {
            return *known;
        }
        if self.whys.len() >= REASONS_MAX {
            return 0;
        }
        let place = u32::try_from(self.whys.len()).unwrap_or(0);
        self.whys.push(lines.clone());
        self.known_whys.insert(lines, place);
        place
    }
}

impl Gathered<'_> {
    /// The lives of the processes that did what rules alerted on.
    pub(super) fn behind_alerts(&self) -> HashMap<(u32, i64, u64), u32> {
        let behind = self.alerts.iter();
        let behind = behind.filter_map(|alert| self.process(alert.process));
        behind
            .map(|it| ((it.node, it.pid, it.start.0), it.life))
            .collect()
    }
}

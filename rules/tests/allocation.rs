//! Judging events takes no memory once a scanner has seen one event of each kind.
//!
//! The allocator counts; every operator, transformer and kind of value stands in a rule.

mod counting;
mod schema;

use counting::ALLOCATIONS;
use falco_rules::{
    BoundField, Event, EventTypeId, FieldType, Loader, Multiplicity, RuleMatching, RuleSet, Schema,
    Value,
};
use schema::TestSchema;

/// Events judged while allocations count.
const EVENTS: usize = 100;

/// Conditions that between them use all there is.
const CONDITIONS: &[&str] = &[
    "proc.name exists and fd.num exists",
    "proc.name = bash or proc.name != zsh or proc.name == sh",
    "fd.num < 5 or fd.num <= 6 or fd.num > 7 or fd.num >= 8 or fd.num in (1, 2, 3)",
    "fd.name contains tc or fd.name icontains TC or fd.name contains pass",
    "fd.name startswith /usr or fd.name startswith /var or fd.name endswith wd or fd.name endswith x",
    "fd.name glob '/e[st]c/*' or fd.name iglob '/ETC/?asswd'",
    "fd.name regex '/(etc|usr)/[a-z]+' or fd.name regex '.*a{3}.*'",
    "fd.name pmatch (/usr/lib, /etc/p*) or fd.name pmatch (/var)",
    "proc.name in (a, b, c, bash) or proc.name intersects (a, b)",
    "proc.name startswith oneof (ba, bas) or proc.name contains anyof (x, y) or proc.name endswith allof (sh, h)",
    "tolower(proc.name) = bash or toupper(proc.name) = BASH",
    "basename(fd.name) = passwd or b64(proc.pname) = root",
    "len(fd.name) > 3 and concat(proc.name, fd.name) contains sh",
    "join(\", \", (proc.name, fd.name)) contains bash",
    "getopt((proc.cmdline, proc.name), \"a:b\")[a] = x or getopt((proc.cmdline, proc.name), \"a:b\") intersects (a)",
    "proc.name = val(proc.pname) or fd.name contains val(proc.name) or fd.name glob val(proc.pname)",
    "evt.arg.flags contains O_ and not (fd.sport = https or fd.sport in (80, 8080))",
    "user.uid = 0 and (evt.type = open or evt.type in (execve, connect))",
];

/// The same value for every field of a type; every third slot of another round has none.
struct Prepared {
    event_type: u16,
    absent: usize,
}

impl Event for Prepared {
    fn event_type(&self) -> EventTypeId {
        EventTypeId(self.event_type)
    }

    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        if field.slot as usize % 3 == self.absent {
            return Value::Absent;
        }
        let Some(def) = TestSchema.fields().get(usize::from(field.field.0)) else {
            return Value::Absent;
        };
        let texts: &[Value<'_>] = &[Value::Str(b"bash"), Value::Str(b"cm9vdA==")];
        match (def.ty, def.multiplicity, def.name) {
            (_, Multiplicity::List, _) => Value::List(&[Value::Str(b"a"), Value::Str(b"-ax")]),
            (FieldType::Charbuf, _, "fd.name") => Value::Str(b"/etc/passwd"),
            (FieldType::Charbuf, _, "proc.cmdline") => Value::Str(b"-ax\0behind"),
            (FieldType::Charbuf, _, "evt.type") => {
                let types = TestSchema.event_types();
                let name = types.get(usize::from(self.event_type));
                name.map_or(Value::Absent, |def| Value::Str(def.name.as_bytes()))
            }
            (FieldType::Charbuf, _, _) => texts
                .get(field.slot as usize % 2)
                .copied()
                .unwrap_or(Value::Absent),
            (FieldType::Int64, _, _) => Value::Int(6),
            _ => Value::Uint(80),
        }
    }
}

fn rules() -> RuleSet {
    let file: String = CONDITIONS
        .iter()
        .enumerate()
        .map(|(index, condition)| {
            format!(
                "- rule: r{index}\n  desc: d\n  condition: >\n    {condition}\n  output: o\n  priority: INFO\n  warn_evttypes: false\n"
            )
        })
        .collect();
    let mut loader = Loader::new(&TestSchema);
    let report = loader.load("rules.yaml", &file);
    assert!(
        report.errors.is_empty(),
        "{}",
        falco_rules::render(&report.errors, false)
    );
    loader.finish().expect("there are no errors")
}

fn check(matching: RuleMatching) {
    let rules = rules();
    let mut scanner = rules.scanner(matching);
    let mut matches = Vec::with_capacity(CONDITIONS.len());
    let events: Vec<_> = (0..4)
        .flat_map(|event_type| (0..4).map(move |absent| Prepared { event_type, absent }))
        .collect();
    let mut judge = |times: usize| {
        let mut found = 0;
        for _ in 0..times {
            for event in &events {
                matches.clear();
                scanner.scan(event, &mut matches);
                found += matches.len();
            }
        }
        found
    };
    assert_ne!(judge(1), 0, "some rule matches");
    let before = ALLOCATIONS.get();
    assert_ne!(before, 0, "allocations are counted");
    judge(EVENTS);
    assert_eq!(ALLOCATIONS.get() - before, 0, "{matching:?}");
}

#[test]
fn a_warm_scanner_takes_no_memory() {
    check(RuleMatching::First);
    check(RuleMatching::All);
}

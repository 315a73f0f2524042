//! What is asked, and what each engine takes for it.
//!
//! In: engines. Out: times, memory and plans, printed, with goals. Answers of all engines must be the same, letter by letter.

use anyhow::{Result, ensure};
use falco_benches::goals::{Bound, Goal};

use crate::engines::{Engine, Engines};
use crate::measured::Cost;

/// What the capture's time must be of Parquet's, with the same engine.
#[derive(Clone, Copy, Debug)]
enum Against {
    /// Where no state is asked, or a part of the time.
    NoSlower,
    /// Where every event of every process must be applied.
    WithinFive,
}

/// A query, in words that both engines know. `SINCE` and `UNTIL` stand for the ends of a hundredth of the capture's time, in its middle.
struct Query {
    name: &'static str,
    text: &'static str,
    against: Against,
}

/// The five, and what must be as fast on a capture as on Parquet.
const QUERIES: [Query; 7] = [
    Query {
        name: "top processes",
        text: "SELECT proc_name, count(*) AS n FROM events GROUP BY proc_name ORDER BY n DESC, proc_name LIMIT 20",
        against: Against::WithinFive,
    },
    Query {
        name: "connects per process and port",
        text: "SELECT proc_name, fd_sport, count(*) AS n FROM events WHERE evt_type = 'connect' GROUP BY proc_name, fd_sport ORDER BY n DESC, proc_name, fd_sport LIMIT 20",
        against: Against::WithinFive,
    },
    Query {
        name: "files written below a prefix",
        text: "SELECT fd_name, count(*) AS n FROM events WHERE evt_type IN ('write', 'pwrite', 'writev', 'pwritev') AND fd_name LIKE '/var/%' GROUP BY fd_name ORDER BY n DESC, fd_name LIMIT 20",
        against: Against::WithinFive,
    },
    Query {
        name: "failures per minute",
        text: "SELECT CAST(extract(epoch FROM date_trunc('minute', evt_time)) AS BIGINT) AS minute, count(*) AS n FROM events WHERE evt_failed GROUP BY 1 ORDER BY 1",
        against: Against::NoSlower,
    },
    Query {
        name: "processes and their connections",
        text: "SELECT p.proc_exepath, c.fd_rport, count(*) AS n, sum(c.bytes_out) AS sent FROM connections c JOIN processes p ON p.node = c.node AND p.boot_id = c.boot_id AND p.proc_pid = c.proc_pid AND p.proc_start_time = c.proc_start_time WHERE c.direction = 'out' GROUP BY p.proc_exepath, c.fd_rport ORDER BY n DESC, p.proc_exepath, c.fd_rport LIMIT 20",
        against: Against::WithinFive,
    },
    Query {
        name: "events by type and CPU (stateless)",
        text: "SELECT evt_type, cpu, count(*) AS n FROM events GROUP BY evt_type, cpu ORDER BY evt_type, cpu",
        against: Against::NoSlower,
    },
    Query {
        name: "top processes of a hundredth of the time",
        text: "SELECT proc_name, count(*) AS n FROM events WHERE evt_time >= 'SINCE' AND evt_time < 'UNTIL' GROUP BY proc_name ORDER BY n DESC, proc_name LIMIT 20",
        against: Against::NoSlower,
    },
];
/// Of which the first row is wanted soon: what matches often, what matches late, and what is found by its time.
const FIRST: [(&str, &str); 3] = [
    (
        "first row: type, process and port",
        "SELECT evt_time, proc_cmdline, fd_name FROM events WHERE evt_type = 'connect' AND proc_name = 'java' AND fd_sport = 5432",
    ),
    (
        "first row: a file of which there are few",
        "SELECT evt_time, proc_cmdline, fd_name FROM events WHERE evt_type = 'openat' AND fd_name = '/etc/nsswitch.conf' AND proc_name <> 'cron'",
    ),
    (
        "first row: from the middle on, failed",
        "SELECT evt_time, proc_cmdline, fs_path_name FROM events WHERE evt_time >= 'SINCE' AND evt_failed AND fs_path_name LIKE '/etc/%'",
    ),
];
/// The most memory that a query may take.
const PEAK_BYTES: f64 = 1e9;
/// Seconds until the first row of a filtered query.
const FIRST_SECONDS: f64 = 1.0;

/// Times and prints.
pub(crate) fn table(
    engines: &Engines<'_>,
    (since, until): (&str, &str),
    rounds: u64,
) -> Result<Vec<Goal>> {
    let spelled = |text: &str| text.replace("SINCE", since).replace("UNTIL", until);
    println!(
        "\nSeconds of user CPU (of DuckDB without the start of Python), on the wall, and peak MB; one thread"
    );
    println!(
        "{:<42} {}",
        "",
        Engine::EACH
            .map(|engine| format!("{:>26}", engine.name()))
            .join("")
    );
    let mut goals = Vec::new();
    let mut peak: f64 = 0.0;
    let mut plans = Vec::new();
    for query in QUERIES {
        let text = spelled(query.text);
        let costs = answers(engines, &text, rounds)?;
        print(query.name, &costs);
        if let [Some(capture), Some(parquet), duckdb] = costs {
            peak = peak.max(capture.peak).max(parquet.peak);
            goals.extend(compared(&query, (capture, parquet, duckdb)));
        }
        plans.push((query.name, text));
    }
    println!("To the first row, which on the wall is what counts");
    for (name, text) in FIRST {
        let text = spelled(text);
        let mut costs = [None; 3];
        for (place, engine) in costs.iter_mut().zip(Engine::EACH) {
            for _ in 0..rounds {
                let cost = engines.first(engine, &text)?;
                *place = cost.map(|cost| place.map_or(cost, |best: Cost| best.best(cost)));
            }
        }
        print(name, &costs);
        if let Some(cost) = costs.into_iter().next().flatten() {
            peak = peak.max(cost.peak);
            let what = format!("{name}, capture, s");
            goals.push(Goal::new(what, Bound::AtMost(FIRST_SECONDS), cost.wall));
        }
    }
    let what = "memory of any query with falco-analyze-sql, MB";
    goals.push(Goal::new(what, Bound::AtMost(PEAK_BYTES / 1e6), peak / 1e6));
    println!("\nPlans");
    for (name, text) in plans {
        for engine in Engine::EACH {
            if let Some(plan) = engines.plan(engine, &text)? {
                println!("\n{name}, {}\n{}", engine.name(), plan.trim_end());
            }
        }
    }
    Ok(goals)
}

/// Asks each engine, so that a busy machine slows them alike.
fn answers(engines: &Engines<'_>, text: &str, rounds: u64) -> Result<[Option<Cost>; 3]> {
    let mut costs = [None; 3];
    let mut expected: Option<String> = None;
    for _ in 0..rounds {
        for (place, engine) in costs.iter_mut().zip(Engine::EACH) {
            let Some((said, cost)) = engines.ask(engine, text)? else {
                continue;
            };
            *place = Some(place.map_or(cost, |best: Cost| best.best(cost)));
            let expected = expected.get_or_insert_with(|| said.clone());
            ensure!(
                expected.lines().count() > 1 && *expected == said,
                "{} answers otherwise, or nothing: {text}\n{said}\nexpected:\n{expected}",
                engine.name()
            );
        }
    }
    Ok(costs)
}

fn compared(query: &Query, (capture, parquet, duckdb): (Cost, Cost, Option<Cost>)) -> Vec<Goal> {
    let most = match query.against {
        Against::NoSlower => 1.0,
        Against::WithinFive => 5.0,
    };
    let what = format!("{}: capture, x Parquet", query.name);
    let mut goals = vec![Goal::new(
        what,
        Bound::AtMost(most),
        capture.user / parquet.user,
    )];
    if let Some(duckdb) = duckdb {
        let what = format!("{}: Parquet, x DuckDB", query.name);
        goals.push(Goal::new(
            what,
            Bound::AtMost(2.0),
            parquet.user / duckdb.user,
        ));
    }
    goals
}

fn print(name: &str, costs: &[Option<Cost>; 3]) {
    let spelled = costs.map(|cost| match cost {
        Some(cost) => format!(
            "{:>10.3} {:>8.3} {:>6.0}",
            cost.user,
            cost.wall,
            cost.peak / 1e6
        ),
        None => format!("{:>26}", "-"),
    });
    println!("{name:<42} {}", spelled.join(""));
}

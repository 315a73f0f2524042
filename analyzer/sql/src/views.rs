//! Views that ship: questions that every analyst asks, as tables.
//!
//! In: nothing. Out: their names, what they tell, and their SQL; a session knows each by its name, and lists print them.
//! Those that need an argument are functions, and stand here with a query that calls them.

use std::sync::Arc;

use datafusion::catalog::view::ViewTable;
use datafusion::common::Result;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::DFParser;

use crate::offered::Offered;

/// A view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Its name; of a function, how it is called.
    pub name: &'static str,
    /// What it tells.
    pub doc: &'static str,
    /// The query that it is; of a function, one that calls it.
    pub sql: &'static str,
    /// Whether it takes an argument, and so is a function.
    pub is_function: bool,
}

const fn view(name: &'static str, doc: &'static str, sql: &'static str) -> View {
    View {
        name,
        doc,
        sql,
        is_function: false,
    }
}

/// Every view.
pub const ALL: &[View] = &[
    view(
        "root_commands",
        "Who ran what as root: each program with the user who logged in.",
        "SELECT proc_start_time, user_loginname, proc_pname, proc_name, proc_cmdline, proc_exepath, proc_cwd, container_id, exit_code, proc_pid, node \
         FROM processes WHERE user_uid = 0 AND began = 'exec' ORDER BY proc_start_time",
    ),
    view(
        "shells",
        "Shells with their parents: who started one, from what, and for how long.",
        "SELECT proc_start_time, proc_duration, user_name, user_loginname, proc_name, proc_cmdline, proc_pname, lineage, proc_tty, container_id, proc_pid, proc_ppid, node \
         FROM processes WHERE began <> 'fork' AND proc_name IN ('sh', 'bash', 'dash', 'zsh', 'ksh', 'mksh', 'ash', 'fish', 'csh', 'tcsh', 'busybox') \
         ORDER BY proc_start_time",
    ),
    view(
        "outbound_connections",
        "Outbound connections by process and destination: how many, how many failed, how much was sent and received.",
        "SELECT proc_name, proc_exepath, user_name, container_id, fd_l4proto, fd_rip, fd_rport, count(*) AS connections, \
         count(*) FILTER (WHERE evt_res NOT IN ('SUCCESS', 'EINPROGRESS')) AS failed, sum(bytes_out) AS bytes_out, sum(bytes_in) AS bytes_in, \
         min(start_time) AS first_time, max(start_time) AS last_time, node \
         FROM connections WHERE direction = 'out' AND fd_rip IS NOT NULL \
         GROUP BY proc_name, proc_exepath, user_name, container_id, fd_l4proto, fd_rip, fd_rport, node ORDER BY connections DESC, proc_name, fd_rip, fd_rport",
    ),
    view(
        "etc_writes",
        "Files below /etc that were written, created, deleted, renamed or given other rights, and by whom.",
        "SELECT evt_time, operation, fs_path_name, fs_path_target, created, bytes_written, proc_name, proc_exepath, proc_cmdline, user_name, container_id, proc_pid, node \
         FROM files WHERE NOT evt_failed AND (operation <> 'open' OR is_open_write) \
         AND (fs_path_name LIKE '/etc/%' OR (operation = 'rename' AND fs_path_target LIKE '/etc/%')) ORDER BY evt_time",
    ),
    view(
        "listening_sockets",
        "Listening sockets: who listens where, since when.",
        "SELECT fd_l4proto, fd_lip, fd_lport, fd_name, proc_name, proc_exepath, proc_pid, user_name, container_id, start_time, end_time, node \
         FROM listeners ORDER BY fd_l4proto, fd_lport, fd_lip, start_time",
    ),
    view(
        "rare_executables",
        "Executables by how rarely they ran: the first ones ran once.",
        "SELECT proc_exepath, count(*) AS runs, count(DISTINCT node) AS nodes, count(DISTINCT user_uid) AS users, \
         min(proc_start_time) AS first_time, max(proc_start_time) AS last_time, min(proc_cmdline) AS example \
         FROM processes WHERE began = 'exec' AND proc_exepath IS NOT NULL GROUP BY proc_exepath ORDER BY runs, first_time, proc_exepath",
    ),
    view(
        "longest_sessions",
        "Sessions by how long they lasted: from the first program to the end of the last one; is_open where one still ran at the end.",
        "SELECT user_loginname, proc_sid, proc_tty, begun, ended, ended - begun AS duration, is_open, programs, container_id, node FROM (\
         SELECT max(user_loginname) AS user_loginname, proc_sid, max(proc_tty) AS proc_tty, min(proc_start_time) AS begun, \
         max(coalesce(proc_end_time, proc_start_time)) AS ended, bool_or(proc_end_time IS NULL) AS is_open, count(*) AS programs, \
         max(container_id) AS container_id, node, boot_id FROM processes \
         WHERE proc_sid > 0 AND (proc_tty > 0 OR user_loginuid IS NOT NULL) GROUP BY proc_sid, node, boot_id) AS sessions ORDER BY duration DESC, begun, proc_sid",
    ),
    view(
        "secret_failures",
        "Accesses to secrets that failed: passwords, keys, tokens, credentials.",
        "SELECT evt_time, evt_res, operation, fs_path_name, proc_name, proc_exepath, proc_cmdline, user_name, container_id, proc_pid, node \
         FROM files WHERE evt_failed AND evt_res <> 'ENOENT' AND (fs_path_name IN ('/etc/shadow', '/etc/gshadow', '/etc/sudoers', '/etc/krb5.keytab') \
         OR fs_path_name LIKE '/etc/shadow%' OR fs_path_name LIKE '/etc/sudoers.d/%' OR fs_path_name LIKE '/etc/ssl/private/%' OR fs_path_name LIKE '/etc/ssh/ssh_host_%' \
         OR fs_path_name LIKE '/etc/kubernetes/%' OR fs_path_name LIKE '%/secrets/kubernetes.io/%' OR fs_path_name LIKE '%/.ssh/id_%' OR fs_path_name LIKE '%/.aws/credentials' \
         OR fs_path_name LIKE '%/.kube/config' OR fs_path_name LIKE '%/.docker/config.json' OR fs_path_name LIKE '%/.gnupg/%' OR fs_path_name LIKE '%/.netrc' \
         OR fs_path_name LIKE '%.pem' OR fs_path_name LIKE '%.key') ORDER BY evt_time",
    ),
    View {
        name: "alerts_per_minute('rules.yaml')",
        doc: "Alerts of a replay by minute and rule.",
        sql: "SELECT date_trunc('minute', time) AS minute, rule, priority, count(*) AS alerts FROM alerts('rules.yaml') GROUP BY 1, 2, 3 ORDER BY 1, 2",
        is_function: true,
    },
    View {
        name: "touched_by(pid)",
        doc: "What a process and whoever descends from it did, and to what.",
        sql: "SELECT proc_name, evt_type, object, count, failed FROM touched_by(1234) ORDER BY first_time",
        is_function: true,
    },
];

/// What a view of this name tells; nothing where there is none.
pub(crate) fn doc(name: &str) -> &'static str {
    let mut views = ALL.iter();
    let found = views.find(|view| view.name == name);
    found.map_or("", |view| view.doc)
}

/// Makes the views known to a session that has the tables. A view may show columns that nobody sees who does not name them.
pub(crate) async fn register(
    context: &SessionContext,
    offered: &Offered,
    has_exports: bool,
) -> Result<()> {
    for view in ALL.iter().filter(|view| !view.is_function) {
        let Some(statement) = DFParser::parse_sql(view.sql)?.pop_front() else {
            continue;
        };
        match offered.plan(context, statement).await {
            Ok(plan) => {
                let table = ViewTable::new(plan, Some(view.sql.to_owned()));
                context.register_table(view.name, Arc::new(table))?;
            }
            // What an export lacks, no view of it can tell: the name is not known then.
            Err(_) if has_exports => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

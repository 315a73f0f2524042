//! What each attribute says: the mapping, of which `OCSF.md` is made.
//!
//! In: an event. Out: the values of its class's attributes.

use super::event::{Event, F};
use super::value::{Ty, Value, int, milliseconds, text, word};
use super::who::{ACTOR, PARENT, TARGET};
use super::{files, finding, network, who};
use crate::export::class::Class;

/// The version of the schema.
pub const VERSION: &str = "1.5.0";
/// The parts of the schema that records have attributes of beside their class's own.
const PROFILES: [&str; 3] = ["container", "datetime", "host"];

/// An attribute.
pub(super) struct Attribute {
    /// Where it stands: names with dots between, `[]` behind those of lists of objects.
    pub(super) path: &'static str,
    pub(super) ty: Ty,
    /// The classes that have it.
    pub(super) of: &'static [Class],
    /// Where its values come from, in Markdown.
    pub(super) says: &'static str,
    /// Its value; the number is that of the object, in a list of them.
    pub(super) value: fn(&Event<'_>, usize) -> Value,
}

const ALL: &[Class] = &Class::ALL;
const FILE: &[Class] = &[Class::File];
const PROCESS: &[Class] = &[Class::Process];
const NETWORK: &[Class] = &[Class::Network];
const FINDING: &[Class] = &[Class::Finding];
/// What was done, other than what a rule says of it.
const DONE: &[Class] = &[Class::File, Class::Process, Class::Network];

/// A point in time by both forms; what no clock knows is the epoch, since each record must have one.
fn time(event: &Event<'_>) -> i64 {
    event.int(F::Time).unwrap_or(0)
}

fn time_text(event: &Event<'_>) -> Value {
    let time = jiff::Timestamp::from_nanosecond(i128::from(time(event)));
    text(time.ok().map(|time| format!("{time:.9}")))
}

/// The numbers that name the event for ever.
fn event_uid(event: &Event<'_>) -> Value {
    let boot = event.text(F::BootId).unwrap_or("import");
    let number = |field| event.int(field).unwrap_or(0);
    word(&format!(
        "{boot}-{}-{}-{}",
        number(F::Cpu),
        number(F::Boottime),
        number(F::Position)
    ))
}

fn type_uid(event: &Event<'_>) -> Value {
    let class = i64::from(event.class.uid());
    Value::Int(class * 100 + i64::from(event.activity.0))
}

fn type_name(event: &Event<'_>) -> Value {
    word(&format!("{}: {}", event.class.caption(), event.activity.1))
}

fn message(event: &Event<'_>) -> Value {
    text(event.told.map(|told| told.message.clone()))
}

/// What became of a call: its number and its name.
fn status(event: &Event<'_>) -> (i64, &'static str) {
    match event.failed() {
        _ if event.told.is_some() => (1, "New"),
        Some(false) => (1, "Success"),
        // An end has no result, and none has failed.
        None if event.text(F::Type) == Some("procexit") => (1, "Success"),
        Some(true) => (2, "Failure"),
        None => (0, "Unknown"),
    }
}

macro_rules! attributes {
    ($($path:literal, $ty:ident, $of:expr, $says:literal, $value:expr;)+) => {
        &[$(Attribute { path: $path, ty: Ty::$ty, of: $of, says: $says, value: $value }),+]
    };
}

/// What every record has.
const COMMON: &[Attribute] = attributes! {
    "activity_id", Int, ALL, "see the table of activities", |e, _| Value::Int(e.activity.0.into());
    "activity_name", Text, ALL, "its name", |e, _| word(e.activity.1);
    "category_uid", Int, ALL, "number of the category", |e, _| Value::Int(e.class.category().into());
    "category_name", Text, ALL, "its name", |e, _| word(e.class.category_caption());
    "class_uid", Int, ALL, "number of the class", |e, _| Value::Int(e.class.uid().into());
    "class_name", Text, ALL, "its name", |e, _| word(e.class.caption());
    "type_uid", Int, ALL, "`class_uid` × 100 + `activity_id`", |e, _| type_uid(e);
    "type_name", Text, ALL, "its name", |e, _| type_name(e);
    "time", Int, ALL, "`evt_time` in milliseconds", |e, _| milliseconds(Some(time(e)));
    "time_dt", Text, ALL, "`evt_time` with nanoseconds, RFC 3339", |e, _| time_text(e);
    "severity_id", Int, ALL, "1, Informational; of a finding by the priority of its rule", |e, _| Value::Int(finding::severity(e).0);
    "severity", Text, ALL, "its name", |e, _| word(finding::severity(e).1);
    "status_id", Int, ALL, "1 Success (ends among them), 2 Failure, 0 Unknown where the result does not tell; of a finding 1, New", |e, _| Value::Int(status(e).0);
    "status", Text, ALL, "its name", |e, _| word(status(e).1);
    "status_code", Text, DONE, "`evt_res`", |e, _| text(e.text(F::Result));
    "message", Text, FINDING, "the output of the rule", |e, _| message(e);
    "metadata.version", Text, ALL, "version of the schema", |_, _| word(VERSION);
    "metadata.product.name", Text, ALL, "`falco-analyze`", |_, _| word("falco-analyze");
    "metadata.product.vendor_name", Text, ALL, "`Falco Recorder`", |_, _| word("Falco Recorder");
    "metadata.product.version", Text, ALL, "version of the program", |_, _| word(env!("CARGO_PKG_VERSION"));
    "metadata.profiles", Texts, ALL, "`container`, `datetime`, `host`", |_, _| Value::Texts(PROFILES.map(str::to_owned).into());
    "metadata.uid", Text, ALL, "`boot_id`, `cpu`, `boottime_ns` and `position` of the event; of a finding `evidence.id`", |e, _| e.told.map_or_else(|| event_uid(e), |told| word(&told.id));
    "metadata.event_code", Text, ALL, "`evt_type`", |e, _| text(e.text(F::Type));
    "metadata.log_name", Text, ALL, "`capture`", |e, _| text(e.text(F::Capture));
    "device.hostname", Text, ALL, "`node`; `unknown` for imports that do not tell", |e, _| word(e.text(F::Node).unwrap_or("unknown"));
    "device.type_id", Int, ALL, "0, Unknown", |_, _| Value::Int(0);
    "device.type", Text, ALL, "its name", |_, _| word("Unknown");
    "device.os.name", Text, ALL, "`Linux`", |_, _| word("Linux");
    "device.os.type_id", Int, ALL, "200, Linux", |_, _| Value::Int(200);
    "device.os.type", Text, ALL, "its name", |_, _| word("Linux");
    "device.boot_uid", Text, ALL, "`boot_id`", |e, _| text(e.text(F::BootId));
    "unmapped.complete", Bool, ALL, "`complete`: whether nothing was lost that the record may rest on", |e, _| e.bool(F::Complete).map_or(Value::Null, Value::Bool);
};

/// Whoever did it. A program is launched by its process's parent, as OCSF has it.
const ACTING: &[Attribute] = attributes! {
    "actor.process.pid", Int, DONE, "`proc_pid`; of a program that was launched `proc_ppid`", |e, _| who::pid(e, ACTOR);
    "actor.process.uid", Text, DONE, "`boot_id`, process id and start of the process", |e, _| who::uid(e, ACTOR);
    "actor.process.tid", Int, DONE, "`thread_tid`, but for programs that were launched", |e, _| who::tid(e, ACTOR);
    "actor.process.name", Text, DONE, "`proc_name`, `proc_pname`", |e, _| who::name(e, ACTOR);
    "actor.process.cmd_line", Text, DONE, "`proc_cmdline`, `proc_pcmdline`", |e, _| who::cmd_line(e, ACTOR);
    "actor.process.created_time", Int, DONE, "when the process began, milliseconds", |e, _| who::created(e, ACTOR);
    "actor.process.working_directory", Text, DONE, "`proc_cwd`, but for programs that were launched", |e, _| who::cwd(e, ACTOR);
    "actor.process.file.path", Text, DONE, "`proc_exepath`, `proc_pexepath`", |e, _| who::exe(e, ACTOR);
    "actor.process.file.name", Text, DONE, "its last name", |e, _| who::exe_name(e, ACTOR);
    "actor.process.file.type_id", Int, DONE, "1, Regular File", |e, _| who::exe_type(e, ACTOR);
    "actor.process.container.uid", Text, DONE, "`container_id`, in containers", |e, _| who::container(e, ACTOR);
    "actor.process.container.name", Text, DONE, "`container_name`", |e, _| who::container_name(e, ACTOR);
    "actor.process.container.image.uid", Text, DONE, "`container_image_id`, or the image's name", |e, _| who::image_uid(e, ACTOR);
    "actor.process.container.image.name", Text, DONE, "`container_image`", |e, _| who::image(e, ACTOR);
    "actor.process.parent_process.pid", Int, DONE, "`proc_ppid`, but for programs that were launched", |e, _| who::parent_of(e, ACTOR, who::pid);
    "actor.process.parent_process.name", Text, DONE, "`proc_pname`", |e, _| who::parent_of(e, ACTOR, who::name);
    "actor.process.parent_process.cmd_line", Text, DONE, "`proc_pcmdline`", |e, _| who::parent_of(e, ACTOR, who::cmd_line);
    "actor.user.uid", Text, DONE, "`user_uid`", |e, _| who::user(e);
    "actor.user.name", Text, DONE, "`user_name`", |e, _| who::user_name(e);
};

/// The process that something is done to.
const PROCESSES: &[Attribute] = attributes! {
    "process.pid", Int, PROCESS, "`proc_pid`", |e, _| who::pid(e, TARGET);
    "process.uid", Text, PROCESS, "`boot_id`, process id and start of the process", |e, _| who::uid(e, TARGET);
    "process.tid", Int, PROCESS, "`thread_tid`", |e, _| who::tid(e, TARGET);
    "process.name", Text, PROCESS, "`proc_name`; of a launch that failed the name of the program that was asked for", |e, _| who::name(e, TARGET);
    "process.cmd_line", Text, PROCESS, "`proc_cmdline`, but of launches that failed", |e, _| who::cmd_line(e, TARGET);
    "process.created_time", Int, PROCESS, "when the process began, milliseconds", |e, _| who::created(e, TARGET);
    "process.working_directory", Text, PROCESS, "`proc_cwd`", |e, _| who::cwd(e, TARGET);
    "process.file.path", Text, PROCESS, "`proc_exepath`; of a launch that failed the path that was asked for", |e, _| who::exe(e, TARGET);
    "process.file.name", Text, PROCESS, "its last name", |e, _| who::exe_name(e, TARGET);
    "process.file.type_id", Int, PROCESS, "1, Regular File; 0 of a launch that failed", |e, _| who::exe_type(e, TARGET);
    "process.user.uid", Text, PROCESS, "`user_uid`; of Set User ID the one that was asked for", |e, _| who::new_user(e);
    "process.user.name", Text, PROCESS, "`user_name`, but of Set User ID", |e, _| who::new_user_name(e);
    "process.container.uid", Text, PROCESS, "`container_id`, in containers", |e, _| who::container(e, TARGET);
    "process.container.name", Text, PROCESS, "`container_name`", |e, _| who::container_name(e, TARGET);
    "process.container.image.uid", Text, PROCESS, "`container_image_id`, or the image's name", |e, _| who::image_uid(e, TARGET);
    "process.container.image.name", Text, PROCESS, "`container_image`", |e, _| who::image(e, TARGET);
    "process.parent_process.pid", Int, PROCESS, "`proc_ppid`", |e, _| who::parent_of(e, TARGET, who::pid);
    "process.parent_process.name", Text, PROCESS, "`proc_pname`", |e, _| who::parent_of(e, TARGET, who::name);
    "process.parent_process.cmd_line", Text, PROCESS, "`proc_pcmdline`", |e, _| who::parent_of(e, TARGET, who::cmd_line);
    "exit_code", Int, PROCESS, "of Terminate the exit code, 128 and the number of a signal that ended it", |e, _| who::exit_code(e);
};

/// The file that something is done to.
const FILES: &[Attribute] = attributes! {
    "file.path", Text, FILE, "`fs_path_name`, else `fs_path_source`, `fd_name`", |e, _| text(files::path(e));
    "file.name", Text, FILE, "its last name", |e, _| Value::Text(files::name(files::path(e)));
    "file.type_id", Int, FILE, "by `fd_type` and the call: 1 Regular File, 2 Folder, 7 Symbolic Link, 0 Unknown", |e, _| Value::Int(files::kind(e));
    "file.uid", Text, FILE, "`fd_ino`", |e, _| text(files::inode(e));
    "file_result.path", Text, FILE, "of a rename `fs_path_target`", |e, _| text(files::target(e));
    "file_result.name", Text, FILE, "its last name", |e, _| text(files::target(e).map(|path| files::name(Some(path))));
    "file_result.type_id", Int, FILE, "0, Unknown", |e, _| int(files::target(e).map(|_| 0));
};

/// The ends of what goes over the network.
const CONNECTIONS: &[Attribute] = attributes! {
    "src_endpoint.ip", Text, NETWORK, "`fd_cip`; of Listen `fd_sip`", |e, _| text(network::source(e).0);
    "src_endpoint.port", Int, NETWORK, "`fd_cport`; of Listen `fd_sport`", |e, _| int(network::source(e).1);
    "dst_endpoint.ip", Text, NETWORK, "`fd_sip`, but of Listen", |e, _| text(network::destination(e).0);
    "dst_endpoint.port", Int, NETWORK, "`fd_sport`, but of Listen", |e, _| int(network::destination(e).1);
    "connection_info.direction_id", Int, NETWORK, "2 Outbound of connect, 1 Inbound of accept, else by `fd_is_server`; 0 Unknown of Listen", |e, _| Value::Int(network::direction(e).0);
    "connection_info.direction", Text, NETWORK, "its name", |e, _| word(network::direction(e).1);
    "connection_info.protocol_name", Text, NETWORK, "`fd_l4proto`", |e, _| text(e.text(F::Protocol));
    "connection_info.protocol_num", Int, NETWORK, "its number, of `tcp`, `udp`, `icmp`", |e, _| int(network::protocol(e));
    "connection_info.protocol_ver_id", Int, NETWORK, "4 or 6, by `fd_type`", |e, _| int(network::version(e));
    "traffic.bytes", Int, NETWORK, "of Traffic `evt_rawres`", |e, _| int(network::bytes(e, None));
    "traffic.bytes_in", Int, NETWORK, "the same of what was received", |e, _| int(network::bytes(e, Some(false)));
    "traffic.bytes_out", Int, NETWORK, "the same of what was sent", |e, _| int(network::bytes(e, Some(true)));
};

/// What a rule says, and of what.
const FINDINGS: &[Attribute] = attributes! {
    "finding_info.uid", Text, FINDING, "`evidence.id` of the alert", |e, _| text(e.told.map(|told| told.id.clone()));
    "finding_info.title", Text, FINDING, "name of the rule", |e, _| text(e.told.map(|told| told.rule.clone()));
    "finding_info.desc", Text, FINDING, "its description", |e, _| text(e.told.map(|told| told.desc.clone()).filter(|desc| !desc.is_empty()));
    "finding_info.types", Texts, FINDING, "its tags", |e, _| Value::Texts(e.told.map(|told| told.tags.clone()).unwrap_or_default());
    "finding_info.created_time", Int, FINDING, "`evt_time` in milliseconds", |e, _| milliseconds(Some(time(e)));
    "finding_info.analytic.name", Text, FINDING, "name of the rule", |e, _| text(e.told.map(|told| told.rule.clone()));
    "finding_info.analytic.type_id", Int, FINDING, "1, Rule", |_, _| Value::Int(1);
    "finding_info.analytic.type", Text, FINDING, "its name", |_, _| word("Rule");
    "finding_info.attacks[].technique.uid", Text, FINDING, "tags of techniques of MITRE ATT&CK, such as `T1059`", |e, n| text(finding::technique(e, n));
    "finding_info.attacks[].tactic.name", Text, FINDING, "tags of its tactics, such as `mitre_execution`", |e, n| text(finding::tactic(e, n));
    "is_alert", Bool, FINDING, "true", |_, _| Value::Bool(true);
    "raw_data", Text, FINDING, "the alert as `replay --format json` prints it", |e, _| text(e.told.map(|told| told.json.clone()));
    "evidences[].process.pid", Int, FINDING, "`proc_pid`", |e, _| who::pid(e, TARGET);
    "evidences[].process.uid", Text, FINDING, "`boot_id`, process id and start of the process", |e, _| who::uid(e, TARGET);
    "evidences[].process.name", Text, FINDING, "`proc_name`", |e, _| who::name(e, TARGET);
    "evidences[].process.cmd_line", Text, FINDING, "`proc_cmdline`", |e, _| who::cmd_line(e, TARGET);
    "evidences[].process.file.path", Text, FINDING, "`proc_exepath`", |e, _| who::exe(e, TARGET);
    "evidences[].process.file.name", Text, FINDING, "its last name", |e, _| who::exe_name(e, TARGET);
    "evidences[].process.file.type_id", Int, FINDING, "1, Regular File", |e, _| who::exe_type(e, TARGET);
    "evidences[].process.user.uid", Text, FINDING, "`user_uid`", |e, _| who::user(e);
    "evidences[].process.user.name", Text, FINDING, "`user_name`", |e, _| who::user_name(e);
    "evidences[].process.parent_process.pid", Int, FINDING, "`proc_ppid`", |e, _| who::pid(e, PARENT);
    "evidences[].process.parent_process.name", Text, FINDING, "`proc_pname`", |e, _| who::name(e, PARENT);
    "evidences[].container.uid", Text, FINDING, "`container_id`, in containers", |e, _| who::container(e, TARGET);
    "evidences[].container.name", Text, FINDING, "`container_name`", |e, _| who::container_name(e, TARGET);
    "evidences[].container.image.uid", Text, FINDING, "`container_image_id`, or the image's name", |e, _| who::image_uid(e, TARGET);
    "evidences[].container.image.name", Text, FINDING, "`container_image`", |e, _| who::image(e, TARGET);
    "evidences[].file.path", Text, FINDING, "the file that the event is about, as `file.path`", |e, _| text(files::evidence(e));
    "evidences[].file.name", Text, FINDING, "its last name", |e, _| text(files::evidence(e).map(|path| files::name(Some(path))));
    "evidences[].file.type_id", Int, FINDING, "as `file.type_id`", |e, _| int(files::evidence(e).map(|_| files::kind(e)));
    "evidences[].src_endpoint.ip", Text, FINDING, "`fd_cip`", |e, _| text(network::source(e).0);
    "evidences[].src_endpoint.port", Int, FINDING, "`fd_cport`, where there is an address", |e, _| int(network::source(e).1);
    "evidences[].dst_endpoint.ip", Text, FINDING, "`fd_sip`", |e, _| text(network::destination(e).0);
    "evidences[].dst_endpoint.port", Int, FINDING, "`fd_sport`, where there is an address", |e, _| int(network::destination(e).1);
};

/// Every attribute.
pub(super) fn all() -> impl Iterator<Item = &'static Attribute> {
    let parts = [COMMON, ACTING, PROCESSES, FILES, CONNECTIONS, FINDINGS];
    parts.into_iter().flatten()
}

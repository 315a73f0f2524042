//! `user.*` and `group.*`: on whose behalf.

use falco_rules::{FieldArgument, FieldType, Value};

use super::declare::{self, Extract, Field, signed};
use super::{Basis, EventContext};
use crate::state::User;
use crate::state::facets::Facets;

use FieldType::{Charbuf, Int64, Uint32};

/// What Falco prints for an id without an entry.
const NO_NAME: &[u8] = &declare::NOT_KNOWN;
const ROOT: &[u8] = b"root";
const ROOT_HOME: &[u8] = b"/root";
/// An id that is not known, and a login that was never made.
const UNSET: u32 = u32::MAX;

/// A field of this file: on whose behalf the thread runs.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc)
        .reads(Facets::ANCESTRY.and(Facets::CREDENTIALS))
        .of(Basis::Thread)
}

pub(super) const FIELDS: &[Field] = &[
    field("user.uid", Uint32, uid, "Effective user id."),
    field(
        "user.name",
        Charbuf,
        name,
        "Name of the user, as the node or its container knows it.",
    )
    .reads(Facets::ACCOUNTS.and(Facets::CGROUPS))
    .unknown_is_na(),
    field("user.homedir", Charbuf, home, "Home directory of the user.")
        .reads(Facets::ACCOUNTS.and(Facets::CGROUPS)),
    field("user.shell", Charbuf, shell, "Login shell of the user.")
        .reads(Facets::ACCOUNTS.and(Facets::CGROUPS)),
    field(
        "user.loginuid",
        Int64,
        login_uid,
        "Id of the user who logged in; -1 where nobody did.",
    ),
    field(
        "user.loginname",
        Charbuf,
        login_name,
        "Name of the user who logged in.",
    )
    .reads(Facets::ACCOUNTS.and(Facets::CGROUPS))
    .unknown_is_na(),
    field("group.gid", Uint32, gid, "Effective group id."),
    field("group.name", Charbuf, group_name, "Name of the group.")
        .reads(Facets::ACCOUNTS.and(Facets::CGROUPS))
        .unknown_is_na(),
];

fn container<'e>(event: &'e EventContext<'_>) -> Option<&'e [u8]> {
    let container = event.thread?.cgroups.container()?;
    Some(&container.id[..])
}

fn own_uid(event: &EventContext<'_>) -> u32 {
    let uid = event.thread.and_then(|thread| thread.credentials.uid);
    uid.unwrap_or(UNSET)
}

fn own_gid(event: &EventContext<'_>) -> u32 {
    let gid = event.thread.and_then(|thread| thread.credentials.gid);
    gid.unwrap_or(UNSET)
}

fn own_login(event: &EventContext<'_>) -> u32 {
    let login = event.thread.and_then(|thread| thread.credentials.loginuid);
    login.unwrap_or(UNSET)
}

fn entry<'e>(event: &'e EventContext<'_>, uid: u32) -> Option<&'e User> {
    event.state.user(container(event), uid)
}

/// A part of a user's entry; without an entry what Falco knows of root, or nothing it could name.
fn part<'e>(
    event: &'e EventContext<'_>,
    uid: u32,
    part: fn(&User) -> &[u8],
    of_root: &'static [u8],
) -> Value<'e> {
    match entry(event, uid) {
        Some(user) => Value::Str(part(user)),
        None if uid == 0 => Value::Str(of_root),
        None => Value::Str(NO_NAME),
    }
}

fn uid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.is_nobodys() {
        return Value::Absent;
    }
    Value::Uint(u64::from(own_uid(event)))
}

fn name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.is_nobodys() {
        return Value::Absent;
    }
    part(event, own_uid(event), |user| &user.name, ROOT)
}

fn home<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.is_nobodys() {
        return Value::Absent;
    }
    part(event, own_uid(event), |user| &user.home, ROOT_HOME)
}

fn shell<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.is_nobodys() {
        return Value::Absent;
    }
    part(event, own_uid(event), |user| &user.shell, NO_NAME)
}

fn login_uid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.is_nobodys() {
        return Value::Absent;
    }
    let login = own_login(event);
    signed(Some(if login == UNSET { -1 } else { i64::from(login) }))
}

fn login_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.is_nobodys() {
        return Value::Absent;
    }
    part(event, own_login(event), |user| &user.name, ROOT)
}

fn gid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.is_nobodys() {
        return Value::Absent;
    }
    Value::Uint(u64::from(own_gid(event)))
}

fn group_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.is_nobodys() {
        return Value::Absent;
    }
    let gid = own_gid(event);
    match event.state.group(container(event), gid) {
        Some(name) => Value::Str(name),
        None if gid == 0 => Value::Str(ROOT),
        None => Value::Str(NO_NAME),
    }
}

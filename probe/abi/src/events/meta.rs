//! What the recorder learns while recording and tells as events: containers, users, groups.

use super::event_rows;

event_rows! {
    META;

    /// A container was seen, with what its runtime says of it, as JSON.
    240 container Internal Process (DEFAULT | STATE) [] {
        json: Str Plain = None;
    }

    /// A user was added.
    241 useradded Internal Process (DEFAULT | STATE) [] {
        uid: U32 Uid = None;
        gid: U32 Gid = None;
        name: Str Plain = None;
        home: Str Plain = None;
        shell: Str Plain = None;
        container_id: Str Plain = None;
    }

    /// A group was added.
    242 groupadded Internal Process (DEFAULT | STATE) [] {
        gid: U32 Gid = None;
        name: Str Plain = None;
        container_id: Str Plain = None;
    }
}

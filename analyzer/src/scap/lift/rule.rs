//! The form of lifting rules.

/// Where parameters of the lifted event come from, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The event's own, first to last.
    Old(u8, u8),
    /// Those of the kept enter, first to last; where none is kept, zeros, or nothing where the type has no width.
    Enter(u8, u8),
    /// Those of the kept enter, first to last; where none is kept, absent.
    EnterOrEmpty(u8, u8),
    /// So many zeros of their types' widths.
    Default(u8),
    /// So many that are absent.
    Empty(u8),
    /// A container's parameters as the document that newer events have.
    ContainerJson,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// It is kept for its exit, and is no row.
    Store,
    /// It is kept for its exit, and is a row.
    StoreAndPass,
    /// It is a row as it is.
    Pass,
    /// Parameters are added at its end.
    Add(&'static [Part]),
    /// It becomes an event of another type with these parameters.
    Turn(u16, &'static [Part]),
}

/// What becomes of events of a type that have so many parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) code: u16,
    pub(super) params: u8,
    pub(super) action: Action,
}

const fn rule(code: u16, params: u8, action: Action) -> Rule {
    Rule {
        code,
        params,
        action,
    }
}

pub(super) const fn store(code: u16, params: u8) -> Rule {
    rule(code, params, Action::Store)
}

pub(super) const fn store_and_pass(code: u16, params: u8) -> Rule {
    rule(code, params, Action::StoreAndPass)
}

pub(super) const fn pass(code: u16, params: u8) -> Rule {
    rule(code, params, Action::Pass)
}

pub(super) const fn add(code: u16, params: u8, parts: &'static [Part]) -> Rule {
    rule(code, params, Action::Add(parts))
}

pub(super) const fn turn(code: u16, params: u8, new: u16, parts: &'static [Part]) -> Rule {
    rule(code, params, Action::Turn(new, parts))
}

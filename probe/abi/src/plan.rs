//! The capture plan: an event's sources as plain data, read by the probe from a map.

use crate::limits::{ARGV_MAX, NAME_MAX, PARAMS_MAX, PATH_MAX, SOCKADDR_MAX, TUPLE_MAX, VALUE_MAX};
use crate::{EventDef, FdSource, Length, Role, Source, Wire};

/// One parameter's way of capture. Eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Step {
    /// One of [`kind`].
    pub kind: u8,
    /// First operand: a register, a field, a tracepoint argument.
    pub a: u8,
    /// Second operand: a length's kind, an offset, a field.
    pub b: u8,
    /// Third operand: a length's operand, a width.
    pub c: u8,
    /// The most bytes to copy; 0 leaves the value absent (strings and bytes).
    pub limit: u16,
    /// Non-zero where the value is a string or bytes, zero where it is an integer of eight bytes.
    pub variable: u8,
    /// Padding.
    pub reserved: u8,
}

/// How one event is captured at one place. Fixed size, so that it can be a map's value.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Plan {
    /// The event's id.
    pub event: u16,
    /// The lane, as a byte.
    pub lane: u8,
    /// How many steps.
    pub steps_len: u8,
    /// Bits of [`flag`].
    pub flags: u32,
    /// The steps, in the order of the parameters.
    pub steps: [Step; PARAMS_MAX],
}

/// Flags of a plan.
pub mod flag {
    /// The plan is in use.
    pub const ENABLED: u32 = 1;
    /// Only calls that failed (a successful exec is taken at its tracepoint, its registers are gone).
    pub const ONLY_FAILED: u32 = 2;
    /// One event per message of the call, as `events::MESSAGES` has it.
    pub const MESSAGES: u32 = 8;
}

/// Kinds of steps. One per variant of [`Source`].
#[expect(
    missing_docs,
    reason = "each constant is the variant of Source of the same name"
)]
pub mod kind {
    pub const NONE: u8 = 0;
    pub const RET: u8 = 1;
    pub const REG: u8 = 2;
    pub const REG64: u8 = 3;
    pub const USER_STR: u8 = 4;
    pub const USER_INT: u8 = 5;
    pub const USER_LONG: u8 = 6;
    pub const USER_BYTES: u8 = 7;
    pub const SOCKADDR: u8 = 8;
    pub const IOVEC: u8 = 9;
    pub const MSGHDR: u8 = 10;
    pub const USER_ARGV: u8 = 11;
    pub const TASK: u8 = 12;
    pub const CURRENT: u8 = 13;
    pub const FD: u8 = 14;
    pub const TP_ARG: u8 = 15;
    pub const TP_STR: u8 = 16;
    pub const EXEC_FILENAME: u8 = 17;
    pub const EXEC_ARGS: u8 = 18;
    pub const EXEC_ENV: u8 = 19;
    pub const EXEC_OLD_TID: u8 = 20;
    pub const CGROUP_HIERARCHY: u8 = 21;
    pub const ZERO: u8 = 22;
    pub const SYSCALL_NUMBER: u8 = 23;
}

/// Kinds of lengths, in [`Step::b`] with the operand in [`Step::c`].
#[expect(
    missing_docs,
    reason = "each constant is the variant of Length of the same name"
)]
pub mod length {
    pub const REG: u8 = 0;
    pub const RET: u8 = 1;
    pub const AT: u8 = 2;
    pub const FIXED: u8 = 3;
}

/// Which descriptor, in [`Step::b`] of an [`kind::FD`] step: a register's number, or this for the return value.
/// [`Step::c`] is one more than the offset of the descriptor behind the register, 0 where the register itself holds it.
pub const FD_RET: u8 = 0xff;

/// The limits that a user may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of I/O payload per call; 0 records none.
    pub payload: u16,
    /// Bytes of environment per exec; 0 records none.
    pub env: u16,
}

impl Step {
    /// The step that obtains one parameter.
    pub const fn new(source: Source, wire: Wire, role: Role, limits: Limits) -> Step {
        let (kind, a, b, c) = match source {
            Source::None => (kind::NONE, 0, 0, 0),
            Source::Ret => (kind::RET, 0, 0, 0),
            Source::Reg(reg) => (kind::REG, reg, 0, 0),
            Source::Reg64(reg) => (kind::REG64, reg, 0, 0),
            Source::UserStr(reg) => (kind::USER_STR, reg, 0, 0),
            Source::UserInt { reg, offset, width } => (kind::USER_INT, reg, offset, width),
            Source::UserLong { reg, index } => (kind::USER_LONG, reg, index, 0),
            Source::UserBytes { reg, len } => {
                let (b, c) = length_operands(len);
                (kind::USER_BYTES, reg, b, c)
            }
            Source::Sockaddr { reg, len } => {
                let (b, c) = length_operands(len);
                (kind::SOCKADDR, reg, b, c)
            }
            Source::Iovec { reg, count } => (kind::IOVEC, reg, count, 0),
            Source::Msghdr { reg, part } => (kind::MSGHDR, reg, part as u8, 0),
            Source::UserArgv(reg) => (kind::USER_ARGV, reg, 0, 0),
            Source::Task(field) => (kind::TASK, field as u8, 0, 0),
            Source::Current(field) => (kind::CURRENT, field as u8, 0, 0),
            Source::Fd(FdSource::Reg(reg), field) => (kind::FD, field as u8, reg, 0),
            Source::Fd(FdSource::Ret, field) => (kind::FD, field as u8, FD_RET, 0),
            Source::Fd(FdSource::At { reg, offset }, field) => {
                (kind::FD, field as u8, reg, offset + 1)
            }
            Source::TpArg(index) => (kind::TP_ARG, index, 0, 0),
            Source::TpStr(index) => (kind::TP_STR, index, 0, 0),
            Source::ExecFilename => (kind::EXEC_FILENAME, 0, 0, 0),
            Source::ExecArgs => (kind::EXEC_ARGS, 0, 0, 0),
            Source::ExecEnv => (kind::EXEC_ENV, 0, 0, 0),
            Source::ExecOldTid => (kind::EXEC_OLD_TID, 0, 0, 0),
            Source::Zero => (kind::ZERO, 0, 0, 0),
            Source::SyscallNumber => (kind::SYSCALL_NUMBER, 0, 0, 0),
            Source::CgroupHierarchy => (kind::CGROUP_HIERARCHY, 0, 0, 0),
        };
        let variable = wire.width().is_none();
        Step {
            kind,
            a,
            b,
            c,
            limit: if variable {
                limit(source, role, limits)
            } else {
                8
            },
            variable: variable as u8,
            reserved: 0,
        }
    }
}

impl Step {
    fn to_bytes(self) -> [u8; 8] {
        let [low, high] = self.limit.to_ne_bytes();
        [
            self.kind,
            self.a,
            self.b,
            self.c,
            low,
            high,
            self.variable,
            self.reserved,
        ]
    }
}

const fn length_operands(len: Length) -> (u8, u8) {
    match len {
        Length::Reg(reg) => (length::REG, reg),
        Length::Ret => (length::RET, 0),
        Length::At(reg) => (length::AT, reg),
        Length::Fixed(bytes) => (length::FIXED, bytes),
    }
}

/// The most bytes copied of a string or of bytes.
const fn limit(source: Source, role: Role, limits: Limits) -> u16 {
    let limit = match (source, role) {
        (Source::ExecEnv, _) => limits.env,
        (_, Role::Payload) => limits.payload,
        (_, Role::Strings) => ARGV_MAX,
        (_, Role::Sockaddr) => SOCKADDR_MAX,
        (_, Role::Tuple) => TUPLE_MAX,
        (_, Role::Path | Role::RelPath | Role::RealPath) => PATH_MAX,
        _ => NAME_MAX,
    };
    // Lengths are masked with one less than VALUE_MAX.
    if limit < VALUE_MAX as u16 {
        limit
    } else {
        VALUE_MAX as u16 - 1
    }
}

/// Bytes of a [`Plan`].
pub const PLAN_LEN: usize = size_of::<Plan>();

impl Plan {
    /// An unused entry.
    pub const EMPTY: Plan = Plan {
        event: 0,
        lane: 0,
        steps_len: 0,
        flags: 0,
        steps: [Step {
            kind: 0,
            a: 0,
            b: 0,
            c: 0,
            limit: 0,
            variable: 0,
            reserved: 0,
        }; PARAMS_MAX],
    };

    /// The plan of an event at `sys_exit`.
    pub fn at_syscall_exit(event: &EventDef, limits: Limits) -> Plan {
        let mut flags = 0;
        if event.has(crate::events::ONLY_FAILED) {
            flags |= flag::ONLY_FAILED;
        }
        if event.has(crate::events::MESSAGES) {
            flags |= flag::MESSAGES;
        }
        Plan::of(event, flags, limits, false)
    }

    /// The plan of an event at its tracepoint.
    pub fn at_tracepoint(event: &EventDef, limits: Limits) -> Plan {
        Plan::of(event, 0, limits, true)
    }

    /// The plan as the probe's map holds it: its fields one after the other, which leaves no padding.
    pub fn to_bytes(&self) -> [u8; PLAN_LEN] {
        let event = self.event.to_ne_bytes();
        let head = event.into_iter().chain([self.lane, self.steps_len]);
        let flags = self.flags.to_ne_bytes();
        let steps = self.steps.iter().flat_map(|step| step.to_bytes());
        let mut bytes = [0; PLAN_LEN];
        let values = head.chain(flags).chain(steps);
        bytes
            .iter_mut()
            .zip(values)
            .for_each(|(byte, value)| *byte = value);
        bytes
    }

    fn of(event: &EventDef, flags: u32, limits: Limits, tracepoint: bool) -> Plan {
        let mut plan = Plan {
            event: event.id.0,
            lane: event.lane as u8,
            steps_len: 0,
            flags: flags | flag::ENABLED,
            ..Plan::EMPTY
        };
        for (step, param) in plan.steps.iter_mut().zip(event.params) {
            let source = if tracepoint {
                param.tracepoint
            } else {
                param.source
            };
            *step = Step::new(source, param.wire, param.role, limits);
        }
        // What stands behind the last value that is obtained here is absent anyway.
        let used = plan.steps.iter().rposition(|step| step.kind != kind::NONE);
        plan.steps_len = used.map_or(0, |last| last as u8 + 1);
        plan
    }
}

const _: () = assert!(size_of::<Step>() == 8);
const _: () = assert!(size_of::<Plan>() == 8 + 8 * PARAMS_MAX);

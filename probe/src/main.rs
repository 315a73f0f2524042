//! The eBPF program: one frame per finished syscall, exec, birth, end and move between cgroups.
//!
//! Owns the entry points alone.
//! In flow tracepoints' arguments, out flow frames through the rings and counters of what was lost.
//! It decides nothing about meaning: which calls are recorded and how each value is obtained stands in plans that the loader made from the event table.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]
#![expect(
    missing_docs,
    reason = "the attribute of an entry point makes a second, undocumented function of it"
)]

mod capture;
mod frame;
mod gate;
mod loss;
mod maps;
mod messages;
mod read;
mod ring;
mod settings;
mod task;

use aya_ebpf::macros::btf_tracepoint;
use aya_ebpf::programs::BtfTracePointContext;

/// A syscall has finished: `(regs, ret)`.
#[btf_tracepoint(function = "sys_exit")]
pub fn sys_exit(ctx: BtfTracePointContext) -> i32 {
    gate::syscall(ctx.arg(0), ctx.arg(1));
    0
}

/// A program was executed: `(task, old_pid, bprm)`.
#[btf_tracepoint(function = "sched_process_exec")]
pub fn sched_process_exec(ctx: BtfTracePointContext) -> i32 {
    gate::exec(ctx.arg(0), ctx.arg(1), ctx.arg(2));
    0
}

/// A task was born: `(parent, child)`.
#[btf_tracepoint(function = "sched_process_fork")]
pub fn sched_process_fork(ctx: BtfTracePointContext) -> i32 {
    gate::fork(ctx.arg(1));
    0
}

/// A task ends: `(task, …)`.
#[btf_tracepoint(function = "sched_process_exit")]
pub fn sched_process_exit(ctx: BtfTracePointContext) -> i32 {
    gate::exit(ctx.arg(0));
    0
}

/// A task was moved: `(cgroup, path, task, threadgroup)`.
#[btf_tracepoint(function = "cgroup_attach_task")]
pub fn cgroup_attach_task(ctx: BtfTracePointContext) -> i32 {
    gate::cgroup_attach(ctx.arg(0), ctx.arg(1), ctx.arg(2), ctx.arg(3));
    0
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    // The verifier refuses a program in which this can be reached.
    loop {}
}

/// The kernel offers the helpers used here to GPL programs.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

//! What is said when the program panics: a bug, told without anything of the data.
//!
//! The message of a panic is written by whoever panics, an `unwrap` in a library for instance, and may quote the value that
//! it did not expect: a value of a source, before it is obfuscated. So only the place and the thread are printed, and the
//! message only for those who ask for it with `ADE_DEBUG`.
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{Write, stderr};
use std::panic::{PanicHookInfo, set_hook};
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code of a bug, as Rust has it for a panic of the main thread.
pub(crate) const BUG: u8 = 101;

static HAPPENED: AtomicBool = AtomicBool::new(false);

/// From now on, panics are told in this way.
#[expect(clippy::disallowed_methods, reason = "the cli is where the environment is read")]
pub(crate) fn watch() {
    let debug = std::env::var_os("ADE_DEBUG").is_some_and(|value| !value.is_empty());
    set_hook(Box::new(move |info| {
        HAPPENED.store(true, Ordering::Relaxed);
        // Nobody is left to tell when standard error is gone.
        let _ = stderr().lock().write_all(told(info, debug).as_bytes());
    }));
}

/// Whether any thread has panicked, also one whose panic came back as the error of a task.
pub(crate) fn has_happened() -> bool {
    HAPPENED.load(Ordering::Relaxed)
}

fn told(info: &PanicHookInfo<'_>, debug: bool) -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed");
    let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let message = match info.payload_as_str() {
        Some(payload) if debug => payload,
        _ => "its message is not shown, as it may hold values of your data; ADE_DEBUG=1 shows it",
    };
    // Names of functions and lines, if RUST_BACKTRACE asks for them.
    let backtrace = Backtrace::capture();
    let frames = match backtrace.status() {
        BacktraceStatus::Captured => format!("{backtrace}\n"),
        _ => String::new(),
    };
    format!("ade has a bug: thread `{name}` panicked{place}\n{message}\n{frames}please report it with these lines\n")
}

//! The program under test.
use ade_testing::{Folder, Program};

/// The `ade` of this build, to be run in `folder`. `ADE_UNDER_TEST` names another one.
pub(crate) fn program(folder: &Folder) -> Program {
    #[expect(clippy::disallowed_methods, reason = "tests choose their program by the environment")]
    let other = std::env::var_os("ADE_UNDER_TEST");
    Program::new(other.unwrap_or_else(|| env!("CARGO_BIN_EXE_ade").into()), folder.path())
}

//! The program under test.
use std::path::PathBuf;

use ade_testing::{Folder, Program};

/// Where the `ade` of this build is. `ADE_UNDER_TEST` names another one.
pub(crate) fn path() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "tests choose their program by the environment")]
    let other = std::env::var_os("ADE_UNDER_TEST");
    other.unwrap_or_else(|| env!("CARGO_BIN_EXE_ade").into()).into()
}

/// The `ade` under test, to be run in `folder`.
pub(crate) fn program(folder: &Folder) -> Program {
    Program::new(path(), folder.path())
}

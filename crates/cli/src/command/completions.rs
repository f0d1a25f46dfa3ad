//! `ade completions`.
use std::process::ExitCode;

use clap::CommandFactory;

use super::print;
use crate::args::{Args, CompletionsArgs};

pub(crate) fn run(args: &CompletionsArgs) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "ade", &mut script);
    print(String::from_utf8_lossy(&script).trim_end());
    ExitCode::SUCCESS
}

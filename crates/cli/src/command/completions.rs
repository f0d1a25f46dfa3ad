//! `ade completions`.
use std::io::stdout;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::args::{Args, CompletionsArgs};

pub(crate) fn run(args: &CompletionsArgs) -> ExitCode {
    clap_complete::generate(args.shell, &mut Args::command(), "ade", &mut stdout());
    ExitCode::SUCCESS
}

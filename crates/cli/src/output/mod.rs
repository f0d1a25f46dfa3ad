//! What the program prints while a run goes on, and after it.
mod checklist_text;
mod cli_reference;
mod count;
mod failures;
mod json;
mod landings;
mod narrow;
mod notices;
mod out_file;
mod pipe;
mod quiet;
mod state_lines;
mod style;
mod summary_text;
mod table;
mod task_text;
mod text;

pub(crate) use checklist_text::checklist_text;
pub(crate) use cli_reference::cli_reference;
pub(crate) use count::{bytes, count, plural};
pub(crate) use failures::{Failure, Failures};
pub(crate) use narrow::Narrow;
pub(crate) use out_file::OutFile;
pub(crate) use pipe::Pipe;
pub(crate) use style::Style;
pub(crate) use summary_text::{closing_lines, summary_lines};
pub(crate) use table::Table;

use std::io::{IsTerminal, stderr, stdout};
use std::sync::Arc;

use ade_run::event::Observer;

use crate::args::{GlobalArgs, OutputFormat};

/// The observer that the arguments ask for.
pub(crate) fn observer(global: &GlobalArgs) -> Arc<dyn Observer> {
    match global.output {
        OutputFormat::Json => Arc::new(json::JsonReporter),
        OutputFormat::Text if global.quiet => Arc::new(quiet::QuietReporter { style: style(global) }),
        OutputFormat::Text => Arc::new(text::TextReporter::new(style(global), stderr().is_terminal())),
    }
}

/// The observer of rows that a tap pipes in.
pub(crate) fn target(global: &GlobalArgs) -> Arc<dyn Observer> {
    Arc::new(state_lines::StateReporter { style: style(global), is_quiet: global.quiet })
}

/// The observer of commands whose standard output is their answer.
pub(crate) fn notices(global: &GlobalArgs) -> Arc<dyn Observer> {
    if global.quiet {
        Arc::new(quiet::QuietReporter { style: style(global) })
    } else {
        Arc::new(notices::Notices { style: style(global) })
    }
}

/// The observer of a program that lands what arrives, again and again.
pub(crate) fn landings(global: &GlobalArgs) -> Arc<dyn Observer> {
    match global.output {
        OutputFormat::Json => Arc::new(json::JsonReporter),
        OutputFormat::Text if global.quiet => Arc::new(quiet::QuietReporter { style: style(global) }),
        OutputFormat::Text => Arc::new(landings::Landings::new(style(global))),
    }
}

/// Characters in a line of the terminal, if there is one.
pub(crate) fn window_width() -> Option<usize> {
    console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns))
}

/// Colours, if standard output is a terminal and nobody objects.
pub(crate) fn style(global: &GlobalArgs) -> Style {
    Style::new(!global.no_color && !no_color_asked() && stdout().is_terminal())
}

#[expect(clippy::disallowed_methods, reason = "the cli is where the environment is read; see https://no-color.org")]
fn no_color_asked() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

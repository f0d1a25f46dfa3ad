//! `ade check`.
use std::process::ExitCode;

use ade_run::check_project;
use ade_run::diagnostic::{render_github, render_terminal, summary};

use super::{Done, open_options, print, root};
use crate::args::{CheckArgs, GlobalArgs, OutputFormat, ProblemFormat};
use crate::error::{USAGE, problem_lines};
use crate::output::style;
use crate::world::world;

pub(crate) async fn run(global: &GlobalArgs, args: &CheckArgs) -> Done {
    let problems = check_project(&root(global)?, &open_options(global)?, &world()).await;
    let style = style(global);
    let failed = problems.iter().any(ade_run::diagnostic::Diagnostic::is_error);
    match (args.format, global.output) {
        (ProblemFormat::Json | ProblemFormat::Github, _) | (_, OutputFormat::Json) if problems.is_empty() => {}
        (ProblemFormat::Json, _) | (ProblemFormat::Text, OutputFormat::Json) => {
            print(problem_lines(&problems).trim_end());
        }
        (ProblemFormat::Github, _) => print(render_github(&problems).trim_end()),
        (ProblemFormat::Text, OutputFormat::Text) => {
            if !problems.is_empty() {
                print(&render_terminal(&problems, style.has_colour()));
                print(&summary(&problems));
            } else if !global.quiet {
                print(&style.good("no problems"));
            }
        }
    }
    Ok(if failed { ExitCode::from(USAGE) } else { ExitCode::SUCCESS })
}

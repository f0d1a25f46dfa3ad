//! Projects in memory, and what is said about them.

use ade_diagnostic::render_terminal;
use ade_project::{LoadOptions, Loaded, MemoryTree, Project};

/// A tree of `== path` headings, each followed by the text of a file.
pub(crate) fn tree(text: &str) -> MemoryTree {
    let mut tree = MemoryTree::new();
    let mut file: Option<(String, String)> = None;
    for line in text.lines() {
        match line.strip_prefix("== ") {
            Some(path) => {
                if let Some((path, text)) = file.replace((path.trim().to_owned(), String::new())) {
                    tree = tree.with(path, text);
                }
            }
            None => {
                if let Some((_, text)) = &mut file {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    match file {
        Some((path, text)) => tree.with(path, text),
        None => tree,
    }
}

pub(crate) fn load(text: &str) -> Loaded {
    Project::load(&tree(text), &LoadOptions::default())
}

/// A project that must be without problems.
pub(crate) fn good(text: &str) -> Project {
    good_with(text, &LoadOptions::default())
}

pub(crate) fn good_with(text: &str, options: &LoadOptions) -> Project {
    let loaded = Project::load(&tree(text), options);
    assert!(loaded.diagnostics.is_empty(), "{}", render_terminal(&loaded.diagnostics, false));
    loaded.project.expect("a project without problems")
}

/// What is said about a project, as on a terminal.
pub(crate) fn problems(text: &str) -> String {
    render_terminal(&load(text).diagnostics, false)
}

/// One line for each problem: place, id, message, hints.
pub(crate) fn brief(text: &str) -> String {
    let loaded = load(text);
    let lines = loaded.diagnostics.iter().map(|problem| {
        let place =
            problem.location.as_ref().map_or("-".to_owned(), |location| format!("{location} `{}`", location.text()));
        let said = [format!("{place} {} {}: {}", problem.severity, problem.id(), problem.message)];
        let hints = problem.hints.iter().map(|hint| format!("({hint})"));
        said.into_iter().chain(hints).collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

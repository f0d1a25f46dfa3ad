//! Every rule that a diagnostic can name: the one list behind `docs/reference/diagnostics.md`.
//!
//! A new rule is one entry in the file of its topic. Ids are stable: scripts and ignore lists hold them.

mod check;
mod file;
mod model;
mod project;
mod reference;
mod source;
mod sql;
mod template;

pub use check::*;
pub use file::*;
pub use model::*;
pub use project::*;
pub use reference::*;
pub use source::*;
pub use sql::*;
pub use template::*;

/// A rule of ade projects.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Stable kebab-case id.
    pub id: &'static str,
    /// One paragraph: what the rule asks for, why, and how to satisfy it.
    pub explanation: &'static str,
}

/// A topic and its rules, as the reference shows them.
#[derive(Debug)]
pub struct Topic {
    /// Title of the topic.
    pub title: &'static str,
    /// Its rules.
    pub rules: &'static [&'static Rule],
}

/// All rules, by topic.
pub fn topics() -> [Topic; 8] {
    [
        Topic { title: "Files", rules: file::RULES },
        Topic { title: "Project and environments", rules: project::RULES },
        Topic { title: "Sources and privacy", rules: source::RULES },
        Topic { title: "Models, seeds and snapshots", rules: model::RULES },
        Topic { title: "Checks", rules: check::RULES },
        Topic { title: "References and selections", rules: reference::RULES },
        Topic { title: "Templates", rules: template::RULES },
        Topic { title: "SQL", rules: sql::RULES },
    ]
}

/// Declares the rules of one topic: `NAME "id" "explanation"`.
macro_rules! rules {
    ($($name:ident $id:literal $explanation:literal)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $explanation)]
            pub static $name: $crate::Rule = $crate::Rule { id: $id, explanation: $explanation };
        )*
        pub(super) static RULES: &[&$crate::Rule] = &[$(&$name),*];
    };
}
use rules;

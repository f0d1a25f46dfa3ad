//! A checklist for people: what was found out, what is to be asked, and what the database's owner would have to run.
use ade_run::Checklist;

use super::{Style, Table};

/// Nothing where nothing was found out.
pub(crate) fn checklist_text(list: &Checklist, style: Style) -> String {
    let mut parts = Vec::new();
    if !list.findings.is_empty() {
        let mut table = Table::new(&["checklist", "", "answer", "from"]).at_most(48);
        let mut last = "";
        for finding in &list.findings {
            let topic = finding.topic.name();
            let shown = if topic == last { "" } else { topic };
            last = topic;
            let object = finding.object.clone().unwrap_or_default();
            table.row(vec![shown.to_owned(), object, finding.answer.clone(), style.dim(&finding.evidence)]);
        }
        parts.push(table.to_text());
    }
    if !list.questions.is_empty() {
        let mut lines = vec![style.bold("questions for a person")];
        for (place, question) in list.questions.iter().enumerate() {
            lines.push(format!("{:>3}. {}", place + 1, question.question));
            lines.push(format!("     {}", style.dim(&question.reason)));
        }
        parts.push(lines.join("\n"));
    }
    if !list.statements.is_empty() {
        let mut lines = vec![style.bold("for the database's owner to run, if it is wanted")];
        for statement in &list.statements {
            lines.push(style.dim(&format!("-- {}: {}", statement.topic.name(), statement.purpose)));
            lines.push(statement.sql.clone());
        }
        parts.push(lines.join("\n"));
    }
    parts.into_iter().map(|part| part + "\n").collect::<Vec<_>>().join("\n")
}

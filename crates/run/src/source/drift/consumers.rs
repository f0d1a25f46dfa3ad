//! Who uses a table: whoever decides about a difference should know whom it meets.
use std::collections::BTreeSet;

use ade_project::resource::SourceTable;
use ade_project::{NodeKind, Project};

/// Names of one kind in one line.
const SHOWN: usize = 6;

/// Who uses a table, in words; `None` when nobody does. Models whose text has the `column`'s name are told first, and as such.
pub(in crate::source) fn consumers(project: &Project, source: &SourceTable, column: Option<&str>) -> Option<String> {
    let (mut naming, mut models, mut checks) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for child in project.graph.children(source.id.as_str()) {
        match child.kind {
            NodeKind::Test => {
                checks.insert(child.name.clone());
            }
            NodeKind::Exposure => {}
            _ => {
                let text = project.models.get(&child.id).map(|model| model.file.text().to_owned());
                let names = column.is_some_and(|column| text.is_some_and(|text| mentions(&text, column)));
                if names { &mut naming } else { &mut models }.insert(child.name.clone());
            }
        }
    }
    let below = project.graph.descendants(source.id.as_str(), None);
    let exposures = below.iter().filter_map(|id| project.exposures.get(id)).map(|exposure| exposure.name.clone());
    let exposures: BTreeSet<String> = exposures.collect();
    let by_name = column.map(|column| format!(", which name `{column}`")).unwrap_or_default();
    let parts = [
        listed("model", "models", &naming).map(|these| these + &by_name),
        listed("model", "models", &models),
        listed("check", "checks", &checks),
        listed("exposure", "exposures", &exposures).map(|these| format!("{these} in the end")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("used by {}", parts.join("; ")))
}

fn listed(one: &str, many: &str, names: &BTreeSet<String>) -> Option<String> {
    let what = if names.len() == 1 { one } else { many };
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        shown.push(format!("and {} more", names.len() - SHOWN));
    }
    (!shown.is_empty()).then(|| format!("{what} {}", shown.join(", ")))
}

/// Whether a text has a name as a word of its own, in any case.
fn mentions(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(&name).any(|(at, found)| {
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + found.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_words() {
        assert!(mentions("select Email, 1", "email"));
        assert!(mentions("select \"e-mail\" from t", "e-mail"));
        assert!(!mentions("select email_hash, my_email from t", "email"));
    }
}

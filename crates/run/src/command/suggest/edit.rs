//! Changes to the text of a sources file that leave all else as it is, and how they look as a difference.
use ade_diagnostic::Location;
use ade_project::resource::Column;

/// Lines around a change that are shown with it.
const AROUND: usize = 2;

/// One change.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    /// Line, from 1.
    line: usize,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    /// Another entry of the mapping whose `name` is on the line.
    Add(String),
    /// Other words on the line, in place of these.
    Replace { from: String, column: usize, to: String },
}

impl Edit {
    /// Another entry for a column.
    pub(super) fn add(column: &Column, entry: &str) -> Self {
        Self { line: column.origin.line(), what: What::Add(entry.to_owned()) }
    }

    /// Other words at a place.
    pub(super) fn replace(place: &Location, words: &str) -> Self {
        let what = What::Replace { from: place.text().to_owned(), column: place.column(), to: words.to_owned() };
        Self { line: place.line(), what }
    }

    /// As it is written.
    pub(super) fn words(&self) -> String {
        match &self.what {
            What::Add(entry) => entry.clone(),
            What::Replace { to, .. } => format!("data_type: {}", scalar(to)),
        }
    }
}

/// The text with all changes, and the difference; that is empty where nothing could be changed.
pub(super) fn edited(path: &str, text: &str, edits: &[Edit]) -> (String, String) {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut after: Vec<Vec<String>> = lines.iter().map(|line| vec![(*line).to_owned()]).collect();
    for edit in edits {
        let Some(now) = edit.line.checked_sub(1).and_then(|line| after.get_mut(line)) else { continue };
        match &edit.what {
            What::Replace { from, column, to } => {
                // What stands in quotes already keeps them.
                let quoted = from.starts_with(['"', '\'']);
                let to = if quoted { format!("\"{to}\"") } else { scalar(to) };
                // Words of the same kind may stand before it.
                let start = now[0].char_indices().nth(column.saturating_sub(1)).map_or(0, |(place, _)| place);
                if now[0].get(start..).is_some_and(|rest| rest.starts_with(from.as_str())) {
                    now[0].replace_range(start..start + from.len(), &to);
                }
            }
            What::Add(entry) => add(now, entry),
        }
    }
    let diff = diff(path, &lines, &after);
    let text = after.into_iter().flatten().collect::<Vec<_>>().join("\n");
    (text, diff)
}

/// Adds an entry to the mapping that is on, or begins on, the first of the lines.
fn add(lines: &mut Vec<String>, entry: &str) {
    let first = &lines[0];
    if first.trim_start().starts_with("- {") {
        // A mapping that goes on in the next line is left to a person.
        if let Some(end) = closing(first) {
            lines[0].insert_str(end, &format!(", {entry}"));
        }
        return;
    }
    let indent = first.len() - first.trim_start_matches([' ', '-']).len();
    lines.push(format!("{}{entry}", " ".repeat(indent)));
}

/// Where the first mapping of a line ends.
fn closing(line: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (place, letter) in line.char_indices() {
        if let Some(open) = quote {
            quote = Some(open).filter(|open| *open != letter);
            continue;
        }
        match letter {
            '"' | '\'' => quote = Some(letter),
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(place);
                }
            }
            _ => {}
        }
    }
    None
}

/// A word as YAML has it within a mapping.
pub(super) fn scalar(text: &str) -> String {
    let plain = text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == ' ');
    if plain { text.to_owned() } else { format!("\"{text}\"") }
}

/// The difference in the usual form; `after` has for each line what became of it.
fn diff(path: &str, before: &[&str], after: &[Vec<String>]) -> String {
    let changed: Vec<usize> = (0..before.len()).filter(|line| after[*line] != [before[*line]]).collect();
    let mut hunks: Vec<(usize, usize)> = Vec::new();
    for line in &changed {
        let (from, to) = (line.saturating_sub(AROUND), (line + AROUND + 1).min(before.len()));
        match hunks.last_mut() {
            Some((_, end)) if from <= *end => *end = to,
            _ => hunks.push((from, to)),
        }
    }
    if hunks.is_empty() {
        return String::new();
    }
    let mut text = vec![format!("--- a/{path}"), format!("+++ b/{path}")];
    let mut grown = 0;
    for (from, to) in hunks {
        let now: usize = after[from..to].iter().map(Vec::len).sum();
        text.push(format!("@@ -{},{} +{},{now} @@", from + 1, to - from, from + 1 + grown));
        grown += now - (to - from);
        for line in from..to {
            if after[line] == [before[line]] {
                text.push(format!(" {}", before[line]));
                continue;
            }
            let kept = after[line].first().is_some_and(|first| first == before[line]);
            text.push(format!("{}{}", if kept { " " } else { "-" }, before[line]));
            text.extend(after[line].iter().skip(usize::from(kept)).map(|line| format!("+{line}")));
        }
    }
    text.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add_to(line: usize, entry: &str) -> Edit {
        Edit { line, what: What::Add(entry.to_owned()) }
    }

    #[test]
    fn both_ways_of_writing_a_column_take_another_entry() {
        let text = "columns:\n  - {name: id, privacy: {class: x}}  # the key\n  - name: mail\n    privacy: email\n";
        let (now, diff) = edited("s.yml", text, &[add_to(2, "nullable: false"), add_to(3, "nullable: false")]);
        let expected = "columns:\n  - {name: id, privacy: {class: x}, nullable: false}  # the key\n  - name: mail\n    nullable: false\n    privacy: email\n";
        assert_eq!(now, expected);
        assert_eq!(
            diff,
            "--- a/s.yml\n+++ b/s.yml\n@@ -1,5 +1,6 @@\n columns:\n-  - {name: id, privacy: {class: x}}  # the key\n+  - {name: id, privacy: {class: x}, nullable: false}  # the key\n   - name: mail\n+    nullable: false\n     privacy: email\n "
        );
    }

    #[test]
    fn a_type_is_replaced_where_it_stands() {
        let what = What::Replace { from: "integer".to_owned(), column: 37, to: "numeric(12,2)".to_owned() };
        let (now, _) = edited("s.yml", "  - {name: integer_part, data_type: integer}", &[Edit { line: 1, what }]);
        assert_eq!(now, "  - {name: integer_part, data_type: \"numeric(12,2)\"}");
    }

    #[test]
    fn what_a_person_must_do_stays_as_it_is() {
        let text = "  - {name: id,\n     privacy: public}\n";
        assert_eq!(edited("s.yml", text, &[add_to(1, "nullable: false")]), (text.to_owned(), String::new()));
    }
}

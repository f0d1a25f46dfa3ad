//! The text of a draft, with comments for the person who completes it.

use std::fmt::Write;

use serde_json::Value;

use super::{Draft, DraftColumn, DraftMode, DraftPrivacy, DraftTable};

pub(super) fn write(draft: &Draft) -> String {
    let mut text = String::from(
        "# Drafted by `ade inspect`. Before it can land, every column needs a class: complete each line that ends\n\
         # in `TODO classify`, look over the proposals, and run `ade check`.\n\
         version: 2\n\
         sources:\n",
    );
    line(&mut text, 2, &format!("- name: {}", scalar(&draft.source)));
    line(&mut text, 4, &format!("connection: {}", scalar(&draft.connection)));
    if draft.tables.is_empty() {
        line(&mut text, 4, "tables: []");
        return text;
    }
    line(&mut text, 4, "tables:");
    for table in &draft.tables {
        write_table(&mut text, &draft.source, table);
    }
    text
}

fn write_table(text: &mut String, source: &str, table: &DraftTable) {
    for comment in &table.comments {
        line(text, 6, &format!("# {}", one_line(comment)));
    }
    line(text, 6, &format!("- name: {}", scalar(&table.name)));
    if let Some(description) = &table.description {
        line(text, 8, &format!("description: {}", scalar(description)));
    }
    let mut ingest = Vec::new();
    if table.from != table.name {
        ingest.push(format!("from: {}", scalar(&table.from)));
    }
    match table.mode {
        DraftMode::Full => {}
        DraftMode::Incremental => ingest.push("mode: incremental".to_owned()),
        DraftMode::Capture => ingest.push("mode: capture".to_owned()),
    }
    if let Some(cursor) = &table.cursor {
        ingest.push(format!("cursor: {}", scalar(cursor)));
    }
    if !table.key.is_empty() {
        ingest
            .push(format!("key: [{}]", table.key.iter().map(|name| flow_scalar(name)).collect::<Vec<_>>().join(", ")));
    }
    ingest.extend(table.options.iter().map(|(name, value)| format!("{name}: {}", json_scalar(value))));
    if !ingest.is_empty() {
        line(text, 8, "ingest:");
        for entry in &ingest {
            line(text, 10, entry);
        }
    }
    if table.columns.is_empty() {
        return;
    }
    line(text, 8, "columns:");
    for column in &table.columns {
        write_column(text, source, column);
    }
}

fn write_column(text: &mut String, source: &str, column: &DraftColumn) {
    let decided = match &column.privacy {
        DraftPrivacy::Decided { class, by } => format!(" # {class}, by {}", one_line(by)),
        _ => String::new(),
    };
    line(text, 10, &format!("- name: {}{decided}", scalar(&column.name)));
    if column.from != column.name {
        line(text, 12, &format!("from: {}", scalar(&column.from)));
    }
    if let Some(description) = &column.description {
        line(text, 12, &format!("description: {}", scalar(description)));
    }
    if let Some(data_type) = &column.data_type {
        line(text, 12, &format!("data_type: {data_type}"));
    }
    if !column.nullable {
        line(text, 12, "nullable: false");
    }
    match &column.privacy {
        DraftPrivacy::Proposed { class, reason } => {
            line(text, 12, &format!("privacy: {} # proposed: {}", scalar(class), one_line(reason)));
        }
        DraftPrivacy::ProposedKey { class, domain, reason } => {
            let (class, domain) = (flow_scalar(class), flow_scalar(domain));
            let settings = format!("class: {class}, treatment: pseudonym, domain: {domain}, form: exact");
            line(
                text,
                12,
                &format!("privacy: {{{settings}}} # proposed: {}; exact, as part of the key", one_line(reason)),
            );
        }
        DraftPrivacy::LeftOut { reason } => {
            line(text, 12, &format!("privacy: {{class: public, treatment: drop}} # {}", one_line(reason)));
        }
        DraftPrivacy::Chosen { class } => line(text, 12, &format!("privacy: {}", scalar(class))),
        DraftPrivacy::Decided { .. } => {}
        DraftPrivacy::Open => line(text, 12, "privacy: # TODO classify"),
    }
    if let Some(reference) = &column.reference {
        let to = scalar(&format!("source('{source}', '{}')", reference.table));
        line(text, 12, "data_tests:");
        line(text, 14, "- relationships:");
        line(text, 18, &format!("arguments: {{to: {to}, field: {}}}", flow_scalar(&reference.field)));
        // The database makes sure of it: what is missing has not come along, which is no reason to stop.
        line(text, 18, "config: {severity: warn}");
    }
}

fn line(text: &mut String, indent: usize, content: &str) {
    let _ = writeln!(text, "{:indent$}{content}", "");
}

fn one_line(comment: &str) -> String {
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn json_scalar(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A scalar that may stand in a flow sequence: plain if it is a plain word, otherwise quoted.
fn flow_scalar(text: &str) -> String {
    scalar(text)
}

/// Plain if no YAML 1.1 or 1.2 reader could take it for something else; otherwise in double quotes, for which
/// JSON's escapes are valid YAML.
fn scalar(text: &str) -> String {
    const RESERVED: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '/'))
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { Value::from(text).to_string() }
}

//! Names and values as SQL. Everything is quoted, so that no name is taken for a keyword or folded.

use ade_engine::RelationName;

pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(crate) fn relation(name: &RelationName) -> String {
    format!("{}.{}", identifier(&name.schema), identifier(&name.name))
}

pub(crate) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

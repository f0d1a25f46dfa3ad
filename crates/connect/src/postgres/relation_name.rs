//! Names of tables as people write them after `from:`.

use super::literal::{identifier, literal};

/// The ways to understand a name, best first: as PostgreSQL does (words without quotes in lower case), then letter by letter,
/// then as one name with points in it. Each is a schema, if one is written, and a name.
pub(crate) fn candidates(from: &str) -> Vec<(Option<String>, String)> {
    let mut found = Vec::new();
    for folds in [true, false] {
        if let Some(mut parts) = parts(from, folds)
            && parts.len() <= 2
            && let Some(name) = parts.pop()
        {
            found.push((parts.pop(), name));
        }
    }
    found.push((None, from.to_owned()));
    found.dedup();
    found
}

/// A condition on `pg_class c` and `pg_namespace n` that a candidate fulfils.
pub(crate) fn condition((schema, name): &(Option<String>, String)) -> String {
    match schema {
        Some(schema) => format!("(n.nspname = {} and c.relname = {})", literal(schema), literal(name)),
        None => format!("(c.relname = {} and pg_catalog.pg_table_is_visible(c.oid))", literal(name)),
    }
}

/// What to write after `from:` for a table.
pub(crate) fn written(schema: &str, name: &str, is_visible: bool) -> String {
    if is_visible { quoted(name) } else { format!("{}.{}", quoted(schema), quoted(name)) }
}

fn quoted(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let plain = name.chars().all(is_plain) && !name.starts_with(|first: char| first.is_ascii_digit());
    if plain && !name.is_empty() { name.to_owned() } else { identifier(name) }
}

/// The parts between points; `None` where the quotes do not match.
fn parts(from: &str, folds: bool) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut letters = from.chars().peekable();
    while let Some(letter) = letters.next() {
        let part = parts.last_mut()?;
        match letter {
            '"' => loop {
                match letters.next()? {
                    '"' if letters.peek() == Some(&'"') => part.extend(letters.next()),
                    '"' => break,
                    letter => part.push(letter),
                }
            },
            '.' => parts.push(String::new()),
            letter if folds => part.extend(letter.to_lowercase()),
            letter => part.push(letter),
        }
    }
    parts.iter().all(|part| !part.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_postgresql_reads_them_and_letter_by_letter() {
        let found = |from: &str| {
            let texts = candidates(from).into_iter();
            texts.map(|(schema, name)| format!("{}|{name}", schema.unwrap_or_default())).collect::<Vec<_>>()
        };
        assert_eq!(found("orders"), ["|orders"]);
        assert_eq!(found("Orders"), ["|orders", "|Orders"]);
        assert_eq!(found("sales.Orders"), ["sales|orders", "sales|Orders", "|sales.Orders"]);
        assert_eq!(found("\"Sales\".\"a.\"\"b\""), ["Sales|a.\"b", "|\"Sales\".\"a.\"\"b\""]);
        assert_eq!(found("\"open"), ["|\"open"]);
    }

    #[test]
    fn what_is_written_is_understood() {
        for (schema, name) in [("public", "orders"), ("Sales", "a.b"), ("s", "Ünit \"x\""), ("s", "1st")] {
            let (found_schema, found_name) = candidates(&written(schema, name, false)).swap_remove(0);
            assert_eq!((found_schema.as_deref(), found_name.as_str()), (Some(schema), name));
        }
        assert_eq!(written("public", "orders", true), "orders");
    }
}

//! Rules that classify many columns at once.

use arrow::datatypes::DataType;

use crate::{Class, DataFamily, Treatment};

/// One rule of `ade.yml`: the columns that match all of its patterns get its class.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Pattern for the column's name (`column.field` within structs): `*` any characters, `?` one; upper and lower case
    /// are alike.
    pub column: String,
    /// Pattern for `source.table`; `None` for every table.
    pub table: Option<String>,
    /// Families of types; empty for every type.
    pub types: Vec<DataFamily>,
    /// The class of the columns that match.
    pub class: Class,
    /// A treatment in place of the class's default.
    pub treatment: Option<Treatment>,
}

impl Rule {
    /// Whether it speaks about this column of this table.
    pub fn matches(&self, table: &str, column: &str, data_type: &DataType) -> bool {
        matches_pattern(&self.column, column)
            && self.table.as_deref().is_none_or(|pattern| matches_pattern(pattern, table))
            && (self.types.is_empty() || self.types.iter().any(|family| family.contains(data_type)))
    }
}

/// Whether `text` fits a pattern of `*` and `?`, ASCII case aside. Linear in practice: it backs up to the last `*` only.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted.eq_ignore_ascii_case(&text[seen]) => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((star_at, star_seen)) => {
                    at = star_at + 1;
                    seen = star_seen + 1;
                    star = Some((star_at, seen));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, text) in
            [("*", ""), ("*_at", "created_at"), ("app.*", "app.users"), ("a?c", "ABC"), ("*a*b", "xaab")]
        {
            assert!(matches_pattern(pattern, text), "{pattern} should match {text}");
        }
        for (pattern, text) in [("*_at", "created_at2"), ("app.*", "apps.users"), ("a?c", "ac"), ("", "a")] {
            assert!(!matches_pattern(pattern, text), "{pattern} should not match {text}");
        }
    }
}

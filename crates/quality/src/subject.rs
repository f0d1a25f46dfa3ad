//! What of a row is looked at.

use std::fmt::{self, Display};

use crate::quote;

/// A column, or an expression over columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A column by its name. Found exactly, or else without regard to case if only one column fits.
    Column(String),
    /// An expression, put into the SQL as it stands: dbt's `column_name: "(first || last)"`.
    Expression(String),
}

impl Subject {
    /// A column where the text is a plain or a quoted name, else an expression.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let plain = text.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
        if plain {
            return Self::Column(text.to_owned());
        }
        let inside = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|inside| !inside.is_empty());
        match inside {
            Some(inside) if !inside.replace("\"\"", "").contains('"') => Self::Column(inside.replace("\"\"", "\"")),
            _ => Self::Expression(text.to_owned()),
        }
    }

    /// As SQL: the name quoted, or the expression in parentheses.
    pub fn sql(&self) -> String {
        match self {
            Self::Column(name) => quote::identifier(name),
            Self::Expression(expression) => format!("({expression})"),
        }
    }
}

impl Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Column(text) | Self::Expression(text) => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_columns_and_the_rest_is_an_expression() {
        assert_eq!(Subject::parse(" Order_ID "), Subject::Column("Order_ID".to_owned()));
        assert_eq!(Subject::parse("\"a \"\"b\"\"\""), Subject::Column("a \"b\"".to_owned()));
        assert_eq!(Subject::parse("größe").sql(), "\"größe\"");
        assert_eq!(Subject::parse("first || last").sql(), "(first || last)");
        assert_eq!(Subject::parse("\"a\" || \"b\"").sql(), "(\"a\" || \"b\")");
        assert_eq!(Subject::parse("1"), Subject::Expression("1".to_owned()));
    }
}

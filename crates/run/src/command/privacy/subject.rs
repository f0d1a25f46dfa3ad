//! Somebody who is to be erased, as a person names them.
use std::fmt;

use crate::error::RunError;

/// Somebody who is to be erased.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    /// What the person is known by: a domain, a class or a column, of all tables; or `schema.table.column`, of one.
    pub name: String,
    /// The raw value.
    pub value: String,
}

impl fmt::Debug for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Subject({})", self.name)
    }
}

impl Subject {
    /// Reads `NAME=VALUE`.
    pub fn parse(text: &str) -> Result<Self, RunError> {
        let parts = text.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        match parts.filter(|(name, value)| !name.is_empty() && !value.is_empty() && name.matches('.').count() != 1) {
            Some((name, value)) => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
            // The text may be a value.
            None => Err(RunError::usage(
                "a subject is NAME=VALUE",
                "such as email=ada@example.com, customer_id=42, or app.people.id=42 for the column of one table"
                    .to_owned(),
            )),
        }
    }

    /// The table that it is known in, where the name says one.
    pub(super) fn table(&self) -> Option<&str> {
        Some(&self.name[..self.dots()?.1])
    }

    /// The name without its table.
    pub(super) fn own_name(&self) -> &str {
        let column = self.dots().map_or(self.name.as_str(), |(_, dot)| &self.name[dot + 1..]);
        column.rsplit('.').next().unwrap_or(column)
    }

    /// Where the schema ends, and where the table does.
    fn dots(&self) -> Option<(usize, usize)> {
        let mut dots = self.name.match_indices('.').map(|(at, _)| at);
        Some((dots.next()?, dots.next()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_a_name_and_a_value_and_may_say_its_table() {
        let subject = Subject::parse(" email = ada@example.com ").unwrap();
        assert_eq!((subject.table(), subject.own_name(), subject.value.as_str()), (None, "email", "ada@example.com"));
        let subject = Subject::parse("app.people.device.id=4=2").unwrap();
        assert_eq!((subject.table(), subject.own_name(), subject.value.as_str()), (Some("app.people"), "id", "4=2"));
        for wrong in ["carl@example.net", "=carl", "carl=", "people.carl=4"] {
            let refused = Subject::parse(wrong).unwrap_err().to_string();
            assert!(!refused.contains("carl"), "{refused}");
        }
        assert!(!format!("{:?}", Subject::parse("email=ada").unwrap()).contains("ada"));
    }
}

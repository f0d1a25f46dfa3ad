//! What a column is known by: how people name what they mean by it.

use crate::{ColumnPolicy, Treatment};

/// A column of a table, with everything that a person may call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownAs<'a> {
    /// Its table in the lake, as `schema.table`.
    pub table: &'a str,
    /// The column, or `column.field` within a struct.
    pub column: &'a str,
    /// Its class, as far as that is known.
    pub class: Option<&'a str>,
    /// The domain that it joins in, if it does.
    pub domain: Option<&'a str>,
}

impl<'a> KnownAs<'a> {
    /// A column that is decided about.
    pub fn of(table: &'a str, decided: &'a ColumnPolicy) -> Self {
        let domain = match &decided.treatment {
            Treatment::Pseudonym { domain } | Treatment::Encrypt { domain } => Some(domain.name()),
            _ => None,
        };
        Self { table, column: &decided.column, class: Some(decided.class.name()), domain }
    }

    /// Whether a name stands for it: that of its domain, of its class, or its own, in whatever table it is; `schema.table.column`
    /// stands for the column of that table alone.
    pub fn is(&self, name: &str) -> bool {
        if let Some((table, column)) = whole(name) {
            return self.table.eq_ignore_ascii_case(table) && self.column.eq_ignore_ascii_case(column);
        }
        let own = self.column.rsplit('.').next().unwrap_or_default();
        self.domain == Some(name) || self.class == Some(name) || own.eq_ignore_ascii_case(name)
    }
}

/// The table and the column of a name that says both.
pub(crate) fn whole(name: &str) -> Option<(&str, &str)> {
    let after_schema = name.find('.')? + 1;
    let dot = after_schema + name[after_schema..].find('.')?;
    Some((&name[..dot], &name[dot + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_name_stands_for_one_column_and_any_other_for_all_that_are_so() {
        let known = |table, column| KnownAs { table, column, class: Some("identifier"), domain: Some("customer") };
        for name in ["id", "ID", "identifier", "customer", "app.people.id", "App.people.ID"] {
            assert!(known("app.people", "id").is(name), "{name}");
        }
        for name in ["app.orders.id", "people.id", "app.people", "app.people.other"] {
            assert!(!known("app.people", "id").is(name), "{name}");
        }
        assert!(
            known("app.people", "device.id").is("id") && known("app.people", "device.id").is("app.people.device.id")
        );
    }
}

//! What a table or view is called: `schema.name`.

use std::fmt;

/// The full name of a relation of one environment. Names compare byte by byte: what users write
/// without quotes has been folded to lower case before it gets here.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelationName {
    /// The schema, for example `main` or `app`.
    pub schema: String,
    /// The table or view inside the schema.
    pub name: String,
}

impl RelationName {
    /// Both parts, as they are.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }

    /// The name as it must be written in SQL: parts that are not plain lower-case words are quoted.
    pub fn to_sql(&self) -> String {
        format!("{}.{}", quote(&self.schema), quote(&self.name))
    }
}

impl fmt::Display for RelationName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.schema, self.name)
    }
}

fn quote(part: &str) -> String {
    let plain = part.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { part.to_owned() } else { format!("\"{}\"", part.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_odd_names_are_quoted() {
        assert_eq!(RelationName::new("main", "orders_2").to_sql(), "main.orders_2");
        assert_eq!(RelationName::new("main", "Or\"ders").to_sql(), "main.\"Or\"\"ders\"");
        assert_eq!(RelationName::new("2020", "é").to_sql(), "\"2020\".\"é\"");
    }
}

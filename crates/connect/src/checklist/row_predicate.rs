//! A predicate that rows of a kind fulfil: made from the name and type of a column, never from its values.

use std::borrow::Cow;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::Topic;
use super::column_role::{ColumnRole, role_of};
use crate::{ColumnInfo, TableInfo};

/// A predicate on one column that says what rows of some kind have in common: test rows, migrated ones, deleted ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPredicate {
    /// Which kind of rows.
    pub topic: Topic,
    /// The column, as in the source.
    pub column: String,
    is_boolean: bool,
    test: Test,
}

/// What is asked of a column. The words are this program's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Set,
    True,
    False,
    OneOf(&'static [&'static str]),
    AddressOfNobody,
}

/// Whose SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// This program's, for `where:` of a table.
    Own,
    Postgres,
    MySql,
}

/// Endings of addresses that are nobody's: RFC 2606 reserves most of them.
const TEST_ADDRESSES: [&str; 8] =
    ["@example.com", "@example.org", "@example.net", "@test.com", "@localhost", ".test", ".example", ".invalid"];
/// The same as a regular expression that all sides understand alike.
const TEST_ADDRESS: &str = "@(example[.](com|org|net)|test[.]com|localhost)$|[.](test|example|invalid)$";
const TEST_NAMES: &[&str] = &[
    "test",
    "tester",
    "testuser",
    "test user",
    "test test",
    "dummy",
    "foo",
    "foo bar",
    "asdf",
    "john doe",
    "jane doe",
    "max mustermann",
    "erika mustermann",
    "do not use",
];
const TEST_ENVIRONMENTS: &[&str] = &["test", "testing", "sandbox", "staging", "dev", "development", "demo"];
const MIGRATIONS: &[&str] = &["migration", "migrated", "data migration", "import", "imported", "legacy", "backfill"];
const DELETED: &[&str] = &["deleted", "removed", "archived"];

impl RowPredicate {
    /// Those that a table's columns suggest.
    pub fn of_table(table: &TableInfo) -> Vec<Self> {
        table.columns.iter().filter_map(Self::of_column).collect()
    }

    fn of_column(column: &ColumnInfo) -> Option<Self> {
        let (topic, test) = match role_of(column)? {
            ColumnRole::Created | ColumnRole::Updated => return None,
            ColumnRole::DeletedAt => (Topic::SoftDelete, Test::Set),
            ColumnRole::IsDeleted => (Topic::SoftDelete, Test::True),
            ColumnRole::IsActive => (Topic::SoftDelete, Test::False),
            ColumnRole::Status => (Topic::SoftDelete, Test::OneOf(DELETED)),
            ColumnRole::IsTest => (Topic::TestRows, Test::True),
            ColumnRole::IsLive => (Topic::TestRows, Test::False),
            ColumnRole::Environment => (Topic::TestRows, Test::OneOf(TEST_ENVIRONMENTS)),
            ColumnRole::Email => (Topic::TestRows, Test::AddressOfNobody),
            ColumnRole::Name => (Topic::TestRows, Test::OneOf(TEST_NAMES)),
            ColumnRole::MigratedFrom => (Topic::MigratedRows, Test::Set),
            ColumnRole::IsMigrated => (Topic::MigratedRows, Test::True),
            ColumnRole::Origin => (Topic::MigratedRows, Test::OneOf(MIGRATIONS)),
        };
        let is_boolean = column.data_type == DataType::Boolean;
        Some(Self { topic, column: column.name.clone(), is_boolean, test })
    }

    /// Whether the column is there for nothing else, so that it is worth telling of even if no row fulfils the predicate.
    pub(crate) fn is_declared(&self) -> bool {
        matches!(self.test, Test::Set | Test::True | Test::False)
    }

    /// The same on a column that has another name where it is asked.
    pub(crate) fn named(self, column: &str) -> Self {
        Self { column: column.to_owned(), ..self }
    }

    /// As it is written in a project.
    pub fn sql(&self) -> String {
        self.sql_for(Dialect::Own)
    }

    pub(crate) fn sql_for(&self, dialect: Dialect) -> String {
        let column = quoted(&self.column, dialect);
        let text = match dialect {
            // Also of enumerations and types of extensions.
            Dialect::Postgres => format!("lower({column}::text)"),
            Dialect::Own | Dialect::MySql => format!("lower({column})"),
        };
        let as_number = !self.is_boolean || dialect == Dialect::MySql;
        match self.test {
            Test::Set => format!("{column} is not null"),
            Test::True if as_number => format!("{column} <> 0"),
            Test::True => column.into_owned(),
            Test::False if as_number => format!("{column} = 0"),
            Test::False => format!("not {column}"),
            Test::OneOf(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
                format!("{text} in ({})", words.join(", "))
            }
            Test::AddressOfNobody if dialect == Dialect::MySql => format!("{text} regexp '{TEST_ADDRESS}'"),
            Test::AddressOfNobody => format!("{text} ~ '{TEST_ADDRESS}'"),
        }
    }

    /// How many rows of a batch fulfil it; `None` where the batch has no such column, or one of another kind.
    pub(crate) fn count_in(&self, batch: &RecordBatch) -> Option<u64> {
        let column = batch.column_by_name(&self.column)?;
        if self.test == Test::Set {
            return u64::try_from(column.len() - column.logical_null_count()).ok();
        }
        let texts = cast(column, &DataType::Utf8).ok()?;
        let fulfils = |text: &str| {
            let text = text.to_lowercase();
            match self.test {
                Test::Set => true,
                Test::True => !matches!(text.as_str(), "false" | "0"),
                Test::False => matches!(text.as_str(), "false" | "0"),
                Test::OneOf(words) => words.contains(&text.as_str()),
                Test::AddressOfNobody => TEST_ADDRESSES.iter().any(|ending| text.ends_with(ending)),
            }
        };
        let texts = texts.as_string_opt::<i32>()?;
        u64::try_from(texts.iter().flatten().filter(|text| fulfils(text)).count()).ok()
    }
}

/// A name as SQL has it; in our own only where it must be.
pub(crate) fn quoted(name: &str, dialect: Dialect) -> Cow<'_, str> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter == '_' || letter.is_ascii_digit();
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase()) && name.chars().all(plain);
    match dialect {
        Dialect::MySql => Cow::Owned(format!("`{}`", name.replace('`', "``"))),
        Dialect::Own if is_plain => Cow::Borrowed(name),
        Dialect::Own | Dialect::Postgres => Cow::Owned(format!("\"{}\"", name.replace('"', "\"\""))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Int64Array, StringArray};

    use super::*;

    fn predicate(name: &str, data_type: DataType) -> RowPredicate {
        let source_type = String::new();
        let column = ColumnInfo { name: name.to_owned(), source_type, data_type, nullable: true, comment: None };
        RowPredicate::of_column(&column).unwrap()
    }

    #[test]
    fn each_side_is_asked_in_its_own_sql() {
        let deleted = predicate("Deleted At", DataType::Date32);
        assert_eq!(deleted.sql(), "\"Deleted At\" is not null");
        assert_eq!(deleted.sql_for(Dialect::MySql), "`Deleted At` is not null");
        let flag = predicate("is_test", DataType::Boolean);
        assert_eq!((flag.sql(), flag.sql_for(Dialect::MySql)), ("is_test".to_owned(), "`is_test` <> 0".to_owned()));
        assert_eq!(predicate("livemode", DataType::Boolean).sql_for(Dialect::Postgres), "not \"livemode\"");
        assert!(predicate("email", DataType::Utf8).sql().starts_with("lower(email) ~ '@(example[.](com|"));
    }

    #[test]
    fn rows_of_a_batch_are_counted() {
        let batch = RecordBatch::try_from_iter([
            ("email", Arc::new(StringArray::from(vec![Some("A@Example.com"), Some("b@shop.de"), None])) as _),
            ("is_test", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])) as _),
            ("deleted", Arc::new(Int64Array::from(vec![0, 1, 2])) as _),
            ("deleted_at", Arc::new(StringArray::from(vec![None, Some("x"), None])) as _),
        ])
        .unwrap();
        let count = |name: &str, data_type: DataType| predicate(name, data_type).count_in(&batch);
        assert_eq!(count("email", DataType::Utf8), Some(1));
        assert_eq!(count("is_test", DataType::Boolean), Some(1));
        assert_eq!(count("deleted", DataType::Int64), Some(2));
        assert_eq!(count("deleted_at", DataType::Utf8), Some(1));
        assert_eq!(count("archived_at", DataType::Date32), None);
    }
}

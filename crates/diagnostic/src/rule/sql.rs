//! Rules about SQL after templates are rendered.

super::rules! {
    SQL_SYNTAX "sql-syntax"
        "The SQL that a template renders to cannot be parsed. The place is in the template, where the text comes from."
    SQL_ERROR "sql-error"
        "The SQL was understood but cannot be planned: a column, table or function that does not exist, or types that do not go together."
}

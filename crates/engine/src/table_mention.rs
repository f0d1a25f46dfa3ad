//! Which tables a statement names.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::common::TableReference;
use datafusion::sql::parser::Statement as PlannedStatement;
use datafusion::sql::resolve::resolve_table_references;
use sqlparser::ast::{Ident, ObjectName, Spanned, visit_relations};

use crate::error::from_planning;
use crate::statement::parse_query;
use crate::{RelationName, SqlError, SqlPosition};

/// A table or view that a statement names, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableMention {
    /// Its full name.
    pub name: RelationName,
    /// Where it stands in the statement.
    pub position: Option<SqlPosition>,
}

impl TableMention {
    /// The tables that `sql` names, in order of appearance, each time it does; common table expressions are none. Names without a
    /// schema mean `schema`. Fails when the text is not one statement that reads.
    pub fn all(sql: &str, schema: &str) -> Result<Vec<Self>, SqlError> {
        let statement = parse_query(sql)?;
        let planned = PlannedStatement::Statement(Box::new(statement.clone()));
        let (references, _) = resolve_table_references(&planned, true).map_err(|error| from_planning(sql, error))?;
        let tables: BTreeSet<RelationName> = references.iter().filter_map(|table| full(table, schema)).collect();
        let mut mentions = Vec::new();
        let _: ControlFlow<()> = visit_relations(&statement, |relation| {
            if let Some(name) = written(relation, schema).filter(|name| tables.contains(name)) {
                let (start, end) = (relation.span().start, relation.span().end);
                let position = SqlPosition::from_lines(sql, (start.line, start.column), Some((end.line, end.column)));
                mentions.push(Self { name, position });
            }
            ControlFlow::Continue(())
        });
        Ok(mentions)
    }
}

fn full(table: &TableReference, schema: &str) -> Option<RelationName> {
    match table {
        TableReference::Bare { table } => Some(RelationName::new(schema, table.as_ref())),
        TableReference::Partial { schema, table } => Some(RelationName::new(schema.as_ref(), table.as_ref())),
        TableReference::Full { .. } => None,
    }
}

/// The name as the planner reads it: parts without quotes are lower case.
fn written(relation: &ObjectName, schema: &str) -> Option<RelationName> {
    let parts: Vec<&Ident> = relation.0.iter().map(|part| part.as_ident()).collect::<Option<_>>()?;
    let folded = |ident: &Ident| match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    };
    match parts.as_slice() {
        [table] => Some(RelationName::new(schema, folded(table))),
        [schema, table] => Some(RelationName::new(folded(schema), folded(table))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(sql: &str) -> Vec<String> {
        let mentions = TableMention::all(sql, "main").unwrap_or_else(|error| panic!("{error}"));
        let place = |at: SqlPosition| format!("{} at {}", &sql[at.offset..at.offset + at.length], at.offset);
        mentions
            .into_iter()
            .map(|found| format!("{}: {}", found.name, found.position.map_or_else(String::new, place)))
            .collect()
    }

    #[test]
    fn tables_are_named_and_common_table_expressions_are_not() {
        let sql = "with x as (select * from Raw.\"Orders\") select * from x join items as i using (id) where id in (select id from x)";
        assert_eq!(named(sql), ["raw.Orders: Raw.\"Orders\" at 25", "main.items: items at 60"]);
        assert_eq!(named("select 1").len(), 0);
        assert!(TableMention::all("delete from items", "main").is_err());
    }
}

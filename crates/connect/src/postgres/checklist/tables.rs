//! What the catalog says of tables besides what browsing told.

use std::collections::HashSet;

use super::Inquiry;
use crate::checklist::{listed, shortened};
use crate::postgres::catalog::{cell, is_true};
use crate::postgres::relation_name::{candidates, condition, written};
use crate::postgres::server_error::SessionError;
use crate::{Checklist, ChecklistRequest, TableInfo, Topic};

/// A table, as rights and capturing need to know it.
pub(super) struct TableFact {
    pub(super) schema: String,
    pub(super) name: String,
    /// As after `from:`.
    pub(super) written: String,
    /// As `pg_class.relkind` has it.
    pub(super) kind: String,
    pub(super) is_permanent: bool,
    /// As `pg_class.relreplident` has it.
    pub(super) identity: String,
    pub(super) is_readable: bool,
    pub(super) is_writable: bool,
    pub(super) is_owned: bool,
    pub(super) is_filtered: bool,
    /// Columns that this login may not read.
    pub(super) hidden: Vec<String>,
    /// Whether it may name anything in the schema.
    pub(super) is_in_reach: bool,
    pub(super) has_primary_key: bool,
    /// A unique index without NULLs, which could tell rows apart in the log.
    pub(super) other_key: Option<String>,
    /// The columns of the index that its replica identity names.
    pub(super) identity_columns: Vec<String>,
    /// Columns that the database computes.
    pub(super) generated: Vec<String>,
    inserted: u64,
    updated: u64,
    deleted: u64,
}

const USERS_TABLES: &str = "c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition \
     and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'";

impl TableFact {
    /// Of the tables of users and of those that are `asked` for, which may be partitions; and the condition that they fulfil.
    pub(super) async fn all(
        inquiry: &mut Inquiry<'_>,
        asked: &[TableInfo],
    ) -> Result<(Vec<Self>, String), SessionError> {
        let facts = Self::those(inquiry, USERS_TABLES).await?;
        let known: HashSet<&str> = facts.iter().map(|fact| fact.written.as_str()).collect();
        let others = asked.iter().filter(|table| !known.contains(table.from.as_str()));
        let others: Vec<String> = others.filter_map(|table| candidates(&table.from).first().map(condition)).collect();
        if others.is_empty() {
            return Ok((facts, USERS_TABLES.to_owned()));
        }
        let all = format!("({USERS_TABLES} or c.relkind in ('r', 'p', 'v', 'm', 'f') and ({}))", others.join(" or "));
        Ok((Self::those(inquiry, &all).await?, all))
    }

    async fn those(inquiry: &mut Inquiry<'_>, which: &str) -> Result<Vec<Self>, SessionError> {
        let sql = format!(
            "select n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid), c.relkind, c.relpersistence = 'p', c.relreplident, \
               pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_any_column_privilege(c.oid, 'select'), \
               pg_catalog.has_table_privilege(c.oid, 'delete, truncate') or pg_catalog.has_any_column_privilege(c.oid, 'insert, update'), \
               pg_catalog.pg_has_role(c.relowner, 'usage'), pg_catalog.row_security_active(c.oid), \
               (select pg_catalog.array_to_json(pg_catalog.array_agg(a.attname order by a.attnum)) from pg_catalog.pg_attribute a \
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
                    and not pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')), \
               exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary), \
               (select pg_catalog.min(x.relname::text) from pg_catalog.pg_index i join pg_catalog.pg_class x on x.oid = i.indexrelid \
                  where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null \
                    and 0 <> all (i.indkey::int2[]) and not exists (select from pg_catalog.pg_attribute a \
                      where a.attrelid = c.oid and a.attnum = any (i.indkey::int2[]) and not a.attnotnull)), \
               (select pg_catalog.array_to_json(pg_catalog.array_agg(a.attname order by a.attnum)) from pg_catalog.pg_attribute a \
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated <> ''), \
               pg_catalog.pg_stat_get_tuples_inserted(c.oid), pg_catalog.pg_stat_get_tuples_updated(c.oid), \
               pg_catalog.pg_stat_get_tuples_deleted(c.oid), \
               (select pg_catalog.array_to_json(pg_catalog.array_agg(a.attname)) from pg_catalog.pg_index i \
                  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey::int2[]) \
                  where i.indrelid = c.oid and i.indisreplident), \
               pg_catalog.has_schema_privilege(n.oid, 'usage') \
             from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where {which} \
             order by n.nspname collate \"C\", c.relname collate \"C\""
        );
        let rows = inquiry.ask(&sql).await?;
        Ok(rows.iter().map(Self::of).collect())
    }

    fn of(row: &crate::postgres::session::TextRow) -> Self {
        let (schema, name) = (cell(row, 0).to_owned(), cell(row, 1).to_owned());
        Self {
            written: written(&schema, &name, is_true(row, 2)),
            schema,
            name,
            kind: cell(row, 3).to_owned(),
            is_permanent: is_true(row, 4),
            identity: cell(row, 5).to_owned(),
            is_readable: is_true(row, 6),
            is_writable: is_true(row, 7),
            is_owned: is_true(row, 8),
            is_filtered: is_true(row, 9),
            hidden: serde_json::from_str(cell(row, 10)).unwrap_or_default(),
            has_primary_key: is_true(row, 11),
            other_key: row.get(12).cloned().flatten(),
            generated: serde_json::from_str(cell(row, 13)).unwrap_or_default(),
            inserted: cell(row, 14).parse().unwrap_or(0),
            updated: cell(row, 15).parse().unwrap_or(0),
            deleted: cell(row, 16).parse().unwrap_or(0),
            identity_columns: serde_json::from_str(cell(row, 17)).unwrap_or_default(),
            is_in_reach: is_true(row, 18),
        }
    }
}

/// Insertions from which on it means something that nothing else happened.
const MANY: u64 = 1_000;

/// What has happened to tables since the server began to count.
pub(super) fn activity(facts: &[TableFact], request: &ChecklistRequest<'_>, list: &mut Checklist) {
    let evidence = "the server's statistics, since they were reset last";
    for fact in facts.iter().filter(|fact| request.tables.iter().any(|table| table.from == fact.written)) {
        if fact.deleted > 0 {
            let answer = format!("rows are deleted for good: {} so far", fact.deleted);
            list.found(Topic::SoftDelete, &fact.written, answer, evidence);
        }
        if fact.inserted >= MANY && fact.updated == 0 && fact.deleted == 0 {
            let answer = format!("{} rows were added, none was changed or deleted", fact.inserted);
            list.found(Topic::ChangeLog, &fact.written, answer, evidence);
        }
    }
}

/// Columns whose type lists their values.
pub(super) async fn enumerations(
    inquiry: &mut Inquiry<'_>,
    which: &str,
    request: &ChecklistRequest<'_>,
    list: &mut Checklist,
) -> Result<(), SessionError> {
    let sql = format!(
        "select n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid), a.attname, pg_catalog.format_type(t.oid, null), \
           (select pg_catalog.array_to_json(pg_catalog.array_agg(e.enumlabel order by e.enumsortorder)) \
              from pg_catalog.pg_enum e where e.enumtypid = t.oid) \
         from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid \
           join pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_type t on t.oid = a.atttypid \
         where t.typtype = 'e' and a.attnum > 0 and not a.attisdropped and {which} \
         order by n.nspname collate \"C\", c.relname collate \"C\", a.attnum"
    );
    for row in inquiry.ask(&sql).await? {
        let table = written(cell(&row, 0), cell(&row, 1), is_true(&row, 2));
        if is_listed(request, &table, cell(&row, 3)) {
            let labels: Vec<String> = serde_json::from_str(cell(&row, 5)).unwrap_or_default();
            let answer = format!("{}: {}", cell(&row, 4), shortened(&listed(&labels), 120));
            list.found(Topic::Enumeration, format!("{table}.{}", cell(&row, 3)), answer, "its type");
        }
    }
    Ok(())
}

/// Conditions that tables declare of their rows.
pub(super) async fn constraints(
    inquiry: &mut Inquiry<'_>,
    which: &str,
    request: &ChecklistRequest<'_>,
    list: &mut Checklist,
) -> Result<(), SessionError> {
    let sql = format!(
        "select n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid), f.conname, pg_catalog.pg_get_constraintdef(f.oid, true) \
         from pg_catalog.pg_constraint f join pg_catalog.pg_class c on c.oid = f.conrelid \
           join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where f.contype = 'c' and {which} order by n.nspname collate \"C\", c.relname collate \"C\", f.conname collate \"C\""
    );
    for row in inquiry.ask(&sql).await? {
        let table = written(cell(&row, 0), cell(&row, 1), is_true(&row, 2));
        if request.tables.iter().any(|known| known.from == table) {
            let answer = shortened(cell(&row, 4), 120);
            list.found(Topic::Documentation, table, answer, format!("constraint `{}`", cell(&row, 3)));
        }
    }
    Ok(())
}

fn is_listed(request: &ChecklistRequest<'_>, table: &str, column: &str) -> bool {
    let mut tables = request.tables.iter();
    tables.any(|known| known.from == table && known.columns.iter().any(|known| known.name == column))
}

//! What the server's catalog says of a table.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::literal::{literal, qualified};
use super::relation_name::{candidates, condition, written};
use super::server_error::SessionError;
use super::session::{Session, TextRow};
use super::source_type::SourceType;

/// A table, view, materialized view, partitioned or foreign table.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) oid: u32,
    pub(crate) schema: String,
    pub(crate) name: String,
    /// What to write after `from:`; for messages, too.
    pub(crate) written: String,
    pub(crate) kind: RelationKind,
    /// How many rows the server believes there are.
    pub(crate) rows: Option<u64>,
    /// Whether other tables inherit from it: partitions or others.
    pub(crate) has_children: bool,
    /// Whether the login may read all of its columns.
    pub(crate) is_readable: bool,
    /// Whether row-level security decides which rows this login sees.
    pub(crate) is_filtered: bool,
}

impl Relation {
    /// Whether its parts may be read one by one, as far as it alone decides.
    pub(crate) fn is_read_by_parts(&self) -> bool {
        self.is_readable && !self.is_filtered
    }
}

/// What kind of thing a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RelationKind {
    Table,
    Partitioned,
    View,
    MaterializedView,
    Foreign,
}

impl RelationKind {
    fn parse(letter: &str) -> Option<Self> {
        Some(match letter {
            "r" => Self::Table,
            "p" => Self::Partitioned,
            "v" => Self::View,
            "m" => Self::MaterializedView,
            "f" => Self::Foreign,
            _ => return None,
        })
    }
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The type in PostgreSQL's own words.
    pub(crate) written_type: String,
    pub(crate) source_type: SourceType,
    pub(crate) not_null: bool,
    /// Whether the login may read it.
    pub(crate) is_readable: bool,
    pub(crate) comment: Option<String>,
}

/// A table whose rows are stored: all of a table, a partition, or what a child table has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Leaf {
    pub(crate) oid: u32,
    /// What stands after `from` in a statement.
    pub(crate) relation: String,
    /// How many pages it has, if its rows can be read by the place where they lie.
    pub(crate) pages: Option<u32>,
}

/// Of a row of an answer, the cell at `index`; empty where it is NULL.
pub(crate) fn cell(row: &TextRow, index: usize) -> &str {
    row.get(index).and_then(Option::as_deref).unwrap_or_default()
}

pub(crate) fn is_true(row: &TextRow, index: usize) -> bool {
    cell(row, index) == "t"
}

fn number<T: std::str::FromStr>(row: &TextRow, index: usize) -> Option<T> {
    cell(row, index).parse().ok()
}

// A table that was never analysed has no rows before version 14, and fewer than none since.
const RELATION: &str = "select c.oid, n.nspname, c.relname, c.relkind, \
     case when c.reltuples > 0 or c.relpages > 0 then c.reltuples::bigint end, c.relhassubclass, \
     pg_catalog.has_table_privilege(c.oid, 'select'), pg_catalog.row_security_active(c.oid), \
     pg_catalog.pg_table_is_visible(c.oid) \
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
     where c.relkind in ('r', 'p', 'v', 'm', 'f')";

fn relation(row: &TextRow) -> Option<Relation> {
    let (schema, name) = (cell(row, 1).to_owned(), cell(row, 2).to_owned());
    Some(Relation {
        oid: number(row, 0)?,
        written: written(&schema, &name, is_true(row, 8)),
        kind: RelationKind::parse(cell(row, 3))?,
        rows: number(row, 4),
        has_children: is_true(row, 5),
        is_readable: is_true(row, 6),
        is_filtered: is_true(row, 7),
        schema,
        name,
    })
}

/// The table that `from` names.
pub(crate) async fn find(session: &mut Session, from: &str) -> Result<Option<Relation>, SessionError> {
    let conditions: Vec<String> = candidates(from).iter().map(condition).collect();
    let ranks: Vec<String> =
        conditions.iter().enumerate().map(|(rank, condition)| format!("when {condition} then {rank}")).collect();
    let sql = format!("{RELATION} and ({}) order by case {} end limit 1", conditions.join(" or "), ranks.join(" "));
    Ok(session.query(&sql).await?.first().and_then(relation))
}

/// All that this login may read, outside of the server's own schemas, by schema and name. Partitions are their parent's.
pub(crate) async fn relations(session: &mut Session) -> Result<Vec<Relation>, SessionError> {
    let sql = format!(
        "{RELATION} and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' and not c.relispartition \
         and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_any_column_privilege(c.oid, 'select') \
         order by n.nspname collate \"C\", c.relname collate \"C\""
    );
    Ok(session.query(&sql).await?.iter().filter_map(relation).collect())
}

/// The columns of some tables, each with the table's number, in their order. `tables` is a condition on `a.attrelid`.
pub(crate) async fn columns(session: &mut Session, tables: &str) -> Result<Vec<(u32, Column)>, SessionError> {
    let sql = format!(
        "with recursive base(attrelid, attnum, oid, modifier) as ( \
           select a.attrelid, a.attnum, a.atttypid, a.atttypmod from pg_catalog.pg_attribute a \
           where {tables} and a.attnum > 0 and not a.attisdropped \
           union all \
           select b.attrelid, b.attnum, t.typbasetype, t.typtypmod from base b \
           join pg_catalog.pg_type t on t.oid = b.oid where t.typtype = 'd') \
         select a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, \
           pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'select'), \
           pg_catalog.col_description(a.attrelid, a.attnum), b.oid, t.typname, b.modifier, t.typtype, \
           e.oid, e.typname, e.typtype, a.attndims \
         from base b join pg_catalog.pg_type t on t.oid = b.oid and t.typtype <> 'd' \
           join pg_catalog.pg_attribute a on a.attrelid = b.attrelid and a.attnum = b.attnum \
           left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A' and t.typlen = -1 \
         order by a.attrelid, a.attnum"
    );
    let rows = session.query(&sql).await?;
    Ok(rows.iter().filter_map(|row| Some((number(row, 0)?, column(row)))).collect())
}

fn column(row: &TextRow) -> Column {
    let modifier = number(row, 8).unwrap_or(-1);
    // Elements of domains are what they are, as text.
    let has_element = !cell(row, 10).is_empty() && cell(row, 12) != "d" && number::<i32>(row, 13).unwrap_or(0) < 2;
    let element = has_element.then(|| {
        Box::new(SourceType {
            oid: number(row, 10).unwrap_or(0),
            name: cell(row, 11).to_owned(),
            modifier,
            is_enum: cell(row, 12) == "e",
            element: None,
        })
    });
    Column {
        name: cell(row, 1).to_owned(),
        written_type: cell(row, 2).to_owned(),
        not_null: is_true(row, 3),
        is_readable: is_true(row, 4),
        comment: row.get(5).cloned().flatten(),
        source_type: SourceType {
            oid: number(row, 6).unwrap_or(0),
            name: cell(row, 7).to_owned(),
            modifier,
            is_enum: cell(row, 9) == "e",
            element,
        },
    }
}

/// The stored parts of tables with all that inherits from each, by name: only of tables whose parts may all be read on their own,
/// which is not so where rights or row-level security of a part differ from those of the whole. Sizes in pages are of now, not of
/// the last analysis.
pub(crate) async fn leaves(session: &mut Session, tables: &[u32]) -> Result<HashMap<u32, Vec<Leaf>>, SessionError> {
    let sql = format!(
        "with recursive tree(root, oid) as (select r.oid, r.oid from pg_catalog.pg_class r where r.oid = {} \
           union select tree.root, i.inhrelid from pg_catalog.pg_inherits i join tree on i.inhparent = tree.oid) \
         select c.oid, n.nspname, c.relname, c.relkind, coalesce(m.amname, ''), \
           (pg_catalog.pg_relation_size(c.oid) + b.size - 1) / b.size, \
           pg_catalog.has_table_privilege(c.oid, 'select') and not pg_catalog.row_security_active(c.oid) \
           and pg_catalog.has_schema_privilege(n.oid, 'usage'), tree.root \
         from tree join pg_catalog.pg_class c on c.oid = tree.oid \
           join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
           left join pg_catalog.pg_am m on m.oid = c.relam, \
           (select pg_catalog.current_setting('block_size')::bigint as size) b \
         where c.relkind <> 'p' order by n.nspname collate \"C\", c.relname collate \"C\"",
        any_of(tables.iter().copied())
    );
    let by_place = session.major_version() >= 14;
    let rows = session.query(&sql).await?;
    let leaf = |row: &TextRow| {
        let (kind, is_heap) = (cell(row, 3), cell(row, 4) == "heap");
        let relation = qualified(cell(row, 1), cell(row, 2));
        Some(Leaf {
            oid: number(row, 0)?,
            // Of a parent, only its own rows: its children's come by themselves. `only` means nothing for others.
            relation: if kind == "r" { format!("only {relation}") } else { relation },
            pages: if by_place && is_heap && kind != "v" { number(row, 5) } else { None },
        })
    };
    let mut found: HashMap<u32, Vec<Leaf>> = tables.iter().map(|table| (*table, Vec::new())).collect();
    for row in &rows {
        let root = number(row, 7).unwrap_or(0);
        if !is_true(row, 6) {
            found.remove(&root);
        } else if let Some(leaves) = found.get_mut(&root) {
            leaves.extend(leaf(row));
        }
    }
    Ok(found)
}

/// The names of everything that can be read, for hints.
pub(crate) async fn names(session: &mut Session) -> Result<Vec<String>, SessionError> {
    Ok(relations(session).await?.into_iter().map(|relation| relation.written).collect())
}

/// How many digits after the point an amount of money has on this server.
pub(crate) async fn money_digits(session: &mut Session) -> Result<i8, SessionError> {
    let rows = session.query("select pg_catalog.scale('0'::money::numeric)").await?;
    Ok(rows.first().and_then(|row| number(row, 0)).unwrap_or(2))
}

/// A condition for the columns of one table.
pub(crate) fn of_table(oid: u32) -> String {
    format!("a.attrelid = {oid}")
}

/// A condition for the columns of several tables.
pub(crate) fn of_tables(oids: impl Iterator<Item = u32>) -> String {
    format!("a.attrelid = {}", any_of(oids))
}

fn any_of(oids: impl Iterator<Item = u32>) -> String {
    let list: Vec<String> = oids.map(|oid| oid.to_string()).collect();
    format!("any({}::oid[])", literal(&format!("{{{}}}", list.join(","))))
}

//! What tables a database has.

use std::collections::{BTreeSet, HashMap};

use super::catalog::{
    Column, Relation, RelationKind, cell, columns, find, is_true, money_digits, of_tables, relations,
};
use super::database::Database;
use super::reading::Reading;
use super::server_error::SessionError;
use super::session::Session;
use super::source_type::TypeKind;
use crate::cursor_name::cursor_rank;
use crate::lake_name::lake_name;
use crate::{ColumnInfo, ConnectError, CursorProposal, ForeignKey, RowCount, TableInfo, TableKind};

/// Every table and view that this login may read, outside of the server's own schemas. Everything comes from the catalog: no
/// row is looked at.
pub(crate) async fn browse(session: &mut Session, database: &Database) -> Result<Vec<TableInfo>, ConnectError> {
    let object = database.endpoint.name();
    let failed = |error| database.failed(&object, error);
    let relations = relations(session).await.map_err(failed)?;
    describe_all(session, relations).await.map_err(failed)
}

/// What `from` names, also where browsing does not list it: a partition, a table of the server's own. Its name in the lake is as if
/// it was alone.
pub(crate) async fn browse_one(
    session: &mut Session,
    database: &Database,
    from: &str,
) -> Result<Option<TableInfo>, ConnectError> {
    let failed = |error| database.failed(from, error);
    let Some(relation) = find(session, from).await.map_err(failed)? else { return Ok(None) };
    Ok(describe_all(session, vec![relation]).await.map_err(failed)?.pop())
}

async fn describe_all(session: &mut Session, relations: Vec<Relation>) -> Result<Vec<TableInfo>, SessionError> {
    let filter = of_tables(relations.iter().map(|relation| relation.oid));
    let mut by_table: HashMap<u32, Vec<Column>> = HashMap::new();
    for (table, column) in columns(session, &filter).await? {
        by_table.entry(table).or_default().push(column);
    }
    let has_money = by_table.values().flatten().any(|column| column.source_type.kind() == TypeKind::Money);
    let money_digits = if has_money { money_digits(session).await? } else { 2 };
    let mut facts = Facts::load(session, &relations).await?;
    let names: HashMap<u32, &str> =
        relations.iter().map(|relation| (relation.oid, relation.written.as_str())).collect();
    let mut schemas: HashMap<String, BTreeSet<&str>> = HashMap::new();
    for relation in &relations {
        schemas.entry(lake_name(&relation.name)).or_default().insert(&relation.schema);
    }
    let mut found: Vec<TableInfo> = relations
        .iter()
        .map(|relation| {
            let columns = by_table.remove(&relation.oid).unwrap_or_default();
            let fact = facts.by_table.remove(&relation.oid).unwrap_or_default();
            let name = lake_name(&relation.name);
            // Tables of one name in several schemas.
            let is_alone = schemas.get(&name).is_some_and(|schemas| schemas.len() == 1);
            let name = if is_alone { name } else { lake_name(&format!("{}_{}", relation.schema, relation.name)) };
            describe(name, relation, &columns, fact, money_digits, &names)
        })
        .collect();
    TableInfo::number_names(&mut found);
    Ok(found)
}

/// What the catalog says of one table besides its columns.
#[derive(Debug, Default)]
struct Fact {
    size_bytes: Option<u64>,
    comment: Option<String>,
    rows: Option<u64>,
    primary_key: Vec<String>,
    unique_keys: Vec<Vec<String>>,
    /// Columns, the other table, its columns.
    foreign_keys: Vec<(Vec<String>, u32, String, Vec<String>)>,
    /// Columns with which an index begins.
    indexed: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Facts {
    by_table: HashMap<u32, Fact>,
}

impl Facts {
    async fn load(session: &mut Session, relations: &[Relation]) -> Result<Self, SessionError> {
        let list: Vec<String> = relations.iter().map(|relation| relation.oid.to_string()).collect();
        let list = format!("any('{{{}}}'::oid[])", list.join(","));
        let mut facts = Self::default();
        // Of a table that was never analysed, nothing is known: before version 14 that is written as no rows.
        let rows = if session.major_version() >= 14 {
            "nullif(c.reltuples, -1)"
        } else {
            "case when c.reltuples > 0 or c.relpages > 0 then c.reltuples end"
        };
        // A partitioned table has the size and the rows of its partitions.
        let sizes = format!(
            "with recursive tree(root, oid) as (select c.oid, c.oid from pg_catalog.pg_class c where c.oid = {list} \
               union select tree.root, i.inhrelid from pg_catalog.pg_inherits i join tree on i.inhparent = tree.oid) \
             select tree.root, sum(case when c.relkind in ('r', 'm') then pg_catalog.pg_total_relation_size(c.oid) end), \
               pg_catalog.obj_description(tree.root, 'pg_class'), \
               sum(case when c.relkind in ('r', 'm', 'f') then {rows} end)::bigint \
             from tree join pg_catalog.pg_class c on c.oid = tree.oid group by tree.root"
        );
        for row in session.query(&sizes).await? {
            let fact = facts.of(cell(&row, 0));
            fact.size_bytes = cell(&row, 1).parse().ok();
            fact.comment = row.get(2).cloned().flatten();
            fact.rows = cell(&row, 3).parse().ok();
        }
        let names = |numbers: &str, table: &str| {
            format!(
                "(select pg_catalog.array_to_json(pg_catalog.array_agg(a.attname order by k.place)) \
                   from pg_catalog.unnest({numbers}) with ordinality k(attnum, place) \
                   join pg_catalog.pg_attribute a on a.attrelid = {table} and a.attnum = k.attnum)"
            )
        };
        // Unique indexes without a constraint are as good as one, if they cover all rows and no expressions.
        let indexes = format!(
            "select i.indrelid, i.indisprimary, \
               i.indisunique and i.indisvalid and i.indpred is null and 0 <> all(i.indkey), \
               {}, i.indisvalid and i.indpred is null \
             from pg_catalog.pg_index i where i.indrelid = {list} order by i.indexrelid",
            names("(i.indkey::int2[])[0:i.indnkeyatts - 1]", "i.indrelid")
        );
        for row in session.query(&indexes).await? {
            let columns = list_of(cell(&row, 3));
            let fact = facts.of(cell(&row, 0));
            if is_true(&row, 4) {
                fact.indexed.extend(columns.first().cloned());
            }
            if is_true(&row, 1) {
                fact.primary_key = columns;
            } else if is_true(&row, 2) && !columns.is_empty() {
                fact.unique_keys.push(columns);
            }
        }
        let references = format!(
            "select f.conrelid, {}, f.confrelid, c.relname, {} from pg_catalog.pg_constraint f \
             join pg_catalog.pg_class c on c.oid = f.confrelid \
             where f.contype = 'f' and f.conrelid = {list} and f.conparentid = 0 order by f.conname collate \"C\"",
            names("f.conkey", "f.conrelid"),
            names("f.confkey", "f.confrelid")
        );
        for row in session.query(&references).await? {
            let (from, to) = (list_of(cell(&row, 1)), list_of(cell(&row, 4)));
            let other = cell(&row, 2).parse().unwrap_or(0);
            facts.of(cell(&row, 0)).foreign_keys.push((from, other, cell(&row, 3).to_owned(), to));
        }
        Ok(facts)
    }

    fn of(&mut self, table: &str) -> &mut Fact {
        self.by_table.entry(table.parse().unwrap_or(0)).or_default()
    }
}

fn list_of(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

fn describe(
    name: String,
    relation: &Relation,
    columns: &[Column],
    fact: Fact,
    money_digits: i8,
    names: &HashMap<u32, &str>,
) -> TableInfo {
    let mut notes = Vec::new();
    let hidden: Vec<&str> =
        columns.iter().filter(|column| !column.is_readable).map(|column| column.name.as_str()).collect();
    if !hidden.is_empty() {
        notes.push(format!("this user may not read {}", hidden.join(", ")));
    }
    if relation.is_filtered {
        notes.push("row-level security is in force: this user sees only some of its rows".to_owned());
    }
    let infos: Vec<ColumnInfo> = columns
        .iter()
        .filter(|column| column.is_readable)
        .map(|column| {
            let reading = Reading::natural(&column.source_type, money_digits);
            if reading.is_numeric_as_text() {
                notes.push(format!(
                    "column `{}` is `{}`, whose digits are not limited: it is read as text unless `decimal(p,s)` is promised",
                    column.name, column.written_type
                ));
            }
            ColumnInfo {
                name: column.name.clone(),
                source_type: column.written_type.clone(),
                data_type: reading.data_type,
                nullable: !column.not_null,
                comment: column.comment.clone(),
            }
        })
        .collect();
    let mut info = TableInfo {
        name,
        from: relation.written.clone(),
        kind: match relation.kind {
            RelationKind::View | RelationKind::MaterializedView => TableKind::View,
            RelationKind::Table | RelationKind::Partitioned | RelationKind::Foreign => TableKind::Table,
        },
        cursors: cursors(&infos, &fact.indexed),
        columns: infos,
        primary_key: fact.primary_key,
        unique_keys: fact.unique_keys,
        indexed: fact.indexed.into_iter().collect(),
        foreign_keys: fact
            .foreign_keys
            .into_iter()
            .map(|(columns, table, name, to_columns)| ForeignKey {
                columns,
                to_table: names.get(&table).map_or(name, |name| (*name).to_owned()),
                to_columns,
            })
            .collect(),
        rows: fact.rows.map(RowCount::Estimated),
        size_bytes: fact.size_bytes.filter(|size| *size > 0),
        comment: fact.comment,
        options: Vec::new(),
        notes,
    };
    info.promote_unique_key();
    info
}

/// Columns whose name says that they change with the row and that hold a time, those that hold one in every row first.
fn cursors(columns: &[ColumnInfo], indexed: &BTreeSet<String>) -> Vec<CursorProposal> {
    let mut found: Vec<(usize, CursorProposal)> = columns
        .iter()
        .filter(|column| column.data_type.is_temporal())
        .filter_map(|column| {
            let rank = cursor_rank(&column.name)?;
            let indexed = indexed.contains(&column.name);
            let index = if indexed { "indexed" } else { "not indexed, so every read looks at all rows" };
            let gaps = if column.nullable { "; rows where it is NULL would be read again each time" } else { "" };
            let reason = format!("its name says that it changes with the row; {index}{gaps}");
            let has_gaps = column.nullable;
            Some((rank, CursorProposal { column: column.name.clone(), reason, indexed, has_gaps }))
        })
        .collect();
    found.sort_by_key(|(rank, proposal)| (proposal.has_gaps, !proposal.indexed, *rank));
    found.into_iter().map(|(_, proposal)| proposal).collect()
}

//! A table as capturing it needs to know it.

use super::message::{Relation, RelationColumn};
use super::shape::{Partition, Shape, ShapeColumn};
use crate::capture::Refusal;
use crate::postgres::literal::qualified;
use crate::postgres::server_error::SessionError;
use crate::postgres::session::{Session, TextRow};

/// A table as capturing it needs to know it: what is told of a row that changes.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// What it looks like now. Its columns say whether deletions name them.
    pub(crate) relation: Relation,
    /// The columns of its primary key, in its order.
    pub(crate) primary_key: Vec<String>,
    /// `d`, `n`, `f` or `i`, as `pg_class.relreplident` has it.
    pub(crate) identity: String,
    /// Columns that the database computes: its log does not have them.
    pub(crate) generated: Vec<String>,
    /// Whether it has its rows in partitions.
    pub(crate) is_partitioned: bool,
    /// Schema and name of the tables whose partition it is, at whatever depth.
    pub(crate) ancestors: Vec<(String, String)>,
    /// What tells later whether changes of rows are all that happened to it.
    pub(crate) shape: Shape,
}

impl Target {
    /// Looks at a table by its number.
    pub(crate) async fn find(session: &mut Session, table: u32) -> Result<Option<Self>, SessionError> {
        let generated = if session.major_version() >= 12 { "a.attgenerated <> ''" } else { "false" };
        let sql = format!(
            "select n.nspname, c.relname, c.relreplident, c.relfilenode, \
                    a.attname, a.atttypid, a.atttypmod, a.attnum, a.xmin::text, \
                    {generated}, a.atthasdef or a.atthasmissing or a.attidentity <> '', \
                    array_position(p.indkey::int2[], a.attnum), \
                    c.relreplident = 'f' or coalesce(a.attnum = any (i.indkey::int2[]), false), \
                    c.relkind = 'p' \
             from pg_class c \
             join pg_namespace n on n.oid = c.relnamespace \
             join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
             left join pg_index p on p.indrelid = c.oid and p.indisprimary \
             left join pg_index i on i.indrelid = c.oid \
                  and case c.relreplident when 'd' then i.indisprimary when 'i' then i.indisreplident else false end \
             where c.oid = {table} order by a.attnum"
        );
        let rows = session.query(&sql).await?;
        let mut target: Option<Self> = None;
        let mut key: Vec<(u32, String)> = Vec::new();
        for row in rows {
            let mut cells = row.into_iter();
            let mut next = || cells.next().flatten().unwrap_or_default();
            let (schema, name, identity, file) = (next(), next(), next(), next());
            let target = target.get_or_insert_with(|| Self {
                relation: Relation { table, schema, name, columns: Vec::new() },
                primary_key: Vec::new(),
                identity,
                generated: Vec::new(),
                is_partitioned: false,
                ancestors: Vec::new(),
                shape: Shape { file: file.parse().unwrap_or(0), ..Shape::default() },
            });
            let column = next();
            let (data_type, modifier) = (next().parse().unwrap_or(0), next().parse().unwrap_or(-1));
            let (number, declared_by) = (next().parse().unwrap_or(0), next().parse().unwrap_or(0));
            if next() == "t" {
                target.generated.push(column);
                continue;
            }
            let is_filled = next() == "t";
            let name = column.clone();
            target.shape.columns.push(ShapeColumn { name, data_type, modifier, number, declared_by, is_filled });
            if let Ok(place) = next().parse() {
                key.push((place, column.clone()));
            }
            target.relation.columns.push(RelationColumn {
                name: column,
                is_identity: next() == "t",
                data_type,
                modifier,
            });
            target.is_partitioned = next() == "t";
        }
        key.sort();
        if let Some(target) = &mut target {
            target.primary_key = key.into_iter().map(|(_, column)| column).collect();
            target.shape.partitions = partitions(session, table).await?;
            target.ancestors = ancestors(session, table).await?;
        }
        Ok(target)
    }

    /// Whether rows can be told apart by the columns `key`, also those that are deleted; if not, what its owner can do.
    pub(crate) fn key(&self, key: &[String]) -> Result<(), Refusal> {
        let table = qualified(&self.relation.schema, &self.relation.name);
        let refused = |reason: String, advice: String| Err(Refusal::new(reason, advice));
        if self.identity == "n" || (self.identity == "d" && self.primary_key.is_empty()) {
            return refused(
                "PostgreSQL writes nothing into its log that says which row was changed (its replica identity)"
                    .to_owned(),
                format!("have the table's owner run: alter table {table} replica identity full"),
            );
        }
        for name in key {
            let Some(place) = self.relation.place(name) else {
                let columns = self.relation.columns.iter().map(|column| column.name.as_str());
                let near = ade_diagnostic::did_you_mean(name, columns);
                return refused(
                    format!("it has no column `{name}`"),
                    near.unwrap_or_else(|| "correct `key`".to_owned()),
                );
            };
            if !self.relation.columns[place].is_identity {
                let primary = if self.primary_key.is_empty() {
                    String::new()
                } else {
                    format!("use its primary key ({}) as `key`, or ", self.primary_key.join(", "))
                };
                return refused(
                    format!("deletions do not tell `{name}`, which is in its `key`"),
                    format!("{primary}have the table's owner run: alter table {table} replica identity full"),
                );
            }
        }
        Ok(())
    }
}

/// The tables whose partition a table is.
async fn ancestors(session: &mut Session, table: u32) -> Result<Vec<(String, String)>, SessionError> {
    let sql = format!(
        "select n.nspname, c.relname from pg_partition_ancestors({table}) a join pg_class c on c.oid = a.relid \
         join pg_namespace n on n.oid = c.relnamespace where c.oid <> {table}"
    );
    let rows = session.query(&sql).await?.into_iter();
    let name = |row: TextRow| {
        let mut cells = row.into_iter();
        Some((cells.next()??, cells.next()??))
    };
    Ok(rows.filter_map(name).collect())
}

/// The partitions of a table, at whatever depth; none for a plain one. One that was made as such is as old as a
/// system column, which nobody can change; attaching it would have changed all others later, if in the same transaction.
async fn partitions(session: &mut Session, table: u32) -> Result<Vec<Partition>, SessionError> {
    let sql = format!(
        "select i.inhrelid, i.xmin::text, i.xmin::text = a.xmin::text and exists ( \
           select from pg_attribute u where u.attrelid = t.relid and u.attnum > 0 \
           and u.xmin::text = a.xmin::text and u.cmin::text = a.cmin::text), c.relfilenode \
         from pg_partition_tree({table}) t \
         join pg_inherits i on i.inhrelid = t.relid and t.level > 0 \
         join pg_class c on c.oid = t.relid \
         join pg_attribute a on a.attrelid = t.relid and a.attname = 'tableoid' and a.attnum < 0 \
         order by 1"
    );
    let rows = session.query(&sql).await?.into_iter();
    let partition = |row: TextRow| {
        let mut cells = row.into_iter();
        let mut next = || cells.next().flatten().unwrap_or_default();
        let (table, attached_by, is_born) = (next().parse().ok()?, next().parse().ok()?, next() == "t");
        Some(Partition { table, attached_by, is_born, file: next().parse().ok()? })
    };
    Ok(rows.filter_map(partition).collect())
}

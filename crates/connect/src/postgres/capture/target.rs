//! A table as capturing it needs to know it.

use super::message::{Relation, RelationColumn};
use crate::ConnectError;
use crate::postgres::literal::qualified;
use crate::postgres::server_error::SessionError;
use crate::postgres::session::Session;

/// A table as capturing it needs to know it: what is told of a row that changes.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// What it looks like now. Its columns say whether deletions name them.
    pub(crate) relation: Relation,
    /// The columns of its primary key, in its order.
    pub(crate) primary_key: Vec<String>,
    /// `d`, `n`, `f` or `i`, as `pg_class.relreplident` has it.
    pub(crate) identity: String,
    /// Columns whose values in rows that were there before them are not told: they have a default, or are computed.
    pub(crate) filled: Vec<String>,
}

impl Target {
    /// Looks at a table by its number.
    pub(crate) async fn find(session: &mut Session, table: u32) -> Result<Option<Self>, SessionError> {
        let generated = if session.major_version() >= 12 { "a.attgenerated <> ''" } else { "false" };
        let sql = format!(
            "select n.nspname, c.relname, c.relreplident, \
                    a.attname, a.atttypid, a.atttypmod, \
                    a.atthasdef or a.atthasmissing or a.attidentity <> '' or {generated}, \
                    array_position(p.indkey::int2[], a.attnum), \
                    c.relreplident = 'f' or coalesce(a.attnum = any (i.indkey::int2[]), false) \
             from pg_class c \
             join pg_namespace n on n.oid = c.relnamespace \
             join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and not ({generated}) \
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
            let (schema, name, identity) = (next(), next(), next());
            let target = target.get_or_insert_with(|| Self {
                relation: Relation { table, schema, name, columns: Vec::new() },
                primary_key: Vec::new(),
                identity,
                filled: Vec::new(),
            });
            let (column, data_type, modifier) = (next(), next(), next());
            if next() == "t" {
                target.filled.push(column.clone());
            }
            if let Ok(place) = next().parse() {
                key.push((place, column.clone()));
            }
            target.relation.columns.push(RelationColumn {
                name: column,
                is_identity: next() == "t",
                data_type: data_type.parse().unwrap_or(0),
                modifier: modifier.parse().unwrap_or(-1),
            });
        }
        key.sort();
        if let Some(target) = &mut target {
            target.primary_key = key.into_iter().map(|(_, column)| column).collect();
        }
        Ok(target)
    }

    /// The columns by which rows are told apart: those that were asked for, or the primary key. An error where PostgreSQL
    /// does not tell them of a row that is deleted, with what its owner can do.
    pub(crate) fn key(&self, asked: &[String]) -> Result<Vec<String>, ConnectError> {
        let table = qualified(&self.relation.schema, &self.relation.name);
        let refused = |reason: String, advice: String| ConnectError::Request { from: table.clone(), reason, advice };
        let key = if asked.is_empty() { &self.primary_key } else { asked };
        if key.is_empty() {
            return Err(refused(
                "it has no primary key, so nothing says which row a change is of".to_owned(),
                format!(
                    "name the columns that are unique as `key`, and have the table's owner run: alter table {table} replica \
                     identity full; or use `mode: full`"
                ),
            ));
        }
        if self.identity == "n" || (self.identity == "d" && self.primary_key.is_empty()) {
            return Err(refused(
                "PostgreSQL writes nothing into its log that says which row was changed (its replica identity)".to_owned(),
                format!("have the table's owner run: alter table {table} replica identity full"),
            ));
        }
        for name in key {
            let Some(place) = self.relation.place(name) else {
                let columns = self.relation.columns.iter().map(|column| column.name.as_str());
                let near = ade_diagnostic::did_you_mean(name, columns);
                return Err(refused(
                    format!("it has no column `{name}`"),
                    near.unwrap_or_else(|| "correct `key`".to_owned()),
                ));
            };
            if !self.relation.columns[place].is_identity {
                return Err(refused(
                    format!("deletions do not tell `{name}`, which is in its `key`"),
                    format!(
                        "leave out `key` (the primary key is taken), or have the table's owner run: alter table {table} \
                         replica identity full"
                    ),
                ));
            }
        }
        Ok(key.to_vec())
    }
}

//! The publication: which tables' changes PostgreSQL gives.

use serde::{Deserialize, Serialize};

use super::target::Target;
use crate::ConnectError;
use crate::postgres::literal::{identifier, literal, qualified};
use crate::postgres::server_error::SessionError;
use crate::postgres::session::Session;

/// A publication as its server describes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Publication {
    /// Schema and name of its tables.
    tables: Vec<(String, String)>,
    /// Tables of which it leaves out rows.
    filtered: Vec<(String, String)>,
    /// Tables of which it leaves out columns.
    listed: Vec<(String, String)>,
    /// What it does not give: `insert`, `update`, `delete`, `truncate`.
    left_out: Vec<String>,
}

/// How a publication gives a table's changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Published {
    /// The publication's number: another one after it was made anew.
    pub(crate) publication: u32,
    /// That of the table within: another one after it was taken out for a while.
    entry: u32,
}

impl Publication {
    /// Looks for it.
    pub(crate) async fn find(session: &mut Session, name: &str) -> Result<Option<Self>, SessionError> {
        let sql = format!(
            "select pubinsert, pubupdate, pubdelete, pubtruncate from pg_publication where pubname = {}",
            literal(name)
        );
        let Some(gives) = session.query(&sql).await?.into_iter().next() else { return Ok(None) };
        let kinds = ["insert", "update", "delete", "truncate"];
        let left_out = kinds.iter().zip(gives).filter(|(_, gives)| gives.as_deref() != Some("t"));
        let left_out = left_out.map(|(kind, _)| (*kind).to_owned()).collect();
        let filter = if session.major_version() >= 15 { "rowfilter is not null" } else { "false" };
        let sql = format!(
            "select schemaname, tablename, {filter} from pg_publication_tables where pubname = {}",
            literal(name)
        );
        let mut found = Self { left_out, ..Self::default() };
        for row in session.query(&sql).await? {
            let [Some(schema), Some(table), Some(is_filtered)] = &row[..] else { continue };
            let table = (schema.clone(), table.clone());
            if is_filtered == "t" {
                found.filtered.push(table.clone());
            }
            found.tables.push(table);
        }
        if session.major_version() >= 15 {
            let sql = format!(
                "select n.nspname, c.relname from pg_publication_rel r join pg_publication p on p.oid = r.prpubid \
                 join pg_class c on c.oid = r.prrelid join pg_namespace n on n.oid = c.relnamespace \
                 where r.prattrs is not null and p.pubname = {}",
                literal(name)
            );
            for row in session.query(&sql).await? {
                let [Some(schema), Some(table)] = &row[..] else { continue };
                found.listed.push((schema.clone(), table.clone()));
            }
        }
        Ok(Some(found))
    }

    /// How a publication gives a table's changes.
    pub(crate) async fn entry(session: &mut Session, name: &str, table: u32) -> Result<Published, SessionError> {
        let sql = format!(
            "select p.oid, coalesce(r.oid, p.oid) from pg_publication p \
             left join pg_publication_rel r on r.prpubid = p.oid and r.prrelid = {table} where p.pubname = {}",
            literal(name)
        );
        let rows = session.query(&sql).await?;
        let number = |place: usize| rows.first().and_then(|row| row.get(place)?.as_deref()?.parse().ok());
        Ok(Published { publication: number(0).unwrap_or(0), entry: number(1).unwrap_or(0) })
    }

    /// Sees to it that all changes of the tables are given, as far as the user may: what is missing and cannot be made is an
    /// error with the statement that an owner has to run. Says whether it was made now.
    pub(crate) async fn ensure(session: &mut Session, name: &str, targets: &[&Target]) -> Result<bool, ConnectError> {
        let found = Self::find(session, name).await.map_err(|error| error.of_reading(name, 0))?;
        let spelled = |target: &&Target| (target.relation.schema.clone(), target.relation.name.clone());
        let missing: Vec<(String, String)> = match &found {
            None => targets.iter().map(spelled).collect(),
            Some(found) => targets.iter().map(spelled).filter(|table| !found.tables.contains(table)).collect(),
        };
        if let Some(found) = &found {
            if !found.left_out.is_empty() {
                return Err(ConnectError::Request {
                    from: format!("log of {name}"),
                    reason: format!("publication `{name}` leaves out {}", found.left_out.join(", ")),
                    advice: format!(
                        "have its owner run: alter publication {} set (publish = 'insert, update, delete, truncate')",
                        identifier(name)
                    ),
                });
            }
            let parts = [(&found.filtered, "rows", "`where`"), (&found.listed, "columns", "list of columns")];
            for (tables, what, clause) in parts {
                let is_wanted = |table: &&(String, String)| targets.iter().any(|target| spelled(target) == **table);
                if let Some((schema, table)) = tables.iter().find(is_wanted) {
                    return Err(ConnectError::Request {
                        from: format!("{schema}.{table}"),
                        reason: format!("publication `{name}` leaves out some of its {what}"),
                        advice: format!(
                            "have its owner take the {clause} of the table away, or name another `publication`"
                        ),
                    });
                }
            }
        }
        if missing.is_empty() {
            return Ok(false);
        }
        let tables: Vec<String> = missing.iter().map(|(schema, table)| qualified(schema, table)).collect();
        let tables = tables.join(", ");
        let statement = match &found {
            Some(_) => format!("alter publication {} add table {tables}", identifier(name)),
            None if session.major_version() >= 13 => format!(
                "create publication {} for table {tables} with (publish_via_partition_root = true)",
                identifier(name)
            ),
            None => format!("create publication {} for table {tables}", identifier(name)),
        };
        match session.query(&statement).await {
            Ok(_) => Ok(found.is_none()),
            Err(SessionError::Server(said)) if said.code == "55P03" => Err(ConnectError::Request {
                advice: "run again when that has ended".to_owned(),
                reason: format!("publication `{name}` cannot take it in while somebody changes it: {}", said.reason()),
                from: tables,
            }),
            Err(SessionError::Server(said)) => Err(ConnectError::Request {
                advice: format!("have the owner of the tables run: {statement}"),
                reason: format!("publication `{name}` does not give what changes there: {}", said.reason()),
                from: tables,
            }),
            Err(error) => Err(error.of_reading(name, 0)),
        }
    }
}

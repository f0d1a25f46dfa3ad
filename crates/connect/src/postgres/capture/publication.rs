//! The publication: which tables' changes PostgreSQL gives.

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
    /// What it does not give: `insert`, `update`, `delete`, `truncate`.
    left_out: Vec<String>,
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
        Ok(Some(found))
    }

    /// Sees to it that all changes of the tables are given, as far as the user may: what is missing and cannot be made is an
    /// error with the statement that an owner has to run.
    pub(crate) async fn ensure(session: &mut Session, name: &str, targets: &[&Target]) -> Result<(), ConnectError> {
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
            if let Some((schema, table)) =
                found.filtered.iter().find(|table| targets.iter().any(|target| spelled(target) == **table))
            {
                return Err(ConnectError::Request {
                    from: format!("{schema}.{table}"),
                    reason: format!("publication `{name}` leaves out some of its rows"),
                    advice: "have its owner take the `where` of the table away, or name another `publication`"
                        .to_owned(),
                });
            }
        }
        if missing.is_empty() {
            return Ok(());
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
            Ok(_) => Ok(()),
            Err(SessionError::Server(said)) => Err(ConnectError::Request {
                advice: format!("have the owner of the tables run: {statement}"),
                reason: format!("publication `{name}` does not give what changes there: {}", said.reason()),
                from: tables,
            }),
            Err(error) => Err(error.of_reading(name, 0)),
        }
    }
}

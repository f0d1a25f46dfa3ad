//! Sees to it that a publication gives all changes of tables.

use std::collections::HashMap;

use super::publication::Publication;
use super::target::Target;
use crate::ConnectError;
use crate::capture::Refusal;
use crate::postgres::literal::{identifier, qualified};
use crate::postgres::server_error::{ServerError, SessionError};
use crate::postgres::session::Session;

/// Which tables a publication gives.
#[derive(Debug, Default)]
pub(crate) struct Publishing {
    /// Whether it was made now.
    pub(crate) is_new: bool,
    /// Tables whose changes it does not give, by their numbers.
    pub(crate) refused: HashMap<u32, Refusal>,
}

/// Sees to it that all changes of the tables are given, as far as the user may. A table of which something is missing that
/// cannot be made is refused with the statement that an owner has to run; the others are given.
pub(crate) async fn publish(
    session: &mut Session,
    name: &str,
    targets: &[&Target],
) -> Result<Publishing, ConnectError> {
    let failed = |error: SessionError| error.of_reading(name, 0);
    let mut publishing = Publishing::default();
    let found = Publication::find(session, name).await.map_err(failed)?;
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
        publishing.refuse_parts(name, found, targets);
    }
    publishing.refuse_partitions(session, name, found.as_ref(), targets);
    let is_given = |target: &Target| found.as_ref().is_some_and(|found| found.tables.contains(&spelled(target)));
    let is_missing = |target: &&Target| !is_given(target) && !publishing.refused.contains_key(&target.relation.table);
    let missing: Vec<&Target> = targets.iter().copied().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(publishing);
    }
    let mut exists = found.is_some();
    let together = statement(session, name, &missing, exists);
    match session.query(&together).await {
        Ok(_) => publishing.is_new = !exists,
        // One table spoils it for all: each by itself.
        Err(SessionError::Server(_)) => {
            let mut left = Vec::new();
            for target in missing {
                let alone = statement(session, name, &[target], exists);
                match session.query(&alone).await {
                    Ok(_) => {
                        publishing.is_new |= !exists;
                        exists = true;
                    }
                    Err(SessionError::Server(said)) => left.push((target, said)),
                    Err(error) => return Err(failed(error)),
                }
            }
            // One statement for all of them: the first of several that make the publication would be the last that works.
            let targets: Vec<&Target> = left.iter().map(|(target, _)| *target).collect();
            let statement = statement(session, name, &targets, exists);
            let refusals = left.iter().map(|(target, said)| (target.relation.table, not_given(name, said, &statement)));
            publishing.refused.extend(refusals);
        }
        Err(error) => return Err(failed(error)),
    }
    Ok(publishing)
}

impl Publishing {
    /// Refuses tables of which the publication gives rows or columns only in part.
    fn refuse_parts(&mut self, name: &str, found: &Publication, targets: &[&Target]) {
        let parts = [(&found.filtered, "rows", "`where`"), (&found.listed, "columns", "list of columns")];
        for (tables, what, clause) in parts {
            for target in targets.iter().filter(|target| tables.contains(&spelled(target))) {
                let refusal = Refusal::new(
                    format!("publication `{name}` leaves out some of its {what}"),
                    format!("have its owner take the {clause} of the table away, or name another `publication`"),
                );
                self.refused.insert(target.relation.table, refusal);
            }
        }
    }

    /// Refuses tables whose changes would come under the name of another: partitioned ones, and partitions.
    fn refuse_partitions(&mut self, session: &Session, name: &str, found: Option<&Publication>, targets: &[&Target]) {
        let gives_roots = session.major_version() >= 13;
        let via_root = found.map_or(gives_roots, |found| found.via_root);
        for target in targets {
            let is_given = |table: &&(String, String)| {
                found.is_some_and(|found| found.tables.contains(table))
                    || targets.iter().any(|target| spelled(target) == **table)
            };
            let refusal = if target.is_partitioned && !gives_roots {
                Refusal::new(
                    "versions of PostgreSQL before 13 do not give the changes of a partitioned table as one",
                    "use `mode: full` or `mode: incremental`, or capture its partitions",
                )
            } else if target.is_partitioned && !via_root {
                Refusal::new(
                    format!("publication `{name}` gives its changes as those of its partitions"),
                    format!(
                        "have its owner run: alter publication {} set (publish_via_partition_root = true)",
                        identifier(name)
                    ),
                )
            } else if via_root && let Some((schema, whole)) = target.ancestors.iter().find(is_given) {
                Refusal::new(
                    format!(
                        "publication `{name}` gives its changes as those of `{schema}.{whole}`, whose partition it is"
                    ),
                    "capture that one, or use `mode: full` or `mode: incremental` for this one",
                )
            } else {
                continue;
            };
            self.refused.insert(target.relation.table, refusal);
        }
    }
}

fn spelled(target: &Target) -> (String, String) {
    (target.relation.schema.clone(), target.relation.name.clone())
}

/// The statement that puts tables into the publication.
fn statement(session: &Session, name: &str, targets: &[&Target], exists: bool) -> String {
    let tables: Vec<String> =
        targets.iter().map(|target| qualified(&target.relation.schema, &target.relation.name)).collect();
    let (name, tables) = (identifier(name), tables.join(", "));
    match exists {
        true => format!("alter publication {name} add table {tables}"),
        false if session.major_version() >= 13 => {
            format!("create publication {name} for table {tables} with (publish_via_partition_root = true)")
        }
        false => format!("create publication {name} for table {tables}"),
    }
}

/// Why a table could not be put into the publication.
fn not_given(name: &str, said: &ServerError, statement: &str) -> Refusal {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    let reason = said.reason();
    if said.code == LOCK_NOT_AVAILABLE {
        let reason = format!("publication `{name}` cannot take it in while somebody changes it: {reason}");
        return Refusal::new(reason, "run again when that has ended");
    }
    Refusal::new(
        format!("publication `{name}` does not give what changes there: {reason}"),
        format!("have the owner of the tables run: {statement}"),
    )
}

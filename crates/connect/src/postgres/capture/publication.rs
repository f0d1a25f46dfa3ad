//! The publication: which tables' changes PostgreSQL gives.

use serde::{Deserialize, Serialize};

use crate::postgres::literal::literal;
use crate::postgres::server_error::SessionError;
use crate::postgres::session::Session;

/// A publication as its server describes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Publication {
    /// Schema and name of its tables.
    pub(super) tables: Vec<(String, String)>,
    /// Tables of which it leaves out rows.
    pub(super) filtered: Vec<(String, String)>,
    /// Tables of which it leaves out columns.
    pub(super) listed: Vec<(String, String)>,
    /// What it does not give: `insert`, `update`, `delete`, `truncate`.
    pub(super) left_out: Vec<String>,
    /// Whether changes of partitions are given as those of the table that they are of.
    pub(super) via_root: bool,
}

/// How a publication gives a table's changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Published {
    /// The publication's number: another one after it was made anew.
    pub(crate) publication: u32,
    /// The transaction that said what it gives; none where nobody looked.
    #[serde(default)]
    altered_by: Option<u32>,
    /// That of the table within: another one after it was taken out for a while.
    entry: u32,
}

impl Published {
    /// Whether nothing tells that it was given otherwise at some time between the two.
    pub(super) fn is_still(self, now: Self) -> bool {
        let is_altered = self.altered_by.zip(now.altered_by).is_some_and(|(then, now)| then != now);
        self.publication == now.publication && self.entry == now.entry && !is_altered
    }
}

impl Publication {
    /// Looks for it.
    pub(crate) async fn find(session: &mut Session, name: &str) -> Result<Option<Self>, SessionError> {
        let via_root = if session.major_version() >= 13 { "pubviaroot" } else { "false" };
        let sql = format!(
            "select {via_root}, pubinsert, pubupdate, pubdelete, pubtruncate from pg_publication where pubname = {}",
            literal(name)
        );
        let Some(said) = session.query(&sql).await?.into_iter().next() else { return Ok(None) };
        let mut gives = said.into_iter();
        let via_root = gives.next().flatten().as_deref() == Some("t");
        let kinds = ["insert", "update", "delete", "truncate"];
        let left_out = kinds.iter().zip(gives).filter(|(_, gives)| gives.as_deref() != Some("t"));
        let left_out = left_out.map(|(kind, _)| (*kind).to_owned()).collect();
        let filter = if session.major_version() >= 15 { "rowfilter is not null" } else { "false" };
        let sql = format!(
            "select schemaname, tablename, {filter} from pg_publication_tables where pubname = {}",
            literal(name)
        );
        let mut found = Self { left_out, via_root, ..Self::default() };
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
            "select p.oid, coalesce(r.oid, p.oid), p.xmin::text from pg_publication p \
             left join pg_publication_rel r on r.prpubid = p.oid and r.prrelid = {table} where p.pubname = {}",
            literal(name)
        );
        let rows = session.query(&sql).await?;
        let number = |place: usize| rows.first().and_then(|row| row.get(place)?.as_deref()?.parse().ok());
        Ok(Published { publication: number(0).unwrap_or(0), entry: number(1).unwrap_or(0), altered_by: number(2) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_looked_for_is_not_taken_for_a_change() {
        let of = |text: &str| serde_json::from_str::<Published>(text).unwrap();
        let now = of(r#"{"publication": 1, "altered_by": 7, "entry": 2}"#);
        assert!(now.is_still(now) && of(r#"{"publication": 1, "entry": 2}"#).is_still(now));
        assert!(!of(r#"{"publication": 1, "altered_by": 6, "entry": 2}"#).is_still(now));
        assert!(!of(r#"{"publication": 1, "entry": 3}"#).is_still(now));
    }
}

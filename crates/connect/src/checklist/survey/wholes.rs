//! What is to be asked about all tables at once.

use std::collections::BTreeMap;

use super::super::{Checklist, Topic, listed};
use crate::{TableInfo, TableKind};

/// What is collected over all tables, so that one question is asked and not one for each.
#[derive(Debug, Default)]
pub(super) struct Wholes {
    pub(super) keyless: Vec<String>,
    pub(super) without_created: Vec<String>,
    pub(super) without_updated: Vec<String>,
    pub(super) updated_by_others: Vec<String>,
    /// Tables of which the last-updated column says what the created column says.
    pub(super) never_updated: Vec<String>,
    /// Columns by table.
    pub(super) naive: BTreeMap<String, Vec<String>>,
    pub(super) documents: usize,
    pub(super) enumerations: Vec<String>,
    pub(super) soft_deletes: Vec<String>,
    pub(super) change_logs: Vec<String>,
    pub(super) migrated: Vec<String>,
    pub(super) tests: Vec<String>,
}

impl Wholes {
    /// Adds what stands for several tables, and the questions.
    pub(super) fn ask(&mut self, list: &mut Checklist, tables: &[TableInfo]) {
        self.migrated.dedup();
        self.tests.dedup();
        let catalog = "catalog";
        if !self.keyless.is_empty() {
            list.found(Topic::Keys, "", format!("no key: {}", listed(&self.keyless)), catalog);
            list.asks(
                Topic::Keys,
                format!("What tells the rows of {} apart?", listed(&self.keyless)),
                "without a key they are read whole each time",
            );
        }
        if !self.without_created.is_empty() {
            list.found(Topic::Created, "", format!("no such column: {}", listed(&self.without_created)), catalog);
        }
        if !self.without_updated.is_empty() {
            list.found(Topic::Updated, "", format!("no such column: {}", listed(&self.without_updated)), catalog);
        }
        if !self.updated_by_others.is_empty() {
            list.asks(
                Topic::Updated,
                format!(
                    "Does every change set {}, also one by hand, by a migration or by a batch job?",
                    listed(&self.updated_by_others)
                ),
                "nothing in the database makes sure; what is not set is not read by `mode: incremental`",
            );
        }
        if !self.never_updated.is_empty() {
            list.asks(
                Topic::Updated,
                format!(
                    "Do rows of {} never change, or is their last-updated column not set then?",
                    listed(&self.never_updated)
                ),
                "in all rows looked at it equals the column that says when the row came",
            );
        }
        for (table, columns) in &self.naive {
            list.found(Topic::NaiveTime, table, listed(columns), "their type");
        }
        if !self.naive.is_empty() {
            let tables: Vec<&String> = self.naive.keys().collect();
            list.asks(
                Topic::NaiveTime,
                format!("In which time zone are the times without one, in {}?", listed(&tables)),
                "the database does not keep it, and each program that writes may have another",
            );
        }
        self.ask_meanings(list);
        list.asks(
            Topic::SoftDelete,
            "Which tables lose rows (by deletion, by a job that cleans up, by an archive), and after how long?",
            "a deletion leaves no trace that reading could find; `mode: capture` sees it, `mode: full` notices it",
        );
        list.asks(
            Topic::Ownership,
            "Who owns this database, and how does one hear of a change of its tables before it happens?",
            "no catalog says",
        );
        list.asks(
            Topic::Ownership,
            "When may it be read, how hard, and is there a replica to read instead?",
            "load and maintenance windows are not in the catalog",
        );
        let undocumented = tables
            .iter()
            .filter(|table| table.kind == TableKind::Table)
            .filter(|table| table.comment.is_none() && table.columns.iter().all(|column| column.comment.is_none()));
        let undocumented: Vec<&str> = undocumented.map(|table| table.from.as_str()).collect();
        if !undocumented.is_empty() {
            list.asks(
                Topic::Documentation,
                format!("Who can explain the columns of {}?", listed(&undocumented)),
                "neither tables nor columns have a comment",
            );
        }
    }

    fn ask_meanings(&self, list: &mut Checklist) {
        if !self.soft_deletes.is_empty() {
            list.asks(
                Topic::SoftDelete,
                format!(
                    "Are rows that {} mark deleted for good, and does every deletion mark?",
                    listed(&self.soft_deletes)
                ),
                "a mark says nothing of what programs do beside it",
            );
        }
        if self.documents > 0 {
            list.asks(
                Topic::Json,
                "Who decides on the shape of the JSON columns, and where is it written down?",
                "the shapes are those of a sample; other documents may differ",
            );
        }
        if !self.enumerations.is_empty() {
            list.asks(
                Topic::Enumeration,
                format!("Which values can {} have, and what do they mean?", listed(&self.enumerations)),
                "nothing in the database lists them",
            );
        }
        if !self.change_logs.is_empty() {
            list.asks(
                Topic::ChangeLog,
                format!("Are rows of {} ever changed, and for how long are they kept?", listed(&self.change_logs)),
                "a log that is complete is a better source than the tables that it is about",
            );
        }
        let reason = "predicates are proposed by names; `rows:` of a table keeps such rows apart or marks them";
        match &self.tests[..] {
            [] => list.asks(
                Topic::TestRows,
                "How are test accounts and test orders recognised?",
                "no column and no sampled row gives them away",
            ),
            tables => list.asks(
                Topic::TestRows,
                format!("Are these all of the test rows, and are they nobody's: {}?", listed(tables)),
                reason,
            ),
        }
        match &self.migrated[..] {
            [] => list.asks(
                Topic::MigratedRows,
                "Did rows come from an older system, and what do their times mean?",
                "no column and no sampled row gives them away",
            ),
            tables => list.asks(
                Topic::MigratedRows,
                format!("What of the migrated rows of {} can be relied on, above all of their times?", listed(tables)),
                reason,
            ),
        }
    }
}

//! `ade privacy audit`.
use ade_diagnostic::Location;
use ade_privacy::{ColumnPolicy, Origin};
use ade_project::resource::SourceTable;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::blame::Blame;
use super::landed_columns::LandedColumns;
use crate::build::select;
use crate::error::RunError;
use crate::source::LandedColumn;
use crate::workspace::Workspace;

/// What is known of one column of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditedColumn {
    /// `schema.table` in the lake.
    pub table: String,
    /// The column, or `column.field`.
    pub column: String,
    /// The type that it came as, or is promised as.
    pub data_type: Option<String>,
    /// Its class; `None` when nobody has classified it.
    pub class: Option<String>,
    /// What is decided to be done to it, with all settings.
    pub treatment: Option<String>,
    /// What was done to the rows that are there; `None` when nothing has landed.
    pub landed_as: Option<String>,
    /// Whether the rows that are there were treated otherwise than is decided now.
    pub differs: bool,
    /// Since when it lands as it does, as far as that is remembered.
    pub since: Option<DateTime<Utc>>,
    /// Id of the key that it was treated with, where it takes one.
    pub key: Option<String>,
    /// What decided: the column's own line, a rule of `ade.yml`, or what the table says of new columns.
    pub decided_by: String,
    /// Where that is written.
    pub place: Option<String>,
    /// Who wrote that line, as git tells.
    pub author: Option<String>,
    /// When, as git tells.
    pub authored_at: Option<DateTime<Utc>>,
}

impl Workspace {
    /// What each column of the selected sources is, why, who said so, since when, and under which key. Without selectors: of all.
    pub async fn privacy_audit(&self, selectors: &[String]) -> Result<Vec<AuditedColumn>, RunError> {
        let selected = match selectors {
            [] => None,
            some => Some(select(&self.project, some, &[], None)?.0),
        };
        let mut blame = Blame::new(&self.root);
        let mut audited = Vec::new();
        let is_selected = |columns: &&LandedColumns| {
            let id = columns.source.as_ref().map(|source| &source.id);
            selected.as_ref().is_none_or(|selected| id.is_some_and(|id| selected.contains(id)))
        };
        for columns in self.landed_columns().await?.iter().filter(is_selected) {
            let landed = columns.landing.iter().flat_map(|landing| landing.columns.keys());
            let decided = columns.policy.columns().iter().map(|decided| &decided.column);
            let open = columns.policy.unclassified().iter().map(|open| &open.column);
            let mut names: Vec<&String> = landed.chain(decided).chain(open).collect();
            names.sort();
            names.dedup();
            let all = names.clone();
            let is_parent =
                |name: &str| all.iter().any(|other| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
            for name in names.into_iter().filter(|name| !is_parent(name)) {
                audited.push(self.audited(columns, name, &mut blame).await);
            }
        }
        Ok(audited)
    }

    async fn audited(&self, columns: &LandedColumns, name: &str, blame: &mut Blame) -> AuditedColumn {
        // A struct that is decided about as a whole is remembered by its fields.
        let parent = || name.rmatch_indices('.').find_map(|(at, _)| columns.policy.column(&name[..at]));
        let decided = columns.policy.column(name).or_else(parent);
        let landed = columns.landing.as_ref().and_then(|landing| landing.columns.get(name));
        let (decided_by, place) = match &columns.source {
            Some(source) => self.decided_by(source, name, decided),
            None => ("nobody: the project does not list the table".to_owned(), None),
        };
        let author = match &place {
            Some(place) => blame.author(place.path(), line(place)).await,
            None => None,
        };
        let treatment = decided.map(|decided| decided.treatment.to_string());
        let landed_as = landed.map(|landed| landed.treatment().to_owned());
        let listed = columns.source.as_ref().and_then(|source| source.column(name));
        let promised = listed.and_then(|listed| listed.data_type.clone());
        let class = decided.map(|decided| decided.class.name()).or_else(|| landed.and_then(LandedColumn::class));
        AuditedColumn {
            table: columns.table.to_string(),
            column: name.to_owned(),
            data_type: landed.and_then(|landed| landed.type_name()).map(str::to_owned).or(promised),
            class: class.map(str::to_owned),
            differs: landed_as.is_some() && treatment.is_some() && landed_as != treatment,
            treatment,
            landed_as,
            since: landed.and_then(LandedColumn::since),
            key: landed.and_then(|landed| landed.key()).map(str::to_owned),
            decided_by,
            place: place.as_ref().map(|place| format!("{}:{}", place.path(), line(place))),
            authored_at: author.as_ref().and_then(|author| author.at),
            author: author.map(|author| author.name),
        }
    }

    /// What decided about a column, in words, and where that is written.
    fn decided_by(
        &self,
        source: &SourceTable,
        name: &str,
        decided: Option<&ColumnPolicy>,
    ) -> (String, Option<Location>) {
        let listed = source.column(name);
        let own =
            listed.map(|listed| listed.privacy.as_ref().map_or(&listed.origin, |privacy| &privacy.origin)).cloned();
        match decided.map(|decided| decided.origin) {
            Some(Origin::Column) => ("the column".to_owned(), own),
            Some(Origin::Rule(index)) => {
                let rule = self.project.privacy.rules.get(index);
                let pattern = rule.and_then(|rule| rule.column.clone()).unwrap_or_else(|| "*".to_owned());
                (format!("the rule for `{pattern}`"), rule.map(|rule| rule.origin.clone()))
            }
            Some(Origin::NewColumn) => ("the table, for new columns".to_owned(), Some(source.origin.clone())),
            None => ("nobody".to_owned(), own),
        }
    }
}

fn line(place: &Location) -> u32 {
    u32::try_from(place.line()).unwrap_or(u32::MAX)
}

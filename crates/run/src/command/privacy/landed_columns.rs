//! What the commits of a table remember of its columns, beside what the project decides about them now.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ade_engine::sql_type;
use ade_lake::TableName;
use ade_privacy::{Domain, KnownAs, Policy};
use ade_project::resource::SourceTable;
use arrow::datatypes::{DataType, Field, Schema};

use crate::error::RunError;
use crate::source::{Landing, Obfuscation, QUARANTINE, promised};
use crate::workspace::Workspace;

/// A table as it landed from a source.
pub(super) struct LandedColumns {
    /// What the project says of it. `None` for one that it does not list any more.
    pub(super) source: Option<SourceTable>,
    pub(super) table: TableName,
    /// `None` when nothing has landed.
    pub(super) landing: Option<Landing>,
    /// What is decided about its columns now; nothing for a table that the project does not list.
    pub(super) policy: Policy,
}

impl LandedColumns {
    /// The columns that a name stands for, as they are decided about now, or as they landed.
    pub(super) fn meant(&self, name: &str) -> BTreeSet<&str> {
        let table = self.table.to_string();
        let decided = self.policy.columns().iter().filter(|decided| KnownAs::of(&table, decided).is(name));
        let landed = self.landing.iter().flat_map(|landing| &landing.columns).filter(|(column, landed)| {
            let domain = landed.pseudonym_domain().or_else(|| landed.encryption_domain());
            let domain = domain.as_ref().map(Domain::name);
            KnownAs { table: &table, column, class: landed.class(), domain }.is(name)
        });
        decided.map(|decided| decided.column.as_str()).chain(landed.map(|(column, _)| column.as_str())).collect()
    }
}

impl Workspace {
    /// What has landed of every source's table: of those that the project lists, of those that appeared by themselves, and of those
    /// that are in the lake only.
    pub(super) async fn landed_columns(&self) -> Result<Vec<LandedColumns>, RunError> {
        let obfuscation = Obfuscation::of(&self.project).map_err(|diagnostics| RunError::Project { diagnostics })?;
        let mut sources: BTreeMap<TableName, SourceTable> = BTreeMap::new();
        for source in self.project.sources.values().filter(|source| source.connection.is_some()) {
            sources.insert(Self::table_name(&source.relation)?, source.clone());
        }
        let mut tables: BTreeSet<TableName> = sources.keys().cloned().collect();
        tables.extend(self.lake.list().await?.into_iter().filter(|table| !table.schema().ends_with(QUARANTINE)));
        let mut all = Vec::new();
        for table in tables {
            let newest = self.lake.newest(&table).await?;
            let landing = newest.and_then(|(_, state)| state.fingerprint).and_then(|text| Landing::parse(&text));
            let source = sources.remove(&table);
            if source.is_none() && landing.is_none() {
                // A model's, or a seed's.
                continue;
            }
            let source = source.or_else(|| self.grown(&table));
            let policy = match &source {
                Some(source) => obfuscation
                    .policy(source, &columns_of(source, landing.as_ref()))
                    .map_err(|diagnostics| RunError::Project { diagnostics })?,
                None => Policy::default(),
            };
            all.push(LandedColumns { source, table, landing, policy });
        }
        Ok(all)
    }

    /// A table of events that appeared by itself, as it is treated.
    fn grown(&self, table: &TableName) -> Option<SourceTable> {
        let events = self.project.events.values().find(|events| events.template.relation.schema == table.schema())?;
        Some(events.table(table.table(), table.table()))
    }
}

/// The columns that landed, with the types that they came as, and those that are promised; a field of a struct is one of its
/// own, under its whole path.
fn columns_of(source: &SourceTable, landing: Option<&Landing>) -> Schema {
    let mut fields: Vec<Arc<Field>> = Vec::new();
    for (path, column) in landing.iter().flat_map(|landing| &landing.columns) {
        let data_type = column.type_name().and_then(|name| sql_type(name).ok()).unwrap_or(DataType::Null);
        fields.push(Arc::new(Field::new(path, data_type, true)));
    }
    let listed = promised(source).ok().flatten();
    for field in listed.iter().flat_map(|listed| listed.fields()) {
        let is_known = |known: &Arc<Field>| known.name().eq_ignore_ascii_case(field.name());
        if !fields.iter().any(is_known) {
            fields.push(Arc::clone(field));
        }
    }
    Schema::new(fields)
}

//! What the commits of a source's table remember of its columns, beside what the project decides about them now.
use std::sync::Arc;

use ade_engine::sql_type;
use ade_lake::TableName;
use ade_privacy::Policy;
use ade_project::resource::SourceTable;
use arrow::datatypes::{DataType, Field, Schema};

use crate::error::RunError;
use crate::source::{Landing, Obfuscation, promised};
use crate::workspace::Workspace;

/// A source's table as it landed.
pub(super) struct LandedColumns<'a> {
    pub(super) source: &'a SourceTable,
    pub(super) table: TableName,
    /// `None` when nothing has landed.
    pub(super) landing: Option<Landing>,
    /// What is decided about its columns now.
    pub(super) policy: Policy,
}

impl Workspace {
    /// What has landed of every source's table.
    pub(super) async fn landed_columns(&self) -> Result<Vec<LandedColumns<'_>>, RunError> {
        let obfuscation = Obfuscation::of(&self.project).map_err(|diagnostics| RunError::Project { diagnostics })?;
        let mut all = Vec::new();
        for source in self.project.sources.values().filter(|source| source.connection.is_some()) {
            let table = Self::table_name(&source.relation)?;
            let newest = self.lake.newest(&table).await?;
            let landing = newest.and_then(|(_, state)| state.fingerprint).and_then(|text| Landing::parse(&text));
            let schema = columns_of(source, landing.as_ref());
            let policy =
                obfuscation.policy(source, &schema).map_err(|diagnostics| RunError::Project { diagnostics })?;
            all.push(LandedColumns { source, table, landing, policy });
        }
        all.sort_by(|one, other| one.table.cmp(&other.table));
        Ok(all)
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

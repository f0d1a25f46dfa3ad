//! Which columns sources and seeds have, as far as the project's files say it.
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use ade_connect::{OpenContext, ReadMode, ReadRequest, Registry};
use ade_engine::sql_type;
use ade_privacy::{Keyring, Obfuscator};
use ade_project::resource::{Seed, SourceTable};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde_json::{Map, Value};

use crate::source::Obfuscation;

/// The columns with which a source table lands, when each of them is listed with its type.
pub(super) fn of_source(source: &SourceTable, obfuscation: &Obfuscation) -> Option<SchemaRef> {
    source.connection.as_ref()?;
    let mut fields = Vec::new();
    for column in &source.columns {
        // A field of a struct, whose type nobody has written down.
        if column.name.contains('.') {
            return None;
        }
        fields.push(Field::new(&column.name, sql_type(column.data_type.as_deref()?).ok()?, true));
    }
    if fields.is_empty() {
        return None;
    }
    let schema = Schema::new(fields);
    let policy = obfuscation.policy(source, &schema).ok().filter(|policy| policy.unclassified().is_empty())?;
    // No column's type depends on the key.
    let obfuscator = Obfuscator::new(&schema, &policy, &Keyring::generate([0; 32])).ok()?;
    let mut fields: Vec<Arc<Field>> = obfuscator.output_schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new("_ade_batch_id", DataType::Utf8, true)));
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    fields.push(Arc::new(Field::new("_ade_loaded_at", time, true)));
    Some(Arc::new(Schema::new(fields)))
}

/// The columns of a seed: those of its file, with the types that the project gives. `None` when it cannot be read; loading
/// it says why.
pub(super) async fn of_seed(seed: &Seed, root: &Path) -> Option<SchemaRef> {
    let registry = Registry::builtin();
    let connector = registry.get("files").ok()?;
    let spec = connector.spec();
    let settings = spec.settings(&Map::from_iter([("path".to_owned(), Value::String(".".to_owned()))])).ok()?;
    let mut options = Map::from_iter([("format".to_owned(), Value::String("csv".to_owned()))]);
    options.insert("delimiter".to_owned(), Value::String(seed.delimiter.to_string()));
    let context =
        OpenContext { project_dir: root.to_owned(), threads: NonZeroUsize::MIN, position_key: None, now: None };
    let snapshot = connector.open(&settings, &context).await.ok()?.snapshot().await.ok()?;
    let request = ReadRequest {
        table: seed.relation.to_string(),
        from: seed.path.clone(),
        options: spec.table_options(&options).ok()?,
        mode: ReadMode::Full,
        position: None,
        replaced: None,
        promised: None,
        columns: None,
        rejects: false,
        batch_rows: 1,
    };
    let found = snapshot.plan(&request).await.ok()?.schema;
    let typed = found.fields().iter().map(|field| {
        let declared = seed.column_types.iter().find(|(name, _)| name.eq_ignore_ascii_case(field.name()));
        let data_type = match declared {
            Some((_, text)) => sql_type(text).ok()?,
            None => field.data_type().clone(),
        };
        Some(Field::new(field.name(), data_type, true))
    });
    Some(Arc::new(Schema::new(typed.collect::<Option<Vec<_>>>()?)))
}

//! `ade.rejects`, and `<schema>__quarantine.rejects` for the tables of one schema: everything that was rejected, in one shape.
//!
//! Where rows are kept apart they lie beside their tables, with the types of those. Here they are records, as JSON of what they
//! look like in the lake.
use ade_engine::{RelationName, SqlError, SqlErrorKind};
use ade_lake::{At, Lake, LakeError, Snapshot, TableName};

use crate::error::with_causes;
use crate::source::{QUARANTINE, own_of_rejects};

/// Name of the table with all of them.
pub(super) const NAME: &str = "rejects";

/// The columns: name, and the expression over what is kept apart, with the column that it needs.
const COLUMNS: [(&str, &str, &str); 10] = [
    ("reject_id", "_ade_row", "_ade_row"),
    ("kind", "coalesce(_ade_kind, 'row')", "_ade_kind"),
    ("rule", "_ade_rule", "_ade_rule"),
    ("reason", "_ade_reason", "_ade_reason"),
    ("place", "_ade_place", "_ade_place"),
    ("state", "split_part(coalesce(_ade_state, 'open'), ' ', 1)", "_ade_state"),
    ("settled_at", "try_cast(nullif(split_part(_ade_state, ' ', 2), '') as timestamptz)", "_ade_state"),
    ("batch_id", "_ade_batch_id", "_ade_batch_id"),
    ("rejected_at", "_ade_loaded_at", "_ade_loaded_at"),
    ("sealed", "_ade_sealed", "_ade_sealed"),
];

/// The query behind a name, if it is one of these.
pub(super) async fn query(lake: &Lake, at: At, name: &RelationName) -> Result<Option<String>, SqlError> {
    if name.name != NAME || (name.schema != super::observation::SCHEMA && !name.schema.ends_with(QUARANTINE)) {
        return Ok(None);
    }
    let failed = |error: LakeError| SqlError::new(SqlErrorKind::Failed, with_causes(&error));
    let mut parts = Vec::new();
    for table in lake.list().await.map_err(failed)? {
        let Some(schema) = table.schema().strip_suffix(QUARANTINE) else { continue };
        if name.schema != super::observation::SCHEMA && name.schema != table.schema() {
            continue;
        }
        match lake.snapshot(&table, at).await {
            Ok(snapshot) => parts.push(part(schema, &table, &snapshot)),
            Err(LakeError::NoTable { .. } | LakeError::NoVersion { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    if parts.is_empty() {
        parts.push(nothing());
    }
    Ok(Some(parts.join(" union all ")))
}

fn part(schema: &str, table: &TableName, snapshot: &Snapshot) -> String {
    let has = |column: &str| snapshot.schema().field_with_name(column).is_ok();
    let mut listed =
        vec![format!("{} as table_schema", text(schema)), format!("{} as table_name", text(table.table()))];
    for (name, expression, needed) in COLUMNS {
        let typed = match (name, has(needed)) {
            (_, true) => format!("{expression} as {name}"),
            ("kind", false) => "'row' as kind".to_owned(),
            ("state", false) => "'open' as state".to_owned(),
            ("settled_at", false) => "cast(null as timestamptz) as settled_at".to_owned(),
            _ => format!("cast(null as varchar) as {name}"),
        };
        listed.push(typed);
    }
    let own = snapshot.schema().fields().iter().filter(|field| !own_of_rejects(field.name()));
    let pairs = own.map(|field| format!("{}, \"{}\"", text(field.name()), field.name().replace('"', "\"\"")));
    let pairs: Vec<String> = pairs.collect();
    let record = format!("cast(json_build_object({}) as varchar)", pairs.join(", "));
    // Of a record there are no columns.
    let which = if has("_ade_kind") { "coalesce(_ade_kind, 'row') <> 'record'" } else { "true" };
    listed.push(format!("case when {which} then {record} end as record"));
    let from = RelationName::new(table.schema(), table.table()).to_sql();
    format!("select {} from {from}", listed.join(", "))
}

fn nothing() -> String {
    let names = COLUMNS.map(|(name, ..)| match name {
        "settled_at" | "rejected_at" => format!("cast(null as timestamptz) as {name}"),
        _ => format!("cast(null as varchar) as {name}"),
    });
    let table = "cast(null as varchar) as table_schema, cast(null as varchar) as table_name";
    format!("select {table}, {}, cast(null as varchar) as record where false", names.join(", "))
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

//! A table that is to be captured, as the server's catalog has it.

use crate::ReadPlan;
use crate::capture::Refusal;
use crate::mysql::capture::field::LoggedField;
use crate::mysql::catalog::{Column, Table};

/// Whether a table can be captured by these columns of its key; if not, what its owner can do.
pub(crate) fn can_be_captured(table: &Table, key: &[String]) -> Result<(), Refusal> {
    if table.is_view {
        return Err(Refusal::new(
            "it is a view, and a log has changes of tables alone",
            "capture the tables that it is made of, and make a model of them",
        ));
    }
    if table.is_versioned {
        return Err(Refusal::new(
            "it is system-versioned, and its log has its history, too",
            "use `mode: full` or `mode: incremental`",
        ));
    }
    if table.engine.as_ref().is_some_and(|engine| engine.eq_ignore_ascii_case("memory")) {
        return Err(Refusal::new(
            "it is stored in memory, and its log does not say when a restart empties it",
            "use `mode: full`",
        ));
    }
    if !table.hidden.is_empty() {
        let hidden = table.hidden.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        return Err(Refusal::new(
            format!("this login may not see {hidden}, and rows in the log have all columns"),
            format!("have the database's owner run: grant select on `{}`.`{}` to …", table.database, table.name),
        ));
    }
    for name in key {
        if table.column(name).is_none() {
            let columns = table.columns.iter().map(|column| column.name.as_str());
            let near = ade_diagnostic::did_you_mean(name, columns);
            return Err(Refusal::new(
                format!("it has no column `{name}`"),
                near.unwrap_or_else(|| "correct `key`".to_owned()),
            ));
        }
    }
    Ok(())
}

/// Whether the columns that are read can be read from the log; however they were read first.
pub(crate) fn can_be_followed(table: &Table, plan: &ReadPlan) -> Result<(), Refusal> {
    let mut planned = table.columns.iter().filter(|column| plan.schema.field_with_name(&column.name).is_ok());
    planned.try_for_each(column_can_be_followed)
}

/// Whether a column can be read from the log.
pub(crate) fn column_can_be_followed(column: &Column) -> Result<(), Refusal> {
    let name = &column.name;
    let advice =
        |instead: &str| format!("leave it out (`privacy: {{class: public, treatment: drop}}` at `{name}`){instead}");
    if column.is_generated {
        return Err(Refusal::new(
            format!("its column `{name}` is computed when it is read, and the log does not have it"),
            advice(" and compute it in a model"),
        ));
    }
    if column.source_type.to_ascii_lowercase().contains("compressed") {
        return Err(Refusal::new(
            format!("its column `{name}` is stored compressed, and so it is in the log"),
            advice(", or have the table's owner store it as it is"),
        ));
    }
    match LoggedField::new(column) {
        Ok(_) => Ok(()),
        Err(character_set) => Err(Refusal::new(
            format!("its column `{name}` is in the character set `{character_set}`, which is not read from logs"),
            advice(", or use `mode: incremental`"),
        )),
    }
}

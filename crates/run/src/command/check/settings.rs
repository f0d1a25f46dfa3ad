//! Columns that the settings of a model name, and its query does not give.
use ade_diagnostic::{Diagnostic, Location, Span, rule};
use ade_project::resource::Model;
use arrow::datatypes::Schema;

/// One problem for each setting that names a column which is none of the query's, unless it `may_be_there`.
pub(super) fn unknown_columns(model: &Model, query: &Schema, may_be_there: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
    let is_there = |name: &str| query.fields().iter().any(|field| field.name().eq_ignore_ascii_case(name));
    let missing = settings(model).into_iter().filter(|(_, name)| !is_there(name) && !may_be_there(name));
    missing
        .map(|(setting, name)| {
            let message = format!("model `{}` has no column `{name}`, which its `{setting}` names", model.name);
            let names = query.fields().iter().map(|field| field.name().as_str());
            Diagnostic::error(&rule::UNKNOWN_COLUMN, message).at(place(model, setting, name)).suggestion(name, names)
        })
        .collect()
}

fn settings(model: &Model) -> Vec<(&'static str, &str)> {
    let mut settings: Vec<(&'static str, &str)> = Vec::new();
    settings.extend(model.partition_by.iter().map(|name| ("partition_by", name.as_str())));
    if let Some(incremental) = &model.incremental {
        settings.extend(incremental.unique_key.iter().map(|name| ("unique_key", name.as_str())));
        settings.extend(incremental.merge_update_columns.iter().map(|name| ("merge_update_columns", name.as_str())));
        settings.extend(incremental.merge_exclude_columns.iter().map(|name| ("merge_exclude_columns", name.as_str())));
        settings.extend(incremental.interval.iter().map(|interval| ("event_time", interval.event_time.as_str())));
    }
    settings
}

/// The name where the model's own file has it behind the setting; else where the model is described.
fn place(model: &Model, setting: &str, name: &str) -> Location {
    let text = model.file.text();
    let found = text.find(setting).and_then(|from| Some(from + text[from..].find(name)?));
    match (found, &model.properties) {
        (Some(at), _) => model.file.location(Span::new(at, at + name.len())),
        (None, Some(properties)) => properties.clone(),
        (None, None) => model.file.top(),
    }
}

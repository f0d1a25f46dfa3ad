//! What is known of the class of a column: by the project's rules, or by its name and values.
use ade_connect::{ColumnInfo, DraftPrivacy, TableInfo};
use ade_engine::sql_type;
use ade_privacy::{DataFamily, Proposal, Rule, propose};
use ade_project::Project;
use ade_project::resource::PrivacyRule;
use arrow::record_batch::RecordBatch;

/// Whether rows would be told apart by the column, among others.
pub(super) fn is_in_key(table: &TableInfo, column: &ColumnInfo) -> bool {
    table.primary_key.contains(&column.name)
}

/// The rules of `ade.yml`, and how to name each. One whose types do not exist is left out: `ade check` tells of it.
pub(super) fn rules(project: &Project) -> Vec<(Rule, String)> {
    let read = |declared: &PrivacyRule| {
        let family = |name: &String| sql_type(name).ok().map(|data_type| DataFamily::of(&data_type));
        let column = declared.column.clone().unwrap_or_else(|| "*".to_owned());
        let by = match &declared.table {
            Some(table) => format!("the rule for `{column}` of `{table}` in ade.yml"),
            None => format!("the rule for `{column}` in ade.yml"),
        };
        let rule = Rule {
            column,
            table: declared.table.clone(),
            types: declared.types.iter().map(family).collect::<Option<_>>()?,
            class: declared.class.parse().unwrap_or_else(|never: std::convert::Infallible| match never {}),
            treatment: None,
        };
        Some((rule, by))
    };
    project.privacy.rules.iter().filter_map(read).collect()
}

/// What a column's name and values speak for, and why.
pub(super) fn proposed(sample: Option<&RecordBatch>, info: &ColumnInfo) -> (DraftPrivacy, String) {
    let Some(values) = sample.and_then(|sample| sample.column_by_name(&info.name)) else {
        return (DraftPrivacy::Open, "no rows to look at".to_owned());
    };
    let Proposal { class, reason, .. } = propose(&info.name, &info.data_type, values);
    let privacy = match class {
        Some(class) => DraftPrivacy::Proposed { class: class.name().to_owned(), reason: reason.clone() },
        None => DraftPrivacy::Open,
    };
    (privacy, reason)
}

//! Described columns.

use std::collections::HashMap;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, Span, rule};
use serde_json::{Map, Value};

use super::docs::Docs;
use super::privacy::without;
use crate::file::{ColumnDeclaration, ColumnPrivacyDeclaration, ConstraintDeclaration, ConstraintKind};
use crate::resource::{Column, ColumnPrivacy};
use crate::yaml::{Mapping, Node};

/// The columns of one table. `constraints` are those of the table itself.
pub(super) fn resolve(
    file: &Arc<SourceFile>,
    declared: &[ColumnDeclaration],
    constraints: &[ConstraintDeclaration],
    docs: &Docs,
    problems: &mut Diagnostics,
) -> Vec<Column> {
    let (mut first, mut first_from) = (HashMap::new(), HashMap::new());
    for column in declared {
        let from = column.from.as_ref().unwrap_or(&column.name);
        let location = file.location(from.span);
        if let Some((earlier, name)) = first_from.insert(&from.value, (location.clone(), &column.name.value))
            && !name.eq_ignore_ascii_case(&column.name.value)
        {
            let message = format!("`{name}` and `{}` come from the same column `{}`", column.name.value, from.value);
            let problem = Diagnostic::error(&rule::DUPLICATE_RESOURCE, message).at(location);
            problems.push(problem.related(earlier, "first here"));
        }
        let location = file.location(column.name.span);
        if let Some(earlier) = first.insert(column.name.value.to_lowercase(), location.clone()) {
            let message = format!("the column `{}` is described twice", column.name.value);
            let problem = Diagnostic::error(&rule::DUPLICATE_RESOURCE, message).at(location);
            problems.push(problem.related(earlier, "first here"));
        }
    }
    declared.iter().map(|column| one(file, column, constraints, docs, problems)).collect()
}

fn one(
    file: &Arc<SourceFile>,
    declared: &ColumnDeclaration,
    constraints: &[ConstraintDeclaration],
    docs: &Docs,
    problems: &mut Diagnostics,
) -> Column {
    let name = &declared.name.value;
    let of_table = constraints.iter().filter(|one| one.columns.iter().any(|column| &column.value == name));
    let kinds: Vec<ConstraintKind> =
        declared.constraints.iter().chain(of_table).map(|constraint| constraint.r#type.value).collect();
    let has = |kind| kinds.contains(&kind);
    let config = declared.config.clone().unwrap_or_default();
    let mut tags = declared.tags.0.clone();
    tags.extend(config.tags.0.into_iter().filter(|tag| !declared.tags.contains(tag)));
    let mut meta = meta(declared.meta.as_ref());
    meta.extend(self::meta(config.meta.as_ref()));
    Column {
        name: name.clone(),
        from: declared.from.as_ref().map(|from| from.value.clone()),
        description: docs.resolve(file, declared.description.as_ref(), problems),
        data_type: declared.data_type.as_ref().map(|data_type| data_type.value.clone()),
        nullable: declared.nullable.unwrap_or(true)
            && !has(ConstraintKind::NotNull)
            && !has(ConstraintKind::PrimaryKey),
        privacy: declared.privacy.as_ref().filter(|says| !says.0.is_null()).map(|declared| privacy(file, declared)),
        undecided: declared.privacy.as_ref().filter(|says| says.0.is_null()).map(|says| key_before(file, &says.0)),
        tags,
        meta,
        origin: file.location(declared.name.span),
        data_type_origin: declared.data_type.as_ref().map(|data_type| file.location(data_type.span)),
    }
}

/// The key `privacy` that nothing follows: nothing stands where its colon is.
fn key_before(file: &Arc<SourceFile>, nothing: &Node) -> Location {
    const KEY: &str = "privacy";
    let before = file.text().get(..nothing.span.start).unwrap_or_default();
    let key = before.rfind(KEY).map(|start| Span::new(start, start + KEY.len()));
    file.location(key.unwrap_or(nothing.span))
}

/// `meta:` as JSON.
pub(super) fn meta(node: Option<&Node>) -> Map<String, Value> {
    node.and_then(Node::as_mapping).map(Mapping::to_json).unwrap_or_default()
}

fn privacy(file: &Arc<SourceFile>, ColumnPrivacyDeclaration(node): &ColumnPrivacyDeclaration) -> ColumnPrivacy {
    let origin = file.location(node.span);
    match node.as_mapping() {
        Some(mapping) => ColumnPrivacy {
            class: mapping.get("class").and_then(Node::as_text).map(str::to_owned),
            settings: without(mapping, &["class"]),
            origin: mapping.get("class").map_or(origin, |class| file.location(class.span)),
        },
        None => ColumnPrivacy { class: node.as_text().map(str::to_owned), settings: Map::new(), origin },
    }
}

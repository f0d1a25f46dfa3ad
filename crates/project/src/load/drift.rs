//! `drift:` of sources, tables and columns.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, SourceFile, rule};

use crate::file::{DriftDeclaration, SourceDeclaration, TableDeclaration};
use crate::resource::{Drift, DriftKind, DriftLayer, DriftPolicy};
use crate::yaml::Spanned;

/// Where something is said about drift.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Tables,
    Column,
}

/// What a table says, its source and its columns included.
pub(super) fn resolve(
    file: &Arc<SourceFile>,
    source: &SourceDeclaration,
    table: &TableDeclaration,
    problems: &mut Diagnostics,
) -> Drift {
    let columns = table.columns.iter().filter_map(|column| {
        let says = layer(file, column.drift.as_ref()?, Place::Column, problems);
        Some((column.name.value.to_lowercase(), says))
    });
    let columns = columns.collect();
    let says = |declared: Option<&DriftDeclaration>, problems: &mut Diagnostics| {
        declared.map(|declared| layer(file, declared, Place::Tables, problems)).unwrap_or_default()
    };
    let of_table = says(table.drift.as_ref(), problems);
    // The source's own slips are told once, with its first table.
    let first = source.tables.first().is_some_and(|first| first.name == table.name);
    let mut again = Diagnostics::new();
    let of_source = says(source.drift.as_ref(), if first { problems } else { &mut again });
    Drift { columns, table: of_table, source: of_source }
}

fn layer(file: &Arc<SourceFile>, declared: &DriftDeclaration, place: Place, problems: &mut Diagnostics) -> DriftLayer {
    let kinds = match declared {
        DriftDeclaration::Word(word) => {
            return DriftLayer { all: Some(word.value), ..DriftLayer::default() };
        }
        DriftDeclaration::Kinds(kinds) => kinds,
    };
    let mut says = DriftLayer::default();
    let declared: [&Option<Spanned<DriftPolicy>>; 7] = [
        &kinds.new_column,
        &kinds.missing_column,
        &kinds.renamed_column,
        &kinds.retyped_column,
        &kinds.newly_nullable,
        &kinds.broken_record,
        &kinds.json,
    ];
    for (kind, word) in DriftKind::ALL.into_iter().zip(declared) {
        let Some(word) = word else { continue };
        let refused = match kind {
            DriftKind::NewColumn if place == Place::Column => {
                Some("a column that is listed is not new: write it at the table")
            }
            DriftKind::BrokenRecord if place == Place::Column => {
                Some("a record that is broken has no columns: write it at the table")
            }
            kind => kind.refuses(word.value),
        };
        match refused {
            Some(why) => {
                let message = format!("`{}` means nothing for `{}`", word.value.word(), kind.word());
                problems.push(Diagnostic::error(&rule::INVALID_VALUE, message).at(file.location(word.span)).note(why));
            }
            None => {
                says.kinds.insert(kind, word.value);
            }
        }
    }
    for (name, declared) in kinds.types.iter().flatten() {
        says.types.push((name.clone(), layer(file, declared, place, problems)));
    }
    says
}

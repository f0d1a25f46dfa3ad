//! What `ade inspect` found out, for printing.
use ade_connect::{Checklist, ColumnInfo, DraftPrivacy, RowCount, TableInfo, TableKind};
use serde::Serialize;

/// What a connection offers.
#[derive(Debug, Clone, Serialize)]
pub struct InspectReport {
    /// Its tables.
    pub tables: Vec<InspectedTable>,
    /// What a team asks of a database before it relies on it, as far as it can be answered.
    pub checklist: Checklist,
    /// A first `sources/<name>.yml`.
    pub draft: String,
    /// What of it is not declared yet, where the source is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additions: Option<DraftAdditions>,
    /// Columns for which nothing could be proposed: a person must classify them.
    pub undecided: usize,
}

/// What a source that is declared does not list.
#[derive(Debug, Clone, Serialize)]
pub struct DraftAdditions {
    /// The file that declares the source.
    pub path: String,
    /// Tables that are new, and new columns of the others, as they would be declared; empty when nothing is new.
    pub draft: String,
}

/// A table of a source system.
#[derive(Debug, Clone, Serialize)]
pub struct InspectedTable {
    /// Its name in the lake.
    pub name: String,
    /// Its name in the source, or the glob of its files.
    pub from: String,
    /// Rows, and whether they were counted.
    pub rows: Option<u64>,
    /// Whether `rows` is an estimate.
    pub estimated: bool,
    /// What it takes on the source's disk, in bytes, with its indexes; of a database's tables.
    pub size_bytes: Option<u64>,
    /// The source's own words on it.
    pub comment: Option<String>,
    /// Columns of the primary key, or of another key that never holds NULL.
    pub primary_key: Vec<String>,
    /// Other columns that are unique together.
    pub unique_keys: Vec<Vec<String>>,
    /// Columns with which an index begins.
    pub indexed: Vec<String>,
    /// Other tables that it refers to.
    pub refers_to: Vec<String>,
    /// The same with their columns.
    pub foreign_keys: Vec<InspectedReference>,
    /// Columns that could serve as cursor, best first.
    pub cursors: Vec<String>,
    /// Its columns.
    pub columns: Vec<InspectedColumn>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// A declared reference to another table.
#[derive(Debug, Clone, Serialize)]
pub struct InspectedReference {
    /// The referring columns.
    pub columns: Vec<String>,
    /// The table referred to.
    pub to_table: String,
    /// Its columns, in the same order.
    pub to_columns: Vec<String>,
}

/// A column of a source system.
#[derive(Debug, Clone, Serialize)]
pub struct InspectedColumn {
    /// Its name.
    pub name: String,
    /// Its type as SQL names it.
    pub data_type: String,
    /// Its type in the source's own words.
    pub source_type: String,
    /// The source's own words on it.
    pub comment: Option<String>,
    /// Whether it may be NULL, for all that anybody promises.
    pub nullable: bool,
    /// The class that a rule of the project gives it, or the proposed one.
    pub class: Option<String>,
    /// Why.
    pub reason: String,
}

/// A table as it is shown, with what is known of the class of each column, and why.
pub(super) fn inspected(
    table: &TableInfo,
    privacy: impl Fn(&TableInfo, &ColumnInfo) -> (DraftPrivacy, String),
) -> InspectedTable {
    let (rows, estimated) = match table.rows {
        Some(RowCount::Exact(rows)) => (Some(rows), false),
        Some(RowCount::Estimated(rows)) => (Some(rows), true),
        None => (None, false),
    };
    InspectedTable {
        name: table.name.clone(),
        from: table.from.clone(),
        rows,
        estimated,
        size_bytes: table.size_bytes.filter(|_| table.kind != TableKind::Files),
        comment: table.comment.clone(),
        primary_key: table.primary_key.clone(),
        unique_keys: table.unique_keys.clone(),
        indexed: table.indexed.clone(),
        foreign_keys: table
            .foreign_keys
            .iter()
            .map(|key| InspectedReference {
                columns: key.columns.clone(),
                to_table: key.to_table.clone(),
                to_columns: key.to_columns.clone(),
            })
            .collect(),
        refers_to: table.foreign_keys.iter().map(|key| key.to_table.clone()).collect(),
        cursors: table.cursors.iter().map(|cursor| cursor.column.clone()).collect(),
        columns: table
            .columns
            .iter()
            .map(|column| {
                let (privacy, reason) = privacy(table, column);
                let class = match privacy {
                    DraftPrivacy::Proposed { class, .. }
                    | DraftPrivacy::ProposedKey { class, .. }
                    | DraftPrivacy::Chosen { class }
                    | DraftPrivacy::Decided { class, .. } => Some(class),
                    DraftPrivacy::LeftOut { .. } | DraftPrivacy::Open => None,
                };
                InspectedColumn {
                    name: column.name.clone(),
                    data_type: ade_connect::type_name(&column.data_type),
                    source_type: column.source_type.clone(),
                    comment: column.comment.clone(),
                    nullable: !table.promises(column),
                    class,
                    reason,
                }
            })
            .collect(),
        notes: table.notes.clone(),
    }
}

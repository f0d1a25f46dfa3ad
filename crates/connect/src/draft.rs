//! A first sources file, drafted from what browsing found.
//!
//! The text is ready to land but for what a person must decide: a column without a proposed class is written with
//! an empty `privacy:` and a comment, which `ade check` reports as unclassified, with the line.
//!
//! What the draft promises is what somebody has promised: a database its `not null`, and files nothing. That no field of
//! today's files is empty says nothing of tomorrow's.

mod advice;
mod mode;
mod name;
mod reference;
mod yaml;

pub use mode::DraftMode;
pub use name::{drafted_names, legal_column_name};
pub use reference::DraftReference;

use crate::{ColumnInfo, RowCount, TableInfo, TableKind, type_name};

/// A first `sources/<name>.yml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The source's name.
    pub source: String,
    /// The connection in `ade.yml`.
    pub connection: String,
    /// Its tables.
    pub tables: Vec<DraftTable>,
}

/// One table of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftTable {
    /// In the lake.
    pub name: String,
    /// In the source; written only if it differs from `name`.
    pub from: String,
    /// How it is to be read.
    pub mode: DraftMode,
    /// With which cursor; only of [`DraftMode::Incremental`].
    pub cursor: Option<String>,
    /// The primary key.
    pub key: Vec<String>,
    /// Options under `ingest:` that are not defaults.
    pub options: Vec<(String, serde_json::Value)>,
    /// The source's own words.
    pub description: Option<String>,
    /// Comments for the person who completes the draft.
    pub comments: Vec<String>,
    /// Its columns.
    pub columns: Vec<DraftColumn>,
}

/// One column of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftColumn {
    /// In the lake: a name that every table can have.
    pub name: String,
    /// In the source; written only if it differs from `name`.
    pub from: String,
    /// SQL name; `None` for nested types, which have none.
    pub data_type: Option<String>,
    /// Whether it is left open that it may be NULL.
    pub nullable: bool,
    /// The source's own words.
    pub description: Option<String>,
    /// Its class, as far as it is known.
    pub privacy: DraftPrivacy,
    /// The column of another table of the draft that each of its values is one of, as the database declares.
    pub reference: Option<DraftReference>,
}

impl DraftColumn {
    /// Whether this is its name, in the lake or in the source, in whatever case.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) || self.from.eq_ignore_ascii_case(name)
    }
}

/// What is known of a column's class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftPrivacy {
    /// Its name or its values speak for one.
    Proposed {
        /// The class.
        class: String,
        /// Why, in a few words, without values.
        reason: String,
    },
    /// The same for a column of the key: it is a pseudonym that keeps all of its values apart.
    ProposedKey {
        /// The class.
        class: String,
        /// The domain that it joins in.
        domain: String,
        /// Why, in a few words, without values.
        reason: String,
    },
    /// A person has decided.
    Chosen {
        /// The class.
        class: String,
    },
    /// The project has decided already, and the draft does not repeat it.
    Decided {
        /// The class.
        class: String,
        /// By what, in a few words.
        by: String,
    },
    /// It cannot come along, whoever may see it: it does not land.
    LeftOut {
        /// Why, in a few words.
        reason: String,
    },
    /// A person must decide.
    Open,
}

impl Draft {
    /// A draft of `tables` as browsing found them. `privacy` says what is known of a column's class.
    pub fn new(
        source: impl Into<String>,
        connection: impl Into<String>,
        tables: &[TableInfo],
        privacy: impl Fn(&TableInfo, &ColumnInfo) -> DraftPrivacy,
    ) -> Self {
        let drafted = tables.iter().map(|table| draft_table(table, &privacy)).collect();
        let mut draft = Self { source: source.into(), connection: connection.into(), tables: drafted };
        draft.refer(tables);
        draft
    }

    /// The text of the sources file.
    pub fn to_yaml(&self) -> String {
        yaml::write(self)
    }
}

fn draft_table(table: &TableInfo, privacy: &dyn Fn(&TableInfo, &ColumnInfo) -> DraftPrivacy) -> DraftTable {
    let cursor = table.keyed_cursor();
    let grows = match table.kind {
        TableKind::Files => table.from.contains('*'),
        TableKind::Topic => true,
        TableKind::Table | TableKind::View => false,
    };
    let mut comments = Vec::new();
    let names = drafted_names(table);
    let legal = |name: &String| {
        let place = table.columns.iter().position(|column| column.name == *name);
        place.map_or_else(|| name.clone(), |place| names[place].clone())
    };
    // A file is replaced by its next version, or others come: how many rows there are today is soon wrong.
    match table.rows.filter(|_| table.kind != TableKind::Files) {
        Some(RowCount::Exact(1)) => comments.push("1 row".to_owned()),
        Some(RowCount::Exact(rows)) => comments.push(format!("{rows} rows")),
        Some(RowCount::Estimated(rows)) => comments.push(format!("about {rows} rows")),
        None => {}
    }
    comments.extend(cursor.map(|cursor| format!("cursor `{}`: {}", cursor.column, cursor.reason)));
    if let (None, Some(other)) = (cursor, table.cursors.first()) {
        comments.push(if table.primary_key.is_empty() {
            format!(
                "`{}` could be its cursor, but nothing declares a key: with `key:`, it can be read with `mode: incremental`",
                other.column
            )
        } else {
            advice::of_gaps(table, other, &legal(&other.column))
        });
    }
    comments.extend(
        table.foreign_keys.iter().map(|key| {
            format!("{} refers to {} ({})", key.columns.join(", "), key.to_table, key.to_columns.join(", "))
        }),
    );
    comments.extend(table.notes.iter().cloned());
    DraftTable {
        name: table.name.clone(),
        from: table.from.clone(),
        mode: if cursor.is_some() || grows { DraftMode::Incremental } else { DraftMode::Full },
        cursor: cursor.map(|cursor| legal(&cursor.column)),
        key: table.primary_key.iter().map(legal).collect(),
        options: table.options.clone(),
        description: table.comment.clone(),
        comments,
        columns: table
            .columns
            .iter()
            .zip(&names)
            .map(|(column, name)| draft_column(table, column, name, privacy))
            .collect(),
    }
}

fn draft_column(
    table: &TableInfo,
    column: &ColumnInfo,
    name: &str,
    privacy: &dyn Fn(&TableInfo, &ColumnInfo) -> DraftPrivacy,
) -> DraftColumn {
    DraftColumn {
        name: name.to_owned(),
        from: column.name.clone(),
        data_type: (!column.data_type.is_nested()).then(|| type_name(&column.data_type)),
        nullable: !table.promises(column),
        description: column.comment.clone(),
        privacy: privacy(table, column),
        reference: None,
    }
}

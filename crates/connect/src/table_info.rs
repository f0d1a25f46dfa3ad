//! What browsing a source finds out about one table.

use arrow::datatypes::DataType;

/// What browsing finds out about one table or group of files.
#[derive(Debug, Clone, PartialEq)]
pub struct TableInfo {
    /// A name for the table in the lake: lower case letters, digits and `_`.
    pub name: String,
    /// What to write after `from:`: the table's name in the source, or the glob of its files.
    pub from: String,
    /// What kind of thing it is.
    pub kind: TableKind,
    /// In the order of the source.
    pub columns: Vec<ColumnInfo>,
    /// The columns of the primary key, in key order, or of another key that the source declares and that never holds NULL;
    /// empty when there is none.
    pub primary_key: Vec<String>,
    /// Column sets that are unique besides that.
    pub unique_keys: Vec<Vec<String>>,
    /// Columns with which an index of the source begins; empty where it is not known.
    pub indexed: Vec<String>,
    /// Declared references to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// How many rows, if known.
    pub rows: Option<RowCount>,
    /// Stored size in bytes, if known.
    pub size_bytes: Option<u64>,
    /// The source's own words on the table.
    pub comment: Option<String>,
    /// Columns that could serve as cursor of an incremental read, best first.
    pub cursors: Vec<CursorProposal>,
    /// Options that a read needs and that are not defaults: what was found out about the files (delimiter, …).
    pub options: Vec<(String, serde_json::Value)>,
    /// What a person should know about it.
    pub notes: Vec<String>,
}

impl TableInfo {
    /// A table of which nothing more is known yet.
    pub fn new(name: impl Into<String>, from: impl Into<String>, kind: TableKind) -> Self {
        Self {
            name: name.into(),
            from: from.into(),
            kind,
            columns: Vec::new(),
            primary_key: Vec::new(),
            unique_keys: Vec::new(),
            indexed: Vec::new(),
            foreign_keys: Vec::new(),
            rows: None,
            size_bytes: None,
            comment: None,
            cursors: Vec::new(),
            options: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Where there is no primary key, makes the first other key that never holds NULL the one that tells rows apart.
    pub(crate) fn promote_unique_key(&mut self) {
        let never_null = |name: &String| self.columns.iter().any(|column| column.name == *name && !column.nullable);
        if self.primary_key.is_empty()
            && let Some(place) = self.unique_keys.iter().position(|key| key.iter().all(never_null))
        {
            self.primary_key = self.unique_keys.remove(place);
        }
    }

    /// Gives tables whose names in the lake are the same (`Orders` and `orders`) different ones. The one that is called so in the
    /// source keeps its name.
    pub(crate) fn number_names(tables: &mut [Self]) {
        let mut taken = std::collections::HashSet::new();
        for is_own in [true, false] {
            for table in tables.iter_mut().filter(|table| (table.name == table.from) == is_own) {
                let name = table.name.clone();
                let mut number = 2;
                while !taken.insert(table.name.clone()) {
                    table.name = format!("{name}_{number}");
                    number += 1;
                }
            }
        }
    }

    /// The best cursor that every row has, if there is a key too: then the table is best read incrementally.
    pub fn keyed_cursor(&self) -> Option<&CursorProposal> {
        self.cursors.iter().find(|cursor| !cursor.has_gaps).filter(|_| !self.primary_key.is_empty())
    }

    /// Whether somebody promises that the column is never NULL: a database that declares it, or a key. Files and topics declare
    /// nothing; what is not in today's may be in tomorrow's.
    pub fn promises(&self, column: &ColumnInfo) -> bool {
        !column.nullable
            && (!matches!(self.kind, TableKind::Files | TableKind::Topic) || self.primary_key.contains(&column.name))
    }
}

/// What kind of thing a table is in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// A table.
    Table,
    /// A view: computed by the source when read.
    View,
    /// One file or several of one shape.
    Files,
    /// A topic of messages.
    Topic,
}

/// What browsing finds out about one column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnInfo {
    /// As in the source.
    pub name: String,
    /// The type in the source's own words; empty where it has none.
    pub source_type: String,
    /// The type as which it is read.
    pub data_type: DataType,
    /// Whether it may be NULL: as declared, and for files as found.
    pub nullable: bool,
    /// The source's own words on the column.
    pub comment: Option<String>,
}

/// A declared reference to another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The referring columns.
    pub columns: Vec<String>,
    /// The table referred to.
    pub to_table: String,
    /// Its columns, in the same order.
    pub to_columns: Vec<String>,
}

/// How many rows a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowCount {
    /// Counted.
    Exact(u64),
    /// From the source's statistics.
    Estimated(u64),
}

/// A column that could serve as cursor of an incremental read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorProposal {
    /// Which.
    pub column: String,
    /// Why, in words.
    pub reason: String,
    /// Whether an index of the source begins with it.
    pub indexed: bool,
    /// Whether rows may be without it. Where there is a key such rows are not lost: each run reads all of them again.
    pub has_gaps: bool,
}

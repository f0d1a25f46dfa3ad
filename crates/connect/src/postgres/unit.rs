//! What one unit reads, as plain data.

use arrow::datatypes::Schema;
use serde::{Deserialize, Serialize};

use super::catalog::Leaf;
use super::cursor::CursorKind;
use super::literal::identifier;
use super::reading::Reading;
use super::source_type::SourceType;
use crate::{ConnectError, type_name};

/// What one unit reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unit {
    /// The table as one would write it after `from:`.
    pub(crate) name: String,
    /// Where the rows are, in the order in which they are read.
    pub(crate) leaves: Vec<Leaf>,
    /// Those of the table that can be read.
    pub(crate) columns: Vec<UnitColumn>,
    /// How many digits an amount of money has after the point.
    pub(crate) money_digits: i8,
    pub(crate) cursor: Option<UnitCursor>,
    /// No more rows than these.
    pub(crate) limit: Option<usize>,
    /// A condition: no other rows than those that meet it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) only: Option<String>,
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct UnitColumn {
    pub(crate) name: String,
    pub(crate) source_type: SourceType,
}

/// By what new rows are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct UnitCursor {
    pub(crate) column: String,
    pub(crate) kind: CursorKind,
    /// An expression: read rows whose cursor is not less. Without it, all rows.
    pub(crate) since: Option<String>,
    /// With `since`: read also the rows without a cursor value, which may be new. Only where a key makes reading them again
    /// harmless.
    pub(crate) with_nulls: bool,
    /// The position that it continues.
    pub(crate) last: Option<String>,
}

/// Some rows of a leaf: all of them, or those of some pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Which leaf.
    pub(crate) leaf: usize,
    /// From this page on.
    pub(crate) from: u32,
    /// Up to this page, which is not read any more; `None`: to the end, whatever has been added.
    pub(crate) to: Option<u32>,
}

/// What is selected, and what it becomes: in the order of the schema, without the columns that the table has not got.
pub(crate) struct Selected {
    /// Name in the schema, expression and reading.
    pub(crate) columns: Vec<(String, String, Reading)>,
}

impl Unit {
    /// What to select for a schema.
    pub(crate) fn selected(&self, schema: &Schema) -> Result<Selected, ConnectError> {
        let mut columns = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let Some(column) = self.columns.iter().find(|column| column.name == *field.name()) else { continue };
            let reading = Reading::promised(&column.source_type, field.data_type(), self.money_digits);
            let reading = reading.ok_or_else(|| ConnectError::Request {
                from: self.name.clone(),
                reason: format!(
                    "column `{}` is promised as {}, and its type {} cannot hold to that",
                    field.name(),
                    type_name(field.data_type()),
                    column.source_type.name
                ),
                advice: "promise the type that it has, or `varchar`, and convert it in a model".to_owned(),
            })?;
            columns.push((column.name.clone(), reading.expression(&column.name), reading));
        }
        Ok(Selected { columns })
    }

    /// The pieces of all leaves, each of about `pages` pages.
    pub(crate) fn pieces(&self, pages: u32) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (leaf, stored) in self.leaves.iter().enumerate() {
            // What a cursor has filtered is found by an index, and not by its place.
            let has_places = self.cursor.as_ref().is_none_or(|cursor| cursor.since.is_none());
            let has_places = has_places && self.limit.is_none() && self.only.is_none();
            let count = stored.pages.filter(|_| has_places).unwrap_or(0).div_ceil(pages).max(1);
            pieces.extend((0..count).map(|index| Piece {
                leaf,
                from: index * pages,
                to: (index + 1 < count).then(|| (index + 1) * pages),
            }));
        }
        pieces
    }

    /// The conditions on the rows of a piece.
    pub(crate) fn filter(&self, piece: &Piece) -> String {
        let mut conditions = Vec::new();
        if piece.from > 0 {
            conditions.push(format!("ctid >= '({},0)'::tid", piece.from));
        }
        if let Some(to) = piece.to {
            conditions.push(format!("ctid < '({to},0)'::tid"));
        }
        conditions.extend(self.cursor.as_ref().and_then(UnitCursor::filter));
        conditions.extend(self.only.clone());
        if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" and ")) }
    }

    /// The rows of a piece in the binary format.
    pub(crate) fn copy(&self, selected: &[&str], piece: &Piece) -> String {
        let limit = self.limit.map(|rows| format!(" limit {rows}")).unwrap_or_default();
        let (columns, filter) = (selected.join(", "), self.filter(piece));
        format!(
            "copy (select {columns} from {}{filter}{limit}) to stdout (format binary)",
            self.leaves[piece.leaf].relation
        )
    }
}

impl UnitCursor {
    pub(crate) fn filter(&self) -> Option<String> {
        let since = self.since.as_ref()?;
        let nulls = if self.with_nulls { format!(" or {} is null", identifier(&self.column)) } else { String::new() };
        Some(format!("({} >= {since}{nulls})", self.kind.compared(&self.column)))
    }
}

impl Leaf {
    /// Whether it is one table with rows of its own, and no view of others.
    pub(crate) fn is_stored(&self) -> bool {
        self.pages.is_some() || self.relation.starts_with("only ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_page_and_what_comes_after() {
        let leaf = |pages| Leaf { oid: 1, relation: "only \"s\".\"t\"".to_owned(), pages };
        let unit = Unit {
            name: "t".to_owned(),
            leaves: vec![leaf(Some(5)), leaf(Some(0)), leaf(None)],
            columns: Vec::new(),
            money_digits: 2,
            cursor: None,
            limit: None,
            only: None,
        };
        let sql: Vec<String> = unit.pieces(2).iter().map(|piece| unit.filter(piece)).collect();
        assert_eq!(
            sql,
            [
                " where ctid < '(2,0)'::tid",
                " where ctid >= '(2,0)'::tid and ctid < '(4,0)'::tid",
                " where ctid >= '(4,0)'::tid",
                "",
                ""
            ]
        );
    }
}

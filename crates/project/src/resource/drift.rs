//! What happens when a source is no longer what was promised of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens when a source differs from what was promised of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftPolicy {
    /// The table does not land until somebody decides.
    #[default]
    Stop,
    /// The table follows its source as far as nothing is lost and nothing sensitive lands; every run tells of it.
    Evolve,
    /// Rows that break the promise are kept apart, in a table of their own; all others land.
    QuarantineRows,
    /// Rows that break the promise land without the value that does; the value is kept apart, sealed.
    QuarantineValue,
    /// The table lands without it, and nobody is told.
    Ignore,
}

impl DriftPolicy {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Evolve => "evolve",
            Self::QuarantineRows => "quarantine_rows",
            Self::QuarantineValue => "quarantine_value",
            Self::Ignore => "ignore",
        }
    }
}

/// In what a source can differ from what was promised of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// It has a column that is not listed and that no rule classifies.
    NewColumn,
    /// It has not got a column that is listed.
    MissingColumn,
    /// A listed column is missing, and a new one looks like it.
    RenamedColumn,
    /// A column has a type that cannot hold to the promised one, or values that do not fit it.
    RetypedColumn,
    /// A column that was promised without NULLs has some.
    NewlyNullable,
    /// It has a record that no row can be made of.
    BrokenRecord,
    /// A column of JSON holds keys that it had not, or values of other kinds.
    Json,
}

impl DriftKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::NewColumn,
        Self::MissingColumn,
        Self::RenamedColumn,
        Self::RetypedColumn,
        Self::NewlyNullable,
        Self::BrokenRecord,
        Self::Json,
    ];

    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::NewColumn => "new_column",
            Self::MissingColumn => "missing_column",
            Self::RenamedColumn => "renamed_column",
            Self::RetypedColumn => "retyped_column",
            Self::NewlyNullable => "newly_nullable",
            Self::BrokenRecord => "broken_record",
            Self::Json => "json",
        }
    }

    /// What happens where nobody has said anything.
    pub fn unsaid(self) -> DriftPolicy {
        // Documents grow by the day, and all of their keys land in the one column that is listed.
        if self == Self::Json { DriftPolicy::Evolve } else { DriftPolicy::default() }
    }

    /// Why a policy means nothing for this kind of drift; `None` when it does.
    pub fn refuses(self, policy: DriftPolicy) -> Option<&'static str> {
        match (self, policy) {
            (Self::MissingColumn, DriftPolicy::QuarantineRows) => {
                Some("every row lacks the column, so all of them would be kept apart: write `stop`")
            }
            (Self::RenamedColumn, DriftPolicy::Evolve) => Some(
                "a rename is proposed and never carried out by itself: write `from:` at the column, or `ignore` to take it for \
                 a missing and a new column",
            ),
            (Self::RenamedColumn, DriftPolicy::QuarantineRows | DriftPolicy::QuarantineValue) => Some(
                "a rename is the same for all rows: write `stop`, or `ignore` to take it for a missing and a new column",
            ),
            (Self::RetypedColumn, DriftPolicy::Ignore) => {
                Some("values would be lost without a word: write `quarantine_rows`, or `evolve` to take the new type")
            }
            (Self::MissingColumn | Self::NewlyNullable, DriftPolicy::QuarantineValue) => {
                Some("there is no value to keep apart: write `evolve`, or `quarantine_rows` for NULLs")
            }
            (Self::BrokenRecord, DriftPolicy::Evolve | DriftPolicy::QuarantineValue) => {
                Some("no row can be made of the record: write `quarantine_rows`, or `ignore` to leave it out")
            }
            _ => None,
        }
    }
}

/// What one place (a source, a table, a column) says about drift.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DriftLayer {
    /// One word for every kind for which it means something.
    pub all: Option<DriftPolicy>,
    /// Kinds of drift with words of their own.
    pub kinds: BTreeMap<DriftKind, DriftPolicy>,
    /// What holds instead for columns of these types, by their SQL names or the source's own; the first that fits.
    pub types: Vec<(String, DriftLayer)>,
}

impl DriftLayer {
    /// What it says of a kind of drift in a column of a type that goes by these names.
    fn says(&self, kind: DriftKind, types: &[&str]) -> Option<DriftPolicy> {
        let of_type = self.types.iter().find(|(name, _)| types.iter().any(|found| is_type(name, found)));
        let of_type = of_type.and_then(|(_, layer)| layer.says(kind, types));
        let all = || self.all.filter(|policy| kind.refuses(*policy).is_none());
        of_type.or_else(|| self.kinds.get(&kind).copied()).or_else(all)
    }
}

/// Whether a type has this name: in any case, and `decimal` also is every decimal.
fn is_type(name: &str, found: &str) -> bool {
    let plain = |text: &str| text.split('(').next().unwrap_or(text).trim().to_lowercase();
    let whole = |text: &str| text.to_lowercase().replace(' ', "");
    if name.contains('(') { whole(name) == whole(found) } else { plain(name) == plain(found) }
}

/// What a table says about drift, its source and its columns included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// By the name that the column has in the lake, in lower case.
    pub columns: BTreeMap<String, DriftLayer>,
    /// What the table says.
    pub table: DriftLayer,
    /// What its source says of all its tables.
    pub source: DriftLayer,
}

impl Drift {
    /// What happens at this kind of drift in a column, whose type goes by these names: what is said nearest to the column
    /// counts, a type's word before others of the same place.
    pub fn policy(&self, kind: DriftKind, column: &str, types: &[&str]) -> DriftPolicy {
        let column = self.columns.get(&column.to_lowercase());
        let mut layers = column.into_iter().chain([&self.table, &self.source]);
        layers.find_map(|layer| layer.says(kind, types)).unwrap_or(kind.unsaid())
    }

    /// Whether something may be said anywhere about this kind with this policy.
    pub fn may(&self, kind: DriftKind, policy: DriftPolicy) -> bool {
        fn says(layer: &DriftLayer, kind: DriftKind, policy: DriftPolicy) -> bool {
            layer.kinds.get(&kind) == Some(&policy)
                || (layer.all == Some(policy) && kind.refuses(policy).is_none())
                || layer.types.iter().any(|(_, layer)| says(layer, kind, policy))
        }
        self.columns.values().chain([&self.table, &self.source]).any(|layer| says(layer, kind, policy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(all: Option<DriftPolicy>, kinds: &[(DriftKind, DriftPolicy)]) -> DriftLayer {
        DriftLayer { all, kinds: kinds.iter().copied().collect(), types: Vec::new() }
    }

    #[test]
    fn what_is_said_nearest_counts_and_words_without_meaning_are_passed_over() {
        let mut drift = Drift {
            source: layer(Some(DriftPolicy::Ignore), &[(DriftKind::RenamedColumn, DriftPolicy::Stop)]),
            table: layer(Some(DriftPolicy::Evolve), &[]),
            columns: [("a".to_owned(), layer(None, &[(DriftKind::NewlyNullable, DriftPolicy::QuarantineRows)]))].into(),
        };
        let policy = |drift: &Drift, kind, column| drift.policy(kind, column, &["varchar"]);
        assert_eq!(policy(&drift, DriftKind::NewlyNullable, "A"), DriftPolicy::QuarantineRows);
        assert_eq!(policy(&drift, DriftKind::NewlyNullable, "b"), DriftPolicy::Evolve);
        // `evolve` means nothing for a rename: what the source says of renames holds.
        assert_eq!(policy(&drift, DriftKind::RenamedColumn, "a"), DriftPolicy::Stop);
        drift.table = DriftLayer::default();
        // … and `ignore` means nothing for another type, so nobody has said anything.
        assert_eq!(policy(&drift, DriftKind::RetypedColumn, "b"), DriftPolicy::Stop);
        assert_eq!(policy(&drift, DriftKind::MissingColumn, "b"), DriftPolicy::Ignore);
        assert_eq!(policy(&drift, DriftKind::Json, "b"), DriftPolicy::Ignore);
        assert_eq!(policy(&Drift::default(), DriftKind::Json, "b"), DriftPolicy::Evolve);
    }

    #[test]
    fn types_go_by_their_sql_name_and_the_sources_own() {
        let json = DriftLayer {
            types: vec![
                ("jsonb".to_owned(), layer(Some(DriftPolicy::Ignore), &[])),
                ("decimal(12, 2)".to_owned(), layer(Some(DriftPolicy::Evolve), &[])),
            ],
            ..DriftLayer::default()
        };
        let drift = Drift { table: json, ..Drift::default() };
        let new = |types: &[&str]| drift.policy(DriftKind::NewColumn, "x", types);
        assert_eq!(new(&["varchar", "jsonb"]), DriftPolicy::Ignore);
        assert_eq!(new(&["varchar", "text"]), DriftPolicy::Stop);
        assert_eq!(new(&["decimal(12,2)", "NUMERIC(12,2)"]), DriftPolicy::Evolve);
        assert_eq!(new(&["decimal(12,3)"]), DriftPolicy::Stop);
    }

    #[test]
    fn every_combination_without_meaning_says_why() {
        let refused = DriftKind::ALL.iter().flat_map(|kind| {
            let all = [
                DriftPolicy::Stop,
                DriftPolicy::Evolve,
                DriftPolicy::QuarantineRows,
                DriftPolicy::QuarantineValue,
                DriftPolicy::Ignore,
            ];
            all.into_iter().filter(|policy| kind.refuses(*policy).is_some()).map(|policy| (*kind, policy))
        });
        assert_eq!(
            refused.collect::<Vec<_>>(),
            [
                (DriftKind::MissingColumn, DriftPolicy::QuarantineRows),
                (DriftKind::MissingColumn, DriftPolicy::QuarantineValue),
                (DriftKind::RenamedColumn, DriftPolicy::Evolve),
                (DriftKind::RenamedColumn, DriftPolicy::QuarantineRows),
                (DriftKind::RenamedColumn, DriftPolicy::QuarantineValue),
                (DriftKind::RetypedColumn, DriftPolicy::Ignore),
                (DriftKind::NewlyNullable, DriftPolicy::QuarantineValue),
                (DriftKind::BrokenRecord, DriftPolicy::Evolve),
                (DriftKind::BrokenRecord, DriftPolicy::QuarantineValue),
            ]
        );
    }
}

//! Foreign keys as tests.

use super::{Draft, DraftPrivacy};
use crate::TableInfo;

/// A column of another table of the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftReference {
    /// The table's name in the lake.
    pub table: String,
    /// The column's name there.
    pub field: String,
}

impl Draft {
    /// Notes which columns refer to which, where the values of both land alike: in the same class, and both or none of them
    /// part of a key of pseudonyms.
    pub(super) fn refer(&mut self, tables: &[TableInfo]) {
        let mut found = Vec::new();
        for (place, table) in tables.iter().enumerate() {
            for key in &table.foreign_keys {
                let ([column], [to_column]) = (&key.columns[..], &key.to_columns[..]) else { continue };
                let of = |place: usize, name: &String| {
                    self.tables[place].columns.iter().position(|column| column.from == *name)
                };
                let Some(to) = tables.iter().position(|other| other.from == key.to_table) else { continue };
                let (Some(at), Some(to_at)) = (of(place, column), of(to, to_column)) else { continue };
                let (one, other) = (&self.tables[place].columns[at], &self.tables[to].columns[to_at]);
                if one.reference.is_none() && land_alike(&one.privacy, &other.privacy) {
                    let reference = DraftReference { table: self.tables[to].name.clone(), field: other.name.clone() };
                    found.push((place, at, reference));
                }
            }
        }
        for (place, at, reference) in found {
            self.tables[place].columns[at].reference.get_or_insert(reference);
        }
    }
}

fn land_alike(one: &DraftPrivacy, other: &DraftPrivacy) -> bool {
    fn class(privacy: &DraftPrivacy) -> Option<(&str, bool)> {
        match privacy {
            DraftPrivacy::Proposed { class, .. }
            | DraftPrivacy::Chosen { class }
            | DraftPrivacy::Decided { class, .. } => Some((class, false)),
            DraftPrivacy::ProposedKey { class, .. } => Some((class, true)),
            DraftPrivacy::LeftOut { .. } | DraftPrivacy::Open => None,
        }
    }
    // What lands as it is joins whatever it is called.
    let is_kept = |class: &str| matches!(class, "public" | "identifier");
    // What these classes do by default is to drop.
    let is_dropped = |class: &str| matches!(class, "secret" | "payment_card");
    match (class(one), class(other)) {
        (Some((one, _)), _) if is_dropped(one) => false,
        (Some((one, _)), Some((other, _))) if is_kept(one) && is_kept(other) => true,
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

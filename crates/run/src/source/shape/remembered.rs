//! What a table remembers of the documents of a column.
use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::is_word;
use super::kinds::Kinds;
use super::walk::{Visit, document, walk};

/// The shape of the documents in one column. Kept in the table's commits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JsonShape {
    /// Values that are no documents.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) others: u64,
    /// The document itself.
    #[serde(flatten)]
    pub(super) root: Place,
}

/// One place of the documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// In how many documents it has a value.
    #[serde(rename = "in", default)]
    pub(super) values: u64,
    #[serde(default, skip_serializing_if = "Kinds::is_empty")]
    pub(super) kinds: Kinds,
    /// How many documents had its object without it since it was seen last.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) lacking: u64,
    /// Keys that are names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) keys: BTreeMap<String, Place>,
    /// What stands under keys that are data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) any: Option<Box<Place>>,
    /// The elements of its lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) items: Option<Box<Place>>,
    /// Whether there is more in it than anybody looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) cut: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl JsonShape {
    /// How many documents it is of.
    pub(crate) fn documents(&self) -> u64 {
        self.root.values
    }

    /// Whether a value has nothing that the documents of before had not.
    pub(in crate::source) fn admits(&self, text: &str) -> bool {
        let Some(document) = document(text) else { return self.others > 0 };
        let mut checking = Checking { admits: true, of: PhantomData };
        walk(document, &self.root, &mut checking);
        checking.admits
    }

    /// Each place that has values of its own, with their kinds: `customer.id: number`.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.root.tell("", &mut paths);
        paths
    }
}

impl Place {
    /// Whether its keys are data.
    pub(super) fn is_map(&self) -> bool {
        self.keys.is_empty() && self.any.is_some()
    }

    /// With what another one has.
    pub(super) fn merge(&mut self, other: Self) {
        self.values += other.values;
        self.kinds = self.kinds.with(other.kinds);
        self.lacking = 0;
        self.cut |= other.cut;
        for (key, place) in other.keys {
            self.keys.entry(key).or_default().merge(place);
        }
        for (own, others) in [(&mut self.any, other.any), (&mut self.items, other.items)] {
            if let Some(others) = others {
                own.get_or_insert_default().merge(*others);
            }
        }
    }

    fn tell(&self, path: &str, paths: &mut Vec<String>) {
        let own = self.kinds.without(Kinds::OBJECT).without(Kinds::LIST);
        let is_leaf = self.keys.is_empty() && self.any.is_none() && self.items.is_none();
        if !path.is_empty() && (is_leaf || !own.is_empty()) {
            paths.push(format!("{path}: {}", self.kinds.words()));
        }
        for (key, place) in &self.keys {
            place.tell(&if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, paths);
        }
        if let Some(any) = &self.any {
            any.tell(&if path.is_empty() { "*".to_owned() } else { format!("{path}.*") }, paths);
        }
        if let Some(items) = &self.items {
            items.tell(&format!("{path}[]"), paths);
        }
    }
}

/// Holds a document against a shape.
struct Checking<'s> {
    admits: bool,
    of: PhantomData<&'s Place>,
}

impl<'s> Visit for Checking<'s> {
    type At = &'s Place;

    fn value(&mut self, at: &'s Place, kind: Kinds) {
        self.admits &= at.kinds.is_empty() || at.kinds.has(kind);
    }

    fn member(&mut self, at: &'s Place, key: &str) -> Option<&'s Place> {
        let known = at.keys.get(key).or_else(|| at.any.as_deref().filter(|_| at.is_map() || !is_word(key)));
        // Where no object ever was, its kind is what differs, or nobody knows anything yet.
        self.admits &= known.is_some() || at.cut || !at.kinds.has(Kinds::OBJECT);
        known
    }

    /// A list that never had an element says nothing about those to come.
    fn item(&mut self, at: &'s Place) -> Option<&'s Place> {
        at.items.as_deref()
    }
}

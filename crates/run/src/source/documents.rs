//! Columns of a table that may hold documents, and what is decided about them.
use std::collections::BTreeMap;

use ade_engine::type_name;
use ade_privacy::{Policy, Treatment};
use ade_project::resource::{DriftKind, DriftPolicy};
use arrow::datatypes::Schema;

use super::ingest::TableLanding;
use super::shape::{JsonShape, Shaped, is_text};
use super::sieve::ShapedColumn;

impl TableLanding<'_> {
    /// The columns that land as they are and may hold documents. What is in others reaches nobody as it came.
    pub(super) fn shaped(&self, inside: &Schema, policy: &Policy) -> Vec<Shaped> {
        let kept = |name: &str| policy.column(name).is_some_and(|decided| decided.treatment == Treatment::Keep);
        let columns = inside.fields().iter().filter(|field| is_text(field.data_type()) && kept(field.name()));
        let shaped = columns.map(|field| Shaped {
            column: field.name().clone(),
            policy: self.source.drift.policy(DriftKind::Json, field.name(), &[&type_name(field.data_type())]),
        });
        shaped.filter(|one| one.policy != DriftPolicy::Ignore).collect()
    }

    /// Those of which documents are held against what is known of them one by one.
    pub(super) fn shaped_columns(
        &self,
        shaped: &[Shaped],
        known: &BTreeMap<String, JsonShape>,
        arriving: &Schema,
    ) -> Vec<ShapedColumn> {
        let held = shaped.iter().filter_map(|one| {
            let is_aside = match one.policy {
                DriftPolicy::QuarantineValue => !self.is_needed(&one.column),
                DriftPolicy::QuarantineRows => false,
                DriftPolicy::Stop | DriftPolicy::Evolve | DriftPolicy::Ignore => return None,
            };
            let (place, shape) = (arriving.index_of(&one.column).ok()?, known.get(&one.column)?.clone());
            Some(ShapedColumn { place, shape, is_aside })
        });
        held.collect()
    }
}

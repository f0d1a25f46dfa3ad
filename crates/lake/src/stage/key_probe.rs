//! Finds the rows that have one of some keys.

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};

use super::effect::Effect;
use super::key_converter::KeyConverter;
use super::key_set::KeySet;
use super::region_filter::Cover;
use super::search::search;
use super::stage_plan::StagePlan;
use crate::LakeError;

/// Finds the rows that have one of some keys.
pub(super) struct KeyProbe<'a> {
    pub(super) plan: &'a StagePlan,
    /// The columns of the keys.
    pub(super) names: Vec<&'a str>,
    /// Makes keys comparable.
    pub(super) converter: &'a Arc<KeyConverter>,
}

impl KeyProbe<'_> {
    /// Takes away every row that has one of the keys.
    pub(super) async fn run(&self, keys: KeySet, effect: &mut Effect) -> Result<(), LakeError> {
        let plan = self.plan;
        let projection: Vec<usize> = self.names.iter().filter_map(|name| plan.schema().index_of(name).ok()).collect();
        let mut candidates = Vec::new();
        for (index, file) in plan.scan_files().into_iter().enumerate() {
            // A file of one partition need not be read, nor one that goes as a whole.
            match keys.of_file(&file.stats, &projection, self.converter) {
                _ if effect.touched.get(&index).is_some_and(Option::is_none) => {}
                Cover::Nothing => {}
                Cover::Everything => effect.remove(index),
                Cover::Unknown => candidates.push((index, file)),
            }
        }
        let (converter, table) = (Arc::clone(self.converter), plan.handle.name().clone());
        let matcher = move |batch: &RecordBatch| -> Result<BooleanArray, LakeError> {
            let rows = converter.convert(batch.columns()).map_err(|source| LakeError::Arrow {
                table: table.clone(),
                action: "comparing keys",
                source: Box::new(source),
            })?;
            Ok(rows.iter().map(|key| Some(keys.find(key).is_some())).collect())
        };
        search(plan, candidates, projection, Arc::new(matcher), effect).await
    }
}

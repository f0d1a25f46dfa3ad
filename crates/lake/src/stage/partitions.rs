//! Which partitions arrive: the values of some columns, noted while the rows go to their files.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::effect::Effect;
use super::key_converter::KeyConverter;
use super::key_probe::KeyProbe;
use super::key_set::KeySet;
use super::stage_plan::StagePlan;
use super::winners::project;
use crate::LakeError;

/// The values that occur among the arrivals, and the rows that they have found so far.
pub(super) struct Partitions {
    names: Vec<String>,
    columns: Vec<usize>,
    converter: Arc<KeyConverter>,
    keys: KeySet,
    effect: Effect,
}

impl Partitions {
    /// None yet, of the columns `names` of a table with these columns.
    pub(super) fn new(plan: &StagePlan, names: &[String], schema: &SchemaRef) -> Result<Self, LakeError> {
        let bad = |reason: String| LakeError::BadRequest { table: plan.handle.name().clone(), reason };
        let index = |name: &String| schema.index_of(name).map_err(|_| bad(format!("it has no column `{name}`")));
        let columns = names.iter().map(index).collect::<Result<Vec<_>, _>>()?;
        let converter = KeyConverter::new(columns.iter().map(|index| schema.field(*index).data_type()))
            .map_err(|_| bad("a column of the replaced partitions has a type without order".into()))?;
        let keys = KeySet::new(&converter, columns.len());
        Ok(Self { names: names.to_vec(), columns, converter: Arc::new(converter), keys, effect: Effect::default() })
    }

    /// Notes the values of arrivals. Beyond a share of the memory the table is searched for those that are known, and they
    /// are let go.
    pub(super) async fn note(&mut self, plan: &StagePlan, batch: &RecordBatch) -> Result<(), LakeError> {
        let columns = project(batch, &self.columns);
        let failed = |source| LakeError::Arrow {
            table: plan.handle.name().clone(),
            action: "telling partitions apart",
            source: Box::new(source),
        };
        let rows = self.converter.convert(&columns).map_err(failed)?;
        let mut last = None;
        for row in &rows {
            // Rows of one partition mostly come one after the other.
            if last != Some(row) {
                self.keys.insert(row);
                last = Some(row);
            }
        }
        self.keys.note_range(&columns).map_err(failed)?;
        if self.keys.bytes() > plan.handle.options().memory_bytes / 4 { self.probe(plan).await } else { Ok(()) }
    }

    /// What goes for the arrivals.
    pub(super) async fn effect(mut self, plan: &StagePlan) -> Result<Effect, LakeError> {
        self.probe(plan).await?;
        Ok(self.effect)
    }

    async fn probe(&mut self, plan: &StagePlan) -> Result<(), LakeError> {
        let keys = std::mem::replace(&mut self.keys, KeySet::new(&self.converter, self.columns.len()));
        let names = self.names.iter().map(String::as_str).collect();
        KeyProbe { plan, names, converter: &self.converter }.run(keys, &mut self.effect).await
    }
}

//! Topics up to where they were when it was asked.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::stream;
use tokio::runtime::Handle;

use super::cluster::Cluster;
use super::message::Message;
use super::options::TopicOptions;
use super::parse::Parsing;
use super::plan::{Planned, plan};
use super::position::Position;
use super::schema_registry::SchemaRegistry;
use super::span::Span;
use super::topic::Topic;
use super::walk::Walk;
use crate::batch_stream::Item;
use crate::files::parallel::{Jobs, Ordered};
use crate::{BatchStream, ConnectError, Place, ReadPlan, ReadRequest, ReadUnit, Snapshot, UnitEnd};

/// Topics up to where they were when each was planned.
pub(crate) struct KafkaSnapshot {
    cluster: Arc<Cluster>,
    registry: Option<Arc<SchemaRegistry>>,
    threads: NonZeroUsize,
    /// What planning held of each table's messages, because it was little.
    held: Mutex<HashMap<String, Arc<Vec<Message>>>>,
}

impl KafkaSnapshot {
    pub(crate) fn new(cluster: Arc<Cluster>, registry: Option<Arc<SchemaRegistry>>, threads: NonZeroUsize) -> Self {
        Self { cluster, registry, threads, held: Mutex::default() }
    }

    fn parsing(&self, topic: &str, plan: &ReadPlan) -> Result<Parsing, ConnectError> {
        let options = TopicOptions::new(&plan.request.from, &plan.request.options)?;
        Ok(Parsing { topic: topic.to_owned(), options, registry: self.registry.clone(), rejects: plan.rejects })
    }

    fn held(&self, table: &str) -> Option<Arc<Vec<Message>>> {
        self.held.lock().ok()?.get(table).cloned()
    }
}

/// What a unit of a plan is.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct TopicUnit {
    pub(crate) topic: String,
    pub(crate) id: uuid::Uuid,
    /// In the order in which they are read.
    pub(crate) spans: Vec<Span>,
    /// Whether it leaves a position.
    pub(crate) advances: bool,
}

impl TopicUnit {
    fn of(unit: &ReadUnit) -> Result<Self, ConnectError> {
        serde_json::from_value(unit.detail.clone()).map_err(|_| ConnectError::Request {
            from: unit.label.clone(),
            reason: "the unit was not planned by the Kafka connector".to_owned(),
            advice: "read units with the snapshot that planned them".to_owned(),
        })
    }

    fn has(&self, message: &Message) -> bool {
        let is_of = |span: &Span| span.partition == message.partition && (span.from..span.to).contains(&message.offset);
        self.spans.iter().any(is_of)
    }
}

#[async_trait]
impl Snapshot for KafkaSnapshot {
    async fn plan(&self, request: &ReadRequest) -> Result<ReadPlan, ConnectError> {
        let Planned { plan, held } = plan(&self.cluster, self.registry.as_ref(), request, self.threads.get()).await?;
        if let Ok(mut all) = self.held.lock() {
            let _ = match held {
                Some(held) => all.insert(request.table.clone(), Arc::new(held)),
                None => all.remove(&request.table),
            };
        }
        Ok(plan)
    }

    async fn read(&self, plan: &ReadPlan, unit: &ReadUnit) -> Result<BatchStream, ConnectError> {
        let topic_unit = TopicUnit::of(unit)?;
        let request = Arc::clone(&plan.request);
        let parsing = self.parsing(&topic_unit.topic, plan)?;
        let learning = parsing.clone();
        let (schema, rows) = (Arc::clone(&plan.schema), request.batch_rows);
        let pieces = move |jobs: &Jobs<_>, messages: Arc<Vec<Message>>| {
            for start in (0..messages.len()).step_by(rows.max(1)) {
                let (parsing, schema, messages) = (parsing.clone(), Arc::clone(&schema), Arc::clone(&messages));
                jobs.submit(move |results| {
                    let piece = &messages[start..messages.len().min(start + rows.max(1))];
                    let (batch, rejected) = parsing.apart(piece, |messages| parsing.batch(messages, &schema))?;
                    results.give(Item::Batch(batch))?;
                    if rejected.is_empty() { Ok(()) } else { results.give(Item::Rejected(rejected)) }
                })?;
            }
            Ok(())
        };
        let batches = if let Some(held) = self.held(&request.table) {
            let wanted: Vec<Message> = held.iter().filter(|message| topic_unit.has(message)).cloned().collect();
            Ordered::start(&unit.label, self.threads.get(), move |jobs| pieces(jobs, Arc::new(wanted)))?
        } else {
            let mut walk = Walk::new(Arc::clone(&self.cluster), &topic_unit.topic, &topic_unit.spans);
            let runtime = Handle::current();
            Ordered::start(&unit.label, self.threads.get(), move |jobs| {
                while let Some(step) = runtime.block_on(walk.next())? {
                    runtime.block_on(learning.learn(&step.messages))?;
                    pieces(jobs, Arc::new(step.messages))?;
                }
                Ok(())
            })?
        };
        let topic = Topic { name: topic_unit.topic.clone(), id: topic_unit.id, partitions: Vec::new() };
        let end = move |rows: u64| {
            UnitEnd::new(rows, Vec::new(), move |before, _| {
                if topic_unit.advances { Position::after(before, &topic, &topic_unit.spans) } else { None }
            })
        };
        let items = stream::try_unfold((batches, Some((0_u64, end))), |(mut batches, state)| async move {
            let Some((rows, end)) = state else { return Ok(None) };
            match batches.next().await? {
                Some(item) => {
                    let more = if let Item::Batch(batch) = &item { batch.num_rows() as u64 } else { 0 };
                    Ok(Some((item, (batches, Some((rows + more, end))))))
                }
                None => Ok(Some((Item::End(end(rows)), (batches, None)))),
            }
        });
        Ok(BatchStream::new(Arc::clone(&plan.schema), items))
    }

    async fn place_of_row(&self, plan: &ReadPlan, unit: &ReadUnit, row: u64) -> Result<Option<Place>, ConnectError> {
        let topic_unit = TopicUnit::of(unit)?;
        let parsing = self.parsing(&topic_unit.topic, plan)?;
        let mut before = 0;
        let mut walk = Walk::new(Arc::clone(&self.cluster), &topic_unit.topic, &topic_unit.spans);
        while let Some(step) = walk.next().await? {
            let messages = if plan.rejects {
                parsing.learn(&step.messages).await?;
                parsing.parted(&step.messages).0
            } else {
                step.messages
            };
            let place = usize::try_from(row - before).ok().and_then(|place| messages.get(place));
            if let Some(message) = place {
                return Ok(Some(parsing.place(message)));
            }
            before += messages.len() as u64;
        }
        Ok(None)
    }
}

//! An open cluster.

use std::num::NonZeroUsize;
use std::sync::Arc;

use ade_diagnostic::count;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;

use super::avro_schema::schema_id;
use super::cluster::{Cluster, End};
use super::message::Message;
use super::message_columns::MessageColumn;
use super::options::{Format, TopicOptions};
use super::parse::Parsing;
use super::plan::{failed, find};
use super::schema_registry::SchemaRegistry;
use super::snapshot::KafkaSnapshot;
use super::span::Span;
use super::topic::Topic;
use super::walk::Walk;
use crate::lake_name::lake_name;
use crate::{ColumnInfo, ConnectError, Connection, RowCount, Sample, Settings, Snapshot, TableInfo, TableKind};

/// How many of a topic's last messages browsing looks at, in each partition.
const LAST_MESSAGES: i64 = 5_000;

/// An open cluster.
pub(crate) struct KafkaConnection {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) registry: Option<Arc<SchemaRegistry>>,
    pub(crate) threads: NonZeroUsize,
}

impl KafkaConnection {
    /// The last messages of each partition, and about how many the topic has.
    async fn last(&self, topic: &Topic, most: i64) -> Result<(Vec<Message>, u64), ConnectError> {
        let failed = |failure| failed(&topic.name, &failure);
        let first = self.cluster.offsets(topic, End::First).await.map_err(failed)?;
        let last = self.cluster.offsets(topic, End::Last).await.map_err(failed)?;
        let all: Vec<Span> = last
            .iter()
            .map(|(partition, to)| Span {
                partition: *partition,
                from: first.get(partition).copied().unwrap_or(*to),
                to: *to,
            })
            .collect();
        let rows = all.iter().map(Span::len).sum();
        let looked_at: Vec<Span> =
            all.into_iter().map(|span| Span { from: span.from.max(span.to - most), ..span }).collect();
        let mut walk = Walk::at_least(Arc::clone(&self.cluster), &topic.name, &looked_at);
        let mut messages = Vec::new();
        while let Some(step) = walk.next().await? {
            messages.extend(step.messages);
        }
        Ok((messages, rows))
    }

    async fn info(&self, topic: &Topic) -> Result<TableInfo, ConnectError> {
        let (messages, rows) = self.last(topic, LAST_MESSAGES).await?;
        let mut options = TopicOptions::new(&topic.name, &Settings::default())?;
        let values = || messages.iter().filter_map(|message| message.value.as_ref());
        if self.registry.is_some() && values().next().is_some() && values().all(|value| schema_id(value).is_some()) {
            options.format = Format::Avro;
        }
        let is_avro = options.format == Format::Avro;
        let registry = self.registry.clone();
        let parsing = Parsing { topic: topic.name.clone(), options, registry, rejects: true };
        parsing.learn(&messages).await?;
        let mut info = TableInfo::new(lake_name(&topic.name), &topic.name, TableKind::Topic);
        info.rows = Some(RowCount::Estimated(rows));
        let column = |(name, data_type): (String, _)| ColumnInfo {
            name,
            source_type: String::new(),
            data_type,
            nullable: true,
            comment: None,
        };
        let (seen, broken) = parsing.apart(&messages, |messages| parsing.look_at(messages))?;
        match broken.first() {
            // Some that are broken make no other topic of it.
            broken_one if broken.len() * 2 <= messages.len() => {
                info.columns.extend(seen.into_columns().into_iter().map(column));
                info.options.extend(is_avro.then(|| ("format".to_owned(), "avro".into())));
                info.notes.extend(broken_one.map(|one| {
                    format!(
                        "{} of its last {} no row can be made of ({}: {}): `drift: {{broken_record: quarantine_rows}}` keeps them apart",
                        broken.len(),
                        count(messages.len() as u64, "message"),
                        one.place,
                        one.reason
                    )
                }));
            }
            one => {
                let why = one.map(|one| format!(" ({}: {})", one.place, one.reason)).unwrap_or_default();
                info.notes.push(format!("its messages are no objects of JSON{why}: drafted with `format: text`"));
                info.options.push(("format".to_owned(), "text".into()));
                info.columns.push(column((super::parse::VALUE.to_owned(), arrow::datatypes::DataType::Utf8)));
            }
        }
        if messages.iter().any(|message| message.value.is_none()) {
            let note = "it has tombstones (messages without a value): declare the key, `message_key` and \
                        `deleted: _is_tombstone`, so that they delete";
            info.notes.push(note.to_owned());
        }
        let looked_at = [MessageColumn::Partition, MessageColumn::Offset, MessageColumn::Timestamp];
        info.columns.extend(looked_at.map(|own| column((own.name().to_owned(), own.data_type()))));
        Ok(info)
    }
}

#[async_trait]
impl Connection for KafkaConnection {
    async fn browse(&self) -> Result<Vec<TableInfo>, ConnectError> {
        let topics = self.cluster.topics().await.map_err(|failure| failed("topics", &failure))?;
        let mut tables = Vec::with_capacity(topics.len());
        for topic in &topics {
            tables.push(self.info(topic).await?);
        }
        TableInfo::number_names(&mut tables);
        Ok(tables)
    }

    async fn sample(&self, from: &str, options: &Settings, rows: usize) -> Result<Sample, ConnectError> {
        let topic = find(&self.cluster, from).await?;
        let most = i64::try_from(rows).unwrap_or(LAST_MESSAGES);
        let (mut messages, _) = self.last(&topic, most).await?;
        messages.sort_by_key(|message| (message.timestamp_ms, message.partition, message.offset));
        let messages = &messages[messages.len().saturating_sub(rows)..];
        let registry = self.registry.clone();
        let options = TopicOptions::new(from, options)?;
        let parsing = Parsing { topic: topic.name.clone(), options, registry, rejects: true };
        parsing.learn(messages).await?;
        let (messages, _) = parsing.parted(messages);
        let columns = parsing.look_at(&messages)?.into_columns();
        let columns =
            columns.into_iter().chain(MessageColumn::ALL.map(|column| (column.name().to_owned(), column.data_type())));
        let fields: Vec<_> =
            columns.map(|(name, data_type)| arrow::datatypes::Field::new(name, data_type, true)).collect();
        let schema = Arc::new(arrow::datatypes::Schema::new(fields));
        let batch: RecordBatch = parsing.batch(&messages, &schema)?;
        Ok(batch.into())
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, ConnectError> {
        Ok(Box::new(KafkaSnapshot::new(Arc::clone(&self.cluster), self.registry.clone(), self.threads)))
    }
}

//! From a request to spans of a topic, a schema and drift.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use tokio::runtime::Handle;

use super::cluster::{Cluster, End};
use super::failure::Failure;
use super::message::Message;
use super::message_columns::MessageColumn;
use super::options::{Format, TopicOptions};
use super::parse::Parsing;
use super::position::Position;
use super::schema_registry::SchemaRegistry;
use super::seen::Seen;
use super::snapshot::TopicUnit;
use super::span::Span;
use super::topic::Topic;
use super::walk::Walk;
use crate::files::parallel::Ordered;
use crate::table_plan::{PlannedColumn, planned_columns};
use crate::{ConnectError, Note, ReadMode, ReadPlan, ReadRequest, ReadUnit};

/// What is committed at once, about, in bytes of messages.
const UNIT_BYTES: u64 = 256 << 20;

/// Messages that take no more than this in memory are held between planning and reading.
const HELD_BYTES: usize = 32 << 20;

/// A plan, and the messages that it was made from, where they are little enough to be held.
pub(crate) struct Planned {
    pub(crate) plan: ReadPlan,
    pub(crate) held: Option<Vec<Message>>,
}

/// Plans a read. Goes over all messages that it would read, for their columns.
pub(crate) async fn plan(
    cluster: &Arc<Cluster>,
    registry: Option<&Arc<SchemaRegistry>>,
    request: &ReadRequest,
    threads: usize,
) -> Result<Planned, ConnectError> {
    let options = TopicOptions::new(&request.from, &request.options)?;
    let topic = find(cluster, &request.from).await?;
    let mut notes = Vec::new();
    let spans = spans(cluster, request, &topic, &options, &mut notes).await?;
    let is_typed = options.format == Format::Avro;
    let rejects = request.rejects;
    let parsing = Parsing { topic: topic.name.clone(), options, registry: registry.map(Arc::clone), rejects };
    let mut looked = look(cluster, &parsing, &spans, threads).await?;
    if matches!(request.mode, ReadMode::Incremental { .. }) {
        looked.reach(&spans, request.position.is_none());
    }

    let columns = columns(request, looked.seen);
    let natural = |name: &str| {
        let found = columns.iter().find(|(column, _)| column == name);
        found.map_or(DataType::Utf8, |(_, data_type)| data_type.clone())
    };
    let planned: Vec<PlannedColumn<'_>> = columns
        .iter()
        .enumerate()
        .map(|(position, (name, _))| PlannedColumn { position, name, source_type: "" })
        .collect();
    // Columns that every message has are of their own types; what a value is otherwise shows when it is read.
    let misfit = |name: &str, promised: &DataType| {
        let own = MessageColumn::of_name(name)?.data_type();
        (own != *promised).then_some(own)
    };
    let (fields, drift) = planned_columns(request, &topic.name, &planned, natural, misfit);

    let is_incremental = matches!(request.mode, ReadMode::Incremental { .. });
    let parts = if is_incremental { looked.parts } else { vec![merged(looked.parts)] };
    let units = parts.into_iter().map(|part| ReadUnit {
        label: label(&topic, &part.spans),
        replaces_batch: None,
        size_bytes: Some(part.size_bytes),
        rows: Some(part.rows),
        drift: drift.clone(),
        detail: serde_json::to_value(TopicUnit {
            topic: topic.name.clone(),
            id: topic.id,
            spans: part.spans,
            advances: is_incremental,
        })
        .unwrap_or_default(),
    });
    let units: Vec<ReadUnit> = units.collect();
    let mut plan = ReadPlan::of_table(request, fields, None, drift, notes);
    plan.units = units;
    plan.can_reject = true;
    if !is_typed {
        check_types(request, &plan)?;
    }
    Ok(Planned { plan, held: looked.held })
}

/// The topic that `from` names, or an error with the nearest name.
pub(crate) async fn find(cluster: &Cluster, from: &str) -> Result<Topic, ConnectError> {
    let failed = |failure: Failure| failed(from, &failure);
    if let Some(topic) = cluster.topic(from).await.map_err(failed)? {
        return Ok(topic);
    }
    let names: Vec<String> = cluster.topics().await.map_err(failed)?.into_iter().map(|topic| topic.name).collect();
    let hint = ade_diagnostic::did_you_mean(from, names.iter().map(String::as_str));
    Err(ConnectError::NotFound {
        what: "topic",
        from: from.to_owned(),
        within: format!("the cluster `{}`", cluster.name()),
        hint: hint.or_else(|| Some("this login may see other topics than it should (`DESCRIBE`)".to_owned())),
    })
}

pub(crate) fn failed(topic: &str, failure: &Failure) -> ConnectError {
    ConnectError::SourceFailed { object: topic.to_owned(), reason: failure.to_string() }
}

/// What is to be read of each partition.
async fn spans(
    cluster: &Cluster,
    request: &ReadRequest,
    topic: &Topic,
    options: &TopicOptions,
    notes: &mut Vec<Note>,
) -> Result<Vec<Span>, ConnectError> {
    let failed = |failure: Failure| failed(&topic.name, &failure);
    let first = cluster.offsets(topic, End::First).await.map_err(failed)?;
    let last = cluster.offsets(topic, End::Last).await.map_err(failed)?;
    let position = match &request.mode {
        ReadMode::Full => None,
        ReadMode::Incremental { cursor: Some(_), .. } => {
            return Err(request.refused("a topic has no cursor: it goes by its own offsets", "leave out `cursor`"));
        }
        ReadMode::Incremental { .. } => Position::parse(&request.from, request.position.as_ref())?,
        ReadMode::Capture { .. } => {
            return Err(request.refused(
                "a topic is no table whose changes could be captured",
                "use `mode: incremental`: it reads what came since, by offsets",
            ));
        }
    };
    let same = position.as_ref().filter(|position| position.topic == topic.name && position.id == topic.id);
    if position.is_some() && same.is_none() {
        notes.push(Note {
            id: "topic-anew",
            message: format!("`{}` is another topic than the one that was read before: all of it is read", topic.name),
        });
    }
    let is_first = matches!(request.mode, ReadMode::Incremental { .. }) && position.is_none();
    let mut spans = Vec::new();
    for partition in &topic.partitions {
        let (first, last) = (first.get(partition).copied().unwrap_or(0), last.get(partition).copied().unwrap_or(0));
        let known = same.and_then(|position| position.next.get(partition).copied());
        let from = match known {
            Some(next) if next > last && is_there(cluster, topic, *partition, next).await? => next,
            Some(next) => {
                let (from, gone) = go_on(topic, Span { partition: *partition, from: first, to: last }, next);
                notes.extend(gone.map(|message| Note { id: "messages-gone", message }));
                from
            }
            None if is_first && options.from_end => last,
            None => first,
        };
        spans.push(Span { partition: *partition, from, to: last });
    }
    Ok(spans)
}

/// Where a partition is gone on with that has the messages of `there` and was read up to `next`, and what is to be said of it.
fn go_on(topic: &Topic, there: Span, next: i64) -> (i64, Option<String>) {
    let Span { partition, from: first, to: last } = there;
    let topic_name = &topic.name;
    if next < first {
        let said = format!(
            "offsets {next} to {} of partition {partition} of `{topic_name}` were removed before they were read: run more often \
             than its `retention.ms`, or raise that",
            first - 1
        );
        return (first, Some(said));
    }
    if next <= last {
        return (next, None);
    }
    let ends = format!(
        "partition {partition} of `{topic_name}` ends at offset {last}, before offset {next} up to which it was read"
    );
    if topic.id.is_nil() {
        let said = format!("{ends}: messages were lost there, or the topic was made anew; what it has now is read");
        return (first, Some(said));
    }
    // It is the same topic: what it has now has landed, with what it has lost.
    (last, Some(format!("{ends}: the cluster has lost messages that have landed; what comes from now on is read")))
}

/// Whether a partition reaches up to an offset. Whoever writes there knows better than who only says where it ends.
async fn is_there(cluster: &Cluster, topic: &Topic, partition: i32, offset: i64) -> Result<bool, ConnectError> {
    match cluster.fetch(&topic.name, partition, offset).await {
        Ok(_) => Ok(true),
        Err(failure) if failure.is_out_of_range() => Ok(false),
        Err(failure) => Err(failed(&topic.name, &failure)),
    }
}

/// A part of what is read, that is committed at once.
#[derive(Debug, Default)]
struct Part {
    spans: Vec<Span>,
    size_bytes: u64,
    rows: u64,
}

impl Part {
    fn add(&mut self, span: Span, size_bytes: u64, rows: u64) {
        match self.spans.last_mut().filter(|last| last.partition == span.partition && last.to == span.from) {
            Some(last) => last.to = span.to,
            None => self.spans.push(span),
        }
        self.size_bytes += size_bytes;
        self.rows += rows;
    }
}

fn merged(parts: Vec<Part>) -> Part {
    let mut all = Part::default();
    for part in parts {
        let (mut size_bytes, mut rows) = (part.size_bytes, part.rows);
        for span in part.spans {
            all.add(span, std::mem::take(&mut size_bytes), std::mem::take(&mut rows));
        }
    }
    all
}

impl Looked {
    /// Lets the last part reach to the end of partitions of which nothing is read, where `is_first`: that they end there must be
    /// remembered, or the next read would begin at another end.
    fn reach(&mut self, spans: &[Span], is_first: bool) {
        let idle: Vec<Span> = spans.iter().filter(|span| is_first && span.is_empty()).copied().collect();
        if idle.is_empty() {
            return;
        }
        if self.parts.is_empty() {
            self.parts.push(Part::default());
        }
        self.parts.iter_mut().last().into_iter().for_each(|part| part.spans.extend(&idle));
    }
}

/// What going over all messages has shown.
struct Looked {
    seen: Option<Seen>,
    parts: Vec<Part>,
    held: Option<Vec<Message>>,
}

/// Goes over all messages.
async fn look(
    cluster: &Arc<Cluster>,
    parsing: &Parsing,
    spans: &[Span],
    threads: usize,
) -> Result<Looked, ConnectError> {
    let mut walk = Walk::at_least(Arc::clone(cluster), &parsing.topic, spans);
    let (runtime, looking) = (Handle::current(), parsing.clone());
    let mut steps = Ordered::start(&parsing.topic, threads, move |jobs| {
        while let Some(step) = runtime.block_on(walk.next())? {
            runtime.block_on(looking.learn(&step.messages))?;
            let looking = looking.clone();
            jobs.submit(move |results| {
                let (seen, rejected) = looking.apart(&step.messages, |messages| looking.look_at(messages))?;
                results.give((step, seen, rejected.len()))
            })?;
        }
        Ok(())
    })?;
    let mut looked = Looked { seen: None, parts: Vec::new(), held: Some(Vec::new()) };
    let (mut part, mut held_bytes) = (Part::default(), 0);
    while let Some((step, seen, rejected)) = steps.next().await? {
        let size_bytes: usize = step.messages.iter().map(Message::size_bytes).sum();
        part.add(step.span, size_bytes as u64, (step.messages.len() - rejected) as u64);
        if part.size_bytes >= UNIT_BYTES {
            looked.parts.push(std::mem::take(&mut part));
        }
        held_bytes += size_bytes;
        looked.held = looked.held.filter(|_| held_bytes <= HELD_BYTES).map(|mut held| {
            held.extend(step.messages);
            held
        });
        match &mut looked.seen {
            Some(all) => all.merge(&parsing.topic, &seen)?,
            none => *none = Some(seen),
        }
    }
    if !part.spans.is_empty() {
        looked.parts.push(part);
    }
    Ok(looked)
}

/// All columns that there are to read: those of the values, those that may be left out, and those of every message that somebody
/// wants or that nobody has decided about yet.
fn columns(request: &ReadRequest, seen: Option<Seen>) -> Vec<(String, DataType)> {
    let mut columns = seen.map(Seen::into_columns).unwrap_or_default();
    let promised = request.promised.iter().flat_map(|schema| schema.fields().iter());
    for field in promised.clone() {
        let own = MessageColumn::of_name(field.name()).map(MessageColumn::data_type);
        let is_there = columns.iter().any(|(name, _)| name == field.name());
        // An object may leave out a key: that is how it says NULL. Where no message came, nothing says otherwise.
        if !is_there && (own.is_some() || field.is_nullable() || columns.is_empty()) {
            let data_type = Some(field.data_type().clone()).filter(|data_type| *data_type != DataType::Null);
            columns.push((field.name().clone(), own.or(data_type).unwrap_or(DataType::Utf8)));
        }
    }
    if request.promised.is_none() {
        columns.extend(MessageColumn::ALL.map(|column| (column.name().to_owned(), column.data_type())));
    }
    columns
}

fn label(topic: &Topic, spans: &[Span]) -> String {
    let read: Vec<&Span> = spans.iter().filter(|span| !span.is_empty()).collect();
    match read.as_slice() {
        [] => topic.name.clone(),
        [span] => format!("{} (partition {}, offsets {} to {})", topic.name, span.partition, span.from, span.to - 1),
        spans => {
            let partitions = ade_diagnostic::count(spans.len() as u64, "partition");
            format!("{} ({partitions})", topic.name)
        }
    }
}

fn check_types(request: &ReadRequest, plan: &ReadPlan) -> Result<(), ConnectError> {
    let is_readable = |field: &Field| {
        MessageColumn::of_name(field.name()).is_some()
            || crate::value::ColumnBuilder::new(field.data_type(), 0).is_some()
    };
    match plan.schema.fields().iter().find(|field| !is_readable(field)) {
        None => Ok(()),
        Some(field) => Err(crate::files::unsupported(&request.from, field.name(), field.data_type())),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_partition_is_gone_on_with_where_it_was_read_to() {
        let topic = |id: u128| Topic { name: "t".to_owned(), id: Uuid::from_u128(id), partitions: vec![0] };
        let there = Span { partition: 0, from: 10, to: 90 };
        for (id, next, expected, said) in [
            (7, 50, 50, None),
            (7, 90, 90, None),
            (7, 4, 10, Some("offsets 4 to 9 of partition 0 of `t` were removed")),
            // What it has now has landed: once more would be twice.
            (7, 100, 90, Some("has lost messages that have landed")),
            (0, 100, 10, Some("or the topic was made anew")),
        ] {
            let (from, told) = go_on(&topic(id), there, next);
            assert_eq!(from, expected);
            assert_eq!(told.is_some(), said.is_some());
            assert!(told.unwrap_or_default().contains(said.unwrap_or_default()));
        }
    }
}

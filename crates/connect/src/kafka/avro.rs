//! Messages of Avro into a batch: each is read with the schema that it names, and what they have becomes the planned columns.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, new_null_array};
use arrow::compute::concat_batches;
use arrow::compute::kernels::zip::zip;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;

use super::avro_schema::{AvroMessages, schema_id};
use super::message::Message;
use super::options::{Format, KeyUse};
use super::parse::{Parsing, VALUE};
use super::seen::add;
use crate::ConnectError;
use crate::files::typed::fit;

/// The column of a key that is no record, where nobody has named one.
const KEY: &str = "key";

impl Parsing {
    /// Makes the schemas known that messages name. Needs the registry; everything else here is without it.
    pub(crate) async fn learn(&self, messages: &[Message]) -> Result<(), ConnectError> {
        if self.options.format != Format::Avro {
            return Ok(());
        }
        let registry = self.registry.as_ref().ok_or_else(|| ConnectError::Request {
            from: self.topic.clone(),
            reason: "messages of Avro name their schemas by numbers, and nobody says where these are".to_owned(),
            advice: "give the connection a `schema_registry`".to_owned(),
        })?;
        let has_keys = matches!(self.options.key, KeyUse::Avro(_));
        let keys = messages.iter().filter(|_| has_keys).filter_map(|message| message.key.as_deref());
        let values = messages.iter().filter_map(|message| message.value.as_deref());
        let ids: BTreeSet<u32> = values.chain(keys).filter_map(schema_id).collect();
        for id in ids {
            registry.learn(id).await?;
        }
        Ok(())
    }

    /// The columns of all schemas that messages name, and those of their keys that the values have not got.
    pub(super) fn avro_columns(&self, messages: &[Message]) -> Result<Vec<(String, DataType)>, ConnectError> {
        let mut columns = Vec::new();
        self.add_columns(messages, VALUE, &mut columns)?;
        let mut of_keys = Vec::new();
        match &self.options.key {
            KeyUse::None | KeyUse::Json => {}
            KeyUse::Column(column) => of_keys.push((column.clone(), DataType::Utf8)),
            KeyUse::Avro(column) => {
                let column = column.as_deref().unwrap_or(KEY);
                self.add_columns(&keys_alone(messages), column, &mut of_keys)?;
            }
        }
        of_keys.retain(|(name, _)| columns.iter().all(|(known, _)| known != name));
        columns.extend(of_keys);
        Ok(columns)
    }

    /// The columns of all schemas that values name. `plain`: what the value of one that is no record is called.
    fn add_columns(
        &self,
        messages: &[Message],
        plain: &str,
        columns: &mut Vec<(String, DataType)>,
    ) -> Result<(), ConnectError> {
        let mut seen = BTreeSet::new();
        for message in messages {
            let Some(value) = message.value.as_deref() else {
                self.check_key(message)?;
                continue;
            };
            let id = self.schema_of(message, value)?;
            if seen.insert(id) {
                for (name, data_type) in self.messages_of(message, id)?.columns(plain) {
                    add(columns, name, data_type);
                }
            }
        }
        Ok(())
    }

    /// The wanted columns of all messages; of tombstones NULL.
    pub(super) fn of_avro(&self, messages: &[Message], wanted: &SchemaRef) -> Result<Vec<ArrayRef>, ConnectError> {
        messages.iter().try_for_each(|message| self.check_key(message))?;
        let batch = self.of_values(messages, VALUE, wanted)?;
        self.with_keys(messages, &batch)
    }

    fn of_values(&self, messages: &[Message], plain: &str, wanted: &SchemaRef) -> Result<RecordBatch, ConnectError> {
        let mut batches = Vec::new();
        let mut rest = messages;
        while let Some(first) = rest.first() {
            let id = first.value.as_deref().map(|value| self.schema_of(first, value)).transpose()?;
            let is_same =
                |message: &&Message| message.value.as_deref().map(schema_id) == first.value.as_deref().map(schema_id);
            let (same, behind) = rest.split_at(rest.iter().take_while(is_same).count().max(1));
            batches.push(match id {
                Some(id) => self.of_schema(same, id, plain, wanted)?,
                None => nulls(wanted, same.len()).ok_or_else(|| self.no_batch())?,
            });
            rest = behind;
        }
        match batches.as_slice() {
            [only] => Ok(only.clone()),
            batches => concat_batches(wanted, batches).map_err(|_| self.no_batch()),
        }
    }

    fn of_schema(
        &self,
        messages: &[Message],
        id: u32,
        plain: &str,
        wanted: &SchemaRef,
    ) -> Result<RecordBatch, ConnectError> {
        let values: Vec<&[u8]> = messages.iter().filter_map(|message| message.value.as_deref()).collect();
        let schema = self.messages_of(&messages[0], id)?;
        let batch = schema.batch(&values, plain).map_err(|number| {
            let place = messages.get(number).map_or_else(|| self.place(&messages[0]), |message| self.place(message));
            ConnectError::Malformed {
                place: Box::new(place),
                reason: format!("it cannot be read with schema {id}, which it names"),
                advice: "correct what writes to the topic".to_owned(),
            }
        })?;
        fit(&self.topic, wanted, &batch, 0).map_err(|error| self.in_message(error, messages))
    }

    /// What a value has not got is taken from the message's key, where that is told to have it.
    fn with_keys(&self, messages: &[Message], batch: &RecordBatch) -> Result<Vec<ArrayRef>, ConnectError> {
        if self.options.key == KeyUse::None {
            return Ok(batch.columns().to_vec());
        }
        let schema = batch.schema();
        let readable: Vec<usize> = (0..schema.fields().len())
            .filter(|place| crate::value::ColumnBuilder::new(schema.field(*place).data_type(), 0).is_some())
            .collect();
        let of_keys = Arc::new(schema.project(&readable).map_err(|_| self.no_batch())?);
        let of_keys = if let KeyUse::Avro(column) = &self.options.key {
            let column = column.as_deref().unwrap_or(KEY);
            self.of_values(&keys_alone(messages), column, &of_keys)?.columns().to_vec()
        } else {
            let no_values: Vec<Message> =
                messages.iter().map(|message| Message { value: None, ..message.clone() }).collect();
            self.of_json(&no_values, &of_keys)?
        };
        let mut columns = batch.columns().to_vec();
        for (place, from_key) in readable.into_iter().zip(of_keys) {
            if from_key.null_count() < from_key.len() && columns[place].null_count() > 0 {
                let rows = 0..from_key.len();
                let has_value: BooleanArray = rows.map(|row| Some(columns[place].is_valid(row))).collect();
                columns[place] = zip(&has_value, &columns[place], &from_key).map_err(|_| self.no_batch())?;
            }
        }
        Ok(columns)
    }

    fn schema_of(&self, message: &Message, value: &[u8]) -> Result<u32, ConnectError> {
        schema_id(value).ok_or_else(|| ConnectError::Malformed {
            place: Box::new(self.place(message)),
            reason: "it does not begin with a 0 and the id of a schema".to_owned(),
            advice: "have it written with a registry's serializer, or set `format` to what it is".to_owned(),
        })
    }

    fn messages_of(&self, message: &Message, id: u32) -> Result<Arc<AvroMessages>, ConnectError> {
        let known = self.registry.as_ref().and_then(|registry| registry.known(id));
        let known = known.ok_or_else(|| ConnectError::SourceFailed {
            object: self.place(message).object,
            reason: format!("nobody has asked the registry for schema {id}"),
        })?;
        known.map_err(|reason| ConnectError::Malformed {
            place: Box::new(self.place(message)),
            reason: format!("it names schema {id}: {reason}"),
            advice: "correct what writes to the topic, or `schema_registry` of the connection".to_owned(),
        })
    }

    /// An error in a row, told by the message that the row is.
    fn in_message(&self, error: ConnectError, messages: &[Message]) -> ConnectError {
        match error {
            ConnectError::Value { place, expected, found, advice } => {
                let row = place.row.and_then(|row| usize::try_from(row).ok()?.checked_sub(1));
                let message = row.and_then(|row| messages.get(row));
                let found_at = message.map_or_else(|| *place.clone(), |message| self.place(message));
                let place = Box::new(crate::Place { column: place.column, ..found_at });
                ConnectError::Value { place, expected, found, advice }
            }
            other => other,
        }
    }
}

/// The keys of messages in the place of their values; they are none that lack one.
fn keys_alone(messages: &[Message]) -> Vec<Message> {
    let alone = |message: &Message| Message { value: message.key.clone(), key: Some(Bytes::new()), ..message.clone() };
    messages.iter().map(alone).collect()
}

fn nulls(schema: &SchemaRef, rows: usize) -> Option<RecordBatch> {
    let columns = schema.fields().iter().map(|field| new_null_array(field.data_type(), rows)).collect();
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).ok()
}

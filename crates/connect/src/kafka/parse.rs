//! Messages into lines of JSON, and those into a batch.
//!
//! The reader of JSON lines does the work: each message is one line. JSON has line ends between its values only, so there they
//! may be blanks.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{Schema, SchemaRef};

use super::message::Message;
use super::message_columns::MessageColumn;
use super::options::{Format, KeyUse, TopicOptions};
use super::schema_registry::SchemaRegistry;
use super::seen::Seen;
use crate::files::json_lines;
use crate::files::text::Block;
use crate::{ConnectError, Place};

/// The column of `format: text`.
pub(crate) const VALUE: &str = "value";

/// A message may be as large as a broker lets it be.
const MAX_LINE_BYTES: usize = 1 << 28;

/// What messages of a topic have in common to be read.
#[derive(Clone)]
pub(crate) struct Parsing {
    pub(crate) topic: String,
    pub(crate) options: TopicOptions,
    pub(crate) registry: Option<Arc<SchemaRegistry>>,
    /// Whether messages that no row can be made of are given apart rather than an end.
    pub(crate) rejects: bool,
}

impl Parsing {
    /// Where a message is, for messages of ours.
    pub(crate) fn place(&self, message: &Message) -> Place {
        Place::of(format!("{}, partition {}, offset {}", self.topic, message.partition, message.offset))
    }

    /// The keys and types of some messages.
    pub(crate) fn look_at(&self, messages: &[Message]) -> Result<Seen, ConnectError> {
        match self.options.format {
            Format::Text => messages.iter().try_for_each(|message| self.check(message)).map(|()| Seen::Text),
            Format::Avro => self.avro_columns(messages).map(Seen::Typed),
            Format::Json => {
                messages.iter().try_for_each(|message| self.check_key(message))?;
                let block = self.block(messages)?;
                let seen = json_lines::infer(&self.topic, &block, json_lines::Nested::Json, MAX_LINE_BYTES);
                seen.map(Seen::Json).map_err(|error| self.located(error, messages))
            }
        }
    }

    /// Whether a row can be made of a message, apart from the types of its values.
    pub(super) fn check(&self, message: &Message) -> Result<(), ConnectError> {
        let alone = std::slice::from_ref(message);
        match self.options.format {
            Format::Text => message.value.as_ref().map_or(Ok(()), |bytes| self.text(message, bytes).map(drop)),
            Format::Avro => self.of_avro(alone, &Arc::new(Schema::empty())).map(drop),
            Format::Json => self.look_at(alone).map(drop),
        }
    }

    /// A batch of all of them.
    pub(crate) fn batch(&self, messages: &[Message], schema: &SchemaRef) -> Result<RecordBatch, ConnectError> {
        let mut columns: Vec<Option<ArrayRef>> = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            columns.push(MessageColumn::of_name(field.name()).map(|column| column.values(messages)));
        }
        let from_value: Vec<usize> = (0..columns.len()).filter(|place| columns[*place].is_none()).collect();
        if !from_value.is_empty() {
            let wanted = Arc::new(schema.project(&from_value).map_err(|_| self.no_batch())?);
            let values = match self.options.format {
                Format::Json => {
                    messages.iter().try_for_each(|message| self.check_key(message))?;
                    self.of_json(messages, &wanted)?
                }
                Format::Text => self.of_text(messages, &wanted)?,
                Format::Avro => self.of_avro(messages, &wanted)?,
            };
            for (place, values) in from_value.into_iter().zip(values) {
                columns[place] = Some(values);
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(messages.len()));
        let columns = columns.into_iter().flatten().collect();
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(|_| self.no_batch())
    }

    pub(super) fn no_batch(&self) -> ConnectError {
        ConnectError::SourceFailed {
            object: self.topic.clone(),
            reason: "its columns do not form a batch of the planned schema".to_owned(),
        }
    }

    pub(super) fn of_json(&self, messages: &[Message], wanted: &SchemaRef) -> Result<Vec<ArrayRef>, ConnectError> {
        let block = self.block(messages)?;
        let parser = json_lines::Parser::new(&self.topic, wanted, json_lines::Nested::Json, messages.len());
        let batch = parser.whole(&block).map_err(|error| self.located(error, messages))?;
        Ok(batch.columns().to_vec())
    }

    fn of_text(&self, messages: &[Message], wanted: &SchemaRef) -> Result<Vec<ArrayRef>, ConnectError> {
        let texts = messages.iter().map(|message| match &message.value {
            None => Ok(None),
            Some(bytes) => self.text(message, bytes).map(Some),
        });
        let texts: StringArray = texts.collect::<Result<Vec<_>, _>>()?.into();
        let texts: ArrayRef = Arc::new(texts);
        let failed = |_| ConnectError::SourceFailed {
            object: self.topic.clone(),
            reason: format!("`{VALUE}` can be read as varchar alone"),
        };
        let columns = wanted.fields().iter().map(|field| {
            if field.name() == VALUE {
                arrow::compute::cast(&texts, field.data_type()).map_err(failed)
            } else {
                Ok(arrow::array::new_null_array(field.data_type(), messages.len()))
            }
        });
        columns.collect()
    }

    fn text<'a>(&self, message: &Message, bytes: &'a [u8]) -> Result<&'a str, ConnectError> {
        std::str::from_utf8(bytes).map_err(|_| ConnectError::Malformed {
            place: Box::new(self.place(message)),
            reason: "the message is not UTF-8".to_owned(),
            advice: "correct what writes to the topic".to_owned(),
        })
    }

    /// One line for each message.
    fn block(&self, messages: &[Message]) -> Result<Block, ConnectError> {
        let mut data = Vec::with_capacity(messages.iter().map(Message::size_bytes).sum());
        for message in messages {
            self.line(message, &mut data)?;
            data.push(b'\n');
        }
        Ok(Block { data, first_line: 1, line_end: b'\n', rows: None })
    }

    fn line(&self, message: &Message, data: &mut Vec<u8>) -> Result<(), ConnectError> {
        let value = match &message.value {
            None => "{}",
            Some(bytes) => self.text(message, bytes)?.trim(),
        };
        if value.is_empty() {
            return Err(ConnectError::Malformed {
                place: Box::new(self.place(message)),
                reason: "the message is empty, and not an object of JSON".to_owned(),
                advice: "correct what writes to the topic, or read it with `format: text`".to_owned(),
            });
        }
        let start = data.len();
        match self.of_key(message)? {
            // What is not an object is told as such when it is read.
            Some(members) if !members.is_empty() && value.starts_with('{') => {
                data.push(b'{');
                data.extend_from_slice(members.as_bytes());
                if value[1..].trim_start() != "}" {
                    data.push(b',');
                }
                data.extend_from_slice(&value.as_bytes()[1..]);
            }
            _ => data.extend_from_slice(value.as_bytes()),
        }
        data[start..].iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        Ok(())
    }

    /// What the key adds to an object: its members as they are written. Of two that are called alike, the last counts.
    fn of_key(&self, message: &Message) -> Result<Option<String>, ConnectError> {
        let Some(key) = &message.key else { return Ok(None) };
        match &self.options.key {
            // What a key of Avro says is looked at beside the value.
            KeyUse::None | KeyUse::Avro(_) => Ok(None),
            KeyUse::Column(column) => {
                let text = self.text(message, key)?;
                let (column, text) = (serde_json::Value::from(column.as_str()), serde_json::Value::from(text));
                Ok(Some(format!("{column}:{text}")))
            }
            KeyUse::Json => {
                let text = self.text(message, key)?.trim();
                let members = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                let members = members.ok_or_else(|| ConnectError::Malformed {
                    place: Box::new(self.place(message)),
                    reason: "the message's key is not an object of JSON".to_owned(),
                    advice: "correct what writes to the topic, or set `message_key` to `text` or `none`".to_owned(),
                })?;
                Ok(Some(members.trim().to_owned()))
            }
        }
    }

    /// An error on a line, told by the message that the line is.
    fn located(&self, error: ConnectError, messages: &[Message]) -> ConnectError {
        let replace = |place: Box<Place>| {
            let message = place.line.and_then(|line| messages.get(usize::try_from(line).ok()?.checked_sub(1)?));
            let found = message.map_or_else(|| Place::of(&self.topic), |message| self.place(message));
            Box::new(Place { column: place.column, ..found })
        };
        match error {
            ConnectError::Malformed { place, reason, .. } => ConnectError::Malformed {
                place: replace(place),
                reason: reason.replace("not a line of JSON", "not an object of JSON"),
                advice: "correct what writes to the topic, or read it with `format: text`".to_owned(),
            },
            ConnectError::Value { place, expected, found, advice } => {
                ConnectError::Value { place: replace(place), expected, found, advice }
            }
            other => other,
        }
    }
}

//! Messages of Avro that were written with one schema, behind a byte 0 and the schema's id in a registry.

use std::sync::Arc;

use arrow::array::RecordBatchOptions;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_avro::reader::ReaderBuilder;
use arrow_avro::schema::{AvroSchema, Fingerprint, FingerprintAlgorithm, SchemaStore};
use serde_json::{Value, json};

use crate::files::avro::{read_as, to_text};

/// Bytes before a value: 0, and the id.
const FRAME: usize = 5;

/// The id of the schema that a value was written with; `None` where none is named.
pub(crate) fn schema_id(value: &[u8]) -> Option<u32> {
    let (zero, rest) = value.split_first()?;
    let id = rest.first_chunk::<4>()?;
    (*zero == 0 && value.len() >= FRAME).then(|| u32::from_be_bytes(*id))
}

/// Messages of one schema.
pub(crate) struct AvroMessages {
    store: SchemaStore,
    schema: SchemaRef,
    /// Whether values are no records: then they are read as the one field of some.
    is_plain: bool,
}

impl AvroMessages {
    /// `text` is the schema as the registry has it. The error says why its messages cannot be read.
    pub(crate) fn new(id: u32, text: String) -> Result<Self, String> {
        const UNREAD: &str = "it is none that can be read";
        let root: Value = serde_json::from_str(&text).map_err(|_| UNREAD)?;
        let is_plain = !matches!(root.get("type").and_then(Value::as_str), Some("record" | "error"));
        // A record is written as its fields are, one behind the other.
        let text = if is_plain {
            json!({"type": "record", "name": "plain_value", "fields": [{"name": "value", "type": root}]}).to_string()
        } else {
            text
        };
        let mut store = SchemaStore::new_with_type(FingerprintAlgorithm::Id);
        let _ = store.set(Fingerprint::Id(id), AvroSchema::new(text)).map_err(|_| UNREAD)?;
        let decoder =
            ReaderBuilder::new().with_writer_schema_store(store.clone()).build_decoder().map_err(|_| UNREAD)?;
        let schema = decoder.schema();
        let fields = schema.fields().iter().map(|field| {
            let data_type = read_as(field)
                .ok_or_else(|| format!("its field `{}` has a union of several types within", field.name()))?;
            Ok(Field::new(field.name(), data_type, field.is_nullable()))
        });
        let schema = Arc::new(Schema::new(fields.collect::<Result<Vec<_>, String>>()?));
        Ok(Self { store, schema, is_plain })
    }

    /// The columns, of the types as which they are read. `plain`: what the value of one that is no record is called.
    pub(crate) fn columns<'a>(&'a self, plain: &'a str) -> impl Iterator<Item = (&'a str, &'a DataType)> {
        self.schema.fields().iter().map(move |field| (self.name(field, plain), field.data_type()))
    }

    fn name<'a>(&self, field: &'a Field, plain: &'a str) -> &'a str {
        if self.is_plain { plain } else { field.name() }
    }

    /// A row for each value. The error is the number of the first that cannot be read.
    pub(crate) fn batch(&self, values: &[&[u8]], plain: &str) -> Result<RecordBatch, usize> {
        let builder = ReaderBuilder::new().with_writer_schema_store(self.store.clone());
        let mut decoder = builder.with_batch_size(values.len().max(1)).build_decoder().map_err(|_| 0_usize)?;
        for (number, value) in values.iter().enumerate() {
            // What the decoder says of a value may show it.
            let read = decoder.decode(value).map_err(|_| number)?;
            if read < value.len() {
                return Err(number);
            }
        }
        let batch = decoder.flush().ok().flatten().filter(|batch| batch.num_rows() == values.len()).ok_or(0_usize)?;
        let columns = batch.schema_ref().fields().iter().zip(batch.columns());
        let columns =
            columns.map(|(field, column)| to_text(field, column)).collect::<Option<Vec<_>>>().ok_or(0_usize)?;
        let fields: Vec<Field> = self
            .schema
            .fields()
            .iter()
            .zip(&columns)
            .map(|(field, column)| Field::new(self.name(field, plain), column.data_type().clone(), true))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(values.len()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options).map_err(|_| 0)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn values_are_read_with_the_schema_that_they_name() {
        let text = r#"{"type":"record","name":"o","fields":[{"name":"id","type":"long"},
            {"name":"note","type":["null","string"],"default":null}]}"#;
        let messages = AvroMessages::new(7, text.to_owned()).unwrap();
        let first: &[u8] = &[0, 0, 0, 0, 7, 4, 2, 4, b'h', b'i'];
        let second: &[u8] = &[0, 0, 0, 0, 7, 6, 0];
        assert_eq!((schema_id(first), schema_id(b"{}")), (Some(7), None));
        let batch = messages.batch(&[first, second], "value").unwrap();
        assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[2, 3]);
        assert_eq!(batch.column(1).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("hi"), None]);
        let (cut, long): (&[u8], &[u8]) = (&first[..8], &[0, 0, 0, 0, 7, 6, 0, 9]);
        assert_eq!(messages.batch(&[second, cut], "value").unwrap_err(), 1);
        assert_eq!(messages.batch(&[long], "value").unwrap_err(), 0);
        assert!(AvroMessages::new(1, "{}".to_owned()).is_err());
    }

    #[test]
    fn values_that_are_no_records_are_one_column() {
        let messages = AvroMessages::new(3, "\"long\"".to_owned()).unwrap();
        let batch = messages.batch(&[&[0, 0, 0, 0, 3, 4], &[0, 0, 0, 0, 3, 6]], "id").unwrap();
        assert_eq!(batch.schema().field(0).name(), "id");
        assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[2, 3]);
    }
}

//! Floating-point numbers that JSON has no number for, as PostgreSQL's `to_json` writes them: `"NaN"`, `"Infinity"` and
//! `"-Infinity"`, which are texts. `null` is for NULL alone.

use std::sync::LazyLock;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, FieldRef, Float32Type, Float64Type};
use arrow::error::ArrowError;
use arrow_json::writer::{Encoder, EncoderFactory, EncoderOptions, NullableEncoder, make_encoder};

/// Makes encoders for columns, and lists within them, that hold such numbers; all others are left as they are.
#[derive(Debug)]
pub(super) struct JsonFloats;

static PLAIN: LazyLock<EncoderOptions> = LazyLock::new(EncoderOptions::default);

impl EncoderFactory for JsonFloats {
    fn make_default_encoder<'a>(
        &self,
        field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let words: Vec<Option<&str>> = match array.data_type() {
            DataType::Float32 => {
                array.as_primitive::<Float32Type>().values().iter().map(|v| word((*v).into())).collect()
            }
            DataType::Float64 => array.as_primitive::<Float64Type>().values().iter().map(|v| word(*v)).collect(),
            _ => return Ok(None),
        };
        if words.iter().all(Option::is_none) {
            return Ok(None);
        }
        let finite = make_encoder(field, array, &PLAIN)?;
        Ok(Some(NullableEncoder::new(Box::new(WithWords { finite, words }), array.nulls().cloned())))
    }
}

struct WithWords<'a> {
    finite: NullableEncoder<'a>,
    /// Of each value that is no finite number.
    words: Vec<Option<&'static str>>,
}

impl Encoder for WithWords<'_> {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        match self.words[index] {
            Some(word) => out.extend_from_slice(word.as_bytes()),
            None => self.finite.encode(index, out),
        }
    }
}

fn word(value: f64) -> Option<&'static str> {
    match value {
        value if value.is_finite() => None,
        value if value.is_nan() => Some("\"NaN\""),
        value if value > 0.0 => Some("\"Infinity\""),
        _ => Some("\"-Infinity\""),
    }
}

//! How fast each treatment is, on one core: bytes of the values that go in, by the second.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ade_privacy::{
    Bucket, Class, ColumnPolicy, Domain, Keyring, Kind, Mask, MaskPattern, Obfuscator, Origin, Policy, Redact,
    Treatment, Truncate, TruncateTo,
};
use arrow::array::{Array, ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Schema;
use serde_json::{Value, json};

use crate::made::{self, Dice};

const ROWS: usize = 16_384;
const BATCHES: usize = 24;

/// Each treatment of the values that it is made for.
pub(crate) fn measured(time: Duration) -> Result<Value, Box<dyn Error>> {
    let mut dice = Dice::new(23);
    let texts = |dice: &mut Dice, kind: Kind| batches(dice, |dice| made::value(kind, dice));
    let emails = texts(&mut dice, Kind::Email);
    let few: Vec<String> = (0..2_000).map(|_| made::value(Kind::Email, &mut dice)).collect();
    let repeated = batches(&mut dice, |dice| few[usize::try_from(dice.below(2_000)).unwrap_or(0)].clone());
    let notes = batches(&mut dice, |dice| {
        let harmless = "The parcel came on Monday, and the colour was another one than in the picture.".to_owned();
        match dice.below(10) {
            0 => format!("{harmless} Please write to {}.", made::value(Kind::Email, dice)),
            1 => format!("{harmless} Call {} after six.", made::value(Kind::Phone, dice)),
            _ => harmless,
        }
    });
    let addresses = texts(&mut dice, Kind::IpV4);
    let urls = texts(&mut dice, Kind::Url);
    let numbers = numbers(&mut dice);
    let days = days(&mut dice);
    let domain = || Domain::new("email");
    let mask = Mask { keep_first: 0, keep_last: 4, pattern: MaskPattern::Fixed };
    let cases: Vec<(&str, Treatment, &[ArrayRef])> = vec![
        ("e-mail addresses, all different", Treatment::Pseudonym { domain: domain()? }, &emails),
        ("e-mail addresses, 2,000 different", Treatment::Pseudonym { domain: domain()? }, &repeated),
        ("whole numbers, all different", Treatment::Pseudonym { domain: Domain::new("customer")? }, &numbers),
        ("e-mail addresses", Treatment::Encrypt { domain: domain()? }, &emails),
        ("e-mail addresses", Treatment::Mask(mask), &emails),
        ("days", Treatment::Truncate(Truncate::Time(TruncateTo::Month)), &days),
        ("IP addresses", Treatment::Truncate(Truncate::Network { v4_bits: 24, v6_bits: 48 }), &addresses),
        ("web addresses", Treatment::Truncate(Truncate::Origin), &urls),
        ("whole numbers", Treatment::Bucket(Bucket::width(10_000.0)?), &numbers),
        ("notes", Treatment::Redact(Redact { detect: false }), &notes),
        ("notes, one in five with an address or number", Treatment::Redact(Redact { detect: true }), &notes),
    ];
    let mut lines = Vec::new();
    for (of, treatment, batches) in cases {
        lines.push(one(of, &treatment, batches, time)?);
    }
    Ok(Value::Array(lines))
}

fn batches(dice: &mut Dice, mut value: impl FnMut(&mut Dice) -> String) -> Vec<ArrayRef> {
    let batch = |_| Arc::new(StringArray::from_iter_values((0..ROWS).map(|_| value(dice)))) as ArrayRef;
    (0..BATCHES).map(batch).collect()
}

fn numbers(dice: &mut Dice) -> Vec<ArrayRef> {
    let number = |dice: &mut Dice| i64::try_from(dice.below(1 << 40)).unwrap_or_default();
    (0..BATCHES).map(|_| Arc::new(Int64Array::from_iter_values((0..ROWS).map(|_| number(dice)))) as ArrayRef).collect()
}

fn days(dice: &mut Dice) -> Vec<ArrayRef> {
    let day = |dice: &mut Dice| i32::try_from(dice.below(30_000)).unwrap_or_default();
    (0..BATCHES).map(|_| Arc::new(Date32Array::from_iter_values((0..ROWS).map(|_| day(dice)))) as ArrayRef).collect()
}

/// Values of a batch, without offsets.
fn size(array: &ArrayRef) -> u64 {
    let text = array.as_any().downcast_ref::<StringArray>();
    let bytes = match text {
        Some(text) => text.values().len(),
        None => array.len() * array.data_type().primitive_width().unwrap_or(0),
    };
    bytes as u64
}

#[expect(clippy::cast_precision_loss, reason = "figures to three digits")]
fn one(of: &str, treatment: &Treatment, arrays: &[ArrayRef], time: Duration) -> Result<Value, Box<dyn Error>> {
    let schema =
        Arc::new(Schema::new(vec![arrow::datatypes::Field::new("value", arrays[0].data_type().clone(), true)]));
    let decided = ColumnPolicy {
        column: "value".to_owned(),
        class: Class::FreeText,
        treatment: treatment.clone(),
        origin: Origin::Column,
    };
    let policy = Policy::new(vec![decided]);
    let key = Keyring::generate([9; 32]);
    let batches: Vec<RecordBatch> = arrays
        .iter()
        .map(|array| RecordBatch::try_new(Arc::clone(&schema), vec![Arc::clone(array)]))
        .collect::<Result<_, _>>()?;
    let (mut rows, mut bytes) = (0_u64, 0_u64);
    let mut spent = Duration::ZERO;
    while spent < time {
        // What one remembers of earlier values must not help.
        let obfuscator = Obfuscator::new(&schema, &policy, &key)?;
        let started = Instant::now();
        for batch in &batches {
            std::hint::black_box(obfuscator.apply(batch)?);
        }
        spent += started.elapsed();
        rows += batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>();
        bytes += arrays.iter().map(size).sum::<u64>();
    }
    let seconds = spent.as_secs_f64();
    Ok(json!({
        "treatment": treatment.name(), "of": of, "gb_per_s": bytes as f64 / 1e9 / seconds,
        "million_rows_per_s": rows as f64 / 1e6 / seconds,
    }))
}

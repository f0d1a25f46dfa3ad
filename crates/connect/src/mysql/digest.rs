//! Whether rows are what they were, in any order.

use blake3::Hasher;
use mysql_async::{Row, Value};

use crate::PositionKey;

/// A keyed digest of a set of rows. Digests of the rows are added up, so their order does not matter; without the key,
/// nobody can find rows that add up to the same.
pub(crate) struct Digest<'a> {
    key: &'a PositionKey,
    sums: [u128; 2],
    rows: u64,
}

impl<'a> Digest<'a> {
    /// Of no rows yet.
    pub(crate) fn new(key: &'a PositionKey) -> Self {
        Self { key, sums: [0; 2], rows: 0 }
    }

    pub(crate) fn add(&mut self, row: &Row) {
        let mut hasher = self.key.hasher();
        for index in 0..row.len() {
            cell(&mut hasher, row.as_ref(index).unwrap_or(&Value::NULL));
        }
        let hash = *hasher.finalize().as_bytes();
        for (sum, half) in self.sums.iter_mut().zip(hash.chunks_exact(16)) {
            let half = half.try_into().map(u128::from_le_bytes).unwrap_or_default();
            *sum = sum.wrapping_add(half);
        }
        self.rows += 1;
    }

    /// The digest of all rows under the statement that gave them.
    pub(crate) fn finish(self, sql: &str) -> String {
        let mut hasher = self.key.hasher();
        let _ = hasher.update(sql.as_bytes()).update(&self.rows.to_le_bytes());
        for sum in self.sums {
            let _ = hasher.update(&sum.to_le_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// Kind and length go first, so that no two rows look alike.
fn cell(hasher: &mut Hasher, value: &Value) {
    let mut number = |kind: u8, bytes: &[u8]| {
        let _ = hasher.update(&[kind]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    };
    match value {
        Value::NULL => number(0, &[]),
        Value::Bytes(bytes) => number(1, bytes),
        Value::Int(value) => number(2, &value.to_le_bytes()),
        Value::UInt(value) => number(3, &value.to_le_bytes()),
        Value::Float(value) => number(4, &value.to_le_bytes()),
        Value::Double(value) => number(5, &value.to_le_bytes()),
        Value::Date(year, month, day, hour, minute, second, micros) => {
            number(6, &year.to_le_bytes());
            number(6, &[*month, *day, *hour, *minute, *second]);
            number(6, &micros.to_le_bytes());
        }
        Value::Time(negative, days, hours, minutes, seconds, micros) => {
            number(7, &[u8::from(*negative), *hours, *minutes, *seconds]);
            number(7, &days.to_le_bytes());
            number(7, &micros.to_le_bytes());
        }
    }
}

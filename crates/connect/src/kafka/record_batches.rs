//! The records that a fetch brings: batches, of which the last may be cut off, some only mark the end of a transaction, and some
//! belong to a transaction that was aborted.

use std::collections::BTreeSet;

use bytes::Bytes;
use kafka_protocol::messages::fetch_response::AbortedTransaction;
use kafka_protocol::records::{Record, RecordBatchDecoder};

use super::compression::decompressed;
use super::fetched::Fetched;
use super::message::Message;

/// Bytes before those that a batch's length counts.
const BEFORE_LENGTH: usize = 12;
/// Where the number stands that makes the last offset, from the first.
const LAST_OFFSET_DELTA: usize = 23;
/// Where the version of the format stands.
const MAGIC: usize = 16;

/// The messages from `from` on among the records of a partition. `aborted` are its aborted transactions, as a broker tells them:
/// by the producer and the offset with which each begins.
pub(crate) fn messages(
    mut records: Bytes,
    partition: i32,
    from: i64,
    aborted: &[AbortedTransaction],
) -> Result<Fetched, String> {
    let mut open = OpenTransactions::new(aborted);
    let mut fetched = Fetched { messages: Vec::new(), next: from };
    while let Some(mut batch) = next_batch(&mut records)? {
        let last = last_offset(&batch);
        let decoded = RecordBatchDecoder::decode_with_custom_compression(
            &mut batch,
            Some(|bytes: &mut Bytes, compression| Ok(decompressed(bytes, compression)?)),
        );
        let set = decoded.map_err(|_| format!("a batch of records before offset {} is broken", last + 1))?;
        for record in set.records {
            // A broker may begin before what was asked for, and one (tansu) sends a batch twice.
            if open.leaves_out(&record) || record.offset < fetched.next {
                continue;
            }
            fetched.messages.push(Message {
                partition,
                offset: record.offset,
                timestamp_ms: record.timestamp,
                key: record.key,
                value: record.value,
                headers: record.headers.into_iter().map(|(name, value)| (name.to_string(), value)).collect(),
            });
        }
        fetched.next = fetched.next.max(last + 1);
    }
    Ok(fetched)
}

/// The next batch that is whole.
fn next_batch(records: &mut Bytes) -> Result<Option<Bytes>, String> {
    let Some(length) = records.get(BEFORE_LENGTH - 4..BEFORE_LENGTH).and_then(|bytes| bytes.try_into().ok()) else {
        return Ok(None);
    };
    let length =
        usize::try_from(i32::from_be_bytes(length)).map_err(|_| "a batch of records has no length".to_owned())?;
    let end = BEFORE_LENGTH + length;
    if records.len() < end {
        return Ok(None);
    }
    let batch = records.split_to(end);
    match batch.get(MAGIC) {
        Some(2) if batch.len() > LAST_OFFSET_DELTA + 4 => Ok(Some(batch)),
        Some(0 | 1) => Err("its messages are of the format before Kafka 0.11: have the topic written anew".to_owned()),
        _ => Err("a batch of records is of a format that is not known".to_owned()),
    }
}

fn last_offset(batch: &[u8]) -> i64 {
    let first = batch.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
    let delta = batch.get(LAST_OFFSET_DELTA..LAST_OFFSET_DELTA + 4).and_then(|bytes| bytes.try_into().ok());
    first + i64::from(delta.map_or(0, i32::from_be_bytes))
}

/// Which producers are within a transaction that was aborted, at the record that is looked at.
struct OpenTransactions<'a> {
    /// By the offset with which each begins.
    coming: Vec<&'a AbortedTransaction>,
    producers: BTreeSet<i64>,
}

impl<'a> OpenTransactions<'a> {
    fn new(aborted: &'a [AbortedTransaction]) -> Self {
        let mut coming: Vec<&AbortedTransaction> = aborted.iter().collect();
        // The next one is taken from the end.
        coming.sort_by_key(|transaction| std::cmp::Reverse(transaction.first_offset));
        Self { coming, producers: BTreeSet::new() }
    }

    /// Whether a record is none of the topic's messages: a mark, or aborted. Records come in the order of their offsets.
    fn leaves_out(&mut self, record: &Record) -> bool {
        while let Some(transaction) = self.coming.pop_if(|transaction| transaction.first_offset <= record.offset) {
            let _ = self.producers.insert(transaction.producer_id.0);
        }
        if record.control {
            // A mark of either kind ends what its producer had begun; of an aborted transaction it is the mark that says so.
            if is_abort(record) {
                let _ = self.producers.remove(&record.producer_id);
            }
            return true;
        }
        record.transactional && self.producers.contains(&record.producer_id)
    }
}

/// The key of a mark is its version and its kind: 0 aborts, 1 commits.
fn is_abort(record: &Record) -> bool {
    record.key.as_ref().and_then(|key| key.get(2..4)).is_some_and(|kind| kind == [0, 0])
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use kafka_protocol::indexmap::IndexMap;
    use kafka_protocol::messages::ProducerId;
    use kafka_protocol::records::{Compression, RecordBatchEncoder, RecordEncodeOptions, TimestampType};

    use super::*;

    fn record(offset: i64, producer_id: i64, text: &str) -> Record {
        Record {
            transactional: producer_id >= 0,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: 0,
            producer_id,
            producer_epoch: 0,
            timestamp_type: TimestampType::Creation,
            offset,
            sequence: 0,
            timestamp: 1_700_000_000_000,
            key: None,
            value: Some(Bytes::copy_from_slice(text.as_bytes())),
            headers: IndexMap::new(),
        }
    }

    fn mark(offset: i64, producer_id: i64, commits: bool) -> Record {
        let key = Bytes::copy_from_slice(&[0, 0, 0, u8::from(commits)]);
        Record { control: true, key: Some(key), value: None, ..record(offset, producer_id, "") }
    }

    /// Each record as a batch of its own: batches are of one producer.
    fn encoded(records: &[Record], compression: Compression) -> Bytes {
        let mut buffer = BytesMut::new();
        for record in records {
            let options = RecordEncodeOptions { version: 2, compression };
            RecordBatchEncoder::encode_with_custom_compression(
                &mut buffer,
                [record],
                &options,
                Some(|from: &mut BytesMut, to: &mut BytesMut, _| {
                    to.extend_from_slice(from);
                    Ok(())
                }),
            )
            .unwrap();
        }
        buffer.freeze()
    }

    fn texts(fetched: &Fetched) -> Vec<&str> {
        fetched.messages.iter().map(|message| std::str::from_utf8(message.value.as_ref().unwrap()).unwrap()).collect()
    }

    #[test]
    fn what_was_aborted_is_left_out_and_nothing_else() {
        let records = [
            record(0, 7, "committed before"),
            mark(1, 7, true),
            record(2, 7, "aborted"),
            record(3, 8, "of another"),
            record(4, -1, "of none"),
            mark(5, 7, false),
            record(6, 7, "committed behind"),
            mark(7, 7, true),
            mark(8, 8, true),
        ];
        let aborted = [AbortedTransaction::default().with_producer_id(ProducerId(7)).with_first_offset(2)];
        let fetched = messages(encoded(&records, Compression::None), 0, 0, &aborted).unwrap();
        assert_eq!(texts(&fetched), ["committed before", "of another", "of none", "committed behind"]);
        assert_eq!(fetched.next, 9, "marks are behind us, too");
    }

    #[test]
    fn a_batch_that_is_cut_off_comes_again() {
        let all = encoded(&[record(3, -1, "a"), record(4, -1, "b")], Compression::None);
        let fetched = messages(all.slice(..all.len() - 1), 0, 0, &[]).unwrap();
        assert_eq!((texts(&fetched), fetched.next), (vec!["a"], 4));
        let fetched = messages(all.clone(), 0, 4, &[]).unwrap();
        assert_eq!((texts(&fetched), fetched.next), (vec!["b"], 5), "what is before the wish is left out");
        let fetched = messages(all.slice(..5), 0, 3, &[]).unwrap();
        assert_eq!((fetched.messages.len(), fetched.next), (0, 3));
    }

    #[test]
    fn a_batch_that_comes_twice_counts_once() {
        let one = encoded(&[record(3, -1, "a"), record(4, -1, "b")], Compression::None);
        let twice: Bytes = [one.as_ref(), one.as_ref()].concat().into();
        let fetched = messages(twice, 0, 1, &[]).unwrap();
        assert_eq!((texts(&fetched), fetched.next), (vec!["a", "b"], 5));
    }

    #[test]
    fn bytes_that_changed_on_the_way_are_noticed() {
        let mut bytes = encoded(&[record(0, -1, "abc")], Compression::None).to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        *bytes.get_mut(65).unwrap() ^= 1;
        assert!(messages(bytes.into(), 0, 0, &[]).unwrap_err().contains("broken"));
    }
}

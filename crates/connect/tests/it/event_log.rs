//! The log of events: what was appended is read again, whatever happens to the program in between.
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use ade_connect::{
    EventLog, EventLogKey, EventLogOptions, EventLogWriter, EventRecord, LogPlace, LogRound, read_round,
};

const SMALL: EventLogOptions = EventLogOptions { segment_bytes: 2_000, remembered: 1_000 };

fn log(folder: &Path) -> EventLog {
    EventLog::new(folder.join("log"), EventLogKey::new([7; 64]))
}

fn open(log: &EventLog) -> EventLogWriter {
    EventLogWriter::open(log.clone(), log.lock().unwrap().expect("nobody else writes"), SMALL).unwrap()
}

fn record(log: &EventLog, id: u32) -> EventRecord {
    let message_id = format!("message-{id}");
    EventRecord {
        source: "web".to_owned(),
        received_at: i64::from(id),
        sent_at: id.is_multiple_of(2).then_some(5),
        digest: log.key().digest("web", &message_id),
        is_duplicate: false,
        is_too_long: id.is_multiple_of(7),
        body: format!("{{\"messageId\":\"{message_id}\",\"pad\":\"{}\"}}", "x".repeat(id as usize % 97)).into_bytes(),
    }
}

fn all(log: &EventLog) -> LogRound {
    read_round(log, LogPlace::default(), None, u64::MAX).unwrap()
}

fn times(round: &LogRound) -> Vec<i64> {
    round.records.iter().map(|(_, record)| record.received_at).collect()
}

fn files(log: &EventLog, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(log.folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    found.sort();
    found
}

#[test]
fn what_is_appended_is_read_in_order_over_segments_and_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let mut writer = open(&log);
    for id in 0..60 {
        let mut block: Vec<_> = (id * 3..id * 3 + 3).map(|id| record(&log, id)).collect();
        assert_eq!(writer.append(&mut block).unwrap(), 0);
    }
    assert!(files(&log, "log").len() > 3, "several segments");
    let whole = all(&log);
    assert_eq!(times(&whole), (0..180).collect::<Vec<_>>());
    assert_eq!(whole.records[7].1, record(&log, 7));
    assert_eq!(whole.end, writer.end());
    let (mut from, mut pieces) = (LogPlace::default(), Vec::new());
    loop {
        let round = read_round(&log, from, None, 500).unwrap();
        pieces.extend(times(&round));
        from = round.end;
        if !round.has_more {
            break;
        }
    }
    assert_eq!(pieces, (0..180).collect::<Vec<_>>());
    // As far as a place, too.
    let middle = whole.records[88].0;
    let first = read_round(&log, LogPlace::default(), Some(middle), u64::MAX).unwrap();
    assert_eq!((first.end, first.records.len()), (middle, 90));
    assert_eq!(log.bytes_after(whole.end).unwrap(), 0);
    assert!(log.bytes_after(middle).unwrap() > 0);
}

#[test]
fn nothing_in_its_files_can_be_read_without_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let mut writer = open(&log);
    let mut block: Vec<_> = (0..200).map(|id| record(&log, id)).collect();
    writer.append(&mut block).unwrap();
    for path in [files(&log, "log"), files(&log, "ids")].concat() {
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"message" || window == b"xxxxxxx"), "{}", path.display());
    }
    let other = EventLog::new(log.folder(), EventLogKey::new([8; 64]));
    assert_eq!(all(&other).records.len(), 0);
    drop(writer);
    let error = EventLogWriter::open(other.clone(), other.lock().unwrap().unwrap(), SMALL).unwrap_err();
    assert!(error.to_string().contains("written with another key"), "{error}");
    assert_eq!(all(&log).records.len(), 200, "it was not touched");
}

#[test]
fn a_torn_end_is_cut_off_and_everything_before_it_stays() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    for torn in [&b"\x05"[..], b"\xff\x00\x00\x00 not so long", &[0; 3]] {
        let before = all_or_none(&log);
        let mut writer = open(&log);
        let number = u32::try_from(before.len()).unwrap();
        writer.append(&mut [record(&log, number)]).unwrap();
        drop(writer);
        let newest = files(&log, "log").pop().unwrap();
        OpenOptions::new().append(true).open(newest).unwrap().write_all(torn).unwrap();
        assert_eq!(times(&all(&log)).len(), before.len() + 1, "a reader stops before it");
    }
    let mut writer = open(&log);
    writer.append(&mut [record(&log, 3)]).unwrap();
    assert_eq!(times(&all(&log)), [0, 1, 2, 3]);
}

fn all_or_none(log: &EventLog) -> Vec<i64> {
    if log.folder().exists() { times(&all(log)) } else { Vec::new() }
}

#[test]
fn damage_in_the_middle_is_told_and_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let mut writer = open(&log);
    for id in 0..60 {
        writer.append(&mut [record(&log, id)]).unwrap();
    }
    let first = files(&log, "log").remove(0);
    let mut bytes = fs::read(&first).unwrap();
    let place = bytes.len() / 2;
    bytes[place] ^= 1;
    fs::write(&first, bytes).unwrap();
    let error = read_round(&log, LogPlace::default(), None, u64::MAX).unwrap_err();
    assert!(error.to_string().contains("cannot be read behind byte"), "{error}");
}

#[test]
fn messages_that_are_sent_again_are_known_also_after_a_restart_and_after_they_landed() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let mut writer = open(&log);
    let mut twice = [record(&log, 1), record(&log, 2), record(&log, 1)];
    assert_eq!(writer.append(&mut twice).unwrap(), 1);
    assert_eq!(twice.map(|record| record.is_duplicate), [false, false, true]);
    assert_eq!(writer.append(&mut [record(&log, 2)]).unwrap(), 1);
    drop(writer);
    let mut writer = open(&log);
    assert_eq!(writer.append(&mut [record(&log, 2), record(&log, 3)]).unwrap(), 1);
    // All of it has landed: the segments go, and what was in them is known.
    assert_eq!(log.forget(writer.end()).unwrap(), 1);
    assert_eq!(files(&log, "log").len(), 1);
    drop(writer);
    let mut writer = open(&log);
    assert_eq!(writer.append(&mut [record(&log, 1), record(&log, 3), record(&log, 4)]).unwrap(), 2);
    let duplicates = all(&log).records.iter().filter(|(_, record)| record.is_duplicate).count();
    assert_eq!(duplicates, 3, "they are counted, in the segments that are left");
}

#[test]
fn places_are_never_given_twice() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let mut last = LogPlace::default();
    for id in 0..5 {
        let mut writer = open(&log);
        writer.append(&mut [record(&log, id)]).unwrap();
        assert!(writer.end() > last);
        last = writer.end();
        assert!(log.lock().unwrap().is_none(), "one program writes");
        log.forget(last).unwrap();
    }
    assert_eq!(all(&log).end, last);
}

//! The changes of one table, folded: for each key what is true after all of them.
//!
//! Only the last state of a row matters to a lake that is brought up to date, but a row may leave out values that did not
//! change. They are taken from the state before, as long as that is known here; what is still missing at the end is in the
//! row that the lake has, under the key that the row had there.

use std::ops::Range;

use chrono::DateTime;
use indexmap::IndexMap;
use indexmap::map::Entry;

use super::cell::{Cell, Row};
use super::row_key::RowKey;
use crate::Note;

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// There is a row. Values that it leaves out are those of the row that was there before all of these changes, under
    /// the key `before` (`None`: under the same key).
    Row {
        /// Its values.
        row: Row,
        /// The key it had before, if another.
        before: Option<RowKey>,
    },
    /// There is none.
    Gone,
}

/// A change that cannot be understood: which of its parts is missing, in words that continue “a change …”.
pub(crate) type Misfit = &'static str;

/// That a table was emptied at once.
#[derive(Debug, Clone, Copy)]
struct Truncation {
    /// When that was committed, in microseconds since 1970 in UTC, if the source says it.
    at_us: Option<i64>,
}

/// The changes of one table since some moment.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Places of the key among the columns.
    key: Vec<usize>,
    fates: IndexMap<RowKey, (Fate, Option<i64>)>,
    /// When what comes next was committed.
    now_us: Option<i64>,
    /// Everything that was there before is gone.
    truncated: Option<Truncation>,
    size_bytes: usize,
}

impl Changes {
    /// No changes of a table whose key columns are at `key`.
    pub(crate) fn new(key: Vec<usize>) -> Self {
        Self { key, ..Self::default() }
    }

    /// What became of each key, in the order in which they were first met.
    pub(crate) fn fates(&self) -> impl ExactSizeIterator<Item = (&RowKey, &Fate)> {
        self.fates.iter().map(|(key, (fate, _))| (key, fate))
    }

    /// Some of them, by their places in that order.
    pub(crate) fn fates_in(&self, places: Range<usize>) -> impl ExactSizeIterator<Item = (&RowKey, &Fate)> {
        let fates = self.fates.get_range(places).map(indexmap::map::Slice::iter).unwrap_or_default();
        fates.map(|(key, (fate, _))| (key, fate))
    }

    /// When they became so: microseconds since 1970 in UTC by the source's clock, `None` where the source does not say.
    /// Nothing is decided by it.
    pub(crate) fn times_in(&self, places: Range<usize>) -> impl ExactSizeIterator<Item = Option<i64>> {
        let fates = self.fates.get_range(places).map(indexmap::map::Slice::values).unwrap_or_default();
        fates.map(|(_, time_us)| *time_us)
    }

    /// The changes that are taken from here on were committed then, as [`Self::times_in`] tells it.
    pub(crate) fn committed_at(&mut self, time_us: Option<i64>) {
        self.now_us = time_us;
    }

    /// Whether the table was emptied on the way: only the rows here are left.
    pub(crate) fn is_truncated(&self) -> bool {
        self.truncated.is_some()
    }

    /// What a person should know of the table's changes. `from` is its name in the source.
    pub(crate) fn notes(&self, from: &str) -> Option<Note> {
        let time = self.truncated?.at_us.and_then(DateTime::from_timestamp_micros);
        let time = time.map(|time| time.format(" at %Y-%m-%d %H:%M:%S UTC by the source's clock").to_string());
        let time = time.unwrap_or_default();
        Some(Note { id: Note::EMPTIED, message: format!("`{from}` was emptied in the source{time} (truncate)") })
    }

    /// Whether nothing happened.
    pub(crate) fn is_empty(&self) -> bool {
        self.fates.is_empty() && self.truncated.is_none()
    }

    /// Memory held, about.
    pub(crate) fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// A new row.
    pub(crate) fn insert(&mut self, row: Row) -> Result<(), Misfit> {
        let key = RowKey::of(&row, &self.key).ok_or("has a row without a key")?;
        self.put(key, Fate::Row { row, before: None });
        Ok(())
    }

    /// A row that takes the place of another. `old` holds what the source sent of that: its key where the key changed, all
    /// of it where the table's replica identity is `FULL`.
    pub(crate) fn update(&mut self, old: Option<&[Cell]>, mut row: Row) -> Result<(), Misfit> {
        if let Some(old) = old {
            for (value, old) in row.iter_mut().zip(old) {
                if *value == Cell::Unchanged && matches!(old, Cell::Text(_)) {
                    *value = old.clone();
                }
            }
        }
        let key = RowKey::of(&row, &self.key).ok_or("has a row without a key")?;
        let old_key = old.and_then(|old| RowKey::of(old, &self.key)).unwrap_or_else(|| key.clone());
        let mut before = (old_key != key).then(|| old_key.clone());
        if row.contains(&Cell::Unchanged) {
            if let Some((Fate::Row { row: known, before: known_before }, _)) = self.fates.get(&old_key) {
                for (value, known) in row.iter_mut().zip(known) {
                    if *value == Cell::Unchanged {
                        *value = known.clone();
                    }
                }
                before = known_before.clone().or(before);
            } else if self.truncated.is_some() {
                return Err("updates a row that was emptied away");
            }
        }
        if !row.contains(&Cell::Unchanged) || before.as_ref() == Some(&key) {
            before = None;
        }
        if old_key != key {
            self.remove(old_key);
        }
        self.put(key, Fate::Row { row, before });
        Ok(())
    }

    /// A row that is no more, by its key or by all of its values.
    pub(crate) fn delete(&mut self, old: &[Cell]) -> Result<(), Misfit> {
        let key = RowKey::of(old, &self.key).ok_or("deletes a row without saying its key")?;
        self.remove(key);
        Ok(())
    }

    /// All rows are gone.
    pub(crate) fn truncate(&mut self) {
        self.fates.clear();
        self.size_bytes = 0;
        self.truncated = Some(Truncation { at_us: self.now_us });
    }

    /// The table has other columns from here on: for each of them the place that it had, if it was there. What was not
    /// there is NULL in the rows so far.
    pub(crate) fn reshape(&mut self, places: &[Option<usize>], key: Vec<usize>) {
        self.key = key;
        self.size_bytes = 0;
        for (at, (fate, _)) in &mut self.fates {
            if let Fate::Row { row, .. } = fate {
                let cell =
                    |place: &Option<usize>| place.and_then(|place| row.get(place)).cloned().unwrap_or(Cell::Null);
                let reshaped: Row = places.iter().map(cell).collect();
                *row = reshaped;
            }
            self.size_bytes += at.size_bytes() + size_bytes(fate);
        }
    }

    fn remove(&mut self, key: RowKey) {
        if self.truncated.is_some() {
            if let Some((fate, _)) = self.fates.swap_remove(&key) {
                self.size_bytes -= key.size_bytes() + size_bytes(&fate);
            }
        } else {
            self.put(key, Fate::Gone);
        }
    }

    fn put(&mut self, key: RowKey, fate: Fate) {
        self.size_bytes += size_bytes(&fate);
        match self.fates.entry(key) {
            Entry::Occupied(mut entry) => self.size_bytes -= size_bytes(&entry.insert((fate, self.now_us)).0),
            Entry::Vacant(entry) => {
                self.size_bytes += entry.key().size_bytes();
                entry.insert((fate, self.now_us));
            }
        }
    }
}

fn size_bytes(fate: &Fate) -> usize {
    size_of::<(Fate, Option<i64>)>()
        + match fate {
            Fate::Row { row, before } => {
                row.iter().map(Cell::size_bytes).sum::<usize>() + before.as_ref().map_or(0, RowKey::size_bytes)
            }
            Fate::Gone => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-` is NULL, `?` was not sent.
    fn row(text: &str) -> Row {
        let cell = |word: &str| match word {
            "-" => Cell::Null,
            "?" => Cell::Unchanged,
            text => Cell::Text(text.as_bytes().into()),
        };
        text.split(' ').map(cell).collect()
    }

    fn shown(changes: &Changes) -> Vec<String> {
        let show = |row: &Row| {
            let cells = row.iter().map(|cell| match cell {
                Cell::Null => "-".to_owned(),
                Cell::Unchanged => "?".to_owned(),
                Cell::Text(text) => String::from_utf8_lossy(text).into_owned(),
            });
            cells.collect::<Vec<_>>().join(" ")
        };
        let key = |key: &RowKey| String::from_utf8_lossy(&key.values().join(&b' ')).into_owned();
        let fates = changes.fates().map(|(at, fate)| match fate {
            Fate::Gone => format!("{}: gone", key(at)),
            Fate::Row { row, before: None } => format!("{}: {}", key(at), show(row)),
            Fate::Row { row, before: Some(before) } => format!("{}: {} was {}", key(at), show(row), key(before)),
        });
        fates.collect()
    }

    #[test]
    fn the_last_state_of_a_key_counts() {
        let mut changes = Changes::new(vec![0]);
        changes.insert(row("1 a x")).unwrap();
        changes.update(None, row("1 b x")).unwrap();
        changes.insert(row("2 a -")).unwrap();
        changes.delete(&row("2 - -")).unwrap();
        changes.insert(row("2 c y")).unwrap();
        changes.delete(&row("3 - -")).unwrap();
        assert_eq!(shown(&changes), ["1: 1 b x", "2: 2 c y", "3: gone"]);
    }

    #[test]
    fn values_that_were_not_sent_come_from_the_state_before() {
        let mut changes = Changes::new(vec![0]);
        changes.update(None, row("1 a ?")).unwrap();
        changes.update(None, row("1 b ?")).unwrap();
        changes.update(None, row("2 a large")).unwrap();
        changes.update(None, row("2 b ?")).unwrap();
        // Replica identity full: the source sends what it was.
        changes.update(Some(&row("3 a large")), row("3 b ?")).unwrap();
        assert_eq!(shown(&changes), ["1: 1 b ?", "2: 2 b large", "3: 3 b large"]);
    }

    #[test]
    fn a_changed_key_takes_its_values_along() {
        let mut changes = Changes::new(vec![0]);
        changes.update(Some(&row("1 - -")), row("2 a ?")).unwrap();
        changes.update(Some(&row("2 - -")), row("3 b ?")).unwrap();
        changes.insert(row("1 new row")).unwrap();
        assert_eq!(shown(&changes), ["1: 1 new row", "2: gone", "3: 3 b ? was 1"]);
        // Back again: the row of the lake is under its own key.
        let mut changes = Changes::new(vec![0]);
        changes.update(Some(&row("1 - -")), row("2 a ?")).unwrap();
        changes.update(Some(&row("2 - -")), row("1 b ?")).unwrap();
        assert_eq!(shown(&changes), ["1: 1 b ?", "2: gone"]);
        // Two rows change places.
        let mut changes = Changes::new(vec![0]);
        changes.update(Some(&row("1 - -")), row("9 a ?")).unwrap();
        changes.update(Some(&row("2 - -")), row("1 b ?")).unwrap();
        changes.update(Some(&row("9 - -")), row("2 a ?")).unwrap();
        assert_eq!(shown(&changes), ["1: 1 b ? was 2", "9: gone", "2: 2 a ? was 1"]);
    }

    #[test]
    fn after_a_truncation_only_what_came_later_is_left() {
        let mut changes = Changes::new(vec![0]);
        changes.insert(row("1 a x")).unwrap();
        changes.truncate();
        changes.insert(row("2 b y")).unwrap();
        changes.insert(row("3 c z")).unwrap();
        changes.delete(&row("3 - -")).unwrap();
        assert!(changes.is_truncated());
        assert_eq!(shown(&changes), ["2: 2 b y"]);
        assert!(changes.update(None, row("7 b ?")).is_err());
    }

    #[test]
    fn keys_of_several_columns_do_not_run_together() {
        let mut changes = Changes::new(vec![0, 1]);
        changes.insert(row("a bc 1")).unwrap();
        changes.insert(row("ab c 2")).unwrap();
        assert_eq!(changes.fates().len(), 2);
        assert!(changes.insert(row("- c 2")).is_err());
        assert!(changes.delete(&row("a ? -")).is_err());
    }

    #[test]
    fn rows_follow_the_columns_of_their_table() {
        let mut changes = Changes::new(vec![0]);
        changes.insert(row("1 a x")).unwrap();
        changes.update(None, row("2 ? y")).unwrap();
        // The last column went, one came before the first.
        changes.reshape(&[None, Some(0), Some(1)], vec![1]);
        changes.insert(row("new 3 c")).unwrap();
        changes.update(None, row("new 1 b")).unwrap();
        assert_eq!(shown(&changes), ["1: new 1 b", "2: - 2 ?", "3: new 3 c"]);
    }

    #[test]
    fn the_time_of_a_row_is_that_of_its_last_change() {
        let mut changes = Changes::new(vec![0]);
        changes.insert(row("1 a")).unwrap();
        changes.committed_at(Some(20));
        changes.insert(row("2 a")).unwrap();
        changes.insert(row("3 a")).unwrap();
        // A clock that was put back says less, and the change counts all the same.
        changes.committed_at(Some(10));
        changes.update(None, row("2 b")).unwrap();
        changes.delete(&row("3 -")).unwrap();
        assert_eq!(changes.times_in(0..3).collect::<Vec<_>>(), [None, Some(10), Some(10)]);
        assert_eq!(shown(&changes), ["1: 1 a", "2: 2 b", "3: gone"]);
    }

    #[test]
    fn a_truncation_is_told_with_its_time_where_the_source_says_it() {
        let mut changes = Changes::new(vec![0]);
        changes.insert(row("1 a")).unwrap();
        assert_eq!(changes.notes("t"), None);
        changes.truncate();
        let said = |changes: &Changes| changes.notes("t").unwrap().message;
        assert_eq!(said(&changes), "`t` was emptied in the source (truncate)");
        changes.committed_at(Some(1_700_000_000_000_000));
        changes.truncate();
        let when = "at 2023-11-14 22:13:20 UTC by the source's clock";
        assert_eq!(said(&changes), format!("`t` was emptied in the source {when} (truncate)"));
        changes.committed_at(Some(1_700_000_001_000_000));
        changes.insert(row("2 b")).unwrap();
        assert!(said(&changes).contains(when), "what comes later was committed later");
        assert_eq!(changes.times_in(0..1).collect::<Vec<_>>(), [Some(1_700_000_001_000_000)]);
    }

    #[test]
    fn memory_is_accounted_for_as_rows_come_and_go() {
        let mut changes = Changes::new(vec![0]);
        changes.insert(row("1 some text")).unwrap();
        let one = changes.size_bytes();
        changes.insert(row("1 some text")).unwrap();
        assert_eq!(changes.size_bytes(), one);
        changes.insert(row("2 some text")).unwrap();
        assert_eq!(changes.size_bytes(), 2 * one);
        changes.truncate();
        assert_eq!(changes.size_bytes(), 0);
        changes.insert(row("1 some text")).unwrap();
        changes.delete(&row("1 - -")).unwrap();
        assert_eq!(changes.size_bytes(), 0);
    }
}

//! What tables and a sample of their rows tell, whatever kind of source they are in.

mod change_log;
mod column_values;
mod wholes;

use arrow::datatypes::{DataType, TimeUnit};
use arrow::record_batch::RecordBatch;

use super::column_role::{ColumnRole, role_of};
use super::json_shape::JsonShape;
use super::{Checklist, Finding, RowCounts, RowPredicate, Topic, listed, shortened};
use crate::{ColumnInfo, RowCount, TableInfo, TableKind};
use column_values::{ColumnValues, texts};
use wholes::Wholes;

/// Adds to a checklist what tables look like, one after the other, and at the end what is to be asked about all of them.
pub struct Survey<'a> {
    checklist: Checklist,
    tables: &'a [TableInfo],
    /// Whether people work in it all day, so that the whole list is worth asking; of a file or an SQLite database only what stands
    /// out is told.
    is_server: bool,
    wholes: Wholes,
}

impl<'a> Survey<'a> {
    /// Of these tables; `catalog` is what the server's catalog says, `None` where there is no server.
    pub fn new(tables: &'a [TableInfo], catalog: Option<Checklist>) -> Self {
        let is_server = catalog.is_some();
        Self { checklist: catalog.unwrap_or_default(), tables, is_server, wholes: Wholes::default() }
    }

    /// Looks at one table. `counts` are those of [`RowPredicate::of_table`]; without them, they are counted in the sample.
    pub fn look_at(&mut self, table: &TableInfo, sample: Option<&RecordBatch>, counts: Option<&RowCounts>) {
        if self.is_server {
            self.keys(table);
            self.times(table, sample);
            self.lookup(table);
            self.comments(table);
        }
        if let Some((answer, evidence)) = change_log::recognise(table) {
            self.checklist.found(Topic::ChangeLog, &table.from, answer, evidence);
            self.wholes.change_logs.push(table.from.clone());
        }
        for column in &table.columns {
            self.naive_time(table, column);
            if let Some(array) = sample.and_then(|sample| sample.column_by_name(&column.name)) {
                let is_document = self.document(table, column, &texts(array));
                if self.is_server && !is_document {
                    self.enumeration(table, column, &ColumnValues::of(array));
                }
            }
        }
        self.predicates(table, sample, counts);
        self.loaded_at_once(table, sample);
    }

    /// The checklist, with its questions at the end and its findings by topic.
    pub fn finish(mut self) -> Checklist {
        if self.is_server {
            self.wholes.ask(&mut self.checklist, self.tables);
        }
        self.checklist.findings.sort_by_key(|finding| (finding.topic, finding.object.is_some()));
        self.checklist.questions.sort_by_key(|question| question.topic);
        self.checklist.statements.sort_by_key(|statement| statement.topic);
        self.checklist
    }

    fn keys(&mut self, table: &TableInfo) {
        if table.kind == TableKind::Table && table.primary_key.is_empty() {
            match table.unique_keys.first() {
                Some(unique) => self.checklist.found(
                    Topic::Keys,
                    &table.from,
                    format!("no primary key; ({}) is unique, where it is not NULL", unique.join(", ")),
                    "catalog",
                ),
                None => self.wholes.keyless.push(table.from.clone()),
            }
        }
    }

    fn times(&mut self, table: &TableInfo, sample: Option<&RecordBatch>) {
        let of = |role| table.columns.iter().find(|column| role_of(column) == Some(role));
        let indexed =
            |column: &ColumnInfo| if table.indexed.contains(&column.name) { "indexed" } else { "not indexed" };
        let nullable = |column: &ColumnInfo| if column.nullable { ", may be NULL" } else { "" };
        let created = of(ColumnRole::Created);
        match created {
            Some(column) => self.checklist.found(
                Topic::Created,
                &table.from,
                format!("`{}`, {}{}", column.name, indexed(column), nullable(column)),
                "its name and type",
            ),
            None => self.wholes.without_created.extend((table.kind == TableKind::Table).then(|| table.from.clone())),
        }
        let by_server = table.cursors.first().filter(|cursor| cursor.reason.starts_with("the server sets it"));
        let updated = by_server.and_then(|cursor| table.columns.iter().find(|column| column.name == cursor.column));
        let Some(updated) = updated.or_else(|| of(ColumnRole::Updated)) else {
            self.wholes.without_updated.extend((table.kind == TableKind::Table).then(|| table.from.clone()));
            return;
        };
        let answer = format!("`{}`, {}{}", updated.name, indexed(updated), nullable(updated));
        let evidence = if by_server.is_some() { "the server sets it with every change" } else { "its name and type" };
        self.checklist.found(Topic::Updated, &table.from, answer, evidence);
        if by_server.is_none() {
            self.wholes.updated_by_others.push(format!("{}.{}", table.from, updated.name));
        }
        if let (Some(created), Some(sample)) = (created, sample)
            && are_always_equal(sample, &created.name, &updated.name)
        {
            self.wholes.never_updated.push(table.from.clone());
        }
    }

    fn naive_time(&mut self, table: &TableInfo, column: &ColumnInfo) {
        let is_naive =
            matches!(column.data_type, DataType::Timestamp(TimeUnit::Microsecond | TimeUnit::Nanosecond, None));
        if is_naive && self.is_server {
            self.wholes.naive.entry(table.from.clone()).or_default().push(column.name.clone());
        }
    }

    /// Whether the column holds documents; then their shape is told.
    fn document(&mut self, table: &TableInfo, column: &ColumnInfo, texts: &[Option<String>]) -> bool {
        // Everything in a file of JSON is JSON; what is told here are documents within it.
        let is_of_server = matches!(table.kind, TableKind::Table | TableKind::View);
        let is_declared = is_of_server && column.source_type.to_ascii_lowercase().starts_with("json");
        let could_be =
            is_declared || texts.iter().flatten().take(3).all(|text| text.trim_start().starts_with(['{', '[']));
        if !could_be || column.data_type.is_nested() {
            return false;
        }
        let mut shape = JsonShape::default();
        texts.iter().flatten().for_each(|text| shape.add(text));
        if !is_declared && !shape.is_documents() {
            return false;
        }
        let documents = shape.documents();
        let evidence = format!("{documents} documents of a sample");
        let answer = if documents == 0 { "no document to look at".to_owned() } else { shape.describe() };
        self.checklist.found(Topic::Json, format!("{}.{}", table.from, column.name), answer, evidence);
        self.wholes.documents += 1;
        true
    }

    fn enumeration(&mut self, table: &TableInfo, column: &ColumnInfo, values: &ColumnValues) {
        let object = format!("{}.{}", table.from, column.name);
        let declared = column.source_type.to_ascii_lowercase();
        if declared.starts_with("enum(") || declared.starts_with("set(") {
            // The labels are the type's.
            self.checklist.found(Topic::Enumeration, object, shortened(&column.source_type, 100), "its type");
            return;
        }
        let is_text = matches!(column.data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let is_key = table.primary_key.contains(&column.name)
            || table.unique_keys.iter().any(|key| *key == [column.name.clone()]);
        let is_known =
            self.checklist.findings.iter().any(|finding| {
                finding.topic == Topic::Enumeration && finding.object.as_deref() == Some(object.as_str())
            });
        if is_text && !is_key && !is_known && values.repeat() {
            let answer = format!("{} different values", values.different);
            let evidence = format!("{} rows of a sample; nothing declares them", values.filled);
            self.wholes.enumerations.push(object.clone());
            self.checklist.found(Topic::Enumeration, object, answer, evidence);
        }
    }

    fn comments(&mut self, table: &TableInfo) {
        let commented = table.columns.iter().filter(|column| column.comment.is_some()).count();
        if table.comment.is_some() || commented > 0 {
            let own = if table.comment.is_some() { "a comment, and " } else { "" };
            let answer = format!("{own}{commented} of {} columns have one", table.columns.len());
            let answer = if own.is_empty() { answer.replace("have one", "have a comment") } else { answer };
            self.checklist.found(Topic::Documentation, &table.from, answer, "catalog");
        }
    }

    fn lookup(&mut self, table: &TableInfo) {
        let Some(RowCount::Exact(rows) | RowCount::Estimated(rows)) = table.rows else { return };
        let refers = |other: &&TableInfo| {
            other.from != table.from && other.foreign_keys.iter().any(|key| key.to_table == table.from)
        };
        let by: Vec<&str> = self.tables.iter().filter(refers).map(|other| other.from.as_str()).collect();
        let has_time = table.columns.iter().any(|column| role_of(column) == Some(ColumnRole::Updated));
        if !by.is_empty() && rows <= 500 && table.columns.len() <= 6 && table.foreign_keys.is_empty() && !has_time {
            let answer =
                format!("about {rows} rows that {} refer{} to", listed(&by), if by.len() == 1 { "s" } else { "" });
            self.checklist.found(Topic::Lookup, &table.from, answer, "its size and foreign keys");
        }
    }

    fn predicates(&mut self, table: &TableInfo, sample: Option<&RecordBatch>, counts: Option<&RowCounts>) {
        for (place, predicate) in RowPredicate::of_table(table).into_iter().enumerate() {
            let counted = match counts {
                Some(counts) => counts.matches.get(place).map(|matches| (*matches, counts.looked_at)),
                None => sample.and_then(|sample| Some((predicate.count_in(sample)?, sample.num_rows() as u64))),
            };
            let (matches, looked_at) = counted.unwrap_or((0, 0));
            let stands_out = matches > 0 && (matches < looked_at || self.is_server);
            if !(stands_out || (self.is_server && predicate.is_declared())) {
                continue;
            }
            let object = format!("{}.{}", table.from, predicate.column);
            let sql = predicate.sql();
            let answer = match looked_at {
                0 => format!("`{sql}`"),
                _ => format!("{matches} of {looked_at} rows looked at: `{sql}`"),
            };
            self.checklist.findings.push(Finding {
                topic: predicate.topic,
                object: Some(object.clone()),
                answer,
                predicate: Some(sql).filter(|_| matches > 0),
                evidence: "the column's name; the rows were counted".to_owned(),
            });
            match predicate.topic {
                Topic::SoftDelete => self.wholes.soft_deletes.push(object),
                Topic::MigratedRows => self.wholes.migrated.push(table.from.clone()),
                _ => self.wholes.tests.push(table.from.clone()),
            }
        }
    }

    /// Many rows of one moment came from somewhere else.
    fn loaded_at_once(&mut self, table: &TableInfo, sample: Option<&RecordBatch>) {
        let created = table.columns.iter().find(|column| role_of(column) == Some(ColumnRole::Created));
        let Some(array) = created.zip(sample).and_then(|(created, sample)| sample.column_by_name(&created.name)) else {
            return;
        };
        // A day is shared by many rows anyway.
        if !matches!(array.data_type(), DataType::Timestamp(..)) {
            return;
        }
        let values = ColumnValues::of(array);
        if values.filled >= 100 && values.most_frequent * 5 >= values.filled && self.is_server {
            let share = values.most_frequent * 100 / values.filled;
            let created = created.map_or("", |column| column.name.as_str());
            let answer = format!("{share} % of the rows looked at have one and the same `{created}`: loaded at once?");
            self.checklist.found(
                Topic::MigratedRows,
                format!("{}.{created}", table.from),
                answer,
                "a sample of its rows",
            );
            self.wholes.migrated.push(table.from.clone());
        }
    }
}

/// Whether two columns say the same in many rows, and in each that has both.
fn are_always_equal(sample: &RecordBatch, one: &str, other: &str) -> bool {
    let [Some(one), Some(other)] = [one, other].map(|name| sample.column_by_name(name).map(texts)) else {
        return false;
    };
    let mut both = one.iter().zip(&other).filter(|(one, other)| one.is_some() && other.is_some());
    let rows = both.clone().count();
    rows >= 50 && both.all(|(one, other)| one == other)
}

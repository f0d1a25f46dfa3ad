//! What a landed table remembers about how it landed: what was done to each column, where the rows came from, and which
//! rows. It is kept in the table's commits, so that rows are never mixed that do not mean the same.
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ade_engine::sql_type;
use ade_privacy::{ColumnPolicy, Obfuscator, Policy, Treatment};
use ade_project::resource::{IngestMode, OnDelete, SourceTable};
use arrow::array::{ArrayData, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::landed_column::LandedColumn;
use super::landed_reading::LandedReading;
use super::shape::JsonShape;
use super::switched::LandedMode;

/// What a commit remembers of a landing. It is kept as the commit's fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Landing {
    /// What was done to each column of the source, or to each field (`column.field`) of a struct: also to those that did not
    /// land.
    pub(crate) columns: BTreeMap<String, LandedColumn>,
    /// Id of the key that pseudonyms were made with.
    pub(crate) key: String,
    /// The mode in which it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<LandedMode>,
    /// The connection and the table that a cursor belongs to; empty where there is no cursor.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) origin: String,
    /// How it was declared to be read, where rows are added to those that are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) read: Option<LandedReading>,
    /// Digest of the rules by which rows are told apart; empty without any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) rules: String,
    /// When its keys were last compared with those of its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) swept_at: Option<DateTime<Utc>>,
    /// The shapes of documents in columns of JSON that land as they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) shapes: BTreeMap<String, JsonShape>,
    /// Hash of all rows as they landed, for tables that are read whole each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
}

impl Landing {
    pub(crate) fn new(obfuscator: &Obfuscator, policy: &Policy, key: String, origin: String) -> Self {
        let mut columns = BTreeMap::new();
        for decided in policy.columns() {
            match field(obfuscator, &decided.column) {
                Some(field) => remember(&decided.column, field, decided, &mut columns),
                None => {
                    columns.insert(decided.column.clone(), LandedColumn::new(None, decided));
                }
            }
        }
        for column in columns.values_mut() {
            let takes_key = column.pseudonym_domain().is_some() || column.encryption_domain().is_some();
            column.key = takes_key.then(|| key.clone());
        }
        Self { columns, key, origin, ..Self::default() }
    }

    /// With what is remembered of since when each column is treated as it is.
    pub(crate) fn dated(mut self, before: Option<&Self>, now: DateTime<Utc>) -> Self {
        for (path, column) in &mut self.columns {
            let same = before.and_then(|before| before.columns.get(path));
            let same = same
                .filter(|then| then.treatment == column.treatment && (then.key.is_none() || then.key == column.key));
            column.since = same.map_or(Some(now), |then| then.since);
        }
        self
    }

    /// Read in this mode.
    pub(crate) fn in_mode(mut self, mode: IngestMode) -> Self {
        self.mode = Some(mode.into());
        self
    }

    /// Declared to be read so.
    pub(crate) fn read_as(mut self, read: Option<LandedReading>) -> Self {
        self.read = read;
        self
    }

    /// With the rules by which the rows of a table are told apart.
    pub(crate) fn of_rows(mut self, source: &SourceTable) -> Self {
        let rules = source.rows.iter().map(|rule| (&rule.name, &rule.condition.sql, rule.then));
        let told: Vec<_> = rules.collect();
        let deleted = source.deleted.as_ref().map(|deleted| &deleted.sql);
        let on_delete = source.on_delete;
        if !told.is_empty() || deleted.is_some() || on_delete != OnDelete::default() {
            let text = serde_json::json!([told, deleted, on_delete]).to_string();
            blake3::hash(text.as_bytes()).to_hex()[..16].clone_into(&mut self.rules);
        }
        self
    }

    /// Reads what a commit remembers; `None` for tables that were not landed by a source.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The promised columns, of which those without a type (`Null`) have the one that they landed as.
    pub(crate) fn typed(&self, promised: &Schema) -> SchemaRef {
        let fields = promised.fields().iter().map(|field| {
            let landed = self.columns.get(field.name()).and_then(|column| column.data_type.as_deref());
            match landed.and_then(|text| sql_type(text).ok()) {
                Some(data_type) if *field.data_type() == DataType::Null => {
                    Arc::new(field.as_ref().clone().with_data_type(data_type))
                }
                _ => Arc::clone(field),
            }
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// With what `before` remembers of columns that are not looked at now: their rows are still there.
    pub(crate) fn carrying(mut self, before: &Self) -> Self {
        for (path, column) in &before.columns {
            if self.now(path).is_none() {
                self.columns.insert(path.clone(), column.clone());
            }
        }
        if self.key.is_empty() {
            self.key.clone_from(&before.key);
        }
        self.swept_at = self.swept_at.or(before.swept_at);
        self
    }

    /// What is done now to what `path` was: to the column itself, to the struct that it is in, or to the first of its fields.
    fn now(&self, path: &str) -> Option<&LandedColumn> {
        let within = |(other, _): &(&String, &LandedColumn)| is_within(other, path);
        let parent = |(other, _): &(&String, &LandedColumn)| is_within(path, other);
        self.columns
            .get(path)
            .or_else(|| self.columns.iter().find(parent).map(|(_, column)| column))
            .or_else(|| self.columns.iter().find(within).map(|(_, column)| column))
    }

    /// Columns whose treatment is another one than it was, in words. A column that has not landed before is no such: older
    /// rows have NULL there.
    pub(crate) fn retreated(&self, before: &Self) -> Vec<String> {
        self.changed(before, |_, then, now| then.treatment != now.treatment)
    }

    /// Why rows that land now would not mean the same as those that landed before; empty when they do. `typed`: whether the
    /// types are known, which takes something to be read.
    pub(crate) fn differences(&self, before: &Self, typed: bool, widened: &HashSet<String>) -> Vec<String> {
        let may_widen =
            |column: &str, then: &LandedColumn| widened.contains(column) && then.treatment == Treatment::Keep.name();
        let mut found = self.changed(before, |column, then, now| {
            then.treatment != now.treatment || (typed && then.data_type != now.data_type && !may_widen(column, then))
        });
        if before.rules != self.rules {
            found.push("`rows`, `deleted` or `on_delete` told rows apart otherwise than now".to_owned());
        }
        if !before.key.is_empty() && !self.key.is_empty() && self.key != before.key {
            found.push(format!("the key was {} and is now {}", before.key, self.key));
        }
        if !before.origin.is_empty() && !self.origin.is_empty() && self.origin != before.origin {
            found.push(format!(
                "it was read from {} and would now be read from {}: the cursor is of the former",
                before.origin, self.origin
            ));
        }
        found
    }

    fn changed(&self, before: &Self, differs: impl Fn(&str, &LandedColumn, &LandedColumn) -> bool) -> Vec<String> {
        let landed = before.columns.iter().filter(|(_, then)| then.has_landed());
        landed
            .filter_map(|(column, then)| {
                let now = self.now(column)?;
                let what = || {
                    let (then, now) = (then.describe(), now.describe());
                    format!("column `{column}` landed as `{then}` and would now land as `{now}`")
                };
                differs(column, then, now).then(what)
            })
            .collect()
    }

    /// Fields that land as they are within a struct that is decided about as a whole, and that it had not got when that was
    /// decided: nobody has looked at them.
    pub(crate) fn new_fields<'a>(&'a self, policy: &'a Policy, before: &'a Self) -> Vec<(&'a str, &'a str)> {
        let mut found = Vec::new();
        for decided in policy.columns() {
            let is_in = |path: &str| is_within(path, &decided.column);
            if !before.columns.keys().any(|path| is_in(path)) {
                continue;
            }
            let fields = self.columns.keys().filter(|path| is_in(path) && before.now(path).is_none());
            found.extend(fields.map(|path| (decided.column.as_str(), path.as_str())));
        }
        found
    }
}

/// The field of the source at a path: a column, or a field within structs.
fn field<'a>(obfuscator: &'a Obfuscator, path: &str) -> Option<&'a Field> {
    fn descend<'a>(field: &'a Field, at: &str, path: &str) -> Option<&'a Field> {
        if at == path {
            return Some(field);
        }
        let DataType::Struct(fields) = field.data_type() else { return None };
        fields.iter().find_map(|child| descend(child, &format!("{at}.{}", child.name()), path))
    }
    obfuscator.input_schema().fields().iter().find_map(|column| descend(column, column.name(), path))
}

/// A struct that stays as it is is remembered by its fields, so that a new one is noticed.
fn remember(path: &str, field: &Field, decided: &ColumnPolicy, columns: &mut BTreeMap<String, LandedColumn>) {
    match (&decided.treatment, nested(field.data_type())) {
        (Treatment::Keep, Some(fields)) => {
            for child in fields {
                remember(&format!("{path}.{}", child.name()), child, decided, columns);
            }
        }
        _ => {
            columns.insert(path.to_owned(), LandedColumn::new(Some(field.data_type()), decided));
        }
    }
}

/// The fields of a struct, also of one in lists.
fn nested(data_type: &DataType) -> Option<&arrow::datatypes::Fields> {
    match data_type {
        DataType::Struct(fields) if !fields.is_empty() => Some(fields),
        DataType::List(element) | DataType::LargeList(element) | DataType::FixedSizeList(element, _) => {
            nested(element.data_type())
        }
        _ => None,
    }
}

fn is_within(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'))
}

/// A hash over rows in their order, for noticing that a whole table is as it was.
///
/// It covers the memory that holds the values. Equal hashes mean equal rows; the same rows may hash differently when they
/// come in other batches, which costs a version of the table and nothing else.
#[derive(Debug, Default)]
pub(crate) struct ContentHash(blake3::Hasher);

impl ContentHash {
    pub(crate) fn add(&mut self, batch: &RecordBatch) {
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            self.0.update(field.name().as_bytes());
            self.0.update(field.data_type().to_string().as_bytes());
            self.add_data(&column.to_data());
        }
    }

    fn add_data(&mut self, data: &ArrayData) {
        self.0.update(&data.len().to_le_bytes());
        self.0.update(&data.offset().to_le_bytes());
        for buffer in data.buffers() {
            self.0.update(&buffer.len().to_le_bytes());
            self.0.update(buffer.as_slice());
        }
        if let Some(nulls) = data.nulls() {
            self.0.update(&nulls.offset().to_le_bytes());
            self.0.update(nulls.validity());
        }
        for child in data.child_data() {
            self.add_data(child);
        }
    }

    pub(crate) fn finish(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use ade_privacy::{Class, Keyring, Origin};
    use arrow::datatypes::Fields;

    use super::*;

    fn landing(columns: Vec<Field>, decided: &[(&str, Treatment)]) -> (Landing, Policy) {
        let decided = decided.iter().map(|(column, treatment)| ColumnPolicy {
            column: (*column).to_owned(),
            class: Class::Public,
            treatment: treatment.clone(),
            origin: Origin::Column,
        });
        let policy = Policy::new(decided.collect());
        let obfuscator = Obfuscator::new(&Schema::new(columns), &policy, &Keyring::generate([1; 32])).unwrap();
        (Landing::new(&obfuscator, &policy, String::new(), String::new()), policy)
    }

    fn text(name: &str) -> Field {
        Field::new(name, DataType::Utf8, true)
    }

    fn device(fields: &[&str]) -> Field {
        let fields: Fields = fields.iter().map(|name| text(name)).collect();
        Field::new("device", DataType::Struct(fields), true)
    }

    #[test]
    fn a_new_field_of_a_struct_that_lands_as_it_is_is_noticed() {
        let keep = || [("device", Treatment::Keep)];
        let (before, _) = landing(vec![device(&["os"])], &keep());
        let (now, policy) = landing(vec![device(&["os", "owner_email"])], &keep());
        assert_eq!(now.new_fields(&policy, &before), [("device", "device.owner_email")]);
        assert_eq!(before.new_fields(&policy, &now), []);
        // Once it is decided about field by field, it is a column like any other.
        let by_field = [("device.os", Treatment::Keep), ("device.owner_email", Treatment::Drop)];
        let (now, policy) = landing(vec![device(&["os", "owner_email"])], &by_field);
        assert_eq!(now.new_fields(&policy, &before), []);
        assert_eq!(now.differences(&before, true, &HashSet::new()), Vec::<String>::new());
        // In lists, too.
        let list = |fields: &[&str]| {
            let element = device(fields).with_name("element");
            Field::new("device", DataType::List(element.into()), true)
        };
        let (before, _) = landing(vec![list(&["os"])], &keep());
        let (now, policy) = landing(vec![list(&["os", "ip"])], &keep());
        assert_eq!(now.new_fields(&policy, &before), [("device", "device.ip")]);
    }

    #[test]
    fn the_treatment_of_a_field_and_of_its_struct_are_compared() {
        let (before, _) = landing(vec![device(&["os", "mail"])], &[("device", Treatment::Keep)]);
        let by_field = [("device.os", Treatment::Keep), ("device.mail", Treatment::Null)];
        let (now, _) = landing(vec![device(&["os", "mail"])], &by_field);
        let expected = ["column `device.mail` landed as `varchar: keep` and would now land as `varchar: null`"];
        assert_eq!(now.differences(&before, true, &HashSet::new()), expected);
        let (now, _) = landing(Vec::new(), &[("device", Treatment::Drop)]);
        assert_eq!(now.retreated(&before).len(), 2);
        assert_eq!(before.retreated(&now), Vec::<String>::new(), "nothing of it has landed");
    }

    #[test]
    fn what_is_not_looked_at_is_not_forgotten() {
        let (before, _) =
            landing(vec![text("phone"), text("id")], &[("phone", Treatment::Keep), ("id", Treatment::Keep)]);
        let before = Landing { key: "0a43a65f".to_owned(), ..before };
        let (now, _) = landing(vec![text("id")], &[("id", Treatment::Keep)]);
        let carried = now.carrying(&before);
        assert_eq!(carried, before);
        let (now, _) = landing(vec![text("phone")], &[("phone", Treatment::Null)]);
        assert_eq!(now.differences(&carried, true, &HashSet::new()).len(), 1);
        let number = Field::new("phone", DataType::Int64, true);
        let (now, _) = landing(vec![number], &[("phone", Treatment::Keep)]);
        assert_eq!(now.differences(&carried, true, &HashSet::new()).len(), 1);
        assert_eq!(
            now.differences(&carried, false, &HashSet::new()),
            Vec::<String>::new(),
            "types that nobody has seen say nothing"
        );
    }
}

//! Whether the reasons of rejects hold no more, and what their values are by now.
use std::collections::HashMap;
use std::sync::Arc;

use ade_connect::{TextForms, fit_in};
use ade_engine::{sql_type, type_name};
use ade_privacy::{Keys, Obfuscator, Treatment, key_id_of, unseal};
use ade_project::resource::{DriftKind, DriftPolicy, Ingest, RowAction, SourceTable};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde_json::{Map, Value};

use super::super::door::Door;
use super::super::key::key_places;
use super::super::landing::Landing;
use super::super::stamp::LOADED_AT;
use super::Mended;
use crate::build::{Build, TaskError};
use crate::error::RunError;

/// What is to be mended of the rejects of one table.
pub(super) struct Mending<'a> {
    build: &'a Build,
    source: &'a SourceTable,
    declared: &'a Ingest,
    /// How the rows landed that are there.
    landing: Landing,
    columns: HashMap<String, Result<Mend, String>>,
    /// How texts of the source are written.
    forms: TextForms,
}

/// What happens to values of a column that come back.
enum Mend {
    /// The column does not land: neither do they.
    Nothing,
    /// They are held against this type, and treated.
    Treat(DataType, Box<Obfuscator>),
}

/// What a reject breaks.
enum Broken<'a> {
    Column(DriftKind, &'a str),
    Rule(&'a str),
}

/// How texts of the source are written, as its options say now.
fn forms(build: &Build, source: &SourceTable, declared: &Ingest) -> TextForms {
    let connections = &build.workspace.project.connections;
    let connection = source.connection.as_ref().and_then(|name| connections.get(name));
    let connector = connection.and_then(|connection| build.workspace.connectors.get(&connection.kind).ok());
    let options = connector.and_then(|connector| connector.spec().table_options(&declared.options).ok());
    let door = Door::new(source);
    let options = options.map(|options| options.with_names(TextForms::COLUMNS, |name| door.outside(name).to_owned()));
    options.map(|options| TextForms::of(&options)).unwrap_or_default()
}

impl<'a> Mending<'a> {
    pub(super) fn new(build: &'a Build, source: &'a SourceTable, declared: &'a Ingest, landing: Landing) -> Self {
        let forms = forms(build, source, declared);
        Self { build, source, declared, landing, columns: HashMap::new(), forms }
    }

    /// Of rows of the table `schema`, with what tells them apart, what they break and what is sealed behind, those that may land.
    pub(super) fn mend(&mut self, batch: &RecordBatch, schema: &SchemaRef) -> Result<Mended, TaskError> {
        let rows = batch.num_rows();
        let shape = |_| RunError::Stamp { rows };
        let own = schema.fields().len();
        let digests = texts(batch, own)?;
        let rules = texts(batch, own + 1)?;
        let sealed = texts(batch, own + 2)?;
        let keys = self.build.keys()?;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(own);
        for (column, field) in batch.columns().iter().zip(schema.fields()) {
            columns.push(cast(column, field.data_type()).map_err(shape)?);
        }
        let mut stay: Vec<Option<String>> = vec![None; rows];
        let mut values: HashMap<String, Vec<Option<String>>> = HashMap::new();
        for row in 0..rows {
            let there = sealed[row].as_deref().map(|text| opened(text, keys)).transpose()?.unwrap_or_default();
            let rules = rules[row].clone().unwrap_or_default();
            for broken in broken(&rules) {
                if let Err(why) = self.is_mended(&broken, &there) {
                    stay[row].get_or_insert(why);
                }
            }
            for (column, value) in there {
                values.entry(column).or_insert_with(|| vec![None; rows])[row] = value;
            }
        }
        let door = Door::new(self.source);
        for (name, texts) in values {
            let Some(place) = schema.fields().iter().position(|field| *field.name() == name) else { continue };
            let has_value: BooleanArray = texts.iter().map(|text| Some(text.is_some())).collect();
            let Some(Ok(Mend::Treat(data_type, obfuscator))) = self.columns.get(&name) else { continue };
            let raw: ArrayRef = Arc::new(StringArray::from(texts));
            let fitted = fit_in(&raw, data_type, self.forms.column(door.outside(&name)).as_ref()).map_err(shape)?;
            for row in fitted.misfits.values().set_indices() {
                stay[row].get_or_insert_with(|| format!("`{name}` is no {}", type_name(data_type)));
            }
            let alone = Arc::new(Schema::new(vec![Field::new(&name, data_type.clone(), true)]));
            let alone = RecordBatch::try_new(alone, vec![fitted.column]).map_err(shape)?;
            let treated = obfuscator.apply(&alone)?;
            let Some(treated) = treated.columns().first() else { continue };
            let treated = cast(treated, schema.field(place).data_type()).map_err(shape)?;
            columns[place] = zip(&has_value, &treated, &columns[place]).map_err(shape)?;
        }
        for place in key_places(schema, &self.declared.key) {
            for row in (0..rows).filter(|row| columns[place].is_null(*row)) {
                stay[row].get_or_insert_with(|| format!("no `{}`, which is of the key", schema.field(place).name()));
            }
        }
        let now = self.build.workspace.world.clock.now().timestamp_micros();
        if let Ok(place) = schema.index_of(LOADED_AT) {
            columns[place] = Arc::new(TimestampMicrosecondArray::from_value(now, rows).with_timezone("UTC"));
        }
        let lands: BooleanArray = stay.iter().map(|why| Some(why.is_none())).collect();
        let mended = RecordBatch::try_new(Arc::clone(schema), columns).map_err(shape)?;
        let digests = digests.into_iter().zip(&stay).filter(|(_, why)| why.is_none());
        Ok(Mended {
            rows: filter_record_batch(&mended, &lands).map_err(shape)?,
            digests: digests.filter_map(|(digest, _)| digest).collect(),
            stay: stay.into_iter().flatten().collect(),
        })
    }

    /// Whether a reason holds no more, given the values that are `there`; or why it does.
    fn is_mended(&mut self, broken: &Broken<'_>, there: &HashMap<String, Option<String>>) -> Result<(), String> {
        match *broken {
            Broken::Rule(name) => {
                let mut rules = self.source.rows.iter();
                let holds = rules.any(|rule| rule.name == name && rule.then == RowAction::Quarantine);
                if holds { Err(format!("rule `{name}`")) } else { Ok(()) }
            }
            Broken::Column(DriftKind::NewlyNullable, column) => {
                let listed = self.source.column(column);
                let policy = self.policy(DriftKind::NewlyNullable, column);
                let lets = matches!(policy, DriftPolicy::Evolve | DriftPolicy::Ignore);
                if lets || listed.is_none_or(|listed| listed.nullable) { Ok(()) } else { Err(format!("no `{column}`")) }
            }
            Broken::Column(DriftKind::NewColumn, column) if self.source.column(column).is_none() => {
                let policy = self.policy(DriftKind::NewColumn, column);
                if matches!(policy, DriftPolicy::Evolve | DriftPolicy::Ignore) || self.mend_of(column).is_ok() {
                    return Ok(());
                }
                Err(format!("a value in the new column `{column}`"))
            }
            Broken::Column(DriftKind::Json, column) => {
                let value = there.get(column).and_then(Option::as_ref);
                let lets = matches!(self.policy(DriftKind::Json, column), DriftPolicy::Evolve | DriftPolicy::Ignore);
                let admits = |text: &String| self.landing.shapes.get(column).is_some_and(|shape| shape.admits(text));
                if !lets && !value.is_some_and(admits) {
                    return Err(format!("the document in `{column}` has another shape than those that landed"));
                }
                // Of a row that is whole it is where it was.
                if value.is_some() { self.mend_of(column) } else { Ok(()) }
            }
            Broken::Column(_, column) => {
                self.mend_of(column)?;
                match there.get(column) {
                    Some(Some(_)) => Ok(()),
                    _ => Err(format!("the source did not tell what `{column}` was")),
                }
            }
        }
    }

    fn policy(&self, kind: DriftKind, column: &str) -> DriftPolicy {
        let types: Vec<&str> =
            self.source.column(column).and_then(|listed| listed.data_type.as_deref()).into_iter().collect();
        self.source.drift.policy(kind, column, &types)
    }

    fn mend_of(&mut self, column: &str) -> Result<(), String> {
        if !self.columns.contains_key(column) {
            let found = self.found(column);
            self.columns.insert(column.to_owned(), found);
        }
        match &self.columns[column] {
            Ok(_) => Ok(()),
            Err(why) => Err(why.clone()),
        }
    }

    /// What happens to values of a column, so that they mean the same as those that have landed.
    fn found(&self, column: &str) -> Result<Mend, String> {
        let reload = "load all with `--full-refresh` first";
        let Some(landed) = self.landing.columns.get(column) else {
            return Err(format!("`{column}` has not landed: run `ade ingest` first"));
        };
        let Some(data_type) = landed.type_name().and_then(|name| sql_type(name).ok()) else {
            // It was left out until now, as nobody had classified it, or because somebody wants none of it.
            let declared = self.source.column(column).and_then(|listed| sql_type(listed.data_type.as_deref()?).ok());
            let schema = Schema::new(vec![Field::new(column, declared.unwrap_or(DataType::Utf8), true)]);
            let policy = self.build.obfuscation.policy(self.source, &schema).ok();
            return match policy.as_ref().and_then(|policy| policy.column(column)) {
                Some(decided) if decided.treatment == Treatment::Drop => Ok(Mend::Nothing),
                Some(_) => Err(format!("`{column}` has not landed: run `ade ingest` first")),
                None => Err(format!("`{column}` is not classified")),
            };
        };
        let promised = self.source.column(column).and_then(|listed| sql_type(listed.data_type.as_deref()?).ok());
        let wide = promised.as_ref().and_then(|promised| ade_lake::widen(promised, &data_type));
        if promised.is_some_and(|promised| type_name(&promised) != type_name(&data_type))
            && wide.as_ref() != Some(&data_type)
        {
            return Err(format!(
                "`{column}` landed as {} and is promised otherwise now: {reload}",
                type_name(&data_type)
            ));
        }
        let schema = Schema::new(vec![Field::new(column, data_type.clone(), true)]);
        let policy = self.build.obfuscation.policy(self.source, &schema);
        let Some((policy, decided)) =
            policy.ok().and_then(|policy| policy.column(column).cloned().map(|decided| (policy, decided)))
        else {
            return Err(format!("`{column}` is not classified"));
        };
        if decided.treatment.to_string() != landed.treatment() {
            return Err(format!("`{column}` is treated otherwise than the rows that are there: {reload}"));
        }
        if decided.treatment == Treatment::Drop {
            return Ok(Mend::Nothing);
        }
        // The one that the rows landed under which are there.
        let keys = self.build.keys().map_err(|error| error.to_string())?;
        let keyring = keys.get(&self.landing.key).unwrap_or_else(|| keys.current());
        let policy =
            ade_privacy::Policy::new(policy.columns().iter().filter(|one| one.column == column).cloned().collect());
        let obfuscator = Obfuscator::new(&schema, &policy, keyring);
        obfuscator.map(|made| Mend::Treat(data_type, Box::new(made))).map_err(|error| error.to_string())
    }
}

/// What a reject breaks, of the words that it is kept with.
fn broken(rules: &str) -> Vec<Broken<'_>> {
    let kinds = [DriftKind::RetypedColumn, DriftKind::NewlyNullable, DriftKind::NewColumn, DriftKind::Json];
    let one = |rule| {
        let of_column = kinds.into_iter().find_map(|kind| {
            let column = str::strip_prefix(rule, kind.word())?.strip_prefix('(')?.strip_suffix(')')?;
            Some(Broken::Column(kind, column))
        });
        of_column.unwrap_or(Broken::Rule(rule))
    };
    rules.split(", ").filter(|rule| !rule.is_empty()).map(one).collect()
}

/// The values that are sealed of a reject, by column.
fn opened(text: &str, keys: &Keys) -> Result<HashMap<String, Option<String>>, TaskError> {
    let object: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let mut opened = HashMap::with_capacity(object.len());
    for (column, sealed) in object {
        let value = match sealed.as_str() {
            // What is no text cannot be held against a type.
            Some(sealed) => {
                let key = key_id_of(sealed).and_then(|id| keys.get(id)).unwrap_or_else(|| keys.current());
                std::str::from_utf8(&unseal(sealed, key)?).ok().map(str::to_owned)
            }
            None => None,
        };
        opened.insert(column, value);
    }
    Ok(opened)
}

/// A column of texts.
pub(super) fn texts(batch: &RecordBatch, place: usize) -> Result<Vec<Option<String>>, RunError> {
    let column = cast(batch.column(place), &DataType::Utf8).map_err(|_| RunError::Stamp { rows: batch.num_rows() })?;
    Ok(column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect())
}

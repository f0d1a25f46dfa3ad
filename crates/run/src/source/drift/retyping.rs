//! Columns that have another type than the promised one: as what they are read and land.
use ade_connect::{ColumnDrift, RetypedColumn, can_fit};
use ade_engine::{sql_type, type_name};
use ade_project::resource::{DriftKind, DriftPolicy, SourceTable};
use arrow::datatypes::{DataType, Schema, SchemaRef};

use super::super::door::Door;
use super::super::landing::Landing;

/// What is settled about a column of another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Settled {
    /// It lands as the type that it is read as.
    Evolved,
    /// Each value is held against the promised type; rows with one that does not fit are kept apart.
    Checked,
    /// The same; rows with one that does not land without it.
    Aside,
}

/// A column that is read as another type than it was promised.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::source) struct Retyped {
    /// Its name in the lake.
    pub(in crate::source) column: String,
    pub(in crate::source) promised: DataType,
    pub(in crate::source) read_as: DataType,
    pub(in crate::source) then: Settled,
    /// Whether the source is known to have another type: otherwise each value shows.
    is_known: bool,
}

/// What is settled about the types of a table's columns.
#[derive(Debug, Default)]
pub(in crate::source) struct Retyping(Vec<Retyped>);

impl Retyping {
    /// What can be settled before the source is asked. `before`: what landed, where its rows stay. `by_value`: of which
    /// promised types the source types values rather than columns.
    pub(in crate::source) fn expected(
        source: &SourceTable,
        promised: Option<&Schema>,
        before: Option<&Landing>,
        by_value: &dyn Fn(&DataType) -> bool,
    ) -> Self {
        let mut settled = Vec::new();
        for field in promised.iter().flat_map(|schema| schema.fields().iter()) {
            let (name, promised) = (field.name(), field.data_type());
            if *promised == DataType::Null {
                continue;
            }
            let policy = source.drift.policy(DriftKind::RetypedColumn, name, &[&type_name(promised)]);
            let read_as = match policy {
                // What was widened once stays wide.
                DriftPolicy::Evolve => before
                    .and_then(|before| before.data_type(name))
                    .filter(|landed| {
                        type_name(landed) != type_name(promised) && widened(promised, landed).as_ref() == Some(landed)
                    })
                    .map(|landed| (landed, Settled::Evolved)),
                DriftPolicy::QuarantineRows | DriftPolicy::QuarantineValue if by_value(promised) => {
                    can_fit(&DataType::Utf8, promised).then_some((DataType::Utf8, checked(policy)))
                }
                _ => None,
            };
            settled.extend(read_as.map(|(read_as, then)| {
                let (column, promised) = (name.clone(), promised.clone());
                Retyped { column, promised, read_as, then, is_known: then == Settled::Evolved }
            }));
        }
        Self(settled)
    }

    /// Settles what it can of what a plan found out. True when something is to be read as another type than was asked for.
    pub(in crate::source) fn settle(
        &mut self,
        source: &SourceTable,
        door: &Door,
        drift: &ColumnDrift,
        promised: Option<&Schema>,
        before: Option<&Landing>,
    ) -> bool {
        let mut more = false;
        for found in &drift.retyped {
            let column = door.inside(&found.name).to_owned();
            let Some(field) = promised.and_then(|schema| schema.field_with_name(&column).ok()) else { continue };
            let declared = self.0.iter().find(|known| known.column == column).map(|known| &known.promised);
            let declared = declared.unwrap_or(field.data_type()).clone();
            let settled = match policy(source, &column, found) {
                DriftPolicy::Evolve => match before {
                    None => Some((found.data_type.clone(), Settled::Evolved)),
                    Some(before) => {
                        let landed = before.data_type(&column).unwrap_or_else(|| declared.clone());
                        widened(&landed, &found.data_type).map(|wide| (wide, Settled::Evolved))
                    }
                },
                policy @ (DriftPolicy::QuarantineRows | DriftPolicy::QuarantineValue) => {
                    can_fit(&found.data_type, &declared).then(|| (found.data_type.clone(), checked(policy)))
                }
                DriftPolicy::Stop | DriftPolicy::Ignore => None,
            };
            let Some((read_as, then)) = settled.filter(|(read_as, _)| read_as != field.data_type()) else { continue };
            more = true;
            self.0.retain(|known| known.column != column);
            self.0.push(Retyped { column, promised: declared, read_as, then, is_known: true });
        }
        more
    }

    /// The promised columns with the types as which they are read.
    pub(in crate::source) fn applied(&self, promised: &Schema) -> SchemaRef {
        let fields =
            promised.fields().iter().map(|field| match self.0.iter().find(|one| one.column == *field.name()) {
                Some(one) => field.as_ref().clone().with_data_type(one.read_as.clone()),
                None => field.as_ref().clone(),
            });
        SchemaRef::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// Columns that land as another type than the promised one.
    pub(in crate::source) fn evolved(&self) -> impl Iterator<Item = &Retyped> {
        self.0.iter().filter(|one| one.then == Settled::Evolved)
    }

    /// Columns whose values are held against the promised type one by one.
    pub(in crate::source) fn checked(&self) -> impl Iterator<Item = &Retyped> {
        self.0.iter().filter(|one| matches!(one.then, Settled::Checked | Settled::Aside))
    }

    /// Whether rows land without values of a column that do not fit.
    pub(in crate::source) fn is_aside(&self, column: &str) -> bool {
        self.0.iter().any(|one| one.then == Settled::Aside && one.column == column)
    }

    /// What a person should know, in words.
    pub(in crate::source) fn notes(&self, table: &str) -> Vec<String> {
        let told = self.0.iter().filter(|one| one.is_known);
        told.map(|one| {
            let (column, promised, read_as) = (&one.column, type_name(&one.promised), type_name(&one.read_as));
            match one.then {
                Settled::Evolved => format!(
                    "column `{column}` of `{table}` was promised as {promised} and lands as {read_as}, as the source has it: \
                     if that is meant, write `data_type: {read_as}`"
                ),
                Settled::Checked => format!(
                    "column `{column}` of `{table}` was promised as {promised} and now is {read_as}: rows whose value is no \
                     {promised} are kept apart"
                ),
                Settled::Aside => format!(
                    "column `{column}` of `{table}` was promised as {promised} and now is {read_as}: values that are no \
                     {promised} are kept apart, and their rows land without them"
                ),
            }
        })
        .collect()
    }
}

/// What is done about values that are held against their type.
fn checked(policy: DriftPolicy) -> Settled {
    if policy == DriftPolicy::QuarantineValue { Settled::Aside } else { Settled::Checked }
}

/// What happens at a column of another type.
pub(super) fn policy(source: &SourceTable, column: &str, found: &RetypedColumn) -> DriftPolicy {
    let types: Vec<&str> = found.source_type.iter().map(String::as_str).chain([found.found.as_str()]).collect();
    source.drift.policy(DriftKind::RetypedColumn, column, &types)
}

/// The type that holds the values of both exactly.
pub(in crate::source) fn widened(landed: &DataType, found: &DataType) -> Option<DataType> {
    if type_name(landed) == type_name(found) { Some(found.clone()) } else { ade_lake::widen(landed, found) }
}

impl Landing {
    /// The type that a column landed as.
    fn data_type(&self, column: &str) -> Option<DataType> {
        sql_type(self.columns.get(column)?.type_name()?).ok()
    }
}

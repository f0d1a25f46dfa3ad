//! Declared names to the names that the columns have.

use std::collections::HashMap;

use ade_engine::{RelationName, Session};
use arrow::datatypes::{DataType, Schema, SchemaRef};

use crate::{Check, CheckKind, QualityError, Subject, quote, resemblance::closest};

/// The columns of the relations that checks mention, each asked for once.
pub(crate) struct Relations<'a> {
    session: &'a Session,
    schemas: HashMap<RelationName, Result<SchemaRef, ade_engine::SqlError>>,
}

impl<'a> Relations<'a> {
    pub(crate) fn new(session: &'a Session) -> Self {
        Self { session, schemas: HashMap::new() }
    }

    pub(crate) async fn schema(&mut self, relation: &RelationName) -> Result<SchemaRef, QualityError> {
        if !self.schemas.contains_key(relation) {
            let schema = self.session.schema_of(&format!("select * from {}", quote::relation(relation))).await;
            self.schemas.insert(relation.clone(), schema);
        }
        let schema = &self.schemas[relation];
        schema.clone().map_err(|source| QualityError::Relation { relation: relation.clone(), source })
    }

    /// The check with every column under its true name.
    pub(crate) async fn resolve(&mut self, check: &Check) -> Result<Check, QualityError> {
        let mut check = check.clone();
        let relation = check.relation.clone();
        match &mut check.kind {
            CheckKind::AcceptedValues { subject, values, quote: quoted } => {
                self.rename(&relation, subject).await?;
                // In SQL a quoted literal takes the type of what it is compared with; texts do not become truth values by
                // themselves here.
                if *quoted && self.is_boolean(&relation, subject).await? {
                    *quoted = false;
                    for value in values.iter_mut() {
                        *value = format!("cast({} as boolean)", quote::text(value));
                    }
                }
            }
            CheckKind::NotNull { subject }
            | CheckKind::Unique { subject }
            | CheckKind::ExpressionIsTrue { subject: Some(subject), .. }
            | CheckKind::AcceptedRange { subject, .. }
            | CheckKind::Recency { subject, .. }
            | CheckKind::Freshness { loaded_at: subject, .. } => self.rename(&relation, subject).await?,
            CheckKind::Relationships { subject, to, field } => {
                let to = to.clone();
                self.rename(&relation, subject).await?;
                self.rename(&to, field).await?;
            }
            // A missing column is what a contract is there to find.
            CheckKind::ExpressionIsTrue { subject: None, .. }
            | CheckKind::RowCount { .. }
            | CheckKind::Contract(_)
            | CheckKind::Sql { .. } => {}
        }
        Ok(check)
    }

    async fn is_boolean(&mut self, relation: &RelationName, subject: &Subject) -> Result<bool, QualityError> {
        let Subject::Column(name) = subject else { return Ok(false) };
        let schema = self.schema(relation).await?;
        Ok(schema.field_with_name(name).is_ok_and(|field| *field.data_type() == DataType::Boolean))
    }

    async fn rename(&mut self, relation: &RelationName, subject: &mut Subject) -> Result<(), QualityError> {
        let Subject::Column(name) = subject else { return Ok(()) };
        let schema = self.schema(relation).await?;
        *name = find(&schema, name).ok_or_else(|| QualityError::NoColumn {
            relation: relation.clone(),
            column: name.clone(),
            suggestion: closest(name, schema.fields().iter().map(|field| field.name().as_str())).map(str::to_owned),
        })?;
        Ok(())
    }
}

fn find(schema: &Schema, name: &str) -> Option<String> {
    let names = || schema.fields().iter().map(|field| field.name());
    if names().any(|other| other == name) {
        return Some(name.to_owned());
    }
    let mut alike = names().filter(|other| other.to_lowercase() == name.to_lowercase());
    match (alike.next(), alike.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}

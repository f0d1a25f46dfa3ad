//! The views in force, and their atomic switch.
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use ade_engine::RelationName;
use ade_meta::{Meta, MetaError, ViewDefinition, ViewVersion};

/// The views of one environment as this process knows them. Reads are cheap; the metadata database has the truth.
#[derive(Debug, Default)]
pub(crate) struct Views {
    definitions: RwLock<HashMap<RelationName, ViewDefinition>>,
}

impl Views {
    pub(crate) async fn read(meta: &Meta, environment: &str) -> Result<Self, MetaError> {
        let views = Self::default();
        views.refresh(meta, environment).await?;
        Ok(views)
    }

    /// The views as they were at an instant.
    pub(crate) fn of(versions: Vec<ViewVersion>) -> Self {
        let definitions = versions.into_iter().map(|version| (name_of(&version.definition), version.definition));
        Self { definitions: RwLock::new(definitions.collect()) }
    }

    pub(crate) async fn refresh(&self, meta: &Meta, environment: &str) -> Result<(), MetaError> {
        let fresh = Self::of(meta.views(environment).await?);
        let fresh = fresh.definitions.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.definitions.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    pub(crate) fn get(&self, name: &RelationName) -> Option<ViewDefinition> {
        self.definitions.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(crate) fn put(&self, definition: ViewDefinition) {
        let name = name_of(&definition);
        self.definitions.write().unwrap_or_else(PoisonError::into_inner).insert(name, definition);
    }

    pub(crate) fn remove(&self, name: &RelationName) {
        self.definitions.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    pub(crate) fn names(&self) -> Vec<RelationName> {
        self.definitions.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}

fn name_of(definition: &ViewDefinition) -> RelationName {
    RelationName::new(&definition.schema, &definition.name)
}

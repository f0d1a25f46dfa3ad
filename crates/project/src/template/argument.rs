//! What a macro can be called with from outside.

use serde_json::Value as Json;

use super::TemplateRelation;
use super::value::Value;

/// An argument of [`TemplateSet::call`](super::TemplateSet::call).
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// Plain data.
    Json(Json),
    /// A table, for instance the `model` of a generic test.
    Relation(TemplateRelation),
}

impl Argument {
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Json(json) => Value::from_json(json),
            Self::Relation(relation) => Value::from(relation.clone()),
        }
    }
}

impl From<Json> for Argument {
    fn from(json: Json) -> Self {
        Self::Json(json)
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Json(Json::from(text))
    }
}

impl From<TemplateRelation> for Argument {
    fn from(relation: TemplateRelation) -> Self {
        Self::Relation(relation)
    }
}

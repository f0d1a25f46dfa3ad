//! `privacy:` in `ade.yml` and on columns.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{Many, OneOrMany};
use crate::yaml::{Node, Spanned};

/// How columns are classified and what happens to each class.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`privacy`")]
pub struct PrivacyDeclaration {
    /// The environment's key, by reference: `${env:ADE_KEY}`. Default: the file `.ade/keys/<environment>.key`.
    pub key: Option<Spanned<String>>,
    /// The project's own classes, and changes to the built-in ones.
    #[schemars(with = "Option<IndexMap<String, ClassDeclaration>>")]
    pub classes: Option<IndexMap<String, Node>>,
    /// Rules for columns that the sources files do not classify; the first that fits decides.
    #[serde(default)]
    #[schemars(with = "Many<RuleDeclaration>")]
    pub rules: Many<Node>,
}

/// What happens to the columns of a class. Beside these keys, the settings of the treatment.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[schemars(title = "a privacy class")]
pub struct ClassDeclaration {
    /// What happens to the values.
    pub treatment: Option<TreatmentName>,
    /// For pseudonyms and encryption: equal values of one domain join.
    pub domain: Option<String>,
}

/// Columns of these names, tables and types have this class. Beside these keys, overrides of the class.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[schemars(title = "a privacy rule")]
pub struct RuleDeclaration {
    /// Glob over the column's name, for instance `*_at`.
    pub column: Option<String>,
    /// Glob over `source.table`, for instance `app.*`.
    pub table: Option<String>,
    /// SQL types, for instance `timestamp`.
    #[serde(default)]
    pub types: OneOrMany<String>,
    /// The class.
    pub class: Spanned<String>,
    /// What happens to the values, instead of what the class says.
    pub treatment: Option<TreatmentName>,
    /// For pseudonyms and encryption: equal values of one domain join.
    pub domain: Option<String>,
}

/// What can happen to the values of a column on their way into the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TreatmentName {
    /// They stay.
    Keep,
    /// The column does not land.
    Drop,
    /// Every value becomes null.
    Null,
    /// A keyed hash: equal values stay equal, within the domain.
    Pseudonym,
    /// Reversible with the key.
    Encrypt,
    /// Most characters are replaced.
    Mask,
    /// The fine part goes: the day of a date, the end of a postcode or an IP address.
    Truncate,
    /// The number becomes its interval.
    Bucket,
    /// Free text loses what looks personal.
    Redact,
}

/// `privacy:` of a column: the name of a class, or a mapping with overrides of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnPrivacyDeclaration(pub Node);

impl<'de> Deserialize<'de> for ColumnPrivacyDeclaration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Node::deserialize(deserializer).map(Self)
    }
}

/// The mapping form. Beside these keys, the settings of the treatment.
#[derive(Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the values are taken from the tree, with the treatment's settings"
)]
#[schemars(title = "`privacy` of a column")]
struct ColumnPrivacyMapping {
    /// The class: a built-in one or one of `privacy.classes` in `ade.yml`.
    class: Option<String>,
    /// What happens to the values, instead of what the class says.
    treatment: Option<TreatmentName>,
    /// For pseudonyms and encryption: equal values of one domain join.
    domain: Option<String>,
}

impl JsonSchema for ColumnPrivacyDeclaration {
    fn schema_name() -> Cow<'static, str> {
        "ColumnPrivacy".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The privacy class of the column, or a mapping with `class` and overrides of it.",
            "anyOf": [{ "type": "string" }, generator.subschema_for::<ColumnPrivacyMapping>()],
        })
    }
}

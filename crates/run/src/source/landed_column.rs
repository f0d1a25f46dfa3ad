//! What a landed table remembers of one of its columns.
use ade_engine::type_name;
use ade_privacy::{ColumnPolicy, Domain, Treatment};
use arrow::datatypes::DataType;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What was done to a column, and to what type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LandedColumn {
    /// As SQL names it; `None` of what did not land.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub(super) data_type: Option<String>,
    /// The treatment with all of its settings: `pseudonym in domain email`.
    pub(super) treatment: String,
    /// Its class; `None` of what landed before classes were remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) class: Option<String>,
    /// Id of the key that it was done with, where it takes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    /// Since when it is done so; `None`: since longer than that is remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<DateTime<Utc>>,
}

impl LandedColumn {
    pub(super) fn new(data_type: Option<&DataType>, decided: &ColumnPolicy) -> Self {
        let (treatment, class) = (decided.treatment.to_string(), Some(decided.class.name().to_owned()));
        Self { data_type: data_type.map(type_name), treatment, class, key: None, since: None }
    }

    /// Its class, as far as that is remembered.
    pub(crate) fn class(&self) -> Option<&str> {
        self.class.as_deref()
    }

    /// Whether a person can be told by it: it is as it was, a pseudonym, or encrypted.
    pub(crate) fn tells(&self) -> bool {
        let is_kept = self.treatment == Treatment::Keep.name();
        is_kept || self.pseudonym_domain().is_some() || self.encryption_domain().is_some()
    }

    /// The treatment with all of its settings, in words.
    pub(crate) fn treatment(&self) -> &str {
        &self.treatment
    }

    /// The domain that it is a pseudonym in.
    pub(crate) fn pseudonym_domain(&self) -> Option<Domain> {
        Domain::parse(self.treatment.strip_prefix("pseudonym in domain ")?).ok()
    }

    /// The domain that it is encrypted in.
    pub(crate) fn encryption_domain(&self) -> Option<Domain> {
        Domain::parse(self.treatment.strip_prefix("encrypt in domain ")?).ok()
    }

    /// Id of the key that it was done with, where it takes one.
    pub(crate) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Since when it is done so, as far as that is remembered.
    pub(crate) fn since(&self) -> Option<DateTime<Utc>> {
        self.since
    }

    /// The type as SQL names it; `None` of what did not land.
    pub(crate) fn type_name(&self) -> Option<&str> {
        self.data_type.as_deref()
    }

    pub(super) fn has_landed(&self) -> bool {
        self.treatment != Treatment::Drop.name()
    }

    /// `varchar: keep`, or `drop`.
    pub(super) fn describe(&self) -> String {
        match &self.data_type {
            Some(data_type) => format!("{data_type}: {}", self.treatment),
            None => self.treatment.clone(),
        }
    }
}

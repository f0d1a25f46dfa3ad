//! What can go wrong. No variant carries a value of a row: the texts are safe to log and to send.

use arrow::datatypes::DataType;

use crate::keyring::KeyId;

/// An error of classification, obfuscation or key handling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivacyError {
    /// A treatment cannot be applied to values of the column's type.
    #[error("treatment `{treatment}` does not fit column `{column}` of type {data_type}; these do: {}", .fits.join(", "))]
    DoesNotFit {
        /// The column, or `column.field` within a struct.
        column: String,
        /// Its Arrow type.
        data_type: DataType,
        /// The treatment as written in a project file, with the setting that matters.
        treatment: String,
        /// Names of the treatments that can be applied to this type.
        fits: Vec<&'static str>,
    },
    /// Columns that neither their own settings nor a rule classifies.
    #[error("{} not classified: {}; give each a `privacy:` class in the sources file or add a rule to ade.yml",
        if .columns.len() == 1 { "a column is" } else { "columns are" }, .columns.join(", "))]
    Unclassified {
        /// Their names in the order of the schema.
        columns: Vec<String>,
    },
    /// No treatment has this name.
    #[error("there is no treatment `{name}`; there are: {}", .known.join(", "))]
    UnknownTreatment {
        /// As written.
        name: String,
        /// Every treatment's name.
        known: Vec<&'static str>,
    },
    /// No class has this name.
    #[error("there is no class `{name}`; there are: {}", .known.join(", "))]
    UnknownClass {
        /// As written.
        name: String,
        /// Built-in classes and those of the project.
        known: Vec<String>,
    },
    /// A setting that the treatment does not have.
    #[error("treatment `{treatment}` has no setting `{setting}`; {}",
        if .known.is_empty() { "it has none".to_owned() } else { format!("it has: {}", .known.join(", ")) })]
    UnknownSetting {
        /// The treatment.
        treatment: &'static str,
        /// The setting as written.
        setting: String,
        /// The settings that it has.
        known: &'static [&'static str],
    },
    /// A setting that lacks or has an unusable value.
    #[error("setting `{setting}` of treatment `{treatment}`: {problem}")]
    InvalidSetting {
        /// The treatment.
        treatment: &'static str,
        /// The setting.
        setting: &'static str,
        /// What is wrong and what it may be.
        problem: String,
    },
    /// A domain's name that cannot be used.
    #[error("`{name}` cannot name a domain: use 1 to 64 lower-case letters, digits and underscores")]
    InvalidDomain {
        /// As written.
        name: String,
    },
    /// A key that is not 64 hexadecimal digits. The text is not repeated: it may be a key.
    #[error("the environment's key must be 64 hexadecimal digits (32 bytes); what was given has {found}")]
    InvalidKey {
        /// What was found instead, without the text itself.
        found: String,
    },
    /// A batch whose schema is not the one the obfuscator was made for.
    #[error(
        "column `{column}` of the batch does not match the schema of its table: expected {expected}, found {found}"
    )]
    SchemaMismatch {
        /// The column.
        column: String,
        /// Name and type that were expected.
        expected: String,
        /// Name and type that the batch has.
        found: String,
    },
    /// More text in one batch than its type can address.
    #[error("column `{column}`: a batch of {rows} rows is too large to obfuscate at once; use smaller batches")]
    BatchTooLarge {
        /// The column.
        column: String,
        /// Rows of the batch.
        rows: usize,
    },
    /// Arrow refused to build a result that should be valid: a bug here. Its message is left out, as it may hold values.
    #[error("column `{column}`: cannot build the result of treatment `{treatment}`; please report this")]
    Arrow {
        /// The column.
        column: String,
        /// The treatment.
        treatment: &'static str,
    },
    /// Text that was not made by `encrypt`.
    #[error("this is not a value made by treatment `encrypt` (it should read `ade1:<key id>:<base64>`)")]
    NotEncrypted,
    /// Encrypted under another key.
    #[error("encrypted under key {needed}, but the key given is {given}")]
    OtherKey {
        /// The id of the key that made it.
        needed: String,
        /// The id of the key at hand.
        given: KeyId,
    },
    /// The text was changed, or belongs to another domain.
    #[error("cannot decrypt in domain `{domain}`: the value was changed or belongs to another domain")]
    NotAuthentic {
        /// The domain that was tried.
        domain: String,
    },
    /// The decrypted bytes are of a binary column.
    #[error("the decrypted value is binary, not text")]
    NotText,
}

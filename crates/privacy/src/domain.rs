//! Domains: within one, equal values get equal pseudonyms.

use std::fmt;

use crate::{CanonicalForm, Class, PrivacyError};

/// A space of values within which pseudonyms join: its own subkey and one canonical form.
///
/// Columns of different tables and sources that hold the same kind of value share a domain by its name. The form
/// follows from the name (`email`, `phone`, `person_name`, `username`, `government_id`, `payment_card`, `ip_address`;
/// [`CanonicalForm::Text`] for every other) unless it is given; columns that are to join must use the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Domain {
    name: String,
    form: CanonicalForm,
}

impl Domain {
    /// The domain with this name (1 to 64 of `a-z`, `0-9`, `_`) and the form that follows from it.
    pub fn new(name: &str) -> Result<Self, PrivacyError> {
        Self::with_form(name, CanonicalForm::of_domain(name))
    }

    /// The domain with this name and an explicit canonical form.
    pub fn with_form(name: &str, form: CanonicalForm) -> Result<Self, PrivacyError> {
        let fits = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !fits {
            return Err(PrivacyError::InvalidDomain { name: name.to_owned() });
        }
        Ok(Self { name: name.to_owned(), form })
    }

    /// The domain that a class's values join in by default: of the class's name.
    pub(crate) fn of_class(class: &Class) -> Self {
        Self { name: class.name().to_owned(), form: CanonicalForm::of_domain(class.name()) }
    }

    /// The domain of what is sealed. No project can name it.
    pub(crate) fn of_sealed() -> Self {
        Self { name: "(sealed)".to_owned(), form: CanonicalForm::Text }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The domain that [`fmt::Display`] writes so.
    pub fn parse(text: &str) -> Result<Self, PrivacyError> {
        let form = |(name, form): (&str, &str)| Some((name.to_owned(), form.parse::<CanonicalForm>().ok()?));
        match text.split_once(" as ").and_then(form) {
            Some((name, form)) => Self::with_form(&name, form),
            None => Self::new(text),
        }
    }

    /// A value in the domain's form.
    pub fn canonical(&self, value: &str) -> String {
        self.form.apply(value, &mut String::new()).to_owned()
    }

    /// The form into which values are brought before the pseudonym is computed.
    pub fn form(&self) -> CanonicalForm {
        self.form
    }
}

impl fmt::Display for Domain {
    /// The name, and the form where it is not the one that follows from the name: `email`, `loyalty as code`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.form == CanonicalForm::of_domain(&self.name) { Ok(()) } else { write!(f, " as {}", self.form.name()) }
    }
}

//! Treatments as project files write them: a name and named settings.

use std::{collections::BTreeMap, str::FromStr};

use crate::{Bucket, CanonicalForm, Domain, Mask, MaskPattern, PrivacyError, Redact, Treatment, Truncate, TruncateTo};

/// The value of one setting of a treatment.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Number(f64),
    /// A text.
    Text(String),
    /// Numbers in a row, as for a bucket's edges.
    Numbers(Vec<f64>),
}

/// The settings of a treatment, by name: all that stands beside `class` and `treatment`.
pub type Settings = BTreeMap<String, Setting>;

impl Treatment {
    /// The names of a treatment's settings; empty for those that have none and for unknown treatments.
    pub fn setting_names(name: &str) -> &'static [&'static str] {
        match name {
            "pseudonym" => &["domain", "form"],
            "encrypt" => &["domain"],
            "mask" => &["keep_first", "keep_last", "pattern"],
            "truncate" => &["to", "first", "decimals", "v4_bits", "v6_bits"],
            "bucket" => &["width", "edges"],
            "redact" => &["detect"],
            _ => &[],
        }
    }

    /// The treatment that a project file describes: its name and settings.
    ///
    /// `default_domain` is the domain of `pseudonym` and `encrypt` where none is given (the class's name).
    pub fn from_settings(name: &str, settings: &Settings, default_domain: &str) -> Result<Self, PrivacyError> {
        let Some(treatment) = Self::NAMES.into_iter().find(|known| *known == name) else {
            return Err(PrivacyError::UnknownTreatment { name: name.to_owned(), known: Self::NAMES.to_vec() });
        };
        let known = Self::setting_names(treatment);
        if let Some(setting) = settings.keys().find(|setting| !known.contains(&setting.as_str())) {
            return Err(PrivacyError::UnknownSetting { treatment, setting: setting.clone(), known });
        }
        let reader = Reader { treatment, settings };
        Ok(match treatment {
            "drop" => Self::Drop,
            "null" => Self::Null,
            "pseudonym" => Self::Pseudonym { domain: reader.domain(default_domain)? },
            "encrypt" => Self::Encrypt { domain: reader.domain(default_domain)? },
            "mask" => Self::Mask(reader.mask()?),
            "truncate" => Self::Truncate(reader.truncate()?),
            "bucket" => Self::Bucket(reader.bucket()?),
            "redact" => Self::Redact(Redact { detect: reader.flag("detect")?.unwrap_or(false) }),
            _ => Self::Keep,
        })
    }
}

struct Reader<'a> {
    treatment: &'static str,
    settings: &'a Settings,
}

impl Reader<'_> {
    fn problem(&self, setting: &'static str, problem: impl Into<String>) -> PrivacyError {
        PrivacyError::InvalidSetting { treatment: self.treatment, setting, problem: problem.into() }
    }

    fn flag(&self, name: &'static str) -> Result<Option<bool>, PrivacyError> {
        match self.settings.get(name) {
            None => Ok(None),
            Some(Setting::Flag(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.problem(name, "must be `true` or `false`")),
        }
    }

    fn text(&self, name: &'static str) -> Result<Option<&str>, PrivacyError> {
        match self.settings.get(name) {
            None => Ok(None),
            Some(Setting::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.problem(name, "must be a text")),
        }
    }

    fn count(&self, name: &'static str, least: u8, most: u8) -> Result<Option<u8>, PrivacyError> {
        match self.settings.get(name) {
            None => Ok(None),
            Some(Setting::Integer(count)) => match u8::try_from(*count) {
                Ok(count) if (least..=most).contains(&count) => Ok(Some(count)),
                _ => Err(self.problem(name, format!("must be from {least} to {most}"))),
            },
            Some(_) => Err(self.problem(name, "must be a whole number")),
        }
    }

    fn domain(&self, default: &str) -> Result<Domain, PrivacyError> {
        let name = self.text("domain")?.unwrap_or(default);
        match self.text("form")? {
            None => Domain::new(name),
            Some(form) => {
                let form = CanonicalForm::from_str(form).map_err(|known| self.problem("form", known))?;
                Domain::with_form(name, form)
            }
        }
    }

    fn mask(&self) -> Result<Mask, PrivacyError> {
        let keep_first = self.count("keep_first", 0, 64)?;
        let keep_last = self.count("keep_last", 0, 64)?;
        let pattern = match self.text("pattern")? {
            None | Some("fixed") => MaskPattern::Fixed,
            Some("length") => MaskPattern::Length,
            Some("shape") => MaskPattern::Shape,
            Some(_) => return Err(self.problem("pattern", "must be `fixed`, `length` or `shape`")),
        };
        let unset = keep_first.is_none() && keep_last.is_none();
        let keep_last = if unset && pattern != MaskPattern::Shape { 4 } else { keep_last.unwrap_or(0) };
        Ok(Mask { keep_first: keep_first.unwrap_or(0), keep_last, pattern })
    }

    fn truncate(&self) -> Result<Truncate, PrivacyError> {
        let (to, first, decimals) = (self.text("to")?, self.count("first", 1, 64)?, self.count("decimals", 0, 15)?);
        let bits = (self.count("v4_bits", 1, 31)?, self.count("v6_bits", 1, 127)?);
        if bits != (None, None) && to != Some("network") {
            return Err(self.problem("v4_bits", "`v4_bits` and `v6_bits` go with `to: network`"));
        }
        match (to, first, decimals) {
            (None, Some(count), None) => Ok(Truncate::First(count)),
            (None, None, Some(count)) => Ok(Truncate::Decimals(count)),
            (Some("outward"), None, None) => Ok(Truncate::Outward),
            (Some("origin"), None, None) => Ok(Truncate::Origin),
            (Some("network"), None, None) => {
                Ok(Truncate::Network { v4_bits: bits.0.unwrap_or(24), v6_bits: bits.1.unwrap_or(48) })
            }
            (Some(word), None, None) => match TruncateTo::from_str(word) {
                Ok(unit) => Ok(Truncate::Time(unit)),
                Err(known) => Err(self.problem("to", known)),
            },
            _ => Err(self.problem("to", "give exactly one of `to`, `first` and `decimals`")),
        }
    }

    fn bucket(&self) -> Result<Bucket, PrivacyError> {
        match (self.settings.get("width"), self.settings.get("edges")) {
            #[expect(clippy::cast_precision_loss, reason = "a width beyond 2^53 is no use; its rounding is harmless")]
            (Some(Setting::Integer(width)), None) => Bucket::width(*width as f64),
            (Some(Setting::Number(width)), None) => Bucket::width(*width),
            (None, Some(Setting::Numbers(edges))) => Bucket::edges(edges.clone()),
            (None, Some(_)) => Err(self.problem("edges", "must be a list of numbers")),
            (Some(_), None) => Err(self.problem("width", "must be a number")),
            _ => Err(self.problem("width", "give either `width` or `edges`")),
        }
    }
}

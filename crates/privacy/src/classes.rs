//! Classes and the treatment that each brings.

use std::collections::BTreeMap;

use crate::{Class, Domain, PrivacyError, Redact, Treatment, Truncate, TruncateTo};

/// The default treatment of every class: built in, or as the project sets it in `ade.yml`.
#[derive(Debug, Clone)]
pub struct Classes {
    treatments: BTreeMap<Class, Treatment>,
}

impl Classes {
    /// The built-in classes:
    ///
    /// | class | default treatment |
    /// |---|---|
    /// | `public`, `identifier`, `place` | `keep` |
    /// | `email`, `phone`, `person_name`, `username`, `government_id`, `iban`, `device_id`, `crypto_address` | `pseudonym`, each in the domain of its name |
    /// | `address`, `free_text` | `redact` (the whole text) |
    /// | `postcode` | `truncate` to the outward part |
    /// | `date_of_birth` | `truncate` to the year |
    /// | `ip_address` | `truncate` to the network (/24, /48) |
    /// | `coordinates` | `truncate` to two decimals (about a kilometre) |
    /// | `url` | `truncate` to scheme and host |
    /// | `payment_card`, `secret` | `drop` |
    pub fn builtin() -> Self {
        let treatments = Class::BUILTIN.into_iter().map(|class| {
            let treatment = default_treatment(&class);
            (class, treatment)
        });
        Self { treatments: treatments.collect() }
    }

    /// Defines a class of the project, or gives a built-in one another default.
    pub fn define(&mut self, class: Class, treatment: Treatment) {
        self.treatments.insert(class, treatment);
    }

    /// The default treatment of a class.
    pub fn treatment(&self, class: &Class) -> Result<&Treatment, PrivacyError> {
        self.treatments
            .get(class)
            .ok_or_else(|| PrivacyError::UnknownClass { name: class.name().to_owned(), known: self.names() })
    }

    /// The names of all classes: built-in ones in the order of the documentation, then the project's.
    pub fn names(&self) -> Vec<String> {
        self.treatments.keys().map(|class| class.name().to_owned()).collect()
    }
}

impl Default for Classes {
    fn default() -> Self {
        Self::builtin()
    }
}

fn default_treatment(class: &Class) -> Treatment {
    match class {
        Class::Public | Class::Identifier | Class::Place => Treatment::Keep,
        Class::Email
        | Class::Phone
        | Class::PersonName
        | Class::Username
        | Class::GovernmentId
        | Class::Iban
        | Class::DeviceId
        | Class::CryptoAddress => Treatment::Pseudonym { domain: Domain::of_class(class) },
        Class::Url => Treatment::Truncate(Truncate::Origin),
        Class::Address | Class::FreeText => Treatment::Redact(Redact { detect: false }),
        Class::Postcode => Treatment::Truncate(Truncate::Outward),
        Class::DateOfBirth => Treatment::Truncate(Truncate::Time(TruncateTo::Year)),
        Class::IpAddress => Treatment::Truncate(Truncate::Network { v4_bits: 24, v6_bits: 48 }),
        Class::Coordinates => Treatment::Truncate(Truncate::Decimals(2)),
        Class::PaymentCard | Class::Secret | Class::Custom(_) => Treatment::Drop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_class_has_a_default_and_custom_ones_must_be_defined() {
        let mut classes = Classes::builtin();
        for class in Class::BUILTIN {
            assert!(classes.treatment(&class).is_ok(), "{class}");
        }
        let loyalty = Class::Custom("loyalty_number".to_owned());
        let error = classes.treatment(&loyalty).unwrap_err();
        assert!(error.to_string().contains("no class `loyalty_number`; there are: public, identifier"), "{error}");
        classes.define(loyalty.clone(), Treatment::Null);
        assert_eq!(classes.treatment(&loyalty), Ok(&Treatment::Null));
    }
}

//! What nobody could treat, and that must not be lost: sealed under a subkey of its own until somebody decides about it.
//!
//! A value that does not fit its column, or a record that no row could be made of, is not what a class was decided for: no
//! treatment is right for it. It is encrypted like a value of treatment `encrypt` ([`crate::decrypt`] says how), in a domain that
//! no column can have. Equal bytes are equal sealed; without the key they tell nothing more than their length.

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use zeroize::Zeroizing;

use crate::transform::Transform;
use crate::{Domain, Keyring, PrivacyError, decrypt, encryption::Encryptor};

/// Bytes as text that only the environment's key opens.
pub fn seal(bytes: &[u8], keyring: &Keyring) -> Result<String, PrivacyError> {
    Encryptor::new(&Domain::of_sealed(), keyring).seal(bytes)
}

/// The values of a column, each as [`seal`] seals its text (numbers as decimal text, times in ISO 8601, structs and lists as JSON).
pub fn seal_column(name: &str, values: &ArrayRef, keyring: &Keyring) -> Result<StringArray, PrivacyError> {
    let failed = || PrivacyError::Arrow { column: name.to_owned(), treatment: "encrypt" };
    let sealed = Encryptor::new(&Domain::of_sealed(), keyring).apply(values).map_err(|_| failed())?;
    let sealed = cast(&sealed, &DataType::Utf8).map_err(|_| failed())?;
    sealed.as_string_opt::<i32>().cloned().ok_or_else(failed)
}

/// The bytes behind what [`seal`] gave.
pub fn unseal(sealed: &str, keyring: &Keyring) -> Result<Zeroizing<Vec<u8>>, PrivacyError> {
    decrypt(sealed, &Domain::of_sealed(), keyring)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array, Float64Array};

    use super::*;

    #[test]
    fn what_is_sealed_comes_back_with_its_key_alone() {
        let keyring = Keyring::generate([7; 32]);
        for bytes in [b"".as_slice(), b"{\"email\": \"ada@shop.org\"", &[0xFF, 0x00, 0xFE]] {
            let sealed = seal(bytes, &keyring).unwrap();
            assert_eq!(sealed, seal(bytes, &keyring).unwrap());
            assert!(!sealed.contains("ada"), "{sealed}");
            assert_eq!(unseal(&sealed, &keyring).unwrap().as_slice(), bytes);
            assert!(unseal(&sealed, &Keyring::generate([8; 32])).is_err());
        }
    }

    #[test]
    fn columns_are_sealed_by_value() {
        let keyring = Keyring::generate([7; 32]);
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.5), None]));
        let sealed = seal_column("x", &numbers, &keyring).unwrap();
        assert_eq!(sealed.value(0), seal(b"1.5", &keyring).unwrap());
        assert!(sealed.is_null(1));
    }

    #[test]
    fn no_column_has_its_domain() {
        let name = Domain::of_sealed();
        assert!(Domain::new(name.name()).is_err());
        let sealed = seal(b"x", &Keyring::generate([7; 32])).unwrap();
        let other = Domain::new("rejects").unwrap();
        assert!(decrypt(&sealed, &other, &Keyring::generate([7; 32])).is_err());
    }
}

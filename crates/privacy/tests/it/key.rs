//! Keys: reading, printing, and the errors of decryption.

use std::sync::Arc;

use ade_privacy::{Domain, Keyring, PrivacyError, decrypt, decrypt_text};
use arrow::array::{ArrayRef, BinaryArray, StringArray};

use crate::column::{encrypt, keyring, text, treat};

#[test]
fn a_key_survives_its_file_and_is_never_printed() {
    let keyring = keyring();
    let hex = keyring.to_hex();
    let read = Keyring::from_hex(&format!(" {}\n", hex.to_uppercase())).unwrap();
    assert_eq!(read.id(), keyring.id());
    let printed = format!("{keyring:?} {keyring:#?} {}", keyring.id());
    assert!(printed.starts_with("Keyring(0a43a65f)"), "{printed}");
    assert!(!printed.contains("000102") && !printed.contains("0, 1, 2"), "{printed}");
}

#[test]
fn what_is_no_key_is_refused_without_being_repeated() {
    for (text, problem) in [
        ("", "0 characters"),
        ("deadbeef", "8 characters"),
        ("this-is-my-secret-passphrase", "28 characters, not all of them hexadecimal"),
    ] {
        let error = Keyring::from_hex(text).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
        assert!(text.is_empty() || !error.contains(text), "{error}");
    }
}

#[test]
fn decryption_says_why_it_fails() {
    let domain = Domain::new("email").unwrap();
    let array: ArrayRef = Arc::new(StringArray::from(vec!["ann@example.com"]));
    let sealed = text(&treat(&array, encrypt("email")));

    let other = Keyring::generate([7; 32]);
    let error = decrypt(&sealed, &domain, &other).unwrap_err();
    assert_eq!(error, PrivacyError::OtherKey { needed: "0a43a65f".to_owned(), given: other.id() });

    let phone = Domain::new("phone").unwrap();
    assert!(matches!(decrypt(&sealed, &phone, &keyring()), Err(PrivacyError::NotAuthentic { .. })));
    let changed = format!("{}A{}", &sealed[..20], &sealed[21..]);
    assert_ne!(changed, sealed);
    assert!(matches!(decrypt(&changed, &domain, &keyring()), Err(PrivacyError::NotAuthentic { .. })));
    for text in ["", "ann@example.com", "ade1:xyz", "ade1:0a43a65f:not base64!", "ade2:0a43a65f:AAAA", "ade1:0a4:AAAA"]
    {
        assert_eq!(decrypt(text, &domain, &keyring()), Err(PrivacyError::NotEncrypted), "{text}");
    }

    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![[0xff, 0xfe].as_slice()]));
    let sealed = text(&treat(&bytes, encrypt("email")));
    assert_eq!(decrypt_text(&sealed, &domain, &keyring()), Err(PrivacyError::NotText));
}

#[test]
fn the_subkey_of_positions_is_one_of_its_own() {
    let subkey = keyring().position_subkey();
    assert_eq!(subkey, keyring().position_subkey());
    assert_ne!(subkey, Keyring::generate([7; 32]).position_subkey());
    assert_ne!(hex::encode(*subkey), *keyring().to_hex());
}

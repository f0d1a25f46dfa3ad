//! The shape of the documents in a column of JSON: which keys they have and of which kinds their values are. It is remembered with the
//! table, so that a key that is new, gone, or of another kind is noticed, where the column's type says nothing.
//!
//! Only columns that land as they are have one: nothing else of their documents reaches anybody. A shape holds no value. Keys may be data,
//! too (an address for each entry): what is no plain word, and all keys of a place that has very many, are one place, `*`.
mod difference;
mod kinds;
mod looking;
mod remembered;
mod shapes;
mod walk;

pub(super) use self::difference::Difference;
pub(super) use self::looking::Looking;
pub(crate) use self::remembered::JsonShape;
pub(super) use self::shapes::{Shaped, Shapes, is_text};

/// How deep documents are looked into.
const DEEPEST: usize = 8;
/// Different keys of one place, above which they are data.
const MOST_KEYS: usize = 64;
/// Places of one column that are told apart by their names.
const MOST_PLACES: usize = 200;
/// … and all of them.
const MOST_OF_ALL: usize = 1_000;

/// Whether a key could be a name that a programmer chose: a word, without the digits of identifiers, dates and hashes.
fn is_word(key: &str) -> bool {
    let starts = key.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '_' | '$'));
    let plain = key.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '$'));
    let digits = key.chars().filter(char::is_ascii_digit).count();
    let is_hash = key.len() >= 8 && digits > 0 && key.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-');
    starts && plain && key.len() <= 40 && digits <= 3 && !is_hash
}

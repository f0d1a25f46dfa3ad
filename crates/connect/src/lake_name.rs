//! Names for the lake.

/// A name for the lake: lower case, and `_` for what is no letter or digit.
pub(crate) fn lake_name(name: &str) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '_' };
    name.chars().map(plain).collect()
}

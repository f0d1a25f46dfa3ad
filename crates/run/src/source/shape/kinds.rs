//! Of which kinds the values of one place are.
use serde::{Deserialize, Serialize};

/// A set of kinds of values of JSON. NULL is none: a key with NULL has a value of no kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub(in crate::source) struct Kinds(u8);

const WORDS: [&str; 5] = ["boolean", "number", "text", "object", "list"];
const OR: &str = " or ";

impl Kinds {
    pub(super) const NONE: Self = Self(0);
    pub(super) const BOOLEAN: Self = Self(1);
    pub(super) const NUMBER: Self = Self(1 << 1);
    pub(super) const TEXT: Self = Self(1 << 2);
    pub(super) const OBJECT: Self = Self(1 << 3);
    pub(super) const LIST: Self = Self(1 << 4);

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
    pub(super) fn is_empty(&self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// `number or text`; `null` for none.
    pub(super) fn words(self) -> String {
        if self.is_empty() { "null".to_owned() } else { self.into() }
    }
}

impl From<Kinds> for String {
    fn from(kinds: Kinds) -> Self {
        let words = WORDS.into_iter().enumerate().filter(|(bit, _)| kinds.0 >> bit & 1 == 1).map(|(_, word)| word);
        words.collect::<Vec<_>>().join(OR)
    }
}

impl From<String> for Kinds {
    fn from(words: String) -> Self {
        let bit = |word: &str| WORDS.iter().position(|known| *known == word).map_or(0, |bit| 1 << bit);
        Self(words.split(OR).map(bit).fold(0, |all, bit| all | bit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_written_and_read_as_words() {
        let kinds = Kinds::TEXT.with(Kinds::LIST).with(Kinds::BOOLEAN);
        assert_eq!(kinds.words(), "boolean or text or list");
        assert_eq!(Kinds::from(kinds.words()), kinds);
        assert_eq!(kinds.without(Kinds::TEXT).words(), "boolean or list");
        assert_eq!((Kinds::from(Kinds::NONE.words()), Kinds::from(String::new())), (Kinds::NONE, Kinds::NONE));
    }
}

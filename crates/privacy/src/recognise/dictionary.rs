//! Names of people and of towns, by dictionaries that `scripts/make-dictionaries` makes.
//!
//! Names: given names and surnames of the census of the United States of 1990 (public domain) and of some sixty languages
//! (Faker, MIT). Towns: those of 5,000 people and more (GeoNames, <https://www.geonames.org>, CC BY 4.0). They are unpacked when first
//! asked for, and compared without case and accents.

use std::{collections::HashSet, io::Read, sync::LazyLock};

use flate2::read::GzDecoder;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::surname::ends_as_surnames;

static NAMES: LazyLock<HashSet<Box<str>>> = LazyLock::new(|| unpacked(include_bytes!("../dictionary/names.gz")));
static PLACES: LazyLock<HashSet<Box<str>>> = LazyLock::new(|| unpacked(include_bytes!("../dictionary/places.gz")));

static COUNTRIES: LazyLock<HashSet<Box<str>>> =
    LazyLock::new(|| unpacked(include_bytes!("../dictionary/countries.gz")));

/// Words that stand by a name and are none.
const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "jr", "sr", "ii", "iii", "herr", "frau", "mme", "m", "mlle", "sra",
    "don", "dona", "van", "von", "de", "der", "den", "del", "della", "di", "da", "dos", "das", "do", "la", "le", "du",
    "el", "al", "bin", "ibn", "y", "e", "ter", "ten", "zu", "af", "phd", "md", "esq", "dds",
];

fn unpacked(packed: &[u8]) -> HashSet<Box<str>> {
    let mut text = String::new();
    let read = GzDecoder::new(packed).read_to_string(&mut text);
    debug_assert!(read.is_ok(), "the dictionaries are part of the program; a test reads them");
    text.lines().map(Box::from).collect()
}

/// Lower case without accents.
fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(letters).collect()
}

/// The letters that a letter with a stroke stands for.
fn letters(letter: char) -> impl Iterator<Item = char> {
    let (first, second) = match letter {
        'ß' => ('s', Some('s')),
        'ø' => ('o', None),
        'ł' => ('l', None),
        other => (other, None),
    };
    std::iter::once(first).chain(second)
}

/// Whether the dictionary has a word, or has it written otherwise: `Mueller` for `Müller`.
fn is_name(word: &str) -> bool {
    if NAMES.contains(word) {
        return true;
    }
    let transcribed = transcribed(word);
    let without_e = || ["ae", "oe", "ue"].iter().fold(transcribed.clone(), |word, pair| word.replace(pair, &pair[..1]));
    NAMES.contains(transcribed.as_str()) || NAMES.contains(without_e().as_str())
}

/// A word in the letters that others write it with.
fn transcribed(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for letter in word.chars() {
        match letter {
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ð' | 'đ' => plain.push('d'),
            'ı' => plain.push('i'),
            other => plain.push(other),
        }
    }
    plain
}

/// How much a text is like the name of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// Not at all.
    None,
    /// Two or three words with capitals, one of which is a name.
    Some,
    /// All words (titles and initials aside) are names; of four and more all but one.
    Full,
}

/// How much the text is like the name of a person or a part of one.
pub(crate) fn person(text: &str) -> Likeness {
    if text.len() > 80 || text.bytes().any(|byte| byte.is_ascii_digit() || b"@/&:;#+=_%".contains(&byte)) {
        return Likeness::None;
    }
    let plain = plain(text);
    let (mut known, mut unknown) = (0, 0);
    for (word, written) in words(&plain).zip(words(text)) {
        if word.chars().count() == 1 && word.is_ascii() || TITLES.contains(&word) {
            continue;
        }
        if is_name(word) || (!written.starts_with(char::is_lowercase) && ends_as_surnames(&transcribed(word))) {
            known += 1;
        } else {
            unknown += 1;
        }
    }
    let has_capitals = || words(text).all(|word| !word.starts_with(char::is_lowercase) || TITLES.contains(&word));
    match (known, unknown) {
        (1.., 0) | (3.., 1) if known + unknown <= 6 => Likeness::Full,
        (1 | 2, 1) if has_capitals() => Likeness::Some,
        _ => Likeness::None,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '-', ',', '.', '\'', '’', '(', ')']).map(str::trim).filter(|word| !word.is_empty())
}

/// Whether the text is the name of a country: many are those of people, too.
pub(crate) fn is_country(text: &str) -> bool {
    text.len() <= 60 && COUNTRIES.contains(plain(text).as_str())
}

/// Whether the text is the name of a town, what follows a comma or stands in brackets aside.
pub(crate) fn is_town(text: &str) -> bool {
    if text.len() > 60 {
        return false;
    }
    let name = text.split([',', '(', '/']).next().unwrap_or_default().trim();
    let plain = plain(name);
    PLACES.contains(plain.as_str()) || PLACES.contains(plain.replace('-', " ").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionaries_are_there_and_know_names() {
        assert!(NAMES.len() > 50_000 && PLACES.len() > 50_000);
        for name in [
            "Ada Mueller",
            "J. R. Arngarðsdóttir",
            "Ada Johnson",
            "JOHNSON, MARY",
            "Dr. Björn Müller-Schmidt",
            "J. Smith",
            "Иван Иванов",
        ] {
            assert_eq!(person(name), Likeness::Full, "{name}");
        }
        assert_eq!(person("Mary Xyzzyson"), Likeness::Some);
        for other in ["Oak table", "Order 12", "Miller & Sons", "", "x", "Kettle corn supreme"] {
            assert_eq!(person(other), Likeness::None, "{other}");
        }
        for town in ["Berlin", "São Paulo", "Aix-en-Provence", "Springfield, IL"] {
            assert!(is_town(town), "{town}");
        }
        assert!(!is_town("Oak table") && is_country("Germany") && !is_country("Oak"));
    }
}

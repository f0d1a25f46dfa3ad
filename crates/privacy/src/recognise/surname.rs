//! Endings that surnames have and other words have not, for names that no dictionary lists: patronymics, and what a language
//! makes surnames with.

/// In lower case without accents. Each was held against words of its own language: `nson` and not `rson`, as in `person`.
const ENDINGS: &[&str] = &[
    // Icelandic, Danish, Norwegian, Swedish
    "dottir", "rsson", "nsson", "dsson", "lsson", "ksson", "tsson", "gsson", "nsen", "tsen", "rsen", "dsen", "ksen",
    "lsen", "gaard", "kjaer", "strup", "strom", "qvist", "quist", // English, German, Dutch
    "nson", "tson", "dson", "kson", "wson", "mann", "meier", "mayer", "meyer", "schmidt", "hauer", "macher", "dijk",
    "huizen", // Finnish
    "ainen", "inen", "anen", "onen", "unen", "maki", "niemi", "koski", "lahti", // Czech, Slovak, Polish
    "kova", "sova", "tova", "dova", "rova", "lova", "pova", "vova", "ovsky", "evsky", "icek", "acek", "ecek", "owski",
    "ewski", "inski", "ynski", "owska", "ewska", "inska", "ynska", "owicz", "ewicz", "czyk",
    // Hungarian, Romanian, Greek, Turkish
    "nyi", "ffy", "escu", "eanu", "opoulos", "opoulou", "akis", "idis", "oglu",
    // Ukrainian, Georgian, Serbian
    "enko", "chuk", "shvili", "adze", "ovic", "evic", // Spanish
    "guez", "ndez", "nchez", "inez", "arez", "erez",
];

/// Shorter words are others.
const SHORTEST: usize = 6;

/// Whether a word, in lower case without accents, ends as surnames do.
pub(super) fn ends_as_surnames(word: &str) -> bool {
    word.len() >= SHORTEST && ENDINGS.iter().any(|ending| word.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::ends_as_surnames;

    #[test]
    fn surnames_end_otherwise_than_other_words() {
        for name in
            ["arngardsdottir", "albertsen", "koprivova", "turtiainen", "wisniewski", "karamanoglu", "papadopoulos"]
        {
            assert!(ends_as_surnames(name), "{name}");
        }
        for other in ["linen", "person", "chosen", "season", "german", "supernova", "orchestra", "confetti", "lesson"] {
            assert!(!ends_as_surnames(other), "{other}");
        }
    }
}

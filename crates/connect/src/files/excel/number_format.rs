//! Which numbers are dates and times: how they are to be shown says so, and nothing else.

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Number,
    Date,
    /// A time of day, or a length of time.
    Time,
}

/// By the number of a format that every Excel has.
pub(super) fn built_in(id: u32) -> Meaning {
    match id {
        14..=17 | 22 | 27..=31 | 34..=36 | 50..=54 | 57 | 58 => Meaning::Date,
        18..=21 | 32 | 33 | 45..=47 | 55 | 56 => Meaning::Time,
        _ => Meaning::Number,
    }
}

/// By the format's code: `dd.mm.yyyy`, `[h]:mm:ss`, `#,##0.00 "days"`.
pub(super) fn of_code(code: &str) -> Meaning {
    let mut letters = String::new();
    let mut characters = code.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => drop(characters.by_ref().find(|end| *end == '"')),
            '\\' | '_' | '*' => drop(characters.next()),
            '[' => {
                let inside: String = characters.by_ref().take_while(|end| *end != ']').collect();
                // Not a colour, a condition or a language, but hours that go on beyond 24.
                let inside = inside.to_ascii_lowercase();
                if !inside.is_empty() && inside.chars().all(|letter| matches!(letter, 'h' | 'm' | 's')) {
                    letters.push_str(&inside);
                }
            }
            ';' => break,
            character => letters.extend(character.to_lowercase()),
        }
    }
    let has = |letter| letters.contains(letter);
    match (has('y') || has('d'), has('h') || has('s'), has('m')) {
        _ if letters == "general" => Meaning::Number,
        (true, ..) | (false, false, true) => Meaning::Date,
        (false, true, _) => Meaning::Time,
        _ => Meaning::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart() {
        for (code, expected) in [
            ("General", Meaning::Number),
            ("0.00", Meaning::Number),
            ("#,##0.00 \"days\"", Meaning::Number),
            ("[Red]0;[Blue]-0", Meaning::Number),
            ("0\\d", Meaning::Number),
            ("0.00E+00", Meaning::Number),
            ("[$-407]dd.mm.yyyy", Meaning::Date),
            ("yyyy-mm-dd hh:mm:ss", Meaning::Date),
            ("mmm", Meaning::Date),
            ("h:mm AM/PM", Meaning::Time),
            ("[h]:mm:ss", Meaning::Time),
            ("mm:ss.0", Meaning::Time),
        ] {
            assert_eq!(of_code(code), expected, "{code}");
        }
    }
}

//! Lists and long texts for people.

/// How many names of a list are told.
const LISTED: usize = 12;

/// `a, b and c`; of a long list the first few and how many more.
pub(crate) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let shown: Vec<&str> = names.iter().take(LISTED).map(AsRef::as_ref).collect();
    match (names.len().saturating_sub(LISTED), shown.split_last()) {
        (0, Some((last, [_, ..]))) => format!("{} and {last}", shown[..shown.len() - 1].join(", ")),
        (0, _) => shown.concat(),
        (more, _) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A text on one line, cut off where it is very long.
pub(crate) fn shortened(text: &str, letters: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end() {
        assert_eq!(listed::<&str>(&[]), "");
        assert_eq!(listed(&["a"]), "a");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        let many: Vec<String> = (1..=14).map(|number| number.to_string()).collect();
        assert_eq!(listed(&many), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more");
        assert_eq!(shortened("a  b\nc", 9), "a b c");
        assert_eq!(shortened("äöüß", 3), "äöü…");
    }
}

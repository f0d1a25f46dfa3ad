//! Patterns of `similar to` and `like` in the forms that the engine matches.

/// The regular expression that matches what the whole of a `similar to` pattern does.
/// Source: PostgreSQL 15, chapter 9.7.2.
pub(crate) fn similar_to_regex(pattern: &str, escape: char) -> String {
    let mut regex = String::from("^(?s:");
    let mut in_brackets = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c == escape => {
                if let Some(escaped) = chars.next() {
                    push_literal(escaped, &mut regex);
                }
            }
            '[' if !in_brackets => {
                in_brackets = true;
                regex.push('[');
            }
            ']' if in_brackets => {
                in_brackets = false;
                regex.push(']');
            }
            c if in_brackets => regex.push(c),
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            '|' | '*' | '+' | '?' | '{' | '}' | ')' => regex.push(c),
            '(' => regex.push_str("(?:"),
            c => push_literal(c, &mut regex),
        }
    }
    regex.push_str(")$");
    regex
}

fn push_literal(c: char, regex: &mut String) {
    if !c.is_alphanumeric() && c.is_ascii() && !c.is_whitespace() {
        regex.push('\\');
    }
    regex.push(c);
}

/// A `like` pattern whose escape character is `escape`, with backslashes in its place.
pub(super) fn with_backslashes(pattern: &str, escape: char) -> String {
    let mut written = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == escape {
            let Some(escaped) = chars.next() else { continue };
            if matches!(escaped, '%' | '_' | '\\') {
                written.push('\\');
            }
            written.push(escaped);
        } else {
            if c == '\\' {
                written.push('\\');
            }
            written.push(c);
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_must_match() {
        let matches = |pattern: &str, text: &str| {
            regex::Regex::new(&similar_to_regex(pattern, '\\')).expect("a valid expression").is_match(text)
        };
        assert!(matches("a%", "abc"));
        assert!(matches("(b|a)_c", "abc"));
        assert!(!matches("b", "abc"));
        assert!(matches("a|b", "b"));
        assert!(!matches("a|b", "ab"));
        assert!(matches("a\\%c", "a%c"));
        assert!(!matches("a.c", "abc"));
        assert!(matches("[a-c]+", "cab"));
    }

    #[test]
    fn escapes_become_backslashes() {
        assert_eq!(with_backslashes("a#_c#%##", '#'), "a\\_c\\%#");
        assert_eq!(with_backslashes("a\\b", '#'), "a\\\\b");
    }
}

//! Shell wildcards as Python's `fnmatch` has them: `*` any text, `?` any character, `[abc]`, `[a-z]`, `[!abc]`.

/// Whether a text has wildcards at all.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Whether the whole text matches the pattern. Case counts.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, read));
            at += 1;
            continue;
        }
        if let Some(next) = one(&pattern, at, text[read]) {
            at = next;
            read += 1;
            continue;
        }
        let Some((star_at, star_read)) = star else { return false };
        star = Some((star_at, star_read + 1));
        at = star_at + 1;
        read = star_read + 1;
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

/// Matches one character; gives the place in the pattern after it.
fn one(pattern: &[char], at: usize, character: char) -> Option<usize> {
    match *pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => class(pattern, at, character),
        expected => (expected == character).then_some(at + 1),
    }
}

/// Matches `[…]`; a bracket that is never closed stands for itself.
fn class(pattern: &[char], at: usize, character: char) -> Option<usize> {
    let negated = pattern.get(at + 1) == Some(&'!');
    let first = at + 1 + usize::from(negated);
    let Some(length) = pattern.get(first + 1..).and_then(|rest| rest.iter().position(|end| *end == ']')) else {
        return (character == '[').then_some(at + 1);
    };
    let members = &pattern[first..=first + length];
    let (mut found, mut index) = (false, 0);
    while index < members.len() {
        if members.get(index + 1) == Some(&'-') && index + 2 < members.len() {
            found |= (members[index]..=members[index + 2]).contains(&character);
            index += 3;
        } else {
            found |= members[index] == character;
            index += 1;
        }
    }
    (found != negated).then_some(first + length + 2)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards() {
        let cases = [
            ("stg_*", "stg_orders", true),
            ("*orders*", "stg_orders", true),
            ("stg_?rders", "stg_orders", true),
            ("*a*b*c", "xxaxxbxxbc", true),
            ("*a*b*c", "xxaxxbxxbd", false),
            ("", "", true),
            ("*", "", true),
            ("a", "", false),
            ("[sx]tg", "stg", true),
            ("[a-r]tg", "stg", false),
            ("[!a-r]tg", "stg", true),
            ("a[b", "a[b", true),
            ("Stg", "stg", false),
            ("ü?", "üö", true),
            ("[]]", "]", true),
            ("stg*", "xstg", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}

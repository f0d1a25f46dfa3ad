//! Where in a statement something is wrong.

/// A place in SQL text. `project` maps it through a template's source map to the user's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlPosition {
    /// Bytes from the start of the text.
    pub offset: usize,
    /// Bytes that the offending text is long; at least 1 unless the text ends here.
    pub length: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl SqlPosition {
    /// The place that starts at `line` and `column` (both from 1, columns in characters) and ends
    /// before `end`, or at the end of the word there when `end` is not known.
    pub(crate) fn from_lines(text: &str, start: (u64, u64), end: Option<(u64, u64)>) -> Option<Self> {
        let offset = offset_of(text, start)?;
        let rest = &text[offset..];
        let length = match end.and_then(|end| offset_of(text, end)) {
            Some(end) if end > offset => end - offset,
            _ => word_length(rest),
        };
        Some(Self { offset, length, line: usize::try_from(start.0).ok()?, column: usize::try_from(start.1).ok()? })
    }

    /// The place at a byte offset of `text`.
    pub fn from_offset(text: &str, offset: usize, length: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            offset: before.len(),
            length,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

fn word_length(rest: &str) -> usize {
    let word = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum::<usize>();
    if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) }
}

fn offset_of(text: &str, (line, column): (u64, u64)) -> Option<usize> {
    if line == 0 || column == 0 {
        return None;
    }
    let mut offset = 0;
    let mut lines = text.split_inclusive('\n');
    for _ in 1..line {
        offset += lines.next()?.len();
    }
    let content = lines.next().unwrap_or("");
    let skipped = content.chars().take(usize::try_from(column - 1).ok()?).map(char::len_utf8).sum::<usize>();
    Some(offset + skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_offsets_agree_in_unicode_text() {
        let text = "select 'é',\n  foo_bar\nfrom x";
        let from_lines = SqlPosition::from_lines(text, (2, 3), None).expect("inside the text");
        assert_eq!(&text[from_lines.offset..from_lines.offset + from_lines.length], "foo_bar");
        assert_eq!(SqlPosition::from_offset(text, from_lines.offset, 7), from_lines);
        assert_eq!(SqlPosition::from_offset(text, text.find(',').expect("comma"), 1).column, 11);
    }

    #[test]
    fn a_place_outside_the_text_is_none() {
        assert_eq!(SqlPosition::from_lines("select", (0, 0), None), None);
        assert_eq!(SqlPosition::from_lines("select", (3, 1), None), None);
    }
}

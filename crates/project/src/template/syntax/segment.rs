//! Cuts a text into tags and what is between them without understanding the tags: so that a mistake in one of them hides
//! no other one.

use ade_diagnostic::Span;

/// A stretch of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// Text, or the inside of a raw block.
    Text(Span),
    /// `{{ … }}` or `{% … %}` with its delimiters, or without an end if it has none.
    Tag(Span),
    /// From a mark that opens a comment or raw block which is never closed, to the end of the text.
    Open(Span),
}

/// All of a text.
pub(super) fn segments(text: &str) -> Vec<Segment> {
    let mut found = Vec::new();
    let (mut at, mut from) = (0, 0);
    while let Some(opening) = next_opening(text, at) {
        if opening > from {
            found.push(Segment::Text(Span::new(from, opening)));
        }
        let rest = &text[opening..];
        let end = if rest.starts_with("{#") {
            let Some(length) = rest.find("#}") else {
                found.push(Segment::Open(Span::new(opening, text.len())));
                return found;
            };
            opening + length + 2
        } else {
            let end = tag_end(text, opening);
            if word(&text[opening..end]) == "raw" {
                let Some(closing) = raw_end(text, end) else {
                    found.push(Segment::Open(Span::new(opening, text.len())));
                    return found;
                };
                found.push(Segment::Text(Span::new(end, closing.start)));
                closing.end
            } else {
                found.push(Segment::Tag(Span::new(opening, end)));
                end
            }
        };
        (at, from) = (end, end);
    }
    if from < text.len() {
        found.push(Segment::Text(Span::new(from, text.len())));
    }
    found
}

/// The first word of a tag.
pub(super) fn word(tag: &str) -> &str {
    let inner = tag.get(2..).unwrap_or_default().trim_start_matches(['-', '+']).trim_start();
    let length = inner.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(inner.len());
    &inner[..length]
}

fn next_opening(text: &str, from: usize) -> Option<usize> {
    let openings = text[from..].match_indices('{').map(|(at, _)| from + at);
    let mut openings = openings.filter(|at| matches!(text.as_bytes().get(at + 1), Some(b'{' | b'%' | b'#')));
    openings.next()
}

/// Where the `endraw` tag is that closes a raw block whose inside begins at `from`.
fn raw_end(text: &str, from: usize) -> Option<Span> {
    let mut at = from;
    loop {
        let start = at + text[at..].find("{%")?;
        let end = start + text[start..].find("%}")? + 2;
        if word(&text[start..end]) == "endraw" {
            return Some(Span::new(start, end));
        }
        at = start + 2;
    }
}

/// The end of the tag that opens at `start`: past its closing delimiter, which does not count in texts or dictionaries. A tag
/// that another one begins in, lines below, has lost its end: it reaches up to there.
fn tag_end(text: &str, start: usize) -> usize {
    let closing = if text[start..].starts_with("{{") { "}}" } else { "%}" };
    let bytes = text.as_bytes();
    let (mut at, mut braces, mut line_ended) = (start + 2, 0_usize, false);
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        match bytes[at] {
            b'\n' => line_ended = true,
            b'\'' | b'"' => match string_end(text, at, closing) {
                Some(end) => {
                    at = end;
                    continue;
                }
                None => return first_closing(text, start, closing),
            },
            _ if braces == 0 && rest.starts_with(closing.as_bytes()) => return at + 2,
            b'{' if line_ended && matches!(rest.get(1), Some(b'{' | b'%' | b'#')) => return at,
            b'{' => braces += 1,
            b'}' => braces = braces.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    first_closing(text, start, closing)
}

/// Past the quote that closes the text that begins at `start`. A text that seems to go on after its line and the end of its
/// tag was not closed.
fn string_end(text: &str, start: usize, closing: &str) -> Option<usize> {
    let quote = text.as_bytes()[start];
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(start + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => {
                let first_line = text[start..at].lines().next().unwrap_or_default();
                let goes_on = first_line.len() < at - start;
                let has_end = first_line.rfind(closing).is_some_and(|end| {
                    // `"{{ inner }}` opens what it closes.
                    let before = &first_line[..end];
                    !(before.contains("{%") || (closing == "}}" && before.contains("{{")))
                });
                return (!(goes_on && has_end)).then_some(at + 1);
            }
            _ => {}
        }
    }
    None
}

/// The end of a tag that cannot be read: its first closing delimiter on the same line, or that line's end.
fn first_closing(text: &str, start: usize, closing: &str) -> usize {
    let line = text[start..].split('\n').next().unwrap_or_default();
    line.find(closing).map_or(start + line.len(), |at| start + at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let parts = segments(text).into_iter().map(|segment| match segment {
            Segment::Text(span) => format!("{:?}", &text[span.start..span.end]),
            Segment::Tag(span) => format!("<{}>", &text[span.start..span.end]),
            Segment::Open(span) => format!("!{}", &text[span.start..span.end]),
        });
        parts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tags_end_where_they_seem_to() {
        let cases = [
            "a {{ b }} c {%- if d -%}{# {{ e }} #}{% endif %}",
            "{{ {'a': {'b': 1}} }} {{ \"}} {% \" }}",
            "{{ config(post_hook=\"{{ x() }}\",\n  other='{% if y %}\n{% endif %}') }}",
            "{{ ref('a) }}\nwhere x = 'b' {{ y }}",
            "{{ ref('a' }\nfrom {{ y }} {% set z = [1, 2 %} d",
            "{% raw %}{{ no {% endraw %}{{ yes }}",
            "{% raw %} open",
            "a {# open",
            "{{ open",
        ];
        insta::assert_snapshot!(cases.map(shown).join("\n"), @r#"
        "a " <{{ b }}> " c " <{%- if d -%}> <{% endif %}>
        <{{ {'a': {'b': 1}} }}> " " <{{ "}} {% " }}>
        <{{ config(post_hook="{{ x() }}",
          other='{% if y %}
        {% endif %}') }}>
        <{{ ref('a) }}> "\nwhere x = 'b' " <{{ y }}>
        <{{ ref('a' }
        from > <{{ y }}> " " <{% set z = [1, 2 %}> " d"
        "{{ no " <{{ yes }}>
        !{% raw %} open
        "a " !{# open
        <{{ open>
        "#);
    }
}

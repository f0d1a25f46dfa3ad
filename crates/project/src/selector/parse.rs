//! The grammar of selections.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, SourceFile, Span, did_you_mean, rule};

use super::criterion::{Criterion, Depth};
use super::method::Method;

/// A union of intersections.
pub(super) type Union = Vec<Vec<Criterion>>;

/// Parses the argument of `--select` or `--exclude`; `file` stands for the argument in diagnostics. All mistakes are given.
pub(super) fn parse(file: &Arc<SourceFile>) -> Result<Union, Vec<Diagnostic>> {
    let text = file.text();
    let (mut union, mut problems) = (Vec::new(), Vec::new());
    for (start, word) in pieces(text, 0, char::is_whitespace) {
        if word.is_empty() {
            continue;
        }
        let mut intersection = Vec::new();
        for (at, part) in pieces(word, start, |separator| separator == ',') {
            match criterion(part, at) {
                Ok(parsed) => intersection.push(parsed),
                Err((span, message, hint)) => {
                    let problem = Diagnostic::error(&rule::INVALID_SELECTOR, message).at(file.location(span));
                    problems.push(hint.into_iter().fold(problem, Diagnostic::hint));
                }
            }
        }
        union.push(intersection);
    }
    if problems.is_empty() { Ok(union) } else { Err(problems) }
}

/// Splits and keeps the offset of each piece.
fn pieces(text: &str, base: usize, separator: impl Fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    let pieces = text.split(separator).map(move |piece| {
        let at = start;
        // Every separator that is used here is one byte, or white space of a known width.
        start += piece.len() + text[start + piece.len()..].chars().next().map_or(0, char::len_utf8);
        (base + at, piece)
    });
    pieces.collect::<Vec<_>>().into_iter()
}

type Mistake = (Span, String, Option<String>);

fn criterion(text: &str, start: usize) -> Result<Criterion, Mistake> {
    let span = Span::new(start, start + text.len());
    let mistake = |span: Span, message: &str, hint: &str| (span, message.to_owned(), Some(hint.to_owned()));
    let (childrens_parents, rest) = match text.strip_prefix('@') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (parents, rest) = leading_depth(rest)
        .map_err(|()| mistake(span, "the number of steps before `+` is too large", "leave it out for all steps"))?;
    let (children, rest) = trailing_depth(rest)
        .map_err(|()| mistake(span, "the number of steps after `+` is too large", "leave it out for all steps"))?;
    if childrens_parents && children.is_some() {
        return Err(mistake(
            span,
            "`@` before and `+` after a name do not go together",
            "`@` includes everything downstream already",
        ));
    }
    if childrens_parents && parents.is_some() {
        return Err(mistake(
            span,
            "`@` and `+` before a name do not go together",
            "`@` includes everything upstream already",
        ));
    }
    let value_at = start + (rest.as_ptr() as usize - text.as_ptr() as usize);
    let (method, value) = match rest.split_once(':') {
        Some((word, value)) if is_method_word(word) => {
            let method = Method::from_word(word).ok_or_else(|| {
                let known = Method::WORDS.iter().copied();
                let hint =
                    did_you_mean(word, known).unwrap_or_else(|| format!("methods are {}", Method::WORDS.join(", ")));
                let place = Span::new(value_at, value_at + word.len());
                (place, format!("there is no selection method `{word}`"), Some(hint))
            })?;
            (method, value)
        }
        _ => (Method::of_plain(rest), rest),
    };
    if value.is_empty() {
        return Err(mistake(
            span,
            "a name or `method:value` is missing here",
            "separate criteria by one space (or) or one comma (and)",
        ));
    }
    Ok(Criterion { method, value: value.to_owned(), childrens_parents, parents, children, span })
}

fn is_method_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}

/// `+m`, `2+m`: digits count only before a plus, so that a name may begin with one.
fn leading_depth(text: &str) -> Result<(Option<Depth>, &str), ()> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text[digits..].strip_prefix('+') {
        Some(rest) => Ok((Some(depth(&text[..digits])?), rest)),
        None => Ok((None, text)),
    }
}

fn trailing_depth(text: &str) -> Result<(Option<Depth>, &str), ()> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (head, count) = text.split_at(text.len() - digits);
    match head.strip_suffix('+') {
        Some(rest) => Ok((Some(depth(count)?), rest)),
        None => Ok((None, text)),
    }
}

fn depth(digits: &str) -> Result<Depth, ()> {
    if digits.is_empty() { Ok(None) } else { digits.parse().map(Some).map_err(|_| ()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        match parse(&SourceFile::new("--select", text)) {
            Ok(union) => {
                let show = |c: &Criterion| {
                    let depth =
                        |d: Option<Depth>| d.map_or(String::new(), |d| d.map_or("all".into(), |d| d.to_string()));
                    format!(
                        "{}<{}{:?}={}>{}",
                        depth(c.parents),
                        if c.childrens_parents { "@" } else { "" },
                        c.method,
                        c.value,
                        depth(c.children)
                    )
                };
                union
                    .iter()
                    .map(|all| all.iter().map(show).collect::<Vec<_>>().join(" & "))
                    .collect::<Vec<_>>()
                    .join(" | ")
            }
            Err(problems) => problems
                .iter()
                .map(|p| {
                    format!(
                        "{}..{}: {} ({})",
                        p.location.as_ref().unwrap().span().start,
                        p.location.as_ref().unwrap().span().end,
                        p.message,
                        p.hints.join("; ")
                    )
                })
                .collect::<Vec<_>>()
                .join(" | "),
        }
    }

    #[test]
    fn the_grammar() {
        insta::assert_snapshot!(parsed("orders"), @"<Fqn=orders>");
        insta::assert_snapshot!(parsed("+orders  2+m+1\n@x +4"), @"all<Fqn=orders> | 2<Fqn=m>1 | <@Fqn=x> | all<Fqn=4>");
        insta::assert_snapshot!(parsed("tag:nightly,config.materialized:table+ path:models/a models/b x.sql 2024_facts"), @r#"<Tag=nightly> & <Config(["materialized"])=table>all | <Path=models/a> | <Path=models/b> | <File=x.sql> | <Fqn=2024_facts>"#);
        insta::assert_snapshot!(parsed("config.meta.owner:me state:modified.body stg_*"), @r#"<Config(["meta", "owner"])=me> | <State=modified.body> | <Fqn=stg_*>"#);
    }

    #[test]
    fn mistakes_have_a_place() {
        insta::assert_snapshot!(parsed("a tga:x b, @c+ 99999999999999999999999+d @+e"), @"2..5: there is no selection method `tga` (did you mean `tag`?) | 10..10: a name or `method:value` is missing here (separate criteria by one space (or) or one comma (and)) | 11..14: `@` before and `+` after a name do not go together (`@` includes everything downstream already) | 15..40: the number of steps before `+` is too large (leave it out for all steps) | 41..44: `@` and `+` before a name do not go together (`@` includes everything upstream already)");
    }

    proptest::proptest! {
        /// Every text is a selection or has mistakes inside of it; a selection written again is the same.
        #[test]
        fn any_text_is_read(text in "([@+:,. a-z0-9*]|tag:|state:){0,24}") {
            match parse(&SourceFile::new("--select", text.as_str())) {
                Ok(union) => {
                    let words: Vec<String> = union
                        .iter()
                        .map(|all| all.iter().map(|c| text[c.span.start..c.span.end].to_owned()).collect::<Vec<_>>().join(","))
                        .collect();
                    proptest::prop_assert_eq!(words.join(" "), text.split_whitespace().collect::<Vec<_>>().join(" "));
                }
                Err(problems) => {
                    for problem in problems {
                        proptest::prop_assert!(problem.location.is_some_and(|place| place.span().end <= text.len()));
                    }
                }
            }
        }
    }
}

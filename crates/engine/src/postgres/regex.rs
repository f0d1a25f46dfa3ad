//! Regular expressions: PostgreSQL's flags, its `.` that matches line ends, and its replacement texts in the
//! words of the `regex` crate.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::build::{call, literal, take, text};

/// Gives a call of a `regexp_…` function its flags and its replacement as the engine wants them.
pub(super) fn rewrite_call(name: &str, function: &mut Function) {
    let flags_at = match name {
        "regexp_like" | "regexp_match" => 2,
        "regexp_replace" | "regexp_count" => 3,
        "regexp_instr" => 5,
        _ => return,
    };
    let FunctionArguments::List(list) = &mut function.args else { return };
    let mut written = None;
    let mut drop_flags = false;
    if let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(flags))) = list.args.get_mut(flags_at) {
        let Some(given) = literal(flags).map(str::to_owned) else {
            dot_matches_line_ends(&mut list.args, "");
            replace_text(name, &mut list.args);
            return;
        };
        let all = given.contains('g');
        drop_flags = !all;
        *flags = text(if all { "g" } else { "" });
        written = Some(given);
    }
    if drop_flags && list.args.len() == flags_at + 1 {
        list.args.pop();
    }
    dot_matches_line_ends(&mut list.args, written.as_deref().unwrap_or(""));
    replace_text(name, &mut list.args);
}

fn dot_matches_line_ends(args: &mut [FunctionArg], flags: &str) {
    if let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(pattern))) = args.get_mut(1) {
        *pattern = with_flags(take(pattern), flags);
    }
}

/// The pattern with PostgreSQL's `flags` in it.
pub(super) fn with_flags(pattern: Expr, flags: &str) -> Expr {
    let inline = inline(flags);
    let Some(written) = literal(&pattern) else { return call("ade_regex", vec![pattern, text(inline)]) };
    let written = escapes(written);
    if inline == "(?s)" {
        if !written.contains('.') {
            return text(written);
        }
        // the anchor stays in front: expressions that begin with one are matched faster
        if let Some(rest) = written.strip_prefix('^') {
            return text(format!("^(?s){rest}"));
        }
    }
    text(format!("{inline}{written}"))
}

/// PostgreSQL's escapes of places: `\m` and `\M` at the start and end of a word, `\y` at both, `\Y` at neither,
/// `\Z` at the end. Source: PostgreSQL 15, table 9.22.
pub(crate) fn escapes(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    let mut chars = written.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('m') => out.push_str("\\b{start}"),
            Some('M') => out.push_str("\\b{end}"),
            Some('y') => out.push_str("\\b"),
            Some('Y') => out.push_str("\\B"),
            Some('Z') => out.push_str("\\z"),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// `(?flags)` for PostgreSQL's flags. Source: PostgreSQL 15, table 9.24.
pub(crate) fn inline(flags: &str) -> String {
    let mut dot_all = true;
    let mut lines = false;
    let mut others = String::new();
    for flag in flags.chars() {
        match flag {
            'n' | 'm' => (dot_all, lines) = (false, true),
            'p' => (dot_all, lines) = (false, false),
            'w' => (dot_all, lines) = (true, true),
            's' => (dot_all, lines) = (true, false),
            'c' => others = others.replace('i', ""),
            'i' | 'x' if !others.contains(flag) => others.push(flag),
            _ => {}
        }
    }
    if dot_all {
        others.push('s');
    }
    if lines {
        others.push('m');
    }
    if others.is_empty() { others } else { format!("(?{others})") }
}

fn replace_text(name: &str, args: &mut [FunctionArg]) {
    if name != "regexp_replace" {
        return;
    }
    if let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(given))) = args.get_mut(2) {
        *given = match literal(given) {
            Some(written) => text(replacement(written)),
            None => call("ade_replacement", vec![take(given)]),
        };
    }
}

/// `\1` is a group, `\&` the whole match, `\\` a backslash, and `$` itself.
pub(crate) fn replacement(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    let mut chars = written.chars().peekable();
    // DataFusion reads a backslash before a digit as a group: one that stands for itself gets a name
    // that no group has behind it, which is replaced by nothing
    let backslash = |out: &mut String, next: Option<&char>| {
        out.push('\\');
        if next.is_some_and(char::is_ascii_digit) {
            out.push_str("${_}");
        }
    };
    while let Some(c) = chars.next() {
        match (c, chars.peek().copied()) {
            ('$', _) => out.push_str("$$"),
            ('\\', Some(group @ '1'..='9')) => {
                out.push_str("${");
                out.push(group);
                out.push('}');
                chars.next();
            }
            ('\\', Some('&')) => {
                out.push_str("${0}");
                chars.next();
            }
            ('\\', Some('\\')) => {
                chars.next();
                backslash(&mut out, chars.peek());
            }
            ('\\', next) => backslash(&mut out, next.as_ref()),
            (c, _) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_postgresql() {
        for (flags, inline_flags) in [("", "(?s)"), ("i", "(?is)"), ("n", "(?m)"), ("p", ""), ("gw", "(?sm)")] {
            assert_eq!(inline(flags), inline_flags, "{flags}");
        }
    }

    #[test]
    fn places_in_words() {
        assert_eq!(escapes(r"\ma\M \yb\Y\d\Z"), r"\b{start}a\b{end} \bb\B\d\z");
    }

    #[test]
    fn replacements() {
        for (written, meant) in
            [("a$0", "a$$0"), ("\\1x", "${1}x"), ("[\\&]", "[${0}]"), ("\\\\1", "\\${_}1"), ("\\q", "\\q")]
        {
            assert_eq!(replacement(written), meant, "{written}");
        }
    }
}

//! YAML trees and their places.

use std::fmt::Write as _;

use ade_diagnostic::{Diagnostics, SourceFile};
use ade_project::yaml::{Node, NodeValue, read};

fn parse(text: &str) -> (Option<Node>, Vec<String>) {
    let (file, mut problems) = (SourceFile::new("x.yml", text), Diagnostics::new());
    let node = read(&file, &mut problems);
    let problems = problems.into_sorted();
    let lines = problems.iter().map(|problem| {
        let location = problem.location.as_ref().expect("a place");
        format!("{}:{} {}", location.line(), location.column(), problem.message)
    });
    (node, lines.collect())
}

fn json(text: &str) -> String {
    let (node, problems) = parse(text);
    assert!(problems.is_empty(), "{problems:?}");
    node.expect("a tree").to_json().to_string()
}

/// Every scalar, key and collection with the text at its span.
fn spans(text: &str) -> Vec<(String, String)> {
    fn walk(node: &Node, text: &str, path: &str, out: &mut Vec<(String, String)>) {
        out.push((path.to_owned(), text[node.span.range()].to_owned()));
        match &node.value {
            NodeValue::Mapping(mapping) => {
                for entry in mapping.entries() {
                    assert_eq!(text[entry.key_span.range()].trim_matches(['"', '\'']), entry.key);
                    walk(&entry.value, text, &format!("{path}.{}", entry.key), out);
                }
            }
            NodeValue::Sequence(items) => {
                for (at, item) in items.iter().enumerate() {
                    walk(item, text, &format!("{path}[{at}]"), out);
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(&parse(text).0.expect("a tree"), text, "", &mut out);
    out
}

#[test]
fn places_are_exact_also_after_characters_of_several_bytes() {
    let text = "# größe 🍾\nñame: \"wé 🍷 x\" # ü\nlist:\n- a: ß\n  b: [1, 'zwö', {c: d}]\n- |\n  bl\n  öck\nlast: ö\n";
    let found = spans(text);
    let at = |path: &str| found.iter().find(|(found, _)| found == path).map(|(_, text)| text.as_str()).expect(path);
    assert_eq!(at(".ñame"), "\"wé 🍷 x\"");
    assert_eq!(at(".list[0].a"), "ß");
    assert_eq!(spans("a: 'it''s' # it's\nb: \"x\\\"y\" # \"\n")[1].1, "'it''s'");
    assert_eq!(spans("a: 'it''s' # it's\nb: \"x\\\"y\" # \"\n")[2].1, "\"x\\\"y\"");
    assert_eq!(at(".list[0].b"), "[1, 'zwö', {c: d}]");
    assert_eq!(at(".list[0].b[1]"), "'zwö'");
    assert_eq!(at(".list[0].b[2].c"), "d");
    assert_eq!(at(".list[0]"), "a: ß\n  b: [1, 'zwö', {c: d}]");
    assert!(at(".list[1]").ends_with("öck"), "{:?}", at(".list[1]"));
    assert_eq!(at(".last"), "ö");
}

#[test]
fn windows_line_ends_do_not_move_places() {
    let text = "a: 1\r\nb:\r\n  - x\r\n  - yü\r\nc: end\r\n";
    let found = spans(text);
    assert!(found.contains(&(".b[1]".to_owned(), "yü".to_owned())), "{found:?}");
    assert!(found.contains(&(".c".to_owned(), "end".to_owned())), "{found:?}");
}

#[test]
fn anchors_aliases_and_merge_keys() {
    let text = "base: &base {a: 1, b: 2}\none: *base\ntwo: {<<: *base, b: 3}\nthree:\n  <<: [{c: 1}, *base]\n  a: 9\n";
    assert_eq!(
        json(text),
        r#"{"base":{"a":1,"b":2},"one":{"a":1,"b":2},"two":{"b":3,"a":1},"three":{"a":9,"c":1,"b":2}}"#
    );
}

#[test]
fn an_empty_file_is_nothing() {
    assert_eq!(json(""), "null");
    assert_eq!(json("# only a comment\n"), "null");
}

#[test]
fn a_key_that_stands_twice_is_a_problem_and_the_rest_is_read() {
    let (node, problems) = parse("a: 1\nb: 2\na: 3\n");
    assert_eq!(problems, ["3:1 the key `a` is here twice"]);
    assert_eq!(node.expect("a tree").to_json().to_string(), r#"{"a":1,"b":2}"#);
}

#[test]
fn what_is_no_yaml_says_where_and_why() {
    let hint = |text: &str| {
        let (file, mut problems) = (SourceFile::new("x.yml", text), Diagnostics::new());
        assert!(read(&file, &mut problems).is_none());
        let problem = problems.into_sorted().remove(0);
        assert!(!problem.hints.is_empty(), "{problem:?}");
        problem.hints
    };
    assert_eq!(hint("a:\n\tb: 1\n"), ["indent with spaces: YAML does not allow tabs"]);
    assert_eq!(hint("a: b: c\n"), ["quote values that contain `: `"]);
    assert_eq!(hint("a: 1\n---\nb: 2\n"), ["use one file for each"]);
    let (_, problems) = parse("a: [1, 2\nb: 3\n");
    assert!(problems[0].starts_with("2:"), "{problems:?}");
}

#[test]
fn jinja_without_quotes_is_explained() {
    let (file, mut problems) = (SourceFile::new("x.yml", "a: {{ var('x') }}\n"), Diagnostics::new());
    read(&file, &mut problems);
    let problem = problems.into_sorted().remove(0);
    assert_eq!(problem.hints, ["quote values that begin with `{{`"]);
}

#[test]
fn aliases_cannot_stand_for_billions_of_nodes() {
    let mut text = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*l{}, ", level - 1).repeat(10);
        let _ = writeln!(text, "l{level}: &l{level} [{}]", below.trim_end_matches(", "));
    }
    let (node, problems) = parse(&text);
    assert!(node.is_none());
    assert!(problems[0].ends_with("aliases stand for too much"), "{problems:?}");
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    let text = "[".repeat(5000);
    assert!(parse(&text).0.is_none());
    let text = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let problems = parse(&text).1;
    assert!(problems[0].contains("nested deeper"), "{problems:?}");
}

//! What people and machines see.

use ade_diagnostic::{Diagnostic, SourceFile, Span, render_github, render_json, render_terminal, rule, summary};

fn example() -> Diagnostic {
    let file =
        SourceFile::new("models/schema.yml", "version: 2\nmodels:\n  - name: größe\n    colums: []\n  - name: b\n");
    let start = file.text().find("colums").expect("there");
    Diagnostic::error(&rule::UNKNOWN_KEY, "unknown key `colums` in a model")
        .at(file.location(Span::new(start, start + 6)))
        .label("not a key of a model")
        .suggestion("colums", ["columns", "config"])
        .note("keys of your own belong under `meta`")
}

#[test]
fn a_terminal_shows_the_text_with_a_caret() {
    insta::assert_snapshot!(render_terminal(&[example()], false), @r"");
}

#[test]
fn a_first_definition_in_another_file_is_shown_too() {
    let (one, two) = (SourceFile::new("a.yml", "- name: x\n"), SourceFile::new("b.yml", "\n\n- name: x\n"));
    let duplicate = Diagnostic::error(&rule::DUPLICATE_RESOURCE, "model `x` is described twice")
        .at(two.location(Span::new(10, 11)))
        .related(one.location(Span::new(8, 9)), "first here");
    insta::assert_snapshot!(render_terminal(&[duplicate], false), @r"");
}

#[test]
fn a_problem_without_a_place_and_the_end_of_a_file_can_be_shown() {
    let file = SourceFile::new("ade.yml", "name: x");
    let problems = [
        Diagnostic::warning(&rule::NO_PROJECT, "no project in `/tmp`").hint("run `ade init`"),
        Diagnostic::error(&rule::YAML_SYNTAX, "unexpected end").at(file.location(Span::at(7))),
        Diagnostic::error(&rule::UNREADABLE_FILE, "empty").at(SourceFile::new("e.yml", "").top()),
    ];
    insta::assert_snapshot!(render_terminal(&problems, false), @r"");
    assert_eq!(summary(&problems), "2 errors, 1 warning");
    assert_eq!(summary(&[]), "");
}

#[test]
fn colour_is_escapes_around_the_same_text() {
    let colored = render_terminal(&[example()], true);
    assert!(colored.contains("\u{1b}["));
    assert!(!render_terminal(&[example()], false).contains('\u{1b}'));
}

#[test]
fn json_is_one_object_per_line() {
    insta::assert_snapshot!(render_json(&[example()]), @r"");
}

#[test]
fn github_commands_escape_what_would_end_them() {
    let file = SourceFile::new("a,b.yml", "x: y\n");
    let problem = Diagnostic::error(&rule::WRONG_TYPE, "100% wrong\nreally").at(file.location(Span::new(3, 4)));
    insta::assert_snapshot!(render_github(&[problem, example()]), @r"");
}

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
    insta::assert_snapshot!(render_terminal(&[example()], false), @r"
    error[unknown-key]: unknown key `colums` in a model
     --> models/schema.yml:4:5
      |
    3 |   - name: größe
    4 |     colums: []
      |     ^^^^^^ not a key of a model
    5 |   - name: b
      |
      = note: keys of your own belong under `meta`
      = help: did you mean `columns`?
    ");
}

#[test]
fn a_first_definition_in_another_file_is_shown_too() {
    let (one, two) = (SourceFile::new("a.yml", "- name: x\n"), SourceFile::new("b.yml", "\n\n- name: x\n"));
    let duplicate = Diagnostic::error(&rule::DUPLICATE_RESOURCE, "model `x` is described twice")
        .at(two.location(Span::new(10, 11)))
        .related(one.location(Span::new(8, 9)), "first here");
    insta::assert_snapshot!(render_terminal(&[duplicate], false), @r"
    error[duplicate-resource]: model `x` is described twice
     --> b.yml:3:9
      |
    2 |
    3 | - name: x
      |         ^
      |
     ::: a.yml:1:9
      |
    1 | - name: x
      |         - first here
    ");
}

#[test]
fn a_problem_without_a_place_and_the_end_of_a_file_can_be_shown() {
    let file = SourceFile::new("ade.yml", "name: x");
    let problems = [
        Diagnostic::warning(&rule::NO_PROJECT, "no project in `/tmp`").hint("run `ade init`"),
        Diagnostic::error(&rule::YAML_SYNTAX, "unexpected end").at(file.location(Span::at(7))),
        Diagnostic::error(&rule::UNREADABLE_FILE, "empty").at(SourceFile::new("e.yml", "").top()),
    ];
    insta::assert_snapshot!(render_terminal(&problems, false), @r"
    warning[no-project]: no project in `/tmp`
     |
     = help: run `ade init`

    error[yaml-syntax]: unexpected end
     --> ade.yml:1:8
      |
    1 | name: x
      |        ^

    error[unreadable-file]: empty
     --> e.yml:1:1
      |
    1 |
      | ^
    ");
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
    insta::assert_snapshot!(render_json(&[example()]), @r#"{"id":"unknown-key","severity":"error","message":"unknown key `colums` in a model","location":{"file":"models/schema.yml","line":4,"column":5,"end_line":4,"end_column":11,"span":[41,47],"text":"colums"},"label":"not a key of a model","hints":["did you mean `columns`?"],"notes":["keys of your own belong under `meta`"]}"#);
}

#[test]
fn github_commands_escape_what_would_end_them() {
    let file = SourceFile::new("a,b.yml", "x: y\n");
    let problem = Diagnostic::error(&rule::WRONG_TYPE, "100% wrong\nreally").at(file.location(Span::new(3, 4)));
    insta::assert_snapshot!(render_github(&[problem, example()]), @r"
    ::error file=a%2Cb.yml,line=1,col=4,endLine=1,endColumn=4,title=wrong-type::100%25 wrong%0Areally
    ::error file=models/schema.yml,line=4,col=5,endLine=4,endColumn=10,title=unknown-key::unknown key `colums` in a model%0Adid you mean `columns`?
    ");
}

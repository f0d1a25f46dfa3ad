//! Files of statements.

use ade_engine::{SqlErrorKind, split_statements};

#[test]
fn statements_end_at_semicolons_outside_of_quotes_and_comments() {
    let text =
        "-- first; not here\nselect ';' as a;\n\nselect $$ ; $$, E'\\';' /* ; */ ;;\n  select \"a;b\"\nfrom t -- end;";
    let statements = split_statements(text).expect("statements");
    let sql = statements.iter().map(|statement| statement.sql.as_str()).collect::<Vec<_>>();
    assert_eq!(sql, ["select ';' as a", "select $$ ; $$, E'\\';'", "select \"a;b\"\nfrom t"]);
    for statement in &statements {
        let place = statement.position;
        assert_eq!(&text[place.offset..place.offset + place.length], statement.sql);
    }
    assert_eq!(statements[2].position.line, 5);
    assert_eq!(statements[2].position.column, 3);
}

#[test]
fn nothing_is_no_statement() {
    assert!(split_statements("").expect("nothing").is_empty());
    assert!(split_statements(" ; -- only a note\n;").expect("nothing").is_empty());
}

#[test]
fn an_open_quote_is_an_error_at_its_start() {
    let error = split_statements("select 1;\nselect 'abc").expect_err("an open quote");
    assert_eq!(error.kind, SqlErrorKind::Syntax);
    assert_eq!(error.position.map(|place| (place.line, place.column)), Some((2, 8)));
}

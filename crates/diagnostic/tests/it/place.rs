//! Lines and columns, also in text with characters of several bytes.

use ade_diagnostic::{SourceFile, Span};

#[test]
fn columns_count_characters() {
    let file = SourceFile::new("models/größe.sql", "-- größe 🍾\nselect ñ from x\n");
    let start = file.text().find("from").expect("there");
    let location = file.location(Span::new(start, start + 4));
    assert_eq!((location.line(), location.column()), (2, 10));
    assert_eq!(location.end(), (2, 14));
    assert_eq!(location.text(), "from");
    assert_eq!(location.to_string(), "models/größe.sql:2:10");
    assert_eq!(file.offset(2, 10), start);
    assert_eq!(file.offset(2, 400), file.text().len() - 1);
    assert_eq!(file.offset(40, 1), file.text().len());
}

#[test]
fn spans_never_cut_characters_or_leave_the_text() {
    let file = SourceFile::new("x", "aé");
    assert_eq!(file.location(Span::new(2, 2)).span(), Span::new(1, 3));
    assert_eq!(file.location(Span::new(90, 95)).span(), Span::at(3));
    assert_eq!(file.location(Span::new(0, 3)).inner(Span::new(1, 3)).text(), "é");
}

#[test]
fn debug_output_does_not_hold_the_text() {
    let file = SourceFile::new("ade.yml", "password: hunter2");
    assert_eq!(format!("{:?} {:?}", file, file.top()), "SourceFile(ade.yml) ade.yml:1:1");
}

//! Diagnostics come in reading order, each once.

use ade_diagnostic::{Diagnostic, Diagnostics, SourceFile, Span, rule};

#[test]
fn sorted_by_file_and_place_without_repetition() {
    let (a, b) = (SourceFile::new("a.yml", "one: two\n"), SourceFile::new("b.yml", "one: two\n"));
    let at = |file: &std::sync::Arc<SourceFile>, start| {
        Diagnostic::error(&rule::UNKNOWN_KEY, "m").at(file.location(Span::new(start, start + 3)))
    };
    let general = Diagnostic::warning(&rule::NO_PROJECT, "no project");
    let found: Diagnostics = [at(&b, 0), at(&a, 5), at(&a, 0), at(&a, 5), general.clone()].into_iter().collect();
    assert!(found.has_errors());
    assert_eq!(found.into_sorted(), [general, at(&a, 0), at(&a, 5), at(&b, 0)]);
}

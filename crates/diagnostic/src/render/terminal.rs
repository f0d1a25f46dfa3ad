//! Diagnostics for people: the message, the lines in question with a caret, hints and notes.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::{Diagnostic, Location, Severity};

/// Lines shown before and after the ones that a diagnostic points at.
const CONTEXT_LINES: usize = 1;
/// A span longer than this is cut: a whole file in red helps nobody.
const MAX_SPAN_LINES: usize = 6;

/// All diagnostics with the offending text, a blank line between them. `color` adds ANSI escapes.
pub fn render_terminal(diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let rendered = diagnostics.iter().map(|diagnostic| renderer.render(&report(diagnostic)) + "\n");
    rendered.collect::<Vec<_>>().join("\n")
}

/// `2 errors, 1 warning`; empty when there is nothing.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let parts = [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts = parts.map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }));
    parts.collect::<Vec<_>>().join(", ")
}

fn report(diagnostic: &Diagnostic) -> Vec<Group<'_>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.rule.id);
    let mut group = match &diagnostic.location {
        None => Group::with_title(title),
        Some(location) => {
            let label = diagnostic.label.as_deref();
            title.element(snippet(location, AnnotationKind::Primary, label))
        }
    };
    for related in &diagnostic.related {
        group = group.element(snippet(&related.location, AnnotationKind::Context, Some(&related.label)));
    }
    group = group.elements(diagnostic.notes.iter().map(|note| Level::NOTE.message(note.as_str())));
    group = group.elements(diagnostic.hints.iter().map(|hint| Level::HELP.message(hint.as_str())));
    vec![group]
}

fn snippet<'a>(
    location: &'a Location,
    kind: AnnotationKind,
    label: Option<&'a str>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let file = location.file();
    let first = location.line().saturating_sub(CONTEXT_LINES).max(1);
    let shown_last = location.end().0.min(location.line() + MAX_SPAN_LINES);
    let (start, end) = (file.line_start(first), file.line_start(shown_last + CONTEXT_LINES + 1));
    let window = file.text()[start..end].trim_end_matches(['\n', '\r']);
    let window = &file.text()[start..(start + window.len()).max(location.span().start)];
    let span = location.span();
    let span = span.start - start..span.end.min(start + window.len()).max(span.start) - start;
    Snippet::source(window).line_start(first).path(location.path()).fold(false).annotation(kind.span(span).label(label))
}

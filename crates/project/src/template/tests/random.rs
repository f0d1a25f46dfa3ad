//! Templates that nobody wrote.

use ade_diagnostic::SourceFile;
use proptest::prelude::*;

use super::fixture::{Fixture, World};
use crate::template::Template;

/// Pieces of templates, whole and broken.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "select ",
        "ü\n",
        " from t",
        "{{ x }}",
        "{{ ref('o') }}",
        "{{ m(1) }}",
        "{{ m(",
        "{% if a %}",
        "{% elif b %}",
        "{% else %}",
        "{% endif %}",
        "{% for i in [1, 2] %}",
        "{% endfor %}",
        "{{ i }}",
        "{{ loop.index }}",
        "{% set s %}",
        "{% endset %}",
        "{{ s }}",
        "{% set s = [1] %}",
        "{% do s.append(s) %}",
        "{% call m(2) %}",
        "{% endcall %}",
        "{% macro l(a, b=1) %}",
        "{% endmacro %}",
        "{{ l(1) }}",
        "{%- ",
        " -%}",
        "{{-",
        "-}}",
        "}}",
        "%}",
        "{#",
        "#}",
        "'",
        "\"",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "|",
        "upper",
        ".",
        ",",
        "~",
        "+",
        "-",
        "1",
        "is",
        "not",
        "in",
        "**",
        "//",
        ":",
        "=",
        "==",
        "{% raw %}",
        "{% endraw %}",
        "{% filter upper %}",
        "{% endfilter %}",
        "{{ s | trim }}",
        "a[::-1]",
    ];
    prop_oneof![4 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the text, the answer is SQL with a whole source map or a diagnostic inside the text.
    #[test]
    fn nothing_panics_and_places_are_right(pieces in proptest::collection::vec(piece(), 0..24)) {
        let text = pieces.concat();
        let fixture = Fixture::with_macros("{% macro m(x) %} from_m {{ x }} {{ caller() if caller }}{% endmacro %}");
        if let Ok(template) = Fixture::template(&text) {
            let parsed = fixture.set.parse(&template, &fixture.settings, &fixture.node);
            for problem in &parsed.diagnostics {
                prop_assert!(problem.location.is_some());
            }
        }
        // Reading past mistakes finds some exactly when reading without finds one, and what is left can be run.
        let (template, mistakes) = Template::read(&SourceFile::new("models/model.sql", text.as_str()));
        prop_assert_eq!(mistakes.is_empty(), Fixture::template(&text).is_ok());
        for problem in mistakes.iter().chain(&fixture.parse_template(&template).diagnostics) {
            let place = problem.location.as_ref().expect("a place");
            prop_assert!(place.path() != "models/model.sql" || place.span().end <= text.len());
        }
        match fixture.compile(&text, &World::default()) {
            Ok(compiled) => {
                let mut end = 0;
                for piece in &compiled.source_map.pieces {
                    prop_assert_eq!(piece.output.start, end);
                    end = piece.output.end;
                    if piece.exact {
                        prop_assert_eq!(piece.origin.text(), &compiled.text[piece.output.clone()]);
                    }
                }
                prop_assert_eq!(end, compiled.text.len());
            }
            Err(problem) => prop_assert!(problem.location.is_some()),
        }
    }
}

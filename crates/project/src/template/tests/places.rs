//! From compiled SQL back to the template.

use ade_diagnostic::{SourceFile, Span};

use super::fixture::{Fixture, World};
use crate::template::{Compiled, Template};

fn place(compiled: &Compiled, needle: &str) -> String {
    let at = compiled.text.find(needle).unwrap_or_else(|| panic!("no {needle} in {}", compiled.text));
    match compiled.source_map.locate(at..at + needle.len()) {
        None => "nowhere".to_owned(),
        Some(mapped) => {
            let inside = mapped.inside.map(|inside| format!(" in {inside} «{}»", inside.text())).unwrap_or_default();
            format!("{} «{}»{inside}", mapped.location, mapped.location.text())
        }
    }
}

#[test]
fn every_word_finds_its_place() {
    let macros = "{% macro cents(c) %}({{ c }} / 100)::badtype{% endmacro %}
{% macro wrap(c) %}coalesce({{ cents(c) }}, zero){% endmacro %}
{% macro block() %}[{{ caller() }}]{% endmacro %}";
    let fixture = Fixture::with_macros(macros);
    let text = "select
  ü.amont,
  {{ wrap('price') }} as price
from {{ ref('orders') }}
{%- set captured %} join {{ ref('users') }} on oops {% endset %}
{{ captured | trim }}
{% for c in ['a', 'b'] %}, {{ c }}_col{% endfor %}
{% call block() %}called {{ 'made' }}{% endcall %}
{{ 'up' | upper }} {% if true %}insde{% endif %} {% filter upper %}gone{% endfilter %} the end";
    let compiled = fixture.compile(text, &World::default()).unwrap();
    let needles = [
        "amont",
        "coalesce",
        "/ 100",
        "price /",
        "zero",
        "badtype",
        "\"orders\"",
        "join",
        "\"users\"",
        "oops",
        "a_col",
        "b_col",
        "_col",
        "called",
        "made",
        "[",
        "UP",
        "insde",
        "GONE",
        "the end",
        "price\nfrom",
    ];
    let shown: Vec<String> = needles.iter().map(|needle| format!("{needle:?} {}", place(&compiled, needle))).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    "amont" models/model.sql:2:5 «amont»
    "coalesce" models/model.sql:3:3 «{{ wrap('price') }}» in macros/shop.sql:2:20 «coalesce»
    "/ 100" models/model.sql:3:3 «{{ wrap('price') }}» in macros/shop.sql:1:30 «/ 100»
    "price /" models/model.sql:3:3 «{{ wrap('price') }}» in macros/shop.sql:1:22 «{{ c }}»
    "zero" models/model.sql:3:3 «{{ wrap('price') }}» in macros/shop.sql:2:45 «zero»
    "badtype" models/model.sql:3:3 «{{ wrap('price') }}» in macros/shop.sql:1:38 «badtype»
    "\"orders\"" models/model.sql:4:6 «{{ ref('orders') }}»
    "join" models/model.sql:5:21 «join»
    "\"users\"" models/model.sql:5:26 «{{ ref('users') }}»
    "oops" models/model.sql:5:48 «oops»
    "a_col" models/model.sql:7:28 «{{ c }}_col»
    "b_col" models/model.sql:7:28 «{{ c }}_col»
    "_col" models/model.sql:7:35 «_col»
    "called" models/model.sql:8:19 «called»
    "made" models/model.sql:8:26 «{{ 'made' }}»
    "[" models/model.sql:8:9 «block()» in macros/shop.sql:3:20 «[»
    "UP" models/model.sql:9:1 «{{ 'up' | upper }}»
    "insde" models/model.sql:9:33 «insde»
    "GONE" models/model.sql:9:50 «{% filter upper %}gone{% endfilter %}»
    "the end" models/model.sql:9:88 «the end»
    "price\nfrom" models/model.sql:3:26 «price
    from»
    "#);
    let end = compiled.text.len();
    assert_eq!(compiled.source_map.locate(end..end).unwrap().location.to_string(), "models/model.sql:9:95");
    assert!(compiled.source_map.locate(end + 1..end + 2).is_none());
}

#[test]
fn a_part_of_a_file_keeps_its_places() {
    let file = SourceFile::new("models/schema.yml", "where: \"{{ var('cutof') }} and x\"\n");
    let fixture = Fixture::new();
    let part = Template::parse_part(&file, Span::new(8, 32)).unwrap();
    let problem = fixture.set.render(&part, &fixture.settings, &fixture.node, None).unwrap_err();
    assert_eq!(problem.location.unwrap().to_string(), "models/schema.yml:1:12");
    let broken = Template::parse_part(&file, Span::new(8, 20)).unwrap_err();
    assert_eq!(broken.location.unwrap().to_string(), "models/schema.yml:1:16");
}

/// Literal text maps to the same text, wherever it ends up.
#[test]
fn exact_stretches_are_the_same_text() {
    let fixture = Fixture::with_macros("{% macro m(x) %} from_m {{ x }} {{ caller() if caller }}{% endmacro %}");
    let pieces = [
        "a ",
        "é\n",
        "{{ m(1) }}",
        "{% set s %}in s{% endset %}{{ s }}",
        "{% for i in [1, 2] %}l{{ i }}{% endfor %}",
        "{{ ref('o') }}",
        "{% call m(2) %}c{% endcall %}",
        "{%- if true -%} t {%- endif %}",
    ];
    for seed in 0..400_usize {
        let text: String =
            (0..6).map(|at| pieces[(seed * 7 + at * at * 13 + seed / (at + 1)) % pieces.len()]).collect();
        let compiled = fixture
            .compile(&text, &World::default())
            .unwrap_or_else(|problem| panic!("{text}: {}", super::fixture::show(&problem)));
        let mut end = 0;
        for piece in &compiled.source_map.pieces {
            assert_eq!(piece.output.start, end, "no gap and no overlap in {text:?}");
            end = piece.output.end;
            if piece.exact {
                assert_eq!(piece.origin.text(), &compiled.text[piece.output.clone()], "{text:?}");
            }
        }
        assert_eq!(end, compiled.text.len());
    }
}

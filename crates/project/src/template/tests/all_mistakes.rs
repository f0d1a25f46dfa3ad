//! Every mistake of a template is told in one go.

use ade_diagnostic::SourceFile;

use super::fixture::{Fixture, show};
use crate::template::Template;

fn mistakes(text: &str) -> String {
    let file = SourceFile::new("models/model.sql", text);
    let (template, mistakes) = Template::read(&file);
    let parsed = Fixture::with_macros("{% macro known(x) %}{% endmacro %}").parse_template(&template);
    let mut all: Vec<_> = mistakes.into_iter().chain(parsed.diagnostics).collect();
    all.sort_by(|left, right| left.location.cmp(&right.location));
    let refs = parsed.uses.refs.iter().map(|used| format!("reads {}", used.reference.name));
    all.iter().map(show).chain(refs).collect::<Vec<_>>().join("\n")
}

#[test]
fn of_syntax() {
    let text = "{{ config(materialized='table' tags=['x']) }}
{% set cutoff = [1, 2 %}
select {{ 'abc }}, {{ x | }}, {{ a $ b }}
from {{ ref('orders') }} where at > '{{ cutoff }}' {{ undefined_macro() }}
{% if execute = 1 %}
  {{ ref('customers') }} {{ known( }}
{% elif and %}
  {{ 1 + }}
{% else nothing %}
  {{ ref('late') }}
{% endif %}
{% fro day in days %}{{ day }}{{ day.x() }}{% endfor %}
{% for x in [1] %}{% if x %}{{ x. }}{% endfor %}
{% for y in [1] %}{{ y }}{% endif %}
{% macro broken(a, a) %}{{ a.b() }} {{ a. }}{% endmacro %}
{{ broken(1) }} {{ config(x }}
{{ ref('payments' }
{% endif %}
{% set late %}{{ ) }}{% endset late %}
{% filter upper(% }x{% endfilter %}
{% if never %} {{ [ }}
{# fine {{ #} {% raw %}{{ {% endraw %} {{ ref('last') }} {# open";
    insta::assert_snapshot!(mistakes(text), @r"
    models/model.sql:1:32 «tags» template-syntax: expected `,` or `)`, found `tags`
    models/model.sql:2:24 «}» template-syntax: a bracket is still open at the end of the tag (expected an expression)
    models/model.sql:3:11 «'abc }}» template-syntax: a text is not closed (put the same quote at its end)
    models/model.sql:3:27 «}}» template-syntax: expected a filter's name, found the end of the tag
    models/model.sql:3:36 «$» template-syntax: `$` means nothing inside a Jinja tag
    models/model.sql:4:55 «undefined_macro()» undefined-name: `undefined_macro` is not defined
    models/model.sql:5:15 «=» template-syntax: expected `==` to compare, found `=`
    models/model.sql:6:36 «}» template-syntax: a bracket is still open at the end of the tag (expected an expression)
    models/model.sql:8:10 «}}» template-syntax: expected an expression, found the end of the tag
    models/model.sql:9:9 «nothing» template-syntax: expected `%}`, found `nothing`
    models/model.sql:12:4 «fro» template-syntax: there is no tag `fro` (did you mean `for`?)
    models/model.sql:13:19 «{% if x %}» template-syntax: `{% endif %}` is missing
    models/model.sql:13:35 «}}» template-syntax: expected a name after `.`, found the end of the tag
    models/model.sql:14:29 «endif» template-syntax: `endif` closes nothing that is open here
    models/model.sql:15:20 «a» template-syntax: the parameter `a` is there twice
    models/model.sql:15:43 «}}» template-syntax: expected a name after `.`, found the end of the tag
    models/model.sql:16:29 «}» template-syntax: a bracket is still open at the end of the tag (expected `,` or `)`)
    models/model.sql:17:19 «}» template-syntax: expected `,` or `)`, found `}`
    models/model.sql:18:4 «endif» template-syntax: `endif` closes nothing that is open here
    models/model.sql:19:18 «)» template-syntax: expected an expression, found `)`
    models/model.sql:19:32 «late» template-syntax: expected `%}`, found `late`
    models/model.sql:20:1 «{% filter upper(% }x{% endfilter %}» template-syntax: `{% endfilter %}` is missing
    models/model.sql:20:17 «%» template-syntax: expected an expression, found `%`
    models/model.sql:21:1 «{% if never %}» template-syntax: `{% endif %}` is missing
    models/model.sql:21:21 «}» template-syntax: a bracket is still open at the end of the tag (expected an expression)
    models/model.sql:22:58 «{#» template-syntax: a comment is not closed (close it with `#}`)
    reads orders
    reads customers
    reads late
    reads last
    ");
}

#[test]
fn of_names_and_values() {
    let text = "{% set a = undefined_function() %}
{{ a.b() }} {{ a }} {{ ref('orders') }} {{ 1 + 'x' }}
{% set b = var('nothing') %}{{ b.c() }}
{% for x in [1, 2] %}{{ x.y() }}{{ known(1, 2) }}{% endfor %}
{% if missing() %}{% set c = 1 %}{% endif %}{{ c.d() }}
{{ dbt.typ_string() }} {% if false %}{{ never_defined() }}{% endif %}
{{ misspelt }}";
    insta::assert_snapshot!(mistakes(text), @r"
    models/model.sql:1:12 «undefined_function()» undefined-name: `undefined_function` is not defined
    models/model.sql:2:44 «1 + 'x'» template-error: `+` does not work between int and str; `~` joins values of any type to a text
    models/model.sql:3:12 «var('nothing')» undefined-variable: the variable `nothing` has no value (set it under `vars`, pass `--vars '{nothing: …}'`, or give it a default: `var('nothing', …)`)
    models/model.sql:4:25 «x.y()» undefined-name: a value of type int has no method `y`
    models/model.sql:4:36 «known(1, 2)» template-error: `known` got 2 arguments and takes at most 1
    models/model.sql:5:7 «missing()» undefined-name: `missing` is not defined
    models/model.sql:6:4 «dbt.typ_string()» undefined-name: `dbt` has no `typ_string` (did you mean `type_string`?)
    models/model.sql:6:41 «never_defined» undefined-name: `never_defined` is not defined
    models/model.sql:7:4 «misspelt» undefined-name: `misspelt` is not defined
    reads orders
    ");
}

#[test]
fn what_a_template_says_itself_is_its_last_word() {
    let text = "{% if true %}{{ exceptions.raise_compiler_error('set a') }}{% endif %}{{ misspelt }}";
    insta::assert_snapshot!(mistakes(text), @"models/model.sql:1:17 «exceptions.raise_compiler_error('set a')» template-error: set a");
}

#[test]
fn a_macro_file_with_mistakes_is_no_reason_to_doubt_its_users() {
    let macros = "{% macro good(x) %}{{ x.y.z() }} {{ ) }}{% endmacro %}
{% macro bad(x %}{{ x }}{% endmacro %}
{% test worse(model column) %}{% endtest %}
{% macro after() %}{{ return(1) }}{% endmacro %}";
    let fixture = Fixture::with_macros(macros);
    let problems: Vec<String> = fixture.problems.iter().map(show).collect();
    insta::assert_snapshot!(problems.join("\n"), @r"
    macros/shop.sql:1:37 «)» template-syntax: expected an expression, found `)`
    macros/shop.sql:2:16 «%» template-syntax: expected `,` or `)`, found `%`
    macros/shop.sql:3:21 «column» template-syntax: expected `,` or `)`, found `column`
    ");
    let parsed = fixture.parse("{{ good() }} {{ bad(1) }} {{ after() }} {{ other() }}");
    let problems: Vec<String> = parsed.diagnostics.iter().map(show).collect();
    insta::assert_snapshot!(problems.join("\n"), @"models/model.sql:1:44 «other()» undefined-name: `other` is not defined");
}

#[test]
fn macros_that_nobody_calls_are_not_judged_by_what_they_are_passed() {
    let macros = "
{% macro statement_of(sql, list, out=none) %}
  {% do list.append(sql) %}{{ caller(sql) }}{{ kwargs.items() }}{{ varargs.count(1) }}
  {% for key, value in kwargs.items() %}{{ key.upper() }}{{ loop.cycle(1) }}{% endfor %}
  {% set parts = [] %}{% do parts.append(out.x()) %}
  {% call(row) statement_of(sql) %}{{ row.get('x') }}{% endcall %}
  {{ modules.re.sub('a', 'b', sql, flags=modules.re.IGNORECASE) }}{{ cycler(1, 2).next() }}
{% endmacro %}
{% macro wrong() %}{{ lst.append(1) }}{{ reff('x') }}{{ modules.re.subb('a', 'b', 'c') }}{% endmacro %}";
    let fixture = Fixture::with_macros(macros);
    assert_eq!(fixture.problems, []);
    let warnings: Vec<String> = fixture.set.check_macros().iter().map(show).collect();
    insta::assert_snapshot!(warnings.join("\n"), @r"
    macros/shop.sql:9:23 «lst.append» undefined-name: there is no `lst.append`
    macros/shop.sql:9:42 «reff» undefined-name: `reff` is not defined (did you mean `ref`?)
    ");
}

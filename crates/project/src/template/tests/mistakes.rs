//! What users are told.

use super::fixture::{Fixture, show};

#[test]
fn syntax() {
    let messages: Vec<String> = [
        "select {{ x ",
        "select {{ }}",
        "a {% if x %} b",
        "{% for x in y %}{% endif %}",
        "{% fro x in y %}{% endfor %}",
        "{% set x = [1, 2 %}",
        "{{ ref('a' }}",
        "{{ 'abc }}",
        "a {# never",
        "{% raw %} x",
        "{{ a $ b }}",
        "{% macro x %}{% endmacro %}",
        "{% macro x(a=1, b) %}{% endmacro %}",
        "{% macro x(a, a) %}{% endmacro %}",
        "{{ f(a=1, 2) }}",
        "{% if a = 1 %}{% endif %}",
        "{% break %}",
        "{% include 'x' %}",
        "{% docs x %}{% enddocs %}",
        "{% call x %}{% endcall %}",
        "{% endif %}",
        "{% set true = 1 %}",
        "x\n  {{ y | }}",
        "{{ 99999999999999999999 }}",
        "{{ a[] }}",
    ]
    .into_iter()
    .map(|text| {
        Fixture::template(text)
            .map_or_else(|problem| format!("{text:?}\n  {}", show(&problem)), |_| format!("{text:?} is accepted"))
    })
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    "select {{ x "
      models/model.sql:1:13 «» template-syntax: expected `}}`, found the end of the file
    "select {{ }}"
      models/model.sql:1:11 «}}» template-syntax: expected an expression, found the end of the tag
    "a {% if x %} b"
      models/model.sql:1:3 «{% if x %}» template-syntax: `{% endif %}` is missing
    "{% for x in y %}{% endif %}"
      models/model.sql:1:20 «endif» template-syntax: `endif` closes nothing that is open here
    "{% fro x in y %}{% endfor %}"
      models/model.sql:1:4 «fro» template-syntax: there is no tag `fro` (did you mean `for`?)
    "{% set x = [1, 2 %}"
      models/model.sql:1:19 «}» template-syntax: a bracket is still open at the end of the tag (expected an expression)
    "{{ ref('a' }}"
      models/model.sql:1:12 «}» template-syntax: a bracket is still open at the end of the tag (expected `,` or `)`)
    "{{ 'abc }}"
      models/model.sql:1:4 «'abc }}» template-syntax: a text is not closed (put the same quote at its end)
    "a {# never"
      models/model.sql:1:3 «{#» template-syntax: a comment is not closed (close it with `#}`)
    "{% raw %} x"
      models/model.sql:1:1 «{%» template-syntax: a raw block is not closed (close it with `{% endraw %}`)
    "{{ a $ b }}"
      models/model.sql:1:6 «$» template-syntax: `$` means nothing inside a Jinja tag
    "{% macro x %}{% endmacro %}"
      models/model.sql:1:12 «%}» template-syntax: expected `(` and the parameters, found the end of the tag
    "{% macro x(a=1, b) %}{% endmacro %}"
      models/model.sql:1:17 «b» template-syntax: the parameter `b` follows one with a default and has none (parameters without a default come first)
    "{% macro x(a, a) %}{% endmacro %}"
      models/model.sql:1:15 «a» template-syntax: the parameter `a` is there twice
    "{{ f(a=1, 2) }}"
      models/model.sql:1:11 «2» template-syntax: an argument without a name follows one with a name
    "{% if a = 1 %}{% endif %}"
      models/model.sql:1:9 «=» template-syntax: expected `==` to compare, found `=`
    "{% break %}"
      models/model.sql:1:4 «break» template-syntax: `break` stands outside of a loop
    "{% include 'x' %}"
      models/model.sql:1:4 «include» template-syntax: there is no tag `include` (macros of the project can be called from every file, without an import)
    "{% docs x %}{% enddocs %}"
      models/model.sql:1:4 «docs» template-syntax: there is no tag `docs` (`{% docs %}` blocks belong into `.md` files)
    "{% call x %}{% endcall %}"
      models/model.sql:1:9 «x» template-syntax: a `call` block needs a call, for instance `statement('name')`
    "{% endif %}"
      models/model.sql:1:4 «endif» template-syntax: `endif` closes nothing that is open here
    "{% set true = 1 %}"
      models/model.sql:1:8 «true» template-syntax: `true` cannot be assigned to
    "x\n  {{ y | }}"
      models/model.sql:2:10 «}}» template-syntax: expected a filter's name, found the end of the tag
    "{{ 99999999999999999999 }}"
      models/model.sql:1:4 «99999999999999999999» template-syntax: this number is too large
    "{{ a[] }}"
      models/model.sql:1:6 «]» template-syntax: an index is missing between `[` and `]`
    "#);
}

#[test]
fn failures_while_running() {
    let fixture = Fixture::with_macros(
        "{% macro one(a) %}{{ a.b.c() }}{% endmacro %}\n{% macro two(a, b) %}{{ one(a) }}{% endmacro %}\n{% macro stop(why) %}{{ exceptions.raise_compiler_error('because ' ~ why) }}{% endmacro %}",
    );
    let messages: Vec<String> = [
        "{{ undefinedd }}",
        "{{ reff('orders') }}",
        "{{ ref('order') }}",
        "{{ ref() }}",
        "{{ source('a') }}",
        "{{ 1 + 'a' }}",
        "{{ 'a' + 1 }}",
        "{{ 1 / 0 }}",
        "{{ 'a' < 1 }}",
        "{{ [1].push(2) }}",
        "{{ 'a'.uper() }}",
        "{{ x | uper }}",
        "{{ 1 is numbr }}",
        "{{ two() }}",
        "{{ two(1, 2, 3) }}",
        "{{ two(c=1) }}",
        "{{ stop('of me') }}",
        "{{ none.x.y }}|{{ target.nmae }}|",
        "{{ none.x() }}",
        "{% for x in 5 %}{% endfor %}",
        "{% set a, b = [1] %}",
        "{% set y.x = 1 %}",
        "{{ codegen.generate_base_model() }}",
        "{{ dbt.typ_string() }}",
        "{{ target() }}",
        "{{ adapter() }}",
        "{{ return(1) }}",
        "{{ {[]: 1} }}",
        "{{ dbt_utils.star('orders') }}",
        "{{ var() }}",
        "{{ var('a', 'b', 'c') }}",
        "{% if false %}{% set maybe = 1 %}{% endif %}{{ maybe }}fine",
    ]
    .into_iter()
    .map(|text| format!("{text}\n  {}", fixture.text(text)))
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r"
    {{ undefinedd }}
      models/model.sql:1:4 «undefinedd» undefined-name: `undefinedd` is not defined
    {{ reff('orders') }}
      models/model.sql:1:4 «reff('orders')» undefined-name: `reff` is not defined (did you mean `ref`?)
    {{ ref('order') }}
      models/model.sql:1:4 «ref('order')» unknown-ref: there is no model `order` (did you mean `orders`?)
    {{ ref() }}
      models/model.sql:1:4 «ref()» template-error: `ref` takes a model's name, or a package's and a model's name, and `version=`
    {{ source('a') }}
      models/model.sql:1:4 «source('a')» template-error: `source` needs the argument `table_name`
    {{ 1 + 'a' }}
      models/model.sql:1:4 «1 + 'a'» template-error: `+` does not work between int and str; `~` joins values of any type to a text
    {{ 'a' + 1 }}
      models/model.sql:1:4 «'a' + 1» template-error: `+` does not work between str and int; `~` joins values of any type to a text
    {{ 1 / 0 }}
      models/model.sql:1:4 «1 / 0» template-error: division by zero
    {{ 'a' < 1 }}
      models/model.sql:1:4 «'a' < 1» template-error: a value of type str cannot be compared with one of type int
    {{ [1].push(2) }}
      models/model.sql:1:4 «[1].push(2)» undefined-name: a value of type list has no method `push`
    {{ 'a'.uper() }}
      models/model.sql:1:4 «'a'.uper()» undefined-name: a value of type str has no method `uper` (did you mean `upper`?)
    {{ x | uper }}
      models/model.sql:1:4 «x | uper» undefined-name: there is no filter `uper` (did you mean `upper`?)
    {{ 1 is numbr }}
      models/model.sql:1:4 «1 is numbr» undefined-name: there is no test `numbr` (did you mean `number`?)
    {{ two() }}
      macros/shop.sql:1:22 «a.b.c()» template-error: what is called here has no value; was an argument left out? [macros/shop.sql:2:25 `one` is called here] [models/model.sql:1:4 `two` is called here]
    {{ two(1, 2, 3) }}
      models/model.sql:1:4 «two(1, 2, 3)» template-error: `two` got 3 arguments and takes at most 2
    {{ two(c=1) }}
      models/model.sql:1:4 «two(c=1)» template-error: `two` has no argument `c` (did you mean `a`?)
    {{ stop('of me') }}
      models/model.sql:1:4 «stop('of me')» template-error: because of me [macros/shop.sql:3:25 raised here]
    {{ none.x.y }}|{{ target.nmae }}|
      ||
    {{ none.x() }}
      models/model.sql:1:4 «none.x()» undefined-name: a value of type none has no method `x`
    {% for x in 5 %}{% endfor %}
      models/model.sql:1:13 «5» template-error: a value of type int cannot be walked over
    {% set a, b = [1] %}
      models/model.sql:1:1 «{% set a, b = [1] %}» template-error: 2 names are to be set and the value has 1 items
    {% set y.x = 1 %}
      models/model.sql:1:8 «y.x» template-error: `y` is no namespace, so its attributes cannot be set (write `{% set y = namespace(x=…) %}` before)
    {{ codegen.generate_base_model() }}
      models/model.sql:1:4 «codegen.generate_base_model()» undefined-name: `codegen.generate_base_model` is not defined: there is no `codegen`
    {{ dbt.typ_string() }}
      models/model.sql:1:4 «dbt.typ_string()» undefined-name: `dbt` has no `typ_string` (did you mean `type_string`?)
    {{ target() }}
      models/model.sql:1:4 «target()» template-error: a value of type dict cannot be called
    {{ adapter() }}
      models/model.sql:1:4 «adapter()» template-error: `adapter` cannot be called; it is a group of functions
    {{ return(1) }}
      models/model.sql:1:4 «return(1)» template-error: `return` stands outside of a macro
    {{ {[]: 1} }}
      models/model.sql:1:5 «[]» template-error: a value of type list cannot be a key
    {{ dbt_utils.star('orders') }}
      models/model.sql:1:4 «dbt_utils.star('orders')» template-error: columns are asked of str; pass a relation, for instance `ref('orders')`
    {{ var() }}
      models/model.sql:1:4 «var()» template-error: `var` needs the argument `var_name`
    {{ var('a', 'b', 'c') }}
      models/model.sql:1:4 «var('a', 'b', 'c')» template-error: `var` got 3 arguments and takes at most 2: var_name, default
    {% if false %}{% set maybe = 1 %}{% endif %}{{ maybe }}fine
      fine
    ");
}

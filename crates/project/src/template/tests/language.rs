//! The language itself.

use serde_json::json;

use super::fixture::Fixture;

#[test]
fn every_answer_is_jinja2s() {
    let fixture = Fixture::new();
    let mut lines = include_str!("jinja2.txt").lines().filter(|line| !line.is_empty() && !line.starts_with("# What"));
    let (mut count, mut wrong) = (0, Vec::new());
    while let (Some(template), Some(answer)) = (lines.next(), lines.next()) {
        let expected = answer.strip_prefix("=>").unwrap().strip_prefix(' ').unwrap_or("").replace('⏎', "\n");
        let found = fixture.text(template);
        count += 1;
        if found != expected {
            wrong.push(format!("{template}\n  expected {expected:?}\n  found    {found:?}"));
        }
    }
    assert!(count > 35, "only {count} cases were read");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn return_gives_values_not_text() {
    let macros = "
{% macro methods() %} text {{ return(['a', 'b']) }} never {% endmacro %}
{% macro first(list) %}{% for x in list %}{% if x > 1 %}{% do return(x) %}{% endif %}{% endfor %}{% endmacro %}
{% macro caller_of(f) %}{{ return(f(2)) }}{% endmacro %}
{% macro double(x) %}{{ return(x * 2) }}{% endmacro %}";
    let fixture = Fixture::with_macros(macros);
    assert_eq!(fixture.problems, []);
    assert_eq!(fixture.text("{% for m in methods() %}<{{ m }}>{% endfor %}"), "<a><b>");
    assert_eq!(fixture.text("{{ first([1, 2, 3]) + 1 }} {{ first([1]) | trim }}|"), "3 |");
    assert_eq!(fixture.text("{{ caller_of(double) }}"), "4");
    assert_eq!(
        fixture.text("{% set f = double %}{{ f(4) }} {{ context['double'](5) }} {{ shop.double(6) }}"),
        "8 10 12"
    );
}

#[test]
fn macros_see_each_other_whatever_the_order_and_the_file() {
    let mut fixture = Fixture::with_macros("{% macro a() %}a{{ b() }}{% endmacro %}");
    fixture.add(
        "shop",
        "macros/z.sql",
        "{% macro b(n=c()) %}b{{ n }}{% endmacro %}{%- macro c() -%} c {%- endmacro -%}",
    );
    fixture.add("tools", "tools/t.sql", "{% macro t() %}{{ helper() }}{{ c() }}{% endmacro %}{% macro helper() %}H{% endmacro %}{% macro c() %}own{% endmacro %}");
    assert_eq!(fixture.text("{{ a() }} {{ tools.t() }}"), "abc Hown");
    assert_eq!(
        fixture.text("{{ helper() }}"),
        "models/model.sql:1:4 «helper()» undefined-name: `helper` is not defined"
    );
}

#[test]
fn dispatch_prefers_the_project_then_the_namespace_then_what_is_built_in() {
    let mut fixture = Fixture::with_macros("{% macro default__x() %}mine{% endmacro %}");
    let tools = "
{% macro x() %}{{ return(adapter.dispatch('x', 'tools')()) }}{% endmacro %}
{% macro default__x() %}theirs{% endmacro %}
{% macro y() %}{{ adapter.dispatch('y', macro_namespace='tools')(1) }}{% endmacro %}
{% macro default__y(n) %}default{{ n }}{% endmacro %}{% macro snowflake__y(n) %}snow{% endmacro %}{% macro postgres__y(n) %}pg{{ n }}{% endmacro %}
{% macro s() %}{{ adapter.dispatch('type_string', 'dbt')() }}{% endmacro %}{% macro z() %}{{ adapter.dispatch('zz', 'tools')() }}{% endmacro %}";
    fixture.add("tools", "tools/t.sql", tools);
    assert_eq!(fixture.text("{{ tools.x() }} {{ tools.y() }} {{ tools.s() }}"), "mine pg1 varchar");
    insta::assert_snapshot!(fixture.text("{{ tools.z() }}"), @"tools/t.sql:6:94 «adapter.dispatch('zz', 'tools')» undefined-name: `adapter.dispatch` finds no macro for `zz`: neither `ade__zz` nor `default__zz` (did you mean `default__x`?) [models/model.sql:1:4 `z` is called here]");
}

#[test]
fn a_template_of_one_expression_has_its_value() {
    let fixture = Fixture::new();
    assert_eq!(fixture.evaluate("{{ target.name == 'dev' }}"), json!(true));
    assert_eq!(fixture.evaluate("  {{ var('methods') }}\n"), json!(["card", "cash"]));
    assert_eq!(fixture.evaluate("{{ env_var('REGION') }}_{{ target.schema }}"), json!("eu_main"));
    assert_eq!(fixture.evaluate("plain"), json!("plain"));
}

#[test]
fn line_ends_and_text_survive_byte_by_byte() {
    let text = "select 'ü{' as \"x\" -- {not}\r\n\tfrom t -- 100 %}\n\n";
    assert_eq!(Fixture::new().text(text), text);
}

#[test]
fn what_does_not_end_is_stopped() {
    let fixture = Fixture::with_macros(
        "{% macro again(n) %}{{ again(n + 1) }}{% endmacro %}{% macro far(f) %}{{ [[[[[[[[f(f)]]]]]]]] }}{% endmacro %}",
    );
    assert!(fixture.text("{{ again(0) }}").contains("never comes to an end"), "{}", fixture.text("{{ again(0) }}"));
    assert!(fixture.text("{{ far(far) }}").contains("never comes to an end"), "{}", fixture.text("{{ far(far) }}"));
    let loops = "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}";
    assert!(fixture.text(loops).contains("two million steps"), "{}", fixture.text(loops));
}

#[test]
fn what_is_nested_without_need_is_refused() {
    let nested =
        |open: &str, close: &str, depth: usize| format!("{}{{{{ 1 }}}}{}", open.repeat(depth), close.repeat(depth));
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(300), ")".repeat(300));
    assert!(Fixture::template(&deep).unwrap_err().message.contains("nested too deeply"));
    assert!(
        Fixture::template(&nested("{% if true %}", "{% endif %}", 300))
            .unwrap_err()
            .message
            .contains("nested too deeply")
    );
    assert_eq!(Fixture::new().text(&nested("{% if true %}", "{% endif %}", 40)), "1");
    assert_eq!(Fixture::new().text(&format!("{{{{ {}1{} }}}}", "[".repeat(45), "]".repeat(45))).len(), 91);
    assert!(Fixture::new().text(&format!("{{{{ {}1 }}}}", "not ".repeat(300))).contains("nested too deeply"));
}

#[test]
fn a_list_inside_of_itself_prints_and_compares() {
    let fixture = Fixture::new();
    let own = "{% set l = [1] %}{% do l.append(l) %}";
    assert_eq!(
        fixture.text(&format!("{own}{{{{ l }}}} {{{{ l | tojson }}}} {{{{ l == l }}}} {{{{ l in l }}}}")),
        "[1, [...]] [1, null] True True"
    );
    assert_eq!(
        fixture.text(&format!("{own}{{% do l.remove(l) %}}{{% do l.sort() %}}{{% do l.extend(l) %}}{{{{ l }}}}")),
        "[1, 1]"
    );
    assert_eq!(fixture.text("{% set d = {} %}{% do d.update(d=d) %}{% do d.update(d) %}{{ d }}"), "{'d': {...}}");
}

//! How long a large project takes. Run by hand, in release: `cargo test --release -p ade-project speed -- --ignored --nocapture`.

use std::time::Instant;

use ade_diagnostic::SourceFile;

use super::fixture::Fixture;
use crate::template::Template;

#[test]
#[ignore = "a measurement, not a promise: it depends on the machine"]
fn five_thousand_models() {
    let fixture = Fixture::with_macros(
        "{% macro cents_to_dollars(c, scale=2) %}({{ c }} / 100)::numeric(16, {{ scale }}){% endmacro %}",
    );
    let texts: Vec<String> = (0..5000)
        .map(|at| {
            let columns = (0..30).map(|column| format!("        orders.column_{column} as renamed_{column},\n"));
            let columns = columns.collect::<Vec<_>>().concat();
            format!(
                "{{{{ config(materialized='table', tags=['nightly']) }}}}\n\nwith orders as (\n    select * from {{{{ ref('model_{at}') }}}}\n),\n\nraw as (\n    select * from {{{{ source('app', 'table_{at}') }}}}\n),\n\nfinal as (\n    select\n{columns}        {{{{ cents_to_dollars('amount') }}}} as amount\n    from orders\n    left join raw using (id)\n    {{% if is_incremental() %}}where orders.at > (select max(at) from {{{{ this }}}}){{% endif %}}\n)\n\nselect * from final\n"
            )
        })
        .collect();
    let files: Vec<_> = texts.iter().map(|text| SourceFile::new("models/m.sql", text.as_str())).collect();
    let start = Instant::now();
    let templates: Vec<_> = files.iter().map(|file| Template::parse(file).unwrap()).collect();
    let read = start.elapsed();
    let start = Instant::now();
    let refs: usize = templates
        .iter()
        .map(|template| fixture.set.parse(template, &fixture.settings, &fixture.node).uses.refs.len())
        .sum();
    println!("read {read:?}, parsed {:?}, refs {refs}", start.elapsed());
    assert_eq!(refs, 5000);
}

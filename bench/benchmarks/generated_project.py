"""A dbt project of any size: the same files for the same size."""

import json

SEEDS = 5
MACRO = """\
{% macro whole(column) %}cast({{ column }} as bigint){% endmacro %}
{% macro kept(alias) %}
{%- for name in ['id', 'kind', 'amount'] %}{{ alias }}.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}
"""
STAGING = """\
with raw as (
    select * from {{{{ ref('seed_{seed}') }}}}
)
select id, kind, {{{{ whole('amount') }}}} + {number} as amount
from raw
where amount >= {{{{ var('least', 0) }}}}
"""
MIDDLE = """\
{{{{ config(tags=['middle', 'part_{part}']) }}}}
with joined as (
    select {{{{ kept('one') }}}}, other.amount as other_amount
    from {{{{ ref('{one}') }}}} as one
    left join {{{{ ref('{other}') }}}} as other on other.id = one.id
)
select id, kind, amount + coalesce(other_amount, 0) as amount
from joined
"""
MART = """\
{{% set kinds = ['a', 'b', 'c'] %}}
select
    id,
    min(kind) as kind,
    {{% for kind in kinds -%}}
    sum(case when kind = '{{{{ kind }}}}' then amount else 0 end) as {{{{ kind }}}}_amount,
    {{% endfor -%}}
    sum(amount) as amount
from {{{{ ref('{one}') }}}}
group by id
"""


def generate(folder, models):
    """Write a project with so many models: 50 % staging, 35 % middle, 15 % marts."""
    settings = {
        "name": "generated",
        "version": "1.0",
        "profile": "generated",
        "vars": {"least": 0},
        "models": {
            "generated": {
                "staging": {"+materialized": "view"},
                "middle": {"+materialized": "table", "+tags": ["daily"]},
                "marts": {"+materialized": "table", "+schema": "marts"},
            }
        },
    }
    folder.mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(json.dumps(settings, indent=2) + "\n")
    write(folder / "macros" / "columns.sql", MACRO)
    for seed in range(SEEDS):
        rows = "\n".join(f"{row},{'abc'[(row + seed) % 3]},{(row * 37 + seed) % 100}" for row in range(1, 21))
        write(folder / "seeds" / f"seed_{seed}.csv", f"id,kind,amount\n{rows}\n")
    staging = [f"stg_{number:05}" for number in range(models // 2)]
    middle = [f"mid_{number:05}" for number in range(models * 35 // 100)]
    marts = [f"mart_{number:05}" for number in range(models - len(staging) - len(middle))]
    for number, name in enumerate(staging):
        write(model_path(folder, "staging", number, name), STAGING.format(seed=number % SEEDS, number=number))
    for number, name in enumerate(middle):
        one, other = staging[number % len(staging)], staging[number * 7 % len(staging)]
        write(model_path(folder, "middle", number, name), MIDDLE.format(part=number % 10, one=one, other=other))
    for number, name in enumerate(marts):
        write(model_path(folder, "marts", number, name), MART.format(one=middle[number * 3 % len(middle)]))
    for layer, names in (("staging", staging), ("middle", middle), ("marts", marts)):
        for start in range(0, len(names), 50):
            described(
                model_path(folder, layer, start, f"_{layer}_{start:05}").with_suffix(".yml"), names[start : start + 50]
            )
    return folder


def model_path(folder, layer, number, name):
    """Fifty models to a folder."""
    return folder / "models" / layer / f"part_{number // 50:03}" / f"{name}.sql"


def described(path, names):
    """A properties file as people write them."""
    lines = ["version: 2", "", "models:"]
    for name in names:
        lines += [
            f"  - name: {name}",
            f"    description: What {name} holds, in a sentence that somebody wrote",
            "    columns:",
            "      - name: id",
            "        description: Identifies a row",
            "        data_tests: [unique, not_null]",
            "      - name: amount",
            "        description: How much it is",
        ]
    write(path, "\n".join(lines) + "\n")


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)

{%- set kinds = ['fruit', 'drink', 'bread'] -%}
{%- set columns = [] -%}
{%- for kind in kinds -%}
    {%- do columns.append("sum(case when kind = '" ~ kind ~ "' then quantity else 0 end) as " ~ kind ~ "_quantity") -%}
{%- endfor -%}
{%- set total = namespace(value=0) -%}
{%- for kind in kinds %}{% set total.value = total.value + loop.index %}{% endfor -%}
select
    ordered_on,
    {{ columns | join(',\n    ') }},
    {{ total.value }} as control,
    '{{ kinds | map("upper") | join("/") }}' as labels,
    '{{ env_var("PEERS_REGION", "nowhere") }}' as region,
    '{{ target.name }}.{{ target.schema }}' as target,
    '{{ this.schema }}.{{ this.name }}' as this_relation
from {{ ref('orders') }}
group by ordered_on

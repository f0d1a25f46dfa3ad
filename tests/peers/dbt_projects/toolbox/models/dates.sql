{%- set start = modules.datetime.date(2025, 1, 30) -%}
{%- for n in range(4) %}
select cast('{{ (start + modules.datetime.timedelta(days=n)).strftime("%Y-%m-%d") }}' as date) as day, {{ n }} as n
{% if not loop.last %}union all{% endif %}
{%- endfor %}

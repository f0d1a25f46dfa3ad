{%- set pairs = {'a': 1, 'b': 2.5, 'c': none} -%}
{%- for key, value in pairs.items() %}
select '{{ key }}' as name, cast({{ 'null' if value is none else value }} as double) as value, '{{ tojson({"k": key}) }}' as doc
{%- if not loop.last %} union all {% endif %}
{%- endfor %}

{% macro units(column, digits=2) -%}
    cast(cast({{ column }} as decimal(18, 4)) / 100 as decimal(18, {{ digits }}))
{%- endmacro %}

{% macro taxed(column) -%}
    {%- if var('with_tax') -%}
        cast({{ column }} * (100 + {{ var('tax_percent') }}) / 100.0 as decimal(18, 2))
    {%- else -%}
        {{ column }}
    {%- endif -%}
{%- endmacro %}

{#- Called by another macro, with a keyword argument and a return value. -#}
{% macro size_case(column) %}
    {%- set limits = thresholds() -%}
    case
    {%- for size in var('sizes')[:-1] %}
        when {{ column }} < {{ limits[loop.index0] }} then '{{ size }}'
    {%- endfor %}
        else '{{ var("sizes") | last }}'
    end
{%- endmacro %}

{% macro thresholds(factor=1) %}
    {{ return([1000 * factor, 5000 * factor]) }}
{% endmacro %}

{% macro union_of(names) -%}
    {%- for name in names %}
    select '{{ name }}' as origin, product_code, units_sold from {{ ref(name) }}
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
{%- endmacro %}

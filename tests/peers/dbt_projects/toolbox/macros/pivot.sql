{#- The values of a column, asked from the warehouse while a model is compiled. -#}
{% macro values_of(relation, column) %}
    {%- set question -%}
        select distinct {{ column }} as value from {{ relation }} where {{ column }} is not null order by 1
    {%- endset -%}
    {%- if execute -%}
        {{ return(run_query(question).columns[0].values() | list) }}
    {%- else -%}
        {{ return([]) }}
    {%- endif -%}
{% endmacro %}

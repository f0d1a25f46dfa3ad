{# Cents of a currency in euros, with two decimals. `rate` is the column with the exchange rate. #}
{% macro euros(cents, rate='rate_to_eur') -%}
round(cast({{ cents }} * {{ rate }} / 100 as double), 2)
{%- endmacro %}

{%- set names = adapter.get_columns_in_relation(ref('readings')) | map(attribute='name') | reject('equalto', 'id') | list -%}
select {{ names | join(', ') }} from {{ ref('readings') }}

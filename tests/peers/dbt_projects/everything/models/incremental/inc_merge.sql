{{ config(incremental_strategy='merge', unique_key='order_id') }}
select order_id, customer, product_code, quantity, note, changed_at
from {{ ref('stg_orders') }}
{% if is_incremental() -%}
where changed_at >= (select coalesce(max(changed_at), cast('1900-01-01' as timestamp)) from {{ this }})
{%- endif %}

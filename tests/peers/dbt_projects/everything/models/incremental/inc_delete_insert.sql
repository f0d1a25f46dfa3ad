{{ config(incremental_strategy='delete+insert', unique_key=['customer', 'product_code']) }}
select customer, product_code, sum(quantity) as quantity, count(*) as line_count, max(changed_at) as changed_at
from {{ ref('stg_orders') }}
{% if is_incremental() %}
where customer in (
    select customer from {{ ref('stg_orders') }}
    where changed_at > (select max(changed_at) from {{ this }})
)
{% endif %}
group by customer, product_code

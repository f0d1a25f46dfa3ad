{{ config(materialized='view') }}
select product_code, sum(quantity) as units_sold
from {{ ref('orders') }}
where ordered_on < cast('2025-06-01' as date)
group by product_code

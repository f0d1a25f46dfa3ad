{{ config(alias='best_products', schema='finance') }}
select *
from (
    select
        product_code,
        sum(total_cents) as cents,
        rank() over (order by sum(total_cents) desc) as place,
        coalesce(sum(total_cents) - lag(sum(total_cents)) over (order by sum(total_cents) desc, product_code), 0) as gap
    from {{ ref('everything', 'orders') }}
    group by product_code
) ranked
where place <= 5

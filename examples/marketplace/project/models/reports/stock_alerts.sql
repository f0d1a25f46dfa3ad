-- Shelves at or below their reorder point on the newest day, and for how long they will last.
with latest as (

    select max(snapshot_date) as snapshot_date from {{ ref('inventory_day') }}

),

sold as (

    select
        items.store_id,
        items.sku_code,
        sum(items.quantity) as units_sold
    from {{ ref('fct_order_items') }} as items
    inner join {{ ref('fct_orders') }} as orders on orders.order_id = items.order_id
    cross join latest
    where orders.is_counted
        and items.order_date > latest.snapshot_date - interval '{{ var("demand_days") }} days'
    group by items.store_id, items.sku_code

)

select
    inventory.snapshot_date as as_of,
    inventory.store_code,
    inventory.sku_code,
    skus.product_name,
    inventory.on_hand,
    inventory.available,
    inventory.reorder_point,
    inventory.is_out_of_stock,
    coalesce(sold.units_sold, 0) as units_sold,
    case
        when coalesce(sold.units_sold, 0) > 0
            then round(cast(inventory.available as double) * {{ var('demand_days') }} / sold.units_sold, 1)
    end as days_of_cover
from {{ ref('inventory_day') }} as inventory
inner join latest on latest.snapshot_date = inventory.snapshot_date
inner join {{ ref('dim_sku') }} as skus on skus.sku_code = inventory.sku_code
left join sold on sold.store_id = inventory.store_id and sold.sku_code = inventory.sku_code
where inventory.on_hand <= inventory.reorder_point
    and not skus.is_discontinued

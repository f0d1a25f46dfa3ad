-- Lines that are still on their orders.
select
    items.id as order_item_id,
    items.order_id,
    items.line,
    items.sku_id,
    items.quantity,
    items.unit_price_cents,
    items.discount_cents,
    items.quantity * items.unit_price_cents - items.discount_cents as net_cents,
    items.updated_at,
    items._ade_loaded_at as loaded_at
from {{ source('app', 'order_items') }} as items
left join {{ source('app', 'deleted_rows') }} as gone
    on gone.table_name = 'order_items' and gone.row_id = items.id
where gone.id is null
